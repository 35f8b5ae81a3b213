"""The sessions job over days: what is rebuilt, what is not, and that it comes to what a full rebuild comes to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.errors import GateRefused, UsageError
from lake.publish.partition import roll_back, unpin
from lake.session_rules import SessionRules
from tests.glue_jobs.day_lakes import EVENTS, SESSIONS, DayLake
from tests.glue_jobs.plain_sessions import Event, micros
from tests.glue_jobs.three_days import THREE_DAYS, TWENTIETH, TWENTY_FIRST, TWENTY_SECOND, event, expected

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> DayLake:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    return DayLake(str(tmp_path / "lake"), spark)


def test_every_day_of_events_is_made_once_and_then_left_alone(lake: DayLake) -> None:
    lake.publish(THREE_DAYS)
    assert lake.outcomes() == dict.fromkeys((TWENTIETH, TWENTY_FIRST, TWENTY_SECOND), "published")
    assert lake.days() == expected(THREE_DAYS)
    assert lake.outcomes() == {}


def test_a_late_event_changes_its_own_day_alone_however_late_it_arrives(lake: DayLake) -> None:
    lake.publish(THREE_DAYS)
    lake.run()
    late = event("late", "21T13:00", "23-07")
    lake.publish([late])
    assert lake.outcomes() == {TWENTY_FIRST: "published"}
    assert lake.days() == expected([*THREE_DAYS, late])


def test_an_event_that_arrives_twice_is_counted_once_and_the_rest_is_not_rebuilt(lake: DayLake) -> None:
    lake.publish(THREE_DAYS)
    lake.run()
    lake.publish([event("b", "21T12:00", "22-20")])
    assert lake.outcomes() == {TWENTY_FIRST: "unchanged"}
    assert lake.days() == expected(THREE_DAYS)


def test_removed_events_take_their_sessions_with_them(lake: DayLake) -> None:
    lake.publish([*THREE_DAYS, event("z", "21T18:00", "21-12")])
    lake.run()
    lake.publish_hour("2026-11-21-12", [event("z", "21T18:00", "21-12")])
    assert lake.outcomes() == {TWENTY_FIRST: "published"}
    lake.publish_hour("2026-11-21-12", [])
    assert lake.outcomes() == {TWENTY_FIRST: "published"}
    assert lake.days()[TWENTY_FIRST] == []


def test_a_day_outlives_the_hours_that_it_was_made_from(lake: DayLake) -> None:
    lake.publish(THREE_DAYS)
    lake.run()
    lake.lake.catalog.drop_partition("clickstream", "events_v1", "2026-11-21-12")
    assert lake.outcomes() == {}
    assert lake.days() == expected(THREE_DAYS)
    plan = lake.lake.plan(lake.lake.table(SESSIONS))
    assert [day.reason for day in plan.partitions if day.dt == TWENTY_FIRST] == [
        f"2026-11-21-12 no longer published in {EVENTS}; kept as published"
    ]


def test_other_options_rebuild_all_days_and_status_knows_which_they_were_made_with(lake: DayLake) -> None:
    events = [*THREE_DAYS, event("x", "21T12:45", "21-12")]
    lake.publish(events)
    lake.run()
    assert len(lake.days()[TWENTY_FIRST]) == 2
    outcomes = lake.outcomes(gap="1 hour")
    assert outcomes == {TWENTIETH: "unchanged", TWENTY_FIRST: "published", TWENTY_SECOND: "unchanged"}
    assert lake.days() == expected(events, SessionRules.of(gap="1h"))
    assert lake.lake.plan(lake.lake.table(SESSIONS)).stale == ()
    assert lake.outcomes(gap="60m") == {}
    assert set(lake.outcomes()) == {TWENTIETH, TWENTY_FIRST, TWENTY_SECOND}


def test_only_days_of_the_range_are_touched(lake: DayLake) -> None:
    lake.publish(THREE_DAYS)
    assert lake.outcomes(since=TWENTY_FIRST, until=TWENTY_SECOND) == {TWENTY_FIRST: "published"}
    assert set(lake.outcomes()) == {TWENTIETH, TWENTY_SECOND}


def test_a_day_that_was_rolled_back_stays_until_it_is_unpinned(lake: DayLake) -> None:
    lake.publish(THREE_DAYS)
    lake.run()
    before = lake.days()
    lake.publish([event("late", "21T13:00", "23-07")])
    lake.run()
    opened = lake.lake
    roll_back(opened.catalog, opened.store, opened.table(SESSIONS), TWENTY_FIRST)
    assert lake.days() == before
    assert lake.outcomes() == {}
    unpin(opened.catalog, opened.table(SESSIONS), TWENTY_FIRST)
    assert lake.outcomes() == {TWENTY_FIRST: "published"}


def test_what_the_gate_refuses_is_not_published_and_status_says_so(lake: DayLake, tmp_path: Path) -> None:
    from lake.ops.status import table_status

    suite = tmp_path / "expectations" / "clickstream" / "sessions_by_day_v1.json"
    suite.parent.mkdir(parents=True)
    suite.write_text(
        '{"name": "clickstream.sessions_by_day_v1", "expectations": [{"type": "expect_table_row_count_to_be_between",'
        ' "kwargs": {"max_value": 1}, "severity": "critical"}]}'
    )
    lake.publish([*THREE_DAYS, event("x", "21T18:00", "21-12")])
    with pytest.raises(GateRefused):
        lake.run(expectations=str(tmp_path / "expectations"))
    assert set(lake.days()) == {TWENTIETH, TWENTY_SECOND}
    states = {one.partition: one.state for one in table_status(lake.lake, lake.lake.table(SESSIONS)).partitions}
    assert states == {TWENTIETH: "current", TWENTY_FIRST: "refused", TWENTY_SECOND: "current"}


def test_clocks_that_were_never_set_make_days_of_their_own(lake: DayLake) -> None:
    unusual = [
        Event("zero", 1, "phone", "home", micros("0001-01-01T00:00:00Z"), "2026-11-21-12"),
        Event("end", 1, "phone", "home", micros("9999-12-31T23:59:59.999999Z"), "2026-11-21-12"),
    ]
    lake.publish(unusual)
    assert lake.outcomes() == {"0001-01-01": "published", "9999-12-31": "published"}
    assert lake.days() == expected(unusual)
    assert lake.outcomes() == {}


def test_on_s3_the_same_days_are_rebuilt_and_come_to_the_same(s3_root: str, spark: SparkSession, lake: DayLake) -> None:
    other = DayLake(s3_root, spark)
    across = [event("x", "21T23:50", "21-23"), event("y", "22T00:40", "22-00"), event("late", "22T00:15", "23-07")]
    outcomes = []
    for one in (lake, other):
        one.publish([*THREE_DAYS, *across[:2]])
        one.run()
        one.publish(across[2:])
        outcomes.append((one.outcomes(), one.outcomes()))
    assert outcomes == [({TWENTY_FIRST: "published", TWENTY_SECOND: "published"}, {})] * 2
    assert other.content() == lake.content()
    assert other.days() == lake.days() == expected([*THREE_DAYS, *across])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gap": "soon"}, "reading gap='soon': expected a whole number and a unit"),
        ({"gap": "0s"}, "reading gap='0s': expected more than 0"),
        ({"window": "2m"}, "reading window='2m': expected 30s or 1m"),
        ({"window": "1m", "gap": "5m"}, "reading window and gap: they exclude each other"),
        ({"window": "1m", "cut_at_midnight": True}, "reading window and cut_at_midnight: they exclude each other"),
        ({"timezone": "Mars/Olympus"}, "reading timezone='Mars/Olympus': expected a zone's name"),
        ({"since": "2026-11-21-00"}, "--since: reading the day '2026-11-21-00': expected YYYY-MM-DD"),
        ({"table": "clickstream.event_counts_by_day_v1"}, "its contract does not say madeBy: sessions"),
    ],
)
def test_an_option_that_cannot_be_right_is_named(lake: DayLake, options: dict[str, object], message: str) -> None:
    import runpy

    from tests.glue_jobs.harness import JOBS, runtime

    job = runpy.run_path(str(JOBS / "sessions.py"), run_name="job")
    with pytest.raises(UsageError) as refused:
        job["run"](lake.lake, job["Args"](root=lake.root, **options), runtime())
    assert message in str(refused.value)
