"""The streaming applications' golden cases, through the lake: raw_to_parquet reads their records, the jobs the events.

Where nothing was late, batch says what the stream says, row for row; where something was, what it would have said had
all been on time. The rest of what a case is about (watermarks, shards) is no business of batch.
"""

from __future__ import annotations

import io
import json
import runpy
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from lake.session_rules import SessionRules
from lake.write.day_events import EVENT_DDL, distinct_events
from tests.conftest import REPOSITORY
from tests.glue_jobs.harness import JOBS, Trial
from tests.glue_jobs.plain_sessions import EPOCH, Event, Row, distinct, plain_counts, plain_sessions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FOLDER = REPOSITORY / "tests" / "flink_apps"
WITHOUT_DEDUP = "redelivered_records_without_dedup"
"""Batch counts an event once, always."""

SESSION_CASES = sorted(path.parent for path in (FOLDER / "sessions").glob("*/properties.json"))
COUNT_CASES = sorted(
    path.parent
    for path in (FOLDER / "event_counts").glob("*/properties.json")
    if "table" not in json.loads(path.read_text())  # batch counts clicks alone
)
NAMES = (
    *("session_id", "user_id", "device_id", "started_at", "ended_at", "duration_sec", "events"),
    *("begin_navigation", "end_navigation"),
)
OPTIONS = ("gap", "window", "cut_at_midnight", "timezone")

APART = 1_000
"""Users of cases that are computed together are so far from each other; those of one case have smaller numbers."""

Cases = dict[Path, list[Event]]


def records(folder: Path) -> bytes:
    """A case's records, as they are in the lake's raw objects."""
    replay = folder / "input.replay"
    if not replay.exists():
        return (folder / "input.ndjson").read_bytes()
    lines = replay.read_bytes().splitlines()
    return b"".join(line.split(b" ", 1)[1] + b"\n" for line in lines if line and not line.startswith(b"pause"))


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Every case's events as the lake has them: one arrival hour each, too far apart to be duplicates of another."""
    trial = Trial(str(tmp_path_factory.mktemp("streamed") / "lake"))
    hours = {}
    for number, folder in enumerate([*SESSION_CASES, *COUNT_CASES]):
        hours[folder] = (datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=3 * number)).strftime("%Y-%m-%d-%H")
        if data := records(folder):
            trial.land(hours[folder], "records", data)
    trial.run()
    found = {}
    for folder, hour in hours.items():
        partition = trial.lake.catalog.partition("clickstream", "events_v1", hour)
        rows = [] if partition is None else _rows(trial, hour)
        found[folder] = [_event(row, hour) for row in rows]
    return found


def _rows(trial: Trial, hour: str) -> list[dict[str, Any]]:
    store = trial.lake.store
    partition = trial.lake.catalog.partition("clickstream", "events_v1", hour)
    assert partition is not None
    keys = [one.key for one in store.list(partition.location) if one.key.endswith(".parquet")]
    return [row for key in keys for row in pq.read_table(io.BytesIO(store.read(key))).to_pylist()]


def _event(row: dict[str, Any], hour: str) -> Event:
    time = row["client_timestamp"]
    at = None if time is None else (time - EPOCH) // timedelta(microseconds=1)
    return Event(row["event_id"], row["user_id"], row["device_id"], row["client_event"], at, hour)


def frame(spark: SparkSession, events: list[Event]) -> DataFrame:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    return distinct_events(spark.createDataFrame([event.row for event in events], EVENT_DDL))


def expected(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / "expect" / f"{name}.ndjson"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rules_of(folder: Path) -> SessionRules:
    properties = json.loads((folder / "properties.json").read_text())
    return SessionRules.from_options({name: properties[name] for name in OPTIONS if name in properties})


@pytest.fixture(scope="module")
def sessions(cases: Cases, spark: SparkSession) -> dict[Path, list[Row]]:
    """Each case's sessions, as the job makes them. Cases of the same rules are one query: each has users and ids of
    its own there, which are its own again in the rows.
    """
    job = runpy.run_path(str(JOBS / "sessions.py"), run_name="job")
    by_rules: dict[SessionRules, list[Event]] = defaultdict(list)
    for number, folder in enumerate(SESSION_CASES):
        by_rules[rules_of(folder)] += [_apart(event, number) for event in cases[folder]]
    found: dict[Path, list[Row]] = {folder: [] for folder in SESSION_CASES}
    for rules, events in by_rules.items():
        for session_id, user, *values in job["sessions"](frame(spark, events), rules).collect():
            number, own = divmod(user, APART)
            assert session_id.startswith(f"{user}_")
            times = [value.astimezone(UTC) if isinstance(value, datetime) else value for value in values]
            found[SESSION_CASES[number]].append((session_id.replace(str(user), str(own), 1), own, *times))
    return found


def _apart(event: Event, number: int) -> Event:
    assert event.user_id is None or 0 <= event.user_id < APART
    user = None if event.user_id is None else event.user_id + number * APART
    return replace(event, event_id=f"{number:02d} {event.event_id}", user_id=user)


@pytest.mark.parametrize("folder", SESSION_CASES, ids=lambda folder: folder.name)
def test_sessions_are_those_of_the_stream(folder: Path, cases: Cases, sessions: dict[Path, list[Row]]) -> None:
    made = sorted(sessions[folder], key=repr)
    if expected(folder, "late") or folder.name == WITHOUT_DEDUP:
        assert made == plain_sessions(distinct(cases[folder]), rules_of(folder))
        return
    rows = expected(folder, "sessions")
    wanted = [tuple(instant(row[n]) if n.endswith("_at") else row[n] for n in NAMES) for row in rows]
    assert made == sorted(wanted, key=repr)


@pytest.mark.parametrize("folder", COUNT_CASES, ids=lambda folder: folder.name)
def test_counts_are_those_of_the_stream(folder: Path, cases: Cases, spark: SparkSession) -> None:
    properties = json.loads((folder / "properties.json").read_text())
    resolution = properties.get("resolution", "hour")
    counts = runpy.run_path(str(JOBS / "event_counts.py"), run_name="job")["event_counts"]
    made = sorted(tuple(row) for row in counts(frame(spark, cases[folder]), resolution).collect())
    assert made == plain_counts(distinct(cases[folder]), resolution)
    if not expected(folder, "late"):
        rows = expected(folder, "counts")
        assert made == sorted((row["EventName"], row["EventHour"], row["EventCount"]) for row in rows)
