"""Whether rows are in order, against what sorting them in plain Python gives."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.contract.model import Bucketing
from lake.ops.verify.contents import Expected, RowChecks
from lake.ops.verify.order import out_of_order


def key(value: Any) -> tuple[bool, Any]:
    """Nulls first; strings by their bytes."""
    return (value is not None, value.encode() if isinstance(value, str) else value or 0)


def falls(rows: list[tuple[Any, ...]]) -> list[int]:
    keys = [tuple(key(value) for value in row) for row in rows]
    return [number for number in range(1, len(rows)) if keys[number] < keys[number - 1]]


ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from(["", "a", "b", "ä", "\uffff", "\U00010000"]),
        st.none() | st.integers(-2, 2),
        st.none() | st.booleans(),
    )
)


@given(rows=ROWS, is_sorted=st.booleans(), cut=st.integers(0, 5))
def test_it_is_as_sorting_says(rows: list[tuple[Any, ...]], is_sorted: bool, cut: int) -> None:
    if is_sorted:
        rows = sorted(rows, key=lambda row: tuple(key(value) for value in row))
    schema = pa.schema([("s", pa.string()), ("n", pa.int64()), ("b", pa.bool_())])
    named = [dict(zip(schema.names, row, strict=True)) for row in rows]
    pieces = [pa.Table.from_pylist(named[:cut], schema=schema), pa.Table.from_pylist(named[cut:], schema=schema)]
    assert out_of_order(pa.concat_tables(pieces), ["s", "n", "b"]).tolist() == falls(rows)
    columns = {one.name: one.type for one in schema}
    checks = RowChecks(Expected(columns, bucketing=Bucketing((), 1, ("s", "n", "b"), 1)), "f", None)
    for piece in pieces:
        checks.see(piece)
    expected = falls(rows)
    found = [one.message for one in checks.problems()]
    assert len(found) == bool(expected)
    if expected:
        shown = f"{len(expected)} rows sort before the previous row, first at row {expected[0]};"
        assert found[0].startswith(shown)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        (pa.int8(), -128, 127),
        (pa.int16(), -1, 0),
        (pa.int32(), -(2**31), 2**31 - 1),
        (pa.date32(), date(1969, 12, 31), date(1970, 1, 1)),
        (
            pa.timestamp("us", tz="UTC"),
            datetime(1969, 12, 31, tzinfo=UTC),
            datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        ),
    ],
)
def test_every_type_that_a_table_can_be_sorted_by(kind: pa.DataType, low: object, high: object) -> None:
    assert out_of_order(pa.table({"a": pa.array([None, None, low, low, high], kind)}), ["a"]).tolist() == []
    assert out_of_order(pa.table({"a": pa.array([high, low, None, high], kind)}), ["a"]).tolist() == [1, 2]


def test_a_table_without_rows_is_in_order() -> None:
    assert out_of_order(pa.table({"a": pa.array([], pa.int64())}), ["a"]).tolist() == []
