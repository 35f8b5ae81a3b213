"""Sessions as Firehose delivers them, through raw_to_parquet: which ones are one session, and which are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.glue_jobs.harness import Trial

BEGAN = "2026-11-21T10:00:05Z"


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(str(tmp_path / "lake"), "clickstream.sessions_v1")


def session(device: str, began: str = BEGAN, **fields: Any) -> dict[str, Any]:
    """A session by windows, whose name is that of all devices that begin alike."""
    base = {
        "session_id": "7_MOB1795255200",
        "user_id": 7,
        "device_id": device,
        "started_at": began,
        "ended_at": "2026-11-21T10:00:25Z",
        "duration_sec": 20,
        "events": 3,
        "begin_navigation": "page_view",
        "end_navigation": "purchase",
    }
    return {**base, **fields}


def kept(trial: Trial, hour: int) -> list[tuple[str, str, int]]:
    rows = trial.rows(hour).to_pylist()
    return sorted((row["device_id"], row["started_at"].strftime("%H:%M:%S"), row["events"]) for row in rows)


def test_devices_that_begin_alike_share_a_name_and_are_sessions_of_their_own(trial: Trial) -> None:
    trial.land(10, "a", [session("mobile_1"), session("mobile_2"), session("mobile_1", "2026-11-21T10:00:06Z")])
    trial.run()
    assert kept(trial, 10) == [("mobile_1", "10:00:05", 3), ("mobile_1", "10:00:06", 3), ("mobile_2", "10:00:05", 3)]
    assert trial.counts() == {"records": 3, "rows": 3, "duplicates": 0, "quarantined": 0}


def test_a_session_that_is_delivered_again_is_one_row_within_its_hour_and_across_the_look_back(trial: Trial) -> None:
    # Firehose puts nothing between records, and a restarted application sends again what followed its checkpoint.
    one, other = (json.dumps(session(device)) for device in ("mobile_1", "mobile_2"))
    trial.land(10, "a", one + other + one)
    trial.land(12, "b", other)
    trial.run()
    assert (len(kept(trial, 10)), kept(trial, 12)) == (2, [])
    assert trial.counts() == {"records": 4, "rows": 2, "duplicates": 2, "quarantined": 0}


def test_a_session_that_is_delivered_again_with_other_content_is_quarantined(trial: Trial) -> None:
    trial.land(10, "a", [session("mobile_1")])
    trial.land(11, "b", [session("mobile_1", events=4)])
    trial.run()
    assert (kept(trial, 10), kept(trial, 11)) == ([("mobile_1", "10:00:05", 3)], [])
    assert [reason for reason, _, _ in trial.rejected()] == ["conflicting_duplicate"]
