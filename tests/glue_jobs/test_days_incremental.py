"""Events arrive in any order, in any hour: runs in between come to what one run at the end comes to."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.session_rules import SessionRules
from tests.glue_jobs.day_lakes import COUNTS, SESSIONS, DayLake, by_start
from tests.glue_jobs.plain_sessions import Event, distinct, micros, plain_counts, plain_sessions

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MIDNIGHT = micros("2026-11-22T00:00:00Z")
MINUTE = 60_000_000
HOURS = ["2026-11-21-23", "2026-11-22-00", "2026-11-22-12", "2026-11-24-07"]

# Around two midnights and at noons between them, so that sessions cross, touch and miss the turn of the day.
TIMES = st.one_of(
    st.integers(-12, 12).map(lambda n: MIDNIGHT + n * 5 * MINUTE),
    st.integers(-12, 12).map(lambda n: MIDNIGHT + 24 * 60 * MINUTE + n * 5 * MINUTE),
    st.integers(-30, 30).map(lambda n: MIDNIGHT + n * 60 * MINUTE),
)
EVENTS = st.lists(
    st.builds(
        Event,
        event_id=st.sampled_from([f"e{n}" for n in range(30)]),
        user_id=st.sampled_from([1, 1, 2]),
        device_id=st.just("phone"),
        client_event=st.sampled_from(["home", "buy"]),
        at=TIMES,
    ),
    min_size=3,
    max_size=20,
    unique_by=lambda event: event.event_id,
)
RULES = st.sampled_from([{}, {"cut_at_midnight": True, "timezone": "Asia/Tokyo"}, {"gap": "5 minutes"}])


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[Event]]:
    """Events by the run before which they arrive, some of them twice."""
    events = draw(EVENTS)
    hours = draw(st.lists(st.sampled_from(HOURS), min_size=len(events), max_size=len(events)))
    arriving = [replace(event, arrived=hour) for event, hour in zip(events, hours, strict=True)]
    arriving += [replace(event, arrived=HOURS[-1]) for event in events[: draw(st.integers(0, 5))]]
    size = -(-len(arriving) // draw(st.integers(1, 4)))
    return [arriving[start : start + size] for start in range(0, len(arriving), size)]


def event(event_id: str, minutes: int, arrived: str, user: int = 1) -> Event:
    return Event(event_id, user, "phone", "home", MIDNIGHT + minutes * MINUTE, arrived)


def test_late_and_repeated_events_around_midnight_come_to_what_one_run_at_the_end_comes_to(spark: SparkSession) -> None:
    first = [event("a", -10, "2026-11-21-23"), event("b", 5, "2026-11-22-00"), event("c", -600, "2026-11-22-00", 2)]
    late = [event("d", -20, "2026-11-22-12"), event("e", 24 * 60 + 5, "2026-11-24-07"), event("b", 5, "2026-11-24-07")]
    check(spark, [first, late], {"cut_at_midnight": True, "timezone": "Asia/Tokyo"})


@pytest.mark.nightly
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(batches=arrivals(), options=RULES)
def test_runs_in_between_come_to_what_one_run_at_the_end_comes_to(
    spark: SparkSession, batches: list[list[Event]], options: dict[str, object]
) -> None:
    check(spark, batches, options)


def check(spark: SparkSession, batches: list[list[Event]], options: dict[str, object]) -> None:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    with tempfile.TemporaryDirectory() as folder:
        often, once = DayLake(f"{folder}/often", spark), DayLake(f"{folder}/once", spark)
        there: list[Event] = []
        for number, batch in enumerate(batches):
            there += batch
            changed = {event.arrived for event in batch}
            often.publish(distinct_in_hour(event for event in there if event.arrived in changed))
            stale = {hour.dt for hour in often.lake.plan(often.lake.table(SESSIONS)).stale} if number else None
            outcomes = often.outcomes(SESSIONS, **options)
            assert stale is None or set(outcomes) == stale  # what status says is what the next run does
            often.run(COUNTS)
        once.publish(distinct_in_hour(there))
        once.run(SESSIONS, **options)
        once.run(COUNTS)
        for table in (SESSIONS, COUNTS):
            assert often.content(table) == once.content(table)
            assert often.outcomes(table, **(options if table == SESSIONS else {})) == {}
        expected = by_start(plain_sessions(distinct(there), SessionRules.of(**options)))  # type: ignore[arg-type] # options of the job
        assert {day: rows for day, rows in once.days().items() if rows} == expected
        counts = sorted(row for rows in once.days(COUNTS).values() for row in rows)
        assert counts == plain_counts(distinct(there), "hour")


def distinct_in_hour(events: Iterable[Event]) -> list[Event]:
    """As raw_to_parquet leaves an hour: each event once."""
    return list({(event.event_id, event.arrived): event for event in events}.values())
