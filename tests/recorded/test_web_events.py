"""Web events with names of several words and times without a zone: rows, repeats, and counts by period."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.recorded.lakes import BothEngines, RecordedLake

TABLE, FILE = "web.events_v1", "source_records/web_events.ndjson"
HOURS = {"first_hour": "2015-10-31-12", "last_hour": "2015-10-31-13"}


def events(recorded: Path) -> list[tuple[bytes, dict[str, Any]]]:
    """Each record's bytes, and what the json module reads of them."""
    return [(line, json.loads(line)) for line in (recorded / FILE).read_bytes().splitlines()]


def time_of(event: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(event["utc_timestamp"]) if "utc_timestamp" in event else None


@pytest.fixture(scope="session")
def web(recorded_lake: RecordedLake) -> Trial:
    """All events at the end of their hour, and all of them once more an hour later."""
    recorded_lake.land(TABLE, FILE, "2015-10-31T12:59:59Z")
    recorded_lake.land(TABLE, FILE, "2015-10-31T13:59:59Z")
    return recorded_lake.made(TABLE)


def test_events_are_rows_under_a_name_that_their_bytes_give(web: Trial, recorded: Path) -> None:
    assert web.rows("2015-10-31-12").to_pylist() == [
        {
            "event_id": hashlib.sha256(line).hexdigest(),
            "event": event.get("event"),
            "utc_timestamp": None if (time := time_of(event)) is None else time.replace(tzinfo=UTC),
            "visitor": event.get("visitor"),
            "rescued": None,
        }
        for line, event in events(recorded)
    ]


def test_events_that_come_again_count_once(web: Trial) -> None:
    assert web.rows("2015-10-31-13").to_pylist() == []
    assert web.counts() == {"records": 84, "rows": 42, "duplicates": 42, "quarantined": 0}
    assert_all_accounted_for(web)


@pytest.mark.parametrize("minutes", [60, 15])
def test_events_by_name_and_period(minutes: int, web: Trial, recorded: Path, both_engines: BothEngines) -> None:
    by_period: dict[tuple[str | None, datetime | None], list[int | None]] = defaultdict(list)
    for _, event in events(recorded):
        time = time_of(event)
        start = time and time.replace(minute=time.minute // minutes * minutes, second=0)
        by_period[event.get("event"), start].append(event.get("visitor"))
    found = both_engines.query("web/events_by_period", minutes=str(minutes), **HOURS)
    assert {(row["event"], row["period"]): (row["events"], row["visitors"]) for row in found} == {
        key: (len(visitors), len(set(visitors) - {None})) for key, visitors in by_period.items()
    }
    assert sum(row["events"] for row in found) == 42


def test_quarters_of_an_hour_with_too_few_events(web: Trial, both_engines: BothEngines) -> None:
    """Also those without any; the next hour is not among them, in which nothing new arrived."""
    for event, least, expected in (("page view", "4", [(45, 3)]), ("log in", "1", [(0, 0), (15, 0), (30, 0), (45, 0)])):
        found = both_engines.query("web/too_few_events", event=event, least=least, **HOURS)
        assert [(row["quarter_at"].isoformat(), row["events"]) for row in found] == [
            (f"2015-10-31T12:{minute:02d}:00", events) for minute, events in expected
        ]


def test_visitors_by_event(web: Trial, recorded: Path, both_engines: BothEngines) -> None:
    known = [event for _, event in events(recorded) if event.keys() >= {"event", "visitor"}]
    everyone = {event["visitor"] for event in known}
    found = both_engines.query("web/visitors_by_event", **HOURS)
    assert [row["event"] for row in found] == ["page view", "check out", "impression"]
    for row in found:
        own = [event["visitor"] for event in known if event["event"] == row["event"]]
        assert row == {
            "event": row["event"],
            "events": len(own),
            "visitors": len(set(own)),
            "events_per_visitor": round(len(own) / len(set(own)), 2),
            "percent_of_visitors": round(100 * len(set(own)) / len(everyone), 2),
        }
