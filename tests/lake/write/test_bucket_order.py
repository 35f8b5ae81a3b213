"""The order of rows in buckets is that of a plain stable sort by (bucket, sort columns), nulls first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lake.contract.arrow import arrow_type
from lake.contract.hive_hash import bucket_of
from lake.contract.model import Bucketing
from lake.write.bucket_order import ordered

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["", "a", "A", "aa", "b", "é", "z", "強", "🚕", "a\x00"]) | st.text(max_size=5),
    "int": st.integers(-3, 3) | st.sampled_from([-(2**31), 2**31 - 1]),
    "bigint": st.integers(-3, 3) | st.sampled_from([-(2**63), 2**63 - 1, 2**53, 2**53 + 1]),
    "date": st.dates(),
    "boolean": st.booleans(),
    "timestamp": st.sampled_from([datetime(2026, 11, 21, 9, 0, 0, n, UTC) for n in (0, 1, 2, 999)])
    | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
}
BUCKET_TYPES = ("string", "int", "bigint", "date", "boolean")


@st.composite
def cases(draw: st.DrawFn, bucket_columns: int) -> tuple[pa.Table, list[str], Bucketing]:
    """Rows in chunks, the columns' Hive types, and a bucketing: with or without columns to sort by beyond its own."""
    kinds = [draw(st.sampled_from(BUCKET_TYPES)) for _ in range(bucket_columns)]
    kinds += draw(st.lists(st.sampled_from(list(VALUES)), max_size=2))
    rows = draw(st.lists(st.tuples(*(st.none() | VALUES[kind] for kind in kinds)), max_size=40))
    cut = draw(st.integers(0, len(rows)))
    names = tuple("abcd"[: len(kinds)])
    schema = pa.schema([(name, arrow_type(kind)) for name, kind in zip(names, kinds, strict=True)])
    chunks = [
        pa.table(dict(zip(names, zip(*part, strict=True), strict=True)) if part else schema.empty_table(), schema)
        for part in (rows[:cut], rows[cut:])
    ]
    count = draw(st.sampled_from([1, 2, 3, 64, 4096]))
    sorted_by = names[: draw(st.integers(bucket_columns, len(names)))]
    return pa.concat_tables(chunks), kinds, Bucketing(names[:bucket_columns], count, sorted_by, 1000)


def sorted_plainly(rows: list[dict[str, Any]], kinds: list[str], bucketing: Bucketing) -> list[tuple[int, int]]:
    """(bucket, row number) of each row, in order, by Python's stable sort."""
    keyed = [
        (bucket_of([row[name] for name in bucketing.columns], kinds[: len(bucketing.columns)], bucketing.count), number)
        for number, row in enumerate(rows)
    ]

    def place(one: tuple[int, int]) -> tuple[Any, ...]:
        bucket, number = one
        values = [rows[number][name] for name in bucketing.sorted_by]
        # Text sorts by its UTF-8 bytes, as every reader of Parquet compares it.
        plain = [value.encode() if isinstance(value, str) else value for value in values]
        return (bucket, *((False,) if value is None else (True, value) for value in plain))

    return sorted(keyed, key=place)


def assert_ordered_as_plainly(rows: pa.Table, kinds: list[str], bucketing: Bucketing) -> None:
    order = ordered(rows, bucketing)
    expected = sorted_plainly(rows.to_pylist(), kinds, bucketing)
    assert order.places.tolist() == [number for _, number in expected]
    assert len(order.starts) == bucketing.count + 1
    found = [(bucket, int(place)) for bucket in range(bucketing.count) for place in order.of_bucket(bucket)]
    assert found == expected


@given(cases(bucket_columns=1))
@example((pa.table({"a": pa.array([], pa.string())}), ["string"], Bucketing(("a",), 4, ("a",), 1000)))
@example((pa.table({"a": pa.chunked_array([], pa.int64())}), ["bigint"], Bucketing(("a",), 4, ("a",), 1000)))
@example((pa.table({"a": pa.array([None] * 3, pa.int64())}), ["bigint"], Bucketing(("a",), 4, ("a",), 1000)))
@example(
    (
        pa.table({"a": pa.array([True, None, False, True, None], pa.bool_())}),
        ["boolean"],
        Bucketing(("a",), 2, ("a",), 1000),
    )
)
def test_rows_bucketed_by_one_column_lie_as_a_plain_stable_sort_puts_them(
    case: tuple[pa.Table, list[str], Bucketing],
) -> None:
    assert_ordered_as_plainly(*case)


@given(cases(bucket_columns=2))
def test_rows_bucketed_by_two_columns_lie_as_a_plain_stable_sort_puts_them(
    case: tuple[pa.Table, list[str], Bucketing],
) -> None:
    assert_ordered_as_plainly(*case)


def test_more_distinct_keys_than_sixteen_bits_count_are_distinguished() -> None:
    keys = pa.table({"a": pa.array([n * 7919 % 70_001 for n in range(70_001)], pa.int64())})
    bucketing = Bucketing(("a",), 3, ("a",), 1000)
    order = ordered(keys, bucketing)
    for bucket in range(3):
        values = keys.column("a").take(pa.array(order.of_bucket(bucket))).to_pylist()
        assert values == [key for key in range(70_001) if bucket_of([key], ["bigint"], 3) == bucket]


@pytest.mark.parametrize("sort", [("a",), ("a", "b")])
def test_ties_stay_as_they_came(sort: tuple[str, ...]) -> None:
    rows = pa.table({"a": ["x", None, "x", None, "x"], "b": pa.array([1, 1, 1, 1, 1], pa.int32())})
    assert ordered(rows, Bucketing(("a",), 1, sort, 1000)).places.tolist() == [1, 3, 0, 2, 4]


def test_days_before_1970_come_first_and_instants_differ_by_the_microsecond() -> None:
    day = date(1969, 12, 31)
    at = [*(datetime(2026, 11, 21, 9, 0, 0, micros, UTC) for micros in (2, 1)), datetime(1960, 1, 1, tzinfo=UTC)]
    rows = pa.table(
        {
            "day": pa.array([date(1970, 1, 2), day, day, day, day, None], pa.date32()),
            "at": pa.array([None, *at, None, at[0]], arrow_type("timestamp")),
        }
    )
    assert ordered(rows, Bucketing(("day",), 1, ("day", "at"), 1000)).places.tolist() == [5, 4, 3, 2, 1, 0]
