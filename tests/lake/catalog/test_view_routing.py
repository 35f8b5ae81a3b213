"""Routed views: each hour from exactly one of two tables, the bucketed one where that is current."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.catalog import Partition
from lake.catalog.view_routing import route_condition
from lake.errors import UsageError
from lake.objects.layout import hour_of

START = datetime(2026, 12, 30, 20, tzinfo=UTC)  # the hours of these tests cross a month's and a year's end


def at(number: int) -> str:
    """The hour so many hours after the first one."""
    return hour_of(START + timedelta(hours=number))


def shown(number: int, content: str = "") -> Partition:
    """An hour of the table that the bucketed one is made from."""
    return Partition(at(number), f"curated/{at(number)}").with_parameters(content_digest=content or f"c{number}")


def bucketed(number: int, made_from: str = "", **parameters: str) -> Partition:
    """An hour of the bucketed table, made from what `shown` shows unless said otherwise."""
    upstream = made_from or f"c{number}"
    return Partition(at(number), f"bucketed/{at(number)}").with_parameters(upstream_digest=upstream, **parameters)


def routes(
    buckets: Iterable[Partition], others: Iterable[Partition], hours: Iterable[int]
) -> Mapping[int, tuple[bool, bool]]:
    """By hour, how an SQL engine answers the condition and its negation."""
    condition = route_condition(list(buckets), list(others))
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE hours (number INTEGER, dt TEXT)")
    db.executemany("INSERT INTO hours VALUES (?, ?)", [(number, at(number)) for number in hours])
    answers = db.execute(f"SELECT number, {condition}, NOT {condition} FROM hours")
    return {number: (bool(holds), bool(fails)) for number, holds, fails in answers.fetchall()}


def routed(buckets: Iterable[Partition], others: Iterable[Partition], hours: Iterable[int] = range(-2, 40)) -> set[int]:
    """The hours that are read from the bucketed table; each other hour is read from the other one."""
    answers = routes(buckets, others, hours)
    assert all(holds != fails for holds, fails in answers.values())
    return {number for number, (holds, _) in answers.items() if holds}


def test_nothing_bucketed_reads_no_hour_there() -> None:
    assert route_condition([], []) == "(1 = 0)"
    assert route_condition([], [shown(0), shown(1)]) == "(1 = 0)"


def test_hours_in_a_row_are_one_range() -> None:
    hours = range(36)
    condition = route_condition([bucketed(n) for n in hours], [shown(n) for n in hours])
    assert condition == "(dt >= '2026-12-30-20' AND dt < '2027-01-01-08')"
    assert routed([bucketed(n) for n in hours], [shown(n) for n in hours]) == set(hours)


def test_condition_does_not_grow_with_the_hours_in_a_row() -> None:
    years = range(24 * 365 * 2)
    condition = route_condition([bucketed(n) for n in reversed(years)], [shown(n) for n in years])
    assert condition == "(dt >= '2026-12-30-20' AND dt < '2028-12-29-20')"


def test_hours_that_are_not_bucketed_yet_are_left_out_of_the_range() -> None:
    parts = [bucketed(n) for n in (0, 1, 4, 6)]
    assert route_condition(parts, [shown(n) for n in range(9)]) == (
        "(dt >= '2026-12-30-20' AND dt < '2026-12-31-03' AND NOT (dt >= '2026-12-30-22' AND dt < '2026-12-31-00') "
        "AND NOT (dt >= '2026-12-31-01' AND dt < '2026-12-31-02'))"
    )
    assert routed(parts, [shown(n) for n in range(9)]) == {0, 1, 4, 6}


def test_late_object_sends_its_hour_alone_to_the_other_table() -> None:
    others = [shown(0), shown(1, "with the late one"), shown(2)]
    assert routed([bucketed(n) for n in range(3)], others) == {0, 2}


def test_hour_that_was_bucketed_again_is_read_there_again() -> None:
    others = [shown(0), shown(1, "with the late one"), shown(2)]
    assert routed([bucketed(0), bucketed(1, "with the late one"), bucketed(2)], others) == {0, 1, 2}


def test_pinned_hour_is_read_as_it_was_pinned() -> None:
    assert routed([bucketed(0, "something older", pinned="true"), bucketed(1, "something older")], [shown(0)]) == {0, 1}
    others = [shown(0), shown(1)]
    assert routed([bucketed(0, "something older", pinned="true"), bucketed(1, "something older")], others) == {0}


def test_hour_of_the_other_table_that_was_rolled_back_is_read_from_there() -> None:
    others = [shown(0).with_parameters(content_digest="before", pinned="true"), shown(1)]
    assert routed([bucketed(0), bucketed(1)], others) == {1}


def test_hour_that_the_other_table_no_longer_has_is_read_from_the_bucketed_one() -> None:
    assert routed([bucketed(0), bucketed(1), bucketed(2)], [shown(2)]) == {0, 1, 2}


def test_hour_that_says_not_what_it_was_made_from_is_not_taken_for_current() -> None:
    silent = Partition(at(0), f"bucketed/{at(0)}")
    assert routed([silent], [Partition(at(0), f"curated/{at(0)}")]) == set()


def test_hour_in_neither_table_is_read_from_the_other_one_once_it_is_there() -> None:
    parts, others = [bucketed(n) for n in (0, 1, 3)], [shown(n) for n in (0, 1, 3)]
    assert routed(parts, others) == {0, 1, 3}  # 2 is inside of the range, 4 is behind it: both are read from `others`


def test_hour_of_another_form_is_refused_for_a_range_could_hide_it() -> None:
    for parts in ([Partition("2026-12", "a")], []):
        with pytest.raises(UsageError, match="reading the hour '2026-12': expected YYYY-MM-DD-HH"):
            route_condition(parts, [Partition("2026-12", "a")])


states = st.dictionaries(
    st.integers(0, 30),
    st.sampled_from(["bucketed", "shown", "both", "both, differing", "both, differing and pinned"]),
)


@given(states)
def test_every_hour_is_read_from_exactly_one_table_and_from_the_right_one(state: dict[int, str]) -> None:
    parts = [
        bucketed(number, "other" if "differing" in kind else "", **({"pinned": "true"} if "pinned" in kind else {}))
        for number, kind in state.items()
        if kind != "shown"
    ]
    others = [shown(number) for number, kind in state.items() if kind != "bucketed"]
    from_buckets = {
        number for number, kind in state.items() if kind in {"bucketed", "both", "both, differing and pinned"}
    }
    assert routed(parts, others) == from_buckets
