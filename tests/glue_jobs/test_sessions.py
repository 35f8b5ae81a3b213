"""Sessions of events, as DataFrames: golden cases beside the stream's, and random events against a plain loop."""

from __future__ import annotations

import runpy
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql.pandas.types import from_arrow_schema

from lake.contract.arrow import arrow_schema
from lake.contract.load import load_contract
from lake.session_rules import SessionRules
from lake.write.day_events import EVENT_DDL, distinct_events
from tests.conftest import REPOSITORY
from tests.glue_jobs.harness import JOBS
from tests.glue_jobs.plain_sessions import CASES, Event, Row, case, distinct, micros, plain_sessions

if TYPE_CHECKING:
    from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql import DataFrame, SparkSession

SESSIONS = runpy.run_path(str(JOBS / "sessions.py"), run_name="job")["sessions"]
FOLDERS = sorted(folder for folder in CASES.iterdir() if folder.is_dir())
CONTRACT = REPOSITORY / "contracts" / "clickstream" / "sessions_by_day_v1.odcs.yaml"

MIDNIGHT = micros("2026-11-22T00:00:00Z")
MINUTE = 60_000_000


@pytest.fixture(scope="module")
def session(spark: SparkSession) -> SparkSession:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    return spark


def frame(session: SparkSession, events: Iterable[Event]) -> DataFrame:
    return session.createDataFrame([event.row for event in events], EVENT_DDL)


def computed(session: SparkSession, events: Iterable[Event], rules: SessionRules) -> list[Row]:
    """What the job makes of events, whole rows, sorted as plain_sessions sorts them."""
    made = SESSIONS(distinct_events(frame(session, events)), rules)
    return sorted((_in_utc(row) for row in made.collect()), key=repr)


def _in_utc(row: Iterable[Any]) -> Row:
    """Spark hands instants over in the machine's own zone."""
    return tuple(value.astimezone(UTC) if hasattr(value, "astimezone") else value for value in row)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_golden_case(folder: Path, session: SparkSession) -> None:
    events, rules, expected = case(folder)
    assert computed(session, events, rules) == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_plain_loop_says_the_same_of_a_golden_case(folder: Path) -> None:
    events, rules, expected = case(folder)
    assert plain_sessions(distinct(events), rules) == expected


def test_columns_and_types_are_those_of_the_contract(session: SparkSession) -> None:
    made = SESSIONS(frame(session, []), SessionRules())
    contract = from_arrow_schema(arrow_schema(load_contract(CONTRACT)))
    assert [(one.name, one.dataType) for one in made.schema] == [(one.name, one.dataType) for one in contract[:-1]]


RULES = st.sampled_from(
    [
        SessionRules(),
        SessionRules(gap_ms=60_000),
        SessionRules(cut_at_midnight=True),
        SessionRules(cut_at_midnight=True, timezone="Asia/Kolkata"),
        SessionRules(cut_at_midnight=True, timezone="America/Sao_Paulo"),
        SessionRules(window_ms=30_000),
        SessionRules(window_ms=60_000),
    ]
)
AROUND_MIDNIGHT = st.one_of(
    st.integers(-90, 90).map(lambda minute: MIDNIGHT + minute * MINUTE),
    st.integers(-90 * MINUTE, 90 * MINUTE).map(lambda at: MIDNIGHT + at),
    st.sampled_from([-1, 0, 1, 30 * MINUTE, 30 * MINUTE + 1, -30 * MINUTE]).map(lambda at: MIDNIGHT + at),
    st.none(),
)
EVENTS = st.lists(
    st.builds(
        Event,
        event_id=st.sampled_from([f"e{n}" for n in range(12)]) | st.uuids().map(str),
        user_id=st.sampled_from([1, 2, None]),
        device_id=st.sampled_from(["a", "b_1", "ü", None]),
        client_event=st.sampled_from(["home", "buy", None]),
        at=AROUND_MIDNIGHT,
        arrived=st.sampled_from(["2026-11-21-23", "2026-11-22-00", "2026-11-22-05"]),
    ),
    max_size=40,
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(events=EVENTS, rules=RULES)
def test_random_events_make_the_sessions_of_a_plain_loop(
    session: SparkSession, events: list[Event], rules: SessionRules
) -> None:
    once = list({(one.event_id, one.day, one.arrived): one for one in events}.values())
    assert computed(session, once, rules) == plain_sessions(distinct(once), rules)
