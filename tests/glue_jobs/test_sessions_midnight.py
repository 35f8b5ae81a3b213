"""The sessions job around midnight: which events change the day before, the day after, or their own day alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.session_rules import SessionRules
from tests.glue_jobs.day_lakes import DayLake
from tests.glue_jobs.months import After, Month, Scenario, after_run, expected

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def around_midnight(month: int, first: list[tuple[str, str]], late: str, *noons: int, late_user: int = 1) -> Scenario:
    """Events at the noons of the 21st and the 22nd (and other days); those of `first`, by time and arrival; a late one.

    Noons are no neighbours of midnight: their sessions stay as they are.
    """
    of = Month(month)
    events = [of.event(f"e{number}", *when) for number, when in enumerate(first)]
    return Scenario(of, [*of.noons(21, 22, *noons), *events], [of.event("late", late, "24-03", late_user)])


def chain_of_three_days(month: int) -> Scenario:
    """An event each half hour from 20:00 on the 20th until 02:30 on the 22nd, and one that makes the session longer."""
    of = Month(month)
    chain = [
        of.event(f"n{n}", f"{20 + n // 48}T{n % 48 // 2:02d}:{n % 2 * 30:02d}", f"{20 + n // 48}-23")
        for n in range(40, 102)
    ]
    return Scenario(of, chain, [of.event("late", "22T02:50", "24-03")])


JOINED = around_midnight(1, [("21T23:50", "21-23"), ("22T00:40", "22-00")], "22T00:15")
EARLIER_START = around_midnight(2, [("22T00:10", "22-00")], "21T23:45", 20)
AT_THE_GAP = around_midnight(3, [("21T23:45", "21-23")], "22T00:15")
BEYOND_THE_GAP = around_midnight(4, [("21T23:45", "21-23")], "22T00:15:00.000001")
GAP_BEFORE_MIDNIGHT = around_midnight(5, [("22T00:00", "22-00")], "21T23:30")
UNREACHED = around_midnight(6, [], "22T00:15", 20)
OF_ANOTHER_USER = around_midnight(7, [("21T23:50", "21-23")], "22T00:05", late_user=2)
CHAIN = chain_of_three_days(8)
SCENARIOS = (
    *(JOINED, EARLIER_START, AT_THE_GAP, BEYOND_THE_GAP, GAP_BEFORE_MIDNIGHT, UNREACHED, OF_ANOTHER_USER),
    CHAIN,
)


@dataclass(frozen=True)
class Runs:
    """The lake of all scenarios, and its runs: on what came first, on what came late, on nothing new."""

    lake: DayLake
    first: After
    second: After
    third: After


@pytest.fixture(scope="module")
def runs(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    lake = DayLake(str(tmp_path_factory.mktemp("midnight") / "lake"), spark)
    lake.publish(event for scenario in SCENARIOS for event in scenario.first)
    first = after_run(lake)
    lake.publish(event for scenario in SCENARIOS for event in scenario.late)
    return Runs(lake, first, after_run(lake), after_run(lake))


def test_the_days_of_all_scenarios_are_made_by_the_first_run(runs: Runs) -> None:
    firsts = [event for scenario in SCENARIOS for event in scenario.first]
    assert {dt: rows for dt, rows in runs.first.days.items() if rows} == expected(firsts)
    assert runs.first.outcomes == dict.fromkeys(runs.first.days, "published")


def test_an_event_that_a_session_of_the_day_before_reaches_changes_both_days(runs: Runs) -> None:
    month = JOINED.month
    assert len(month.own(runs.first.days)[21]) == 2
    assert month.own(runs.second.outcomes) == {21: "published", 22: "published"}
    assert month.own(runs.second.days) == JOINED.expected
    assert len(month.own(runs.second.days)[22]) == 1


def test_an_event_before_midnight_takes_the_start_from_the_next_day(runs: Runs) -> None:
    month = EARLIER_START.month
    assert month.own(runs.second.outcomes) == {21: "published", 22: "published"}
    assert month.own(runs.second.days) == EARLIER_START.expected


def test_an_event_exactly_one_gap_after_the_last_of_the_day_before_belongs_to_its_session(runs: Runs) -> None:
    month = AT_THE_GAP.month
    assert month.own(runs.second.outcomes) == {21: "published", 22: "unchanged"}
    assert month.own(runs.second.days) == AT_THE_GAP.expected
    assert len(month.own(runs.second.days)[21]) == 2


def test_an_event_a_microsecond_later_starts_a_session_of_its_own_day(runs: Runs) -> None:
    month = BEYOND_THE_GAP.month
    assert month.own(runs.second.outcomes) == {21: "unchanged", 22: "published"}
    assert month.own(runs.second.days) == BEYOND_THE_GAP.expected
    assert len(month.own(runs.second.days)[22]) == 2


def test_a_first_event_exactly_one_gap_before_midnight_is_seen_by_the_next_day(runs: Runs) -> None:
    month = GAP_BEFORE_MIDNIGHT.month
    assert len(month.own(runs.first.days)[22]) == 2
    assert month.own(runs.second.outcomes) == {21: "published", 22: "published"}
    assert month.own(runs.second.days) == GAP_BEFORE_MIDNIGHT.expected
    assert len(month.own(runs.second.days)[22]) == 1


def test_an_event_after_midnight_that_no_session_reaches_leaves_the_day_before_alone(runs: Runs) -> None:
    month = UNREACHED.month
    assert month.own(runs.second.outcomes) == {22: "published"}
    assert month.own(runs.second.days) == UNREACHED.expected


def test_a_neighbour_that_is_looked_at_again_and_is_the_same_stays_as_it_is(runs: Runs) -> None:
    month = OF_ANOTHER_USER.month
    assert month.own(runs.second.outcomes) == {21: "unchanged", 22: "published"}
    assert month.own(runs.second.days) == OF_ANOTHER_USER.expected
    assert month.own(runs.second.folders)[21] == month.own(runs.first.folders)[21]
    assert runs.third.outcomes == {}


def test_a_session_over_several_days_belongs_to_the_day_of_its_start(runs: Runs) -> None:
    month = CHAIN.month
    assert month.own(runs.first.outcomes) == {20: "published", 21: "published", 22: "published"}
    assert month.own(runs.first.days) == {**month.expected(CHAIN.first), 21: [], 22: []}
    assert len(month.own(runs.first.days)[20]) == 1
    assert month.own(runs.second.outcomes) == {20: "published", 22: "unchanged"}
    assert month.own(runs.second.days) == {**CHAIN.expected, 21: [], 22: []}


def test_on_s3_the_same_days_are_rebuilt_and_come_to_the_same(runs: Runs, s3_root: str, spark: SparkSession) -> None:
    month, other = JOINED.month, DayLake(s3_root, spark)
    other.publish(JOINED.first)
    other.run()
    other.publish(JOINED.late)
    assert other.outcomes() == {month.day(21): "published", month.day(22): "published"}
    assert other.outcomes() == {}
    assert month.own(other.content()) == month.own(runs.lake.content())
    assert month.own(other.days()) == JOINED.expected


def test_with_a_cut_at_midnight_an_event_beyond_it_changes_its_own_day_alone(
    spark: SparkSession, tmp_path: Path
) -> None:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    lake, cut = DayLake(str(tmp_path / "lake"), spark), around_midnight(9, [("21T23:50", "21-23")], "22T00:05")
    lake.publish(cut.first)
    lake.run(cut_at_midnight=True)
    lake.publish(cut.late)
    outcomes = lake.outcomes(cut_at_midnight=True)
    assert outcomes == {cut.month.day(21): "unchanged", cut.month.day(22): "published"}
    assert lake.days() == expected([*cut.first, *cut.late], SessionRules(cut_at_midnight=True))
