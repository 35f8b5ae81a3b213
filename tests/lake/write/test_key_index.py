"""Hashes of keys and rows, and what is dropped on their evidence alone."""

from __future__ import annotations

import pyarrow as pa
import pytest

from lake.contract.model import Column, Table
from lake.write.key_index import INDEX_SCHEMA, RowHasher, repeats_within_unit

ORDERS = Table(
    "shop",
    "orders_v1",
    "1.0.0",
    "",
    (
        Column("shop", "shop", "string", key_position=1),
        Column("number", "number", "bigint", key_position=2),
        Column("paid", "paid", "timestamp"),
        Column("items", "items", "array<struct<sku:string>>"),
    ),
    None,
)
SCHEMA = pa.schema(
    [
        ("shop", pa.string()),
        ("number", pa.int64()),
        ("paid", pa.timestamp("us", tz="UTC")),
        ("items", pa.list_(pa.struct([("sku", pa.string())]))),
    ]
)


def hashes(*rows: tuple[str, int, int | None, list[dict[str, str]] | None]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return RowHasher(ORDERS, SCHEMA).hashes(pa.Table.from_arrays(arrays, schema=SCHEMA))


def test_equal_rows_have_equal_hashes_and_the_order_is_kept() -> None:
    found = hashes(("a", 1, 5, [{"sku": "x"}]), ("a", 2, 5, None), ("a", 1, 5, [{"sku": "x"}])).to_pylist()
    assert found[0] == found[2]
    assert found[0] != found[1]


@pytest.mark.parametrize("other", [("b", 1, 5, None), ("a", 2, 5, None)])
def test_every_column_of_the_key_counts_in_both_halves(other: tuple[str, int, int, None]) -> None:
    first, second = hashes(("a", 1, 5, None), other).to_pylist()
    assert first["k1"] != second["k1"]
    assert first["k2"] != second["k2"]


@pytest.mark.parametrize(
    "other", [("a", 1, 6, None), ("a", 1, None, None), ("a", 1, 5, []), ("a", 1, 5, [{"sku": "x"}])]
)
def test_every_column_counts_in_the_row_hash_and_only_there(other: tuple[str, int, int, None]) -> None:
    first, second = hashes(("a", 1, 5, None), other).to_pylist()
    assert (first["k1"], first["k2"]) == (second["k1"], second["k2"])
    assert first["p"] != second["p"]


def test_moving_a_character_between_key_columns_gives_another_key() -> None:
    first, second = hashes(("a1", 2, 5, None), ("a", 12, 5, None)).to_pylist()
    assert (first["k1"], first["k2"]) != (second["k1"], second["k2"])


def index(*rows: tuple[int, int, int]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return pa.Table.from_arrays([pa.array(column, pa.uint64()) for column in columns], schema=INDEX_SCHEMA)


def test_repeats_of_alike_rows_are_dropped_and_the_first_is_kept() -> None:
    assert repeats_within_unit(index((7, 1, 9), (5, 1, 2), (7, 1, 9), (7, 1, 9), (5, 1, 2))).tolist() == [2, 3, 4]


def test_keys_that_share_half_of_their_hash_are_different_keys() -> None:
    assert repeats_within_unit(index((7, 1, 9), (7, 2, 9))).tolist() == []


def test_a_key_with_rows_of_two_kinds_is_left_alone_wholly() -> None:
    assert repeats_within_unit(index((7, 1, 9), (7, 1, 9), (7, 1, 8), (6, 1, 1), (6, 1, 1))).tolist() == [4]


def test_no_rows_have_no_repeats() -> None:
    assert repeats_within_unit(index()).tolist() == []
