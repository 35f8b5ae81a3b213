"""Buckets are those of Hive: by published values, and by two implementations that agree."""

from __future__ import annotations

import csv
import tracemalloc
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.contract.hive_hash import BucketError, bucket_numbers, bucket_of, hash_of, hive_hashes

ARROW = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "string": pa.string(),
    "date": pa.date32(),
}

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "tinyint": st.integers(-(2**7), 2**7 - 1),
    "smallint": st.integers(-(2**15), 2**15 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "string": st.text() | st.text("aé強🚕\x00", max_size=400),
    "date": st.dates(),
}

PUBLISHED = [  # from Trino's tests of Hive's buckets, version 1
    ("boolean", True, 1),
    ("boolean", False, 0),
    ("boolean", None, 0),
    ("int", 300000, 300000),
    ("int", -2147483648, -2147483648),
    ("bigint", 300000000000, -647710651),
    ("bigint", -9223372036854775808, -2147483648),
    ("bigint", 9223372036854775807, -2147483648),
    ("string", "", 0),
    ("string", "Trino rocks", 1132136730),
    ("string", "test string", -318923937),
    ("string", "强大的Trino引擎", 1688501507),
    ("string", "𠿼𠿽𠿾𠿿", -1810797254),
    ("string", None, 0),
    ("date", date(1970, 1, 1), 0),
    ("date", date(2015, 11, 19), 16758),
    ("date", date(1950, 11, 19), -6983),
]


@pytest.mark.parametrize(("hive_type", "value", "expected"), PUBLISHED)
def test_published_values_have_their_published_hash(hive_type: str, value: object, expected: int) -> None:
    assert hash_of(value, hive_type) == expected
    assert hive_hashes([pa.array([value], ARROW[hive_type])]).tolist() == [expected]


def test_every_recorded_row_has_its_hash_and_buckets(recorded: Path) -> None:
    with (recorded / "hash_vectors" / "hive_bucketing_vectors.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 20
    for row in rows:
        hive_type = row["hive_type"]
        value = None if row["is_null"] == "1" else recorded_value(row["value"], hive_type)
        assert hash_of(value, hive_type) == int(row["hash_v1"]), row
        for count in (4, 32):
            assert bucket_of([value], [hive_type], count) == int(row[f"bucket{count}_v1"]), row
        if hive_type in ARROW:  # contracts have no varchar, which hashes from 1
            column = pa.array([value], ARROW[hive_type])
            assert hive_hashes([column]).tolist() == [int(row["hash_v1"])], row
            for count in (4, 32):
                buckets = bucket_numbers(pa.table({"key": column}), ["key"], count)
                assert buckets.tolist() == [int(row[f"bucket{count}_v1"])], row


def recorded_value(text: str, hive_type: str) -> object:
    if hive_type == "boolean":
        return text == "true"
    if hive_type in ("int", "bigint"):
        return int(text)
    return date.fromisoformat(text) if hive_type == "date" else text


@given(st.data())
def test_vectorised_equals_plain_for_every_type_in_slices_chunks_and_dictionaries(data: st.DataObject) -> None:
    hive_type = data.draw(st.sampled_from(list(ARROW)))
    values = data.draw(st.lists(st.none() | VALUES[hive_type], max_size=30))
    start = data.draw(st.integers(0, len(values)))
    end = data.draw(st.integers(start, len(values)))
    column = pa.array(values, ARROW[hive_type])
    expected = [hash_of(value, hive_type) for value in values[start:end]]

    assert hive_hashes([column[start:end]]).tolist() == expected
    cut = data.draw(st.integers(start, end))
    assert hive_hashes([pa.chunked_array([column[start:cut], column[cut:end]])]).tolist() == expected
    assert hive_hashes([column.dictionary_encode()[start:end]]).tolist() == expected
    if hive_type == "string":
        assert hive_hashes([column.cast(pa.large_string())[start:end]]).tolist() == expected


@given(st.data(), st.integers(1, 5000))
def test_several_columns_are_one_key_in_their_order(data: st.DataObject, count: int) -> None:
    types = data.draw(st.lists(st.sampled_from(list(ARROW)), min_size=1, max_size=4))
    keys = data.draw(st.lists(st.tuples(*(st.none() | VALUES[hive_type] for hive_type in types)), max_size=10))
    names = [f"key{place}" for place in range(len(types))]
    columns = [pa.array([key[place] for key in keys], ARROW[types[place]]) for place in range(len(types))]
    rows = pa.table(dict(zip(names, columns, strict=True)) | {"other": pa.nulls(len(keys))})

    buckets = bucket_numbers(rows, names, count)
    assert buckets.dtype == np.int32
    assert buckets.tolist() == [bucket_of(key, types, count) for key in keys]


def test_the_first_column_weighs_31_times_the_second() -> None:
    first, second = pa.array([7, None, 7], pa.int32()), pa.array(["a", "b", None])
    assert hive_hashes([first, second]).tolist() == [31 * 7 + 97, 98, 31 * 7]


@pytest.mark.parametrize("length", [2**16 - 1, 2**16, 2**16 + 1, 200_001])
def test_strings_longer_than_what_is_hashed_at_once(length: int) -> None:
    values = ["short", "é" * (length // 2) + "x" * (length % 2), None, "", "x" * length, "short"]
    hashes = hive_hashes([pa.array(values)])
    assert hashes.tolist() == [hash_of(value, "string") for value in values]


def test_many_rows_over_many_blocks() -> None:
    values = [f"device_{number}" * (number % 7) if number % 11 else None for number in range(50_000)]
    assert hive_hashes([pa.array(values)]).tolist() == [hash_of(value, "string") for value in values]


def test_bytes_behind_a_null_do_not_count() -> None:
    offsets, text = pa.array([0, 1, 3, 4], pa.int32()), pa.py_buffer(b"abbc")
    column = pa.StringArray.from_buffers(3, offsets.buffers()[1], text, pa.py_buffer(bytes([0b101])))
    assert column.to_pylist() == ["a", None, "c"]
    assert hive_hashes([column]).tolist() == [97, 0, 99]


def test_a_null_among_the_values_of_a_dictionary_hashes_as_null() -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0], pa.uint8()), pa.array(["a", None]))
    assert hive_hashes([column]).tolist() == [97, 0, 0, 97]


