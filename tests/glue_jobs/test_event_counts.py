"""The event counts job: what is counted where, and which days are counted again."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql.pandas.types import from_arrow_schema

from lake.contract.arrow import arrow_schema
from lake.contract.load import load_contract
from lake.errors import UsageError
from lake.write.day_events import EVENT_DDL, distinct_events
from tests.conftest import REPOSITORY
from tests.glue_jobs.day_lakes import COUNTS, DayLake
from tests.glue_jobs.harness import JOBS
from tests.glue_jobs.plain_sessions import Event, distinct, micros, plain_counts

if TYPE_CHECKING:
    from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql import SparkSession

event_counts = runpy.run_path(str(JOBS / "event_counts.py"), run_name="job")["event_counts"]
CONTRACT = REPOSITORY / "contracts" / "clickstream" / "event_counts_by_day_v1.odcs.yaml"


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> DayLake:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    return DayLake(str(tmp_path / "lake"), spark)


def event(name: str, time: str | None, arrived: str, what: str | None = "view") -> Event:
    at = None if time is None else micros(f"2026-11-{time}:00Z")
    return Event(name, None, None, what, at, f"2026-11-{arrived}")


TWO_DAYS = [
    event("a", "20T12:00", "20-12"),
    event("b", "20T12:59", "20-13"),
    event("c", "20T13:00", "20-13", None),
    event("d", "21T00:00", "21-00"),
    event("e", None, "21-00"),
    event("f", None, "21-05", None),
]


def test_events_count_on_their_day_and_without_a_time_on_the_day_of_their_arrival(lake: DayLake) -> None:
    lake.publish(TWO_DAYS)
    assert lake.outcomes(COUNTS) == {"2026-11-20": "published", "2026-11-21": "published"}
    assert lake.days(COUNTS) == {
        "2026-11-20": [("NULL", "2026-11-20T13:00:00", 1), ("view", "2026-11-20T12:00:00", 2)],
        "2026-11-21": [("NULL", "NULL", 1), ("view", "2026-11-21T00:00:00", 1), ("view", "NULL", 1)],
    }
    assert lake.outcomes(COUNTS) == {}


def test_a_long_name_counts_under_its_first_512_characters(lake: DayLake) -> None:
    names = ["\U0001f6b2" * 600, "\U0001f6b2" * 512, "n" * 511]
    lake.publish([event(str(at), "20T12:00", "20-12", name) for at, name in enumerate(names)])
    lake.run(COUNTS)
    assert lake.days(COUNTS) == {
        "2026-11-20": [("n" * 511, "2026-11-20T12:00:00", 1), ("\U0001f6b2" * 512, "2026-11-20T12:00:00", 2)]
    }


def test_a_late_event_changes_its_own_day_alone(lake: DayLake) -> None:
    lake.publish(TWO_DAYS)
    lake.run(COUNTS)
    lake.publish([event("late", "20T23:59", "23-07")])
    assert lake.outcomes(COUNTS) == {"2026-11-20": "published"}
    assert ("view", "2026-11-20T23:00:00", 1) in lake.days(COUNTS)["2026-11-20"]


def test_an_event_without_a_time_changes_the_day_of_its_arrival_alone(lake: DayLake) -> None:
    lake.publish(TWO_DAYS)
    lake.run(COUNTS)
    lake.publish([event("late", None, "20-23")])
    assert lake.outcomes(COUNTS) == {"2026-11-20": "published"}


def test_a_redelivered_event_changes_no_count(lake: DayLake) -> None:
    lake.publish(TWO_DAYS)
    lake.run(COUNTS)
    lake.publish([replace(TWO_DAYS[0], arrived="2026-11-23-07")])
    assert lake.outcomes(COUNTS) == {"2026-11-20": "unchanged"}


def test_minutes_are_another_resolution_of_all_days(lake: DayLake) -> None:
    lake.publish(TWO_DAYS)
    lake.run(COUNTS)
    assert set(lake.outcomes(COUNTS, resolution="minute")) == {"2026-11-20", "2026-11-21"}
    assert ("view", "2026-11-20T12:59:00", 1) in lake.days(COUNTS)["2026-11-20"]
    assert lake.lake.plan(lake.lake.table(COUNTS)).stale == ()
    with pytest.raises(UsageError, match="resolution='day': expected hour, 15m, minute"):
        lake.run(COUNTS, resolution="day")


def test_columns_and_types_are_those_of_the_contract(spark: SparkSession) -> None:
    made = event_counts(spark.createDataFrame([], EVENT_DDL), "hour")
    contract = from_arrow_schema(arrow_schema(load_contract(CONTRACT)))
    assert [(one.name, one.dataType) for one in made.schema] == [(one.name, one.dataType) for one in contract[:-1]]


EVENTS = st.lists(
    st.builds(
        Event,
        event_id=st.uuids().map(str),
        user_id=st.none(),
        device_id=st.none(),
        client_event=st.sampled_from(["home", "buy", "NULL", "", None]),
        at=st.none() | st.integers(-(10**13), 2 * 10**15),
        arrived=st.sampled_from(["2026-11-21-23", "2026-11-22-00"]),
    ),
    max_size=40,
)


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(events=EVENTS, resolution=st.sampled_from(["hour", "15m", "minute"]))
def test_random_events_are_counted_as_a_plain_loop_counts_them(
    spark: SparkSession, events: list[Event], resolution: str
) -> None:
    made = event_counts(distinct_events(spark.createDataFrame([one.row for one in events], EVENT_DDL)), resolution)
    assert sorted(tuple(row) for row in made.collect()) == plain_counts(distinct(events), resolution)
