"""The sessions job over days: what is rebuilt, what is not, and that it comes to what a full rebuild comes to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.errors import GateRefused, UsageError
from lake.publish.partition import roll_back, unpin
from lake.session_rules import SessionRules
from tests.glue_jobs.day_lakes import EVENTS, SESSIONS, DayLake
from tests.glue_jobs.months import After, Month, Scenario, after_run, expected
from tests.glue_jobs.plain_sessions import Event, Row, micros

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

IN_RANGE, LATE, REPEATED, REMOVED, EXPIRED, ROLLED_BACK, OTHER = map(Month, range(1, 8))

LATE_EVENT = Scenario(LATE, LATE.noons(20, 21, 22), [LATE.event("late", "21T13:00", "23-07")])
REPEATED_EVENT = Scenario(REPEATED, REPEATED.noons(20, 21), [REPEATED.event("noon21", "21T12:00", "22-20")])
PINNED = Scenario(ROLLED_BACK, ROLLED_BACK.noons(21), [ROLLED_BACK.event("late", "21T13:00", "23-07")])
STAYING = REMOVED.event("evening", "20T18:00", "20-12")
NEVER_SET = [
    Event("zero", 1, "phone", "home", micros("0001-01-01T00:00:00Z"), "2026-11-21-12"),
    Event("end", 1, "phone", "home", micros("9999-12-31T23:59:59.999999Z"), "2026-11-21-12"),
]
FIRST = [
    *(*IN_RANGE.noons(20, 21, 22), *LATE_EVENT.first, *REPEATED_EVENT.first, *REMOVED.noons(20, 21), STAYING),
    *(*EXPIRED.noons(20, 21, 22), *PINNED.first, *NEVER_SET),
]


@dataclass(frozen=True)
class Runs:
    """The lake of all scenarios, and its runs: of a range, of the rest, on changes; then with a day rolled back, and
    once it is unpinned.
    """

    lake: DayLake
    ranged: After
    first: After
    changed: After
    rolled_back: dict[str, list[Row]]
    pinned: After
    unpinned: After


@pytest.fixture(scope="module")
def runs(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    lake = DayLake(str(tmp_path_factory.mktemp("days") / "lake"), spark)
    opened, pinned_day = lake.lake, ROLLED_BACK.day(21)
    lake.publish(FIRST)
    ranged = after_run(lake, since=IN_RANGE.day(21), until=IN_RANGE.day(22))
    first = after_run(lake)
    lake.publish([*LATE_EVENT.late, *REPEATED_EVENT.late, *PINNED.late])
    lake.publish_hour(f"{REMOVED.day(20)}-12", [STAYING])
    lake.publish_hour(f"{REMOVED.day(21)}-12", [])
    opened.catalog.drop_partition("clickstream", "events_v1", f"{EXPIRED.day(21)}-12")
    changed = after_run(lake)
    roll_back(opened.catalog, opened.store, opened.table(SESSIONS), pinned_day)
    rolled_back = lake.days()
    pinned = after_run(lake)
    unpin(opened.catalog, opened.table(SESSIONS), pinned_day)
    return Runs(lake, ranged, first, changed, rolled_back, pinned, after_run(lake))


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> DayLake:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    return DayLake(str(tmp_path / "lake"), spark)


def test_every_day_of_events_is_made_once_and_then_left_alone(runs: Runs) -> None:
    days = set(expected(FIRST))
    assert {**runs.ranged.outcomes, **runs.first.outcomes} == dict.fromkeys(days, "published")
    assert len(runs.ranged.outcomes) + len(runs.first.outcomes) == len(days)
    assert runs.first.days == expected(FIRST)
    assert runs.pinned.outcomes == {}


def test_only_days_of_the_range_are_touched(runs: Runs) -> None:
    assert runs.ranged.outcomes == {IN_RANGE.day(21): "published"}
    assert runs.ranged.days == {IN_RANGE.day(21): expected(FIRST)[IN_RANGE.day(21)]}
    assert IN_RANGE.own(runs.first.outcomes) == {20: "published", 22: "published"}


def test_a_late_event_changes_its_own_day_alone_however_late_it_arrives(runs: Runs) -> None:
    assert LATE.own(runs.changed.outcomes) == {21: "published"}
    assert LATE.own(runs.changed.days) == LATE_EVENT.expected


def test_an_event_that_arrives_twice_is_counted_once_and_the_rest_is_not_rebuilt(runs: Runs) -> None:
    assert REPEATED.own(runs.changed.outcomes) == {21: "unchanged"}
    assert REPEATED.own(runs.changed.days) == REPEATED.expected(REPEATED_EVENT.first)


def test_removed_events_take_their_sessions_with_them(runs: Runs) -> None:
    assert len(REMOVED.own(runs.first.days)[20]) == 2
    assert REMOVED.own(runs.changed.outcomes) == {20: "published", 21: "published"}
    assert REMOVED.own(runs.changed.days) == {**REMOVED.expected([STAYING]), 21: []}


def test_a_day_outlives_the_hours_that_it_was_made_from(runs: Runs) -> None:
    assert EXPIRED.own(runs.changed.outcomes) == {}
    assert EXPIRED.own(runs.changed.days) == EXPIRED.expected(EXPIRED.noons(20, 21, 22))
    plan = runs.lake.lake.plan(runs.lake.lake.table(SESSIONS))
    assert [day.reason for day in plan.partitions if day.dt == EXPIRED.day(21)] == [
        f"{EXPIRED.day(21)}-12 no longer published in {EVENTS}; kept as published"
    ]


def test_a_day_that_was_rolled_back_stays_until_it_is_unpinned(runs: Runs) -> None:
    assert ROLLED_BACK.own(runs.changed.outcomes) == {21: "published"}
    assert ROLLED_BACK.own(runs.rolled_back) == ROLLED_BACK.own(runs.first.days)
    assert runs.rolled_back == {**runs.changed.days, ROLLED_BACK.day(21): runs.first.days[ROLLED_BACK.day(21)]}
    assert runs.pinned.outcomes == {}
    assert runs.unpinned.outcomes == {ROLLED_BACK.day(21): "published"}
    assert ROLLED_BACK.own(runs.unpinned.days) == PINNED.expected


def test_clocks_that_were_never_set_make_days_of_their_own(runs: Runs) -> None:
    days = {"0001-01-01", "9999-12-31"}
    assert {dt: rows for dt, rows in runs.first.days.items() if dt in days} == expected(NEVER_SET)
    assert {dt: outcome for dt, outcome in runs.first.outcomes.items() if dt in days} == dict.fromkeys(
        days, "published"
    )
    assert not days & runs.changed.outcomes.keys()


def test_other_options_rebuild_all_days_and_status_knows_which_they_were_made_with(lake: DayLake) -> None:
    events = [*OTHER.noons(20, 21), OTHER.event("x", "21T12:45", "21-12")]
    lake.publish(events)
    lake.run()
    assert len(lake.days()[OTHER.day(21)]) == 2
    assert lake.outcomes(gap="1 hour") == {OTHER.day(20): "unchanged", OTHER.day(21): "published"}
    assert lake.days() == expected(events, SessionRules.of(gap="1h"))
    assert lake.lake.plan(lake.lake.table(SESSIONS)).stale == ()
    assert lake.outcomes(gap="60m") == {}
    assert set(lake.outcomes()) == {OTHER.day(20), OTHER.day(21)}


def test_what_the_gate_refuses_is_not_published_and_status_says_so(lake: DayLake, tmp_path: Path) -> None:
    from lake.ops.status import table_status

    suite = tmp_path / "expectations" / "clickstream" / "sessions_by_day_v1.json"
    suite.parent.mkdir(parents=True)
    suite.write_text(
        '{"name": "clickstream.sessions_by_day_v1", "expectations": [{"type": "expect_table_row_count_to_be_between",'
        ' "kwargs": {"max_value": 1}, "severity": "critical"}]}'
    )
    lake.publish([*OTHER.noons(20, 21, 22), OTHER.event("x", "21T18:00", "21-12")])
    with pytest.raises(GateRefused):
        lake.run(expectations=str(tmp_path / "expectations"))
    assert set(lake.days()) == {OTHER.day(20), OTHER.day(22)}
    states = {one.partition: one.state for one in table_status(lake.lake, lake.lake.table(SESSIONS)).partitions}
    assert states == {OTHER.day(20): "current", OTHER.day(21): "refused", OTHER.day(22): "current"}


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