def test_a_dictionary_as_long_as_its_index_type_allows() -> None:
    values = [str(number) for number in range(128)]
    places = pa.array([127, None, 0] * 50, pa.int8())
    column = pa.DictionaryArray.from_arrays(places, pa.array(values))
    assert hive_hashes([column]).tolist() == [hash_of("127", "string"), 0, hash_of("0", "string")] * 50


@pytest.mark.parametrize("hive_type", list(ARROW))
def test_no_rows_have_no_hashes(hive_type: str) -> None:
    for empty in (pa.array([], ARROW[hive_type]), pa.chunked_array([], ARROW[hive_type])):
        hashes = hive_hashes([empty])
        assert hashes.dtype == np.int32
        assert hashes.tolist() == []


def test_working_memory_does_not_grow_with_the_length_of_strings() -> None:
    column = pa.array(["x" * 30_000_000, "y" * 30_000_000, "z"])
    tracemalloc.start()
    try:
        hive_hashes([column])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.5]),
        pa.array([1], pa.uint32()),
        pa.array([1], pa.timestamp("us")),
        pa.array([b"x"]),
        pa.array([None], pa.null()),
        pa.array([1.5]).dictionary_encode(),
        pa.chunked_array([], pa.float64()),
    ],
    ids=lambda column: str(column.type)[:20],
)
def test_a_type_without_a_known_hash_is_refused(column: pa.Array | pa.ChunkedArray) -> None:
    with pytest.raises(BucketError, match=r"its type is .*; expected bool, int8, int16"):
        hive_hashes([column])


@pytest.mark.parametrize(
    ("value", "hive_type", "message"),
    [
        (1.5, "double", "hashing a double for its bucket; expected one of boolean, tinyint"),
        (None, "timestamp", "hashing a timestamp for its bucket; expected one of"),
        ("7", "int", "hashing '7' for its bucket; expected a value of the column's type, int"),
        (True, "int", "hashing True for its bucket; expected a value of the column's type, int"),
        (1, "boolean", "hashing 1 for its bucket"),
        (128, "tinyint", "hashing 128 for its bucket; expected a value of the column's type, tinyint"),
        (2**63, "bigint", "expected a value of the column's type, bigint"),
        (datetime(2026, 1, 1), "date", "expected a value of the column's type, date"),  # noqa: DTZ001
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused(value: object, hive_type: str, message: str) -> None:
    with pytest.raises(BucketError, match=message.replace("(", r"\(")):
        bucket_of([value], [hive_type], 4)


def test_what_makes_no_key_is_refused() -> None:
    rows = pa.table({"sensor_id": ["a"]})
    with pytest.raises(BucketError, match="there are 0 of them; expected 1 or more"):
        bucket_numbers(rows, ["sensor_id"], 0)
    with pytest.raises(BucketError, match="no column is called 'sensor'; there are sensor_id"):
        bucket_numbers(rows, ["sensor"], 4)
    with pytest.raises(BucketError, match="no column given"):
        bucket_numbers(rows, [], 4)
    with pytest.raises(BucketError, match=r"columns of \[1, 2\] rows; expected equal lengths"):
        hive_hashes([pa.array([1]), pa.array([1, 2])])
    with pytest.raises(BucketError, match="2 values for 1 columns"):
        bucket_of([1, 2], ["int"], 4)
