"""The sessions job around midnight: which events change the day before, the day after, or their own day alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.session_rules import SessionRules
from tests.glue_jobs.day_lakes import DayLake
from tests.glue_jobs.three_days import THREE_DAYS, TWENTIETH, TWENTY_FIRST, TWENTY_SECOND, TWENTY_THIRD, event, expected

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> DayLake:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    return DayLake(str(tmp_path / "lake"), spark)


def test_an_event_that_a_session_of_the_day_before_reaches_changes_both_days(lake: DayLake) -> None:
    before, after = event("x", "21T23:50", "21-23"), event("y", "22T00:40", "22-00")
    lake.publish([*THREE_DAYS, before, after])
    lake.run()
    assert len(lake.days()[TWENTY_FIRST]) == 2
    joining = event("late", "22T00:15", "22-03")
    lake.publish([joining])
    assert lake.outcomes() == {TWENTY_FIRST: "published", TWENTY_SECOND: "published"}
    assert lake.days() == expected([*THREE_DAYS, before, after, joining])
    assert len(lake.days()[TWENTY_SECOND]) == 1


def test_an_event_before_midnight_takes_the_start_from_the_next_day(lake: DayLake) -> None:
    after = event("y", "22T00:10", "22-00")
    lake.publish([*THREE_DAYS, after])
    lake.run()
    late = event("late", "21T23:45", "22-03")
    lake.publish([late])
    assert lake.outcomes() == {TWENTY_FIRST: "published", TWENTY_SECOND: "published"}
    assert lake.days() == expected([*THREE_DAYS, after, late])


def test_an_event_exactly_one_gap_after_the_last_of_the_day_before_belongs_to_its_session(lake: DayLake) -> None:
    before = event("x", "21T23:45", "21-23")
    lake.publish([*THREE_DAYS, before])
    lake.run()
    at_the_gap = event("late", "22T00:15", "22-03")
    lake.publish([at_the_gap])
    assert lake.outcomes() == {TWENTY_FIRST: "published", TWENTY_SECOND: "unchanged"}
    assert lake.days() == expected([*THREE_DAYS, before, at_the_gap])
    assert len(lake.days()[TWENTY_FIRST]) == len(THREE_DAYS[1:])


def test_an_event_a_microsecond_later_starts_a_session_of_its_own_day(lake: DayLake) -> None:
    before = event("x", "21T23:45", "21-23")
    lake.publish([*THREE_DAYS, before])
    lake.run()
    beyond = event("late", "22T00:15:00.000001", "22-03")
    lake.publish([beyond])
    assert lake.outcomes() == {TWENTY_FIRST: "unchanged", TWENTY_SECOND: "published"}
    assert lake.days() == expected([*THREE_DAYS, before, beyond])
    assert len(lake.days()[TWENTY_SECOND]) == 2


def test_a_first_event_exactly_one_gap_before_midnight_is_seen_by_the_next_day(lake: DayLake) -> None:
    midnight = event("y", "22T00:00", "22-00")
    lake.publish([*THREE_DAYS, midnight])
    lake.run()
    assert len(lake.days()[TWENTY_SECOND]) == 2
    late = event("late", "21T23:30", "22-03")
    lake.publish([late])
    assert lake.outcomes() == {TWENTY_FIRST: "published", TWENTY_SECOND: "published"}
    assert lake.days() == expected([*THREE_DAYS, midnight, late])
    assert len(lake.days()[TWENTY_SECOND]) == 1


def test_with_a_cut_at_midnight_an_event_beyond_it_changes_its_own_day_alone(lake: DayLake) -> None:
    before = event("x", "21T23:50", "21-23")
    lake.publish([*THREE_DAYS, before])
    lake.run(cut_at_midnight=True)
    late = event("late", "22T00:05", "22-03")
    lake.publish([late])
    outcomes = lake.outcomes(cut_at_midnight=True)
    assert outcomes == {TWENTY_FIRST: "unchanged", TWENTY_SECOND: "published"}
    assert lake.days() == expected([*THREE_DAYS, before, late], SessionRules(cut_at_midnight=True))


def test_an_event_after_midnight_that_no_session_reaches_leaves_the_day_before_alone(lake: DayLake) -> None:
    lake.publish(THREE_DAYS)
    lake.run()
    late = event("late", "22T00:15", "22-03")
    lake.publish([late])
    assert lake.outcomes() == {TWENTY_SECOND: "published"}
    assert lake.days() == expected([*THREE_DAYS, late])


def test_a_neighbour_that_is_looked_at_again_and_is_the_same_stays_as_it_is(lake: DayLake) -> None:
    lake.publish([*THREE_DAYS, event("x", "21T23:50", "21-23")])
    lake.run()
    folder = lake.partitions()[TWENTY_FIRST].location
    lake.publish([event("other", "22T00:05", "22-03", user=2)])
    assert lake.outcomes() == {TWENTY_FIRST: "unchanged", TWENTY_SECOND: "published"}
    assert lake.partitions()[TWENTY_FIRST].location == folder
    assert lake.outcomes() == {}


def test_a_session_over_several_days_belongs_to_the_day_of_its_start(lake: DayLake) -> None:
    chain = [
        event(f"n{n}", f"{20 + n // 48}T{n % 48 // 2:02d}:{n % 2 * 30:02d}", f"{20 + n // 48}-{n % 48 // 2:02d}")
        for n in range(40, 150)
    ]
    lake.publish(chain)
    assert set(lake.outcomes().values()) == {"published"}
    days = lake.days()
    assert {day: len(rows) for day, rows in days.items()} == {
        TWENTIETH: 1, TWENTY_FIRST: 0, TWENTY_SECOND: 0, TWENTY_THIRD: 0,
    }  # fmt: skip
    assert days[TWENTIETH] == expected(chain)[TWENTIETH]
    late = event("late", "23T02:50", "24-00")
    lake.publish([late])
    assert lake.outcomes() == {TWENTIETH: "published", TWENTY_THIRD: "unchanged"}
    assert lake.days()[TWENTIETH] == expected([*chain, late])[TWENTIETH]
