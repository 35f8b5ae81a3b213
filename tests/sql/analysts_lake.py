"""A small lake of all tables, as their jobs make it: generated, landed, parsed, bucketed, deployed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from lake.cli.app import run_command
from lake.contract.arrow import arrow_schema
from lake.session_rules import SessionRules
from tests.glue_jobs.day_lakes import COUNTS, SESSIONS, STREAMED, DayLake
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.plain_sessions import EPOCH, Event, Row, distinct, plain_counts, plain_sessions
from tests.sql.sent_records import make_sent_tables

START = datetime(2026, 11, 21, tzinfo=UTC)
DAY = "2026-11-21"
_MADE = {
    "api.access_logs_v1": (1000, 1),
    "api.traces_v1": (100, 1),
    "clickstream.events_v1": (3000, 3),
    "sensors.readings_v1": (40_000, 2),
    "sensors.bundles_v1": (2, 1),
    "taxi.trips_v1": (2000, 1),
    "web.events_v1": (200, 2),
    "market.tickers_v1": (600, 1),
    "iot.analog_v1": (720, 1),
}
"""Records and hours of each table."""
BUCKETED = ("sensors.readings_by_sensor_v1", "clickstream.events_by_user_v1")


def make_analysts_lake(root: str, folder: Path) -> None:
    """Fill an empty root.

    Of the bucketed tables all but the first hour is left to the views' other branch, and that hour of the readings is
    stale again: records came late.
    """
    for table, (records, hours) in _MADE.items():
        _landed(table, root, folder / table, records=records, hours=hours)
    # Views of today and of this month must have something to show, whenever the test runs.
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    _landed("clickstream.events_v1", root, folder / "now", records=300, start=now)
    for table in _MADE:
        Trial(root, table).run()
    for table in BUCKETED:
        Trial(root, table).run(until="2026-11-21-01")
    put_sessions(root)
    make_sent_tables(root, folder / "sent")
    assert run_command(["sql", "deploy", "--root", root]) == 0
    _landed("sensors.readings_v1", root, folder / "late", records=500, seed=7)
    Trial(root, "sensors.readings_v1").run()


def _landed(
    table: str, root: str, folder: Path, *, records: int, hours: int = 1, start: datetime = START, seed: int = 1
) -> None:
    made = ["--records", str(records), "--hours", str(hours), "--start", start.isoformat(), "--seed", str(seed)]
    words = ["generate", table, *made, "--malformed", "0.02", "--out", str(folder)]
    assert run_command([*words, "--message-kb", "20"]) == 0
    assert run_command(["land", table, str(folder), "--arrived-from-name", "--root", root]) == 0


def make_readings_lake(root: str, folder: Path) -> None:
    """Fill an empty root with few readings of two hours, of which the first is bucketed."""
    _landed("sensors.readings_v1", root, folder / "readings", records=4000, hours=2)
    Trial(root, "sensors.readings_v1").run()
    Trial(root, BUCKETED[0]).run(until="2026-11-21-01")
    assert run_command(["sql", "deploy", "sensors", "--root", root]) == 0


def put_sessions(root: str) -> None:
    """Sessions and counts of the first day's events, as the stream and the day's jobs say them, without either.

    As streamed, sessions are those of windows of 30 seconds: both ways to name them are there.
    """
    rows = Trial(root, "clickstream.events_v1").rows(0, 1, 2)
    names = ("event_id", "user_id", "device_id", "client_event", "client_timestamp")
    events = [event(*values) for values in zip(*(rows.column(name).to_pylist() for name in names), strict=True)]
    events = [one for one in distinct(events) if one.day == DAY]
    lake = DayLake(root)
    for table, made in ((SESSIONS, plain_sessions(events, SessionRules())), (COUNTS, plain_counts(events, "hour"))):
        columns = arrow_schema(lake.lake.table(table))
        lake.publish_rows(table, DAY, pa.Table.from_pylist([row_of(columns, one) for one in made], schema=columns))
    streamed = Trial(root, STREAMED)
    columns = arrow_schema(streamed.table)
    windows = plain_sessions(events, SessionRules(window_ms=30_000))
    streamed.land(3, "sessions", "".join(json.dumps(row_of(columns, one), default=str) + "\n" for one in windows))
    streamed.run()


def event(event_id: str, user_id: int, device_id: str, client_event: str, time: datetime | None) -> Event:
    at = None if time is None else (time - EPOCH) // timedelta(microseconds=1)
    return Event(event_id, user_id, device_id, client_event, at)


def row_of(columns: pa.Schema, values: Row) -> dict[str, object]:
    return dict(zip(columns.names, values, strict=False))
