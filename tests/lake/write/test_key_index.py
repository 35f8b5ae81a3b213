"""Hashes of keys and rows, and what is dropped on their evidence alone."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from lake.contract.model import Column, Table
from lake.contract.value_rules import ValueRules
from lake.write.key_index import INDEX_SCHEMA, RowHasher, repeats_within_unit
from tests.lake.parse.streams import column, read, table_of

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


def row_hashes(kind: pa.DataType, *values: object) -> list[int]:
    """The row's hash for each value of a column beside the key, numbered in the order in which they first appear."""
    schema = pa.schema([("id", pa.int64()), ("v", kind)])
    table = Table("shop", "values_v1", "1.0.0", "", (Column("id", "id", "bigint", key_position=1),), None)
    rows = pa.table([pa.array([1] * len(values)), pa.array(values, kind)], schema=schema)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(found, len(numbers)) for found in RowHasher(table, schema).hashes(rows)["p"].to_pylist()]


def test_zeros_of_both_signs_are_equal_and_so_are_numbers_that_are_none() -> None:
    assert row_hashes(pa.float64(), 0.0, -0.0, float("nan"), float("nan"), None) == [0, 0, 1, 1, 2]
    assert row_hashes(pa.list_(pa.list_(pa.float32())), [[0.0, 1]], [[-0.0, 1]], [[1, 0.0]]) == [0, 0, 1]


def test_a_maps_entries_count_in_any_order_and_null_ones_do_not() -> None:
    kind = pa.map_(pa.string(), pa.float64())
    equal = [[("a", 0.0), ("b", 1.0)], [("b", 1.0), ("a", -0.0)], [("c", None), ("b", 1.0), ("a", 0.0)]]
    assert row_hashes(kind, *equal, [("b", 0.0), ("a", 1.0)], [], [("a", None)], None) == [0, 0, 0, 1, 2, 2, 3]


def test_a_columns_json_text_counts_in_its_canonical_form_and_an_empty_object_in_it_is_none_that_is_absent() -> None:
    schema = pa.schema([("id", pa.int64()), ("v", pa.string()), ("t", pa.string()), ("rescued", pa.string())])
    columns = (
        Column("id", "id", "bigint", key_position=1),
        Column("v", "v", "string", value_rules=ValueRules(holds_json=True)),
        Column("t", "t", "string"),
    )
    given = ['{"a":1,"b":[1, 2]}', '{"b":[1,2],"a":1.0}', '{"b":[2,1],"a":1}', "{}", None]
    table = Table("shop", "values_v1", "1.0.0", "", columns, None)

    def found(v: list[str | None], t: list[str | None], rescued: list[str | None]) -> list[int]:
        arrays = [pa.array([1] * len(v)), *(pa.array(texts, pa.string()) for texts in (v, t, rescued))]
        numbers: dict[int, int] = {}
        hashed = RowHasher(table, schema).hashes(pa.Table.from_arrays(arrays, schema=schema))["p"].to_pylist()
        return [numbers.setdefault(each, len(numbers)) for each in hashed]

    none: list[str | None] = [None] * len(given)
    assert found(list(given), none, none) == [0, 0, 1, 2, 3]
    assert found(none, list(given), none) == [0, 1, 2, 3, 4]
    assert found(none, none, [*given[:4], None]) == [0, 0, 1, 2, 2]


def test_maps_within_other_types_count_as_maps_do() -> None:
    inner = pa.map_(pa.int32(), pa.struct([("a size", pa.float64()), ("tags", pa.list_(pa.string()))]))
    kind = pa.struct([("of", pa.list_(inner)), ("n", pa.int64())])

    def value(*entries: tuple[int, dict[str, object] | None]) -> dict[str, object]:
        return {"of": [list(entries)], "n": 1}

    one, two = {"a size": 0.0, "tags": ["x", "y"]}, {"a size": -0.0, "tags": ["x", "y"]}
    values = [value((1, one), (2, None), (3, two)), value((3, one), (1, two)), value((1, one))]
    others = [value((1, {"a size": 0.0, "tags": ["y", "x"]})), {"of": [], "n": 1}, {"of": None, "n": 1}, None]
    assert row_hashes(kind, *values, *others) == [0, 0, 1, 2, 3, 4, 5]


KNOWN = json.loads((Path(__file__).parents[2] / "known_answers" / "equal_records.json").read_text())


@pytest.mark.parametrize("case", KNOWN["records"], ids=lambda case: case["about"])
def test_two_records_are_equal_or_not_as_the_known_answers_say(case: dict[str, str]) -> None:
    columns = [
        column(given["field"], given["type"], key_position=1 if given["field"] == "event_id" else None)
        for given in KNOWN["record_columns"]
    ]
    table = table_of(*columns)
    rows, rejected = read(f"{case['first']}\n{case['second']}".encode(), table)
    first, second = RowHasher(table, rows.schema).hashes(rows).to_pylist()
    assert (first == second, rejected) == (case["equal"], [])
