"""Clicks with microseconds and no zone, as the web shop's events: rows, and what is asked of clicks and of sessions."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lake.contract.arrow import arrow_schema
from lake.session_rules import SessionRules
from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.day_lakes import SESSIONS, DayLake
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.plain_sessions import plain_sessions
from tests.recorded.lakes import BothEngines, RecordedLake
from tests.sql.analysts_lake import event, row_of

TABLE, FILE = "clickstream.events_v1", "source_records/clicks_iso.ndjson"
HOUR = {"first_hour": "2018-11-29-23", "last_hour": "2018-11-29-23"}


def clicks(recorded: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (recorded / FILE).read_bytes().splitlines()]


def time_of(click: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(click["client_timestamp"])


@pytest.fixture(scope="session")
def landed(recorded_lake: RecordedLake) -> Trial:
    recorded_lake.land(TABLE, FILE, "2018-11-29T23:41:30Z")
    return recorded_lake.made(TABLE)


def test_clicks_are_rows_with_their_microseconds_in_utc(landed: Trial, recorded: Path) -> None:
    lines = (recorded / FILE).read_bytes().splitlines()
    assert landed.rows("2018-11-29-23").to_pylist() == [
        {
            "event_id": hashlib.sha256(line).hexdigest(),
            **click,
            "client_timestamp": time_of(click).replace(tzinfo=UTC),
            "rescued": None,
        }
        for line, click in zip(lines, clicks(recorded), strict=True)
    ]
    assert len(lines) == 60
    assert landed.counts() == {"records": 60, "rows": 60, "duplicates": 0, "quarantined": 0}
    assert_all_accounted_for(landed)


def test_clicks_and_users_of_the_hour(landed: Trial, recorded: Path, both_engines: BothEngines) -> None:
    users, devices = ({click[name] for click in clicks(recorded)} for name in ("user_id", "device_id"))
    assert both_engines.query("clickstream/events_per_hour", **HOUR) == [
        {"dt": HOUR["first_hour"], "events": 60, "signed_in_users": len(users), "devices": len(devices), "purchases": 0}
    ]
    (most, *_) = both_engines.query("clickstream/most_active_users", **HOUR, users="1")
    assert (most["user_id"], most["events"], most["devices"]) == (88, 3, 2)


def test_sessions_by_their_length(landed: Trial, recorded: Path, both_engines: BothEngines) -> None:
    """Of sessions as the day's job makes them, which tests/glue_jobs compares with these plain ones."""
    names = ("event_id", "user_id", "device_id", "client_event", "client_timestamp")
    day, columns = DayLake(landed.root), arrow_schema(landed.of(SESSIONS).table)
    made = plain_sessions(
        [event(*(row[name] for name in names)) for row in landed.rows("2018-11-29-23").to_pylist()], SessionRules()
    )
    day.publish_rows(SESSIONS, "2018-11-29", pa.Table.from_pylist([row_of(columns, one) for one in made], columns))
    by_device: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    for click in clicks(recorded):
        by_device[click["user_id"], click["device_id"]].append(time_of(click))
    several = [sorted(times) for times in by_device.values() if len(times) > 1]
    assert all(after - before <= timedelta(minutes=30) for times in several for before, after in pairwise(times))
    lengths = sorted((times[-1] - times[0]) // timedelta(seconds=1) for times in several)
    found = both_engines.query("clickstream/session_durations", first_day="2018-11-29", last_day="2018-11-29")
    assert found == [{"duration_sec": seconds, "sessions": 1, "events": 2} for seconds in lengths]
    (day,) = both_engines.query("clickstream/sessions_per_day", first_day="2018-11-29", last_day="2018-11-29")
    assert (day["sessions"], day["bounce_rate"]) == (len(by_device), 1 - len(several) / len(by_device))
