"""Files of buckets: names that Hive and Trino take, bytes that repeat, bounds for point lookups; and their proof."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.contract.arrow import arrow_schema
from lake.contract.load import table_named
from lake.contract.model import Bucketing, Table
from lake.errors import StorageError
from lake.objects import Store, open_store
from lake.write.bucket_files import bucket_bytes, bucket_in_name, file_name, key_sum, prove_file
from lake.write.parquet import DataFile
from tests.glue_jobs.bucket_lakes import BUCKETED, COLUMNS, write_contracts

ONE_BUCKET = Bucketing(("key",), 1, ("key",), 1000)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    write_contracts(tmp_path / "contracts", bucketCount=1)
    return table_named(BUCKETED, tmp_path / "contracts")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "lake"))


def rows_of(table: Table, keys: list[str | None]) -> pa.Table:
    columns = {"key": keys, "seq": range(len(keys)), "note": ["x"] * len(keys), "rescued": [None] * len(keys)}
    assert set(COLUMNS) < set(columns)
    return pa.table(columns, arrow_schema(table))


def put(store: Store, rows: pa.Table, table: Table, key: str = "000000_0-abc.parquet") -> DataFile:
    data = bucket_bytes(rows, table, ONE_BUCKET)
    store.write(key, memoryview(data))
    return DataFile(key, rows.num_rows, data.size, hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    ("key", "bucket"),
    [
        ("a/b/000003_0-0123456789abcdef.parquet", 3),
        ("000063_12-0123456789abcdef-1.parquet", 63),
        ("0_0", 0),
        ("4095_7_copy_1", 4095),
        ("part-00000.parquet", None),
        ("_manifest.json", None),
        ("bucket.parquet", None),
        ("x000001_0.parquet", None),
        ("000001.parquet", None),
    ],
)
def test_the_bucket_in_a_name_is_what_readers_take_it_for(key: str, bucket: int | None) -> None:
    assert bucket_in_name(key) == bucket


def test_names_say_bucket_unit_and_digest() -> None:
    assert file_name(7, 12, "0123456789abcdef" * 2) == "000007_12-0123456789abcdef.parquet"
    assert file_name(4095, 0, "0123456789abcdef" * 2, 3) == "004095_0-0123456789abcdef-3.parquet"
    assert bucket_in_name(file_name(4095, 0, "0123456789abcdef", 3)) == 4095


def test_the_same_rows_give_the_same_bytes_however_they_are_chunked(table: Table) -> None:
    rows = rows_of(table, [f"k{n:05d}" for n in range(2500)])
    chunked = pa.concat_tables([rows.slice(0, 700), rows.slice(700)])
    assert bucket_bytes(rows, table, ONE_BUCKET).equals(bucket_bytes(chunked, table, ONE_BUCKET))


def test_row_groups_are_as_large_as_the_contract_says_with_bounds_and_a_page_index(table: Table) -> None:
    rows = rows_of(table, [f"k{n:05d}" for n in range(2500)])
    metadata = pq.ParquetFile(pa.BufferReader(bucket_bytes(rows, table, ONE_BUCKET))).metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    assert [group.num_rows for group in groups] == [1000, 1000, 500]
    keys = [group.column(0) for group in groups]
    assert [(one.statistics.min, one.statistics.max) for one in keys] == [
        ("k00000", "k00999"),
        ("k01000", "k01999"),
        ("k02000", "k02499"),
    ]
    assert all(one.has_column_index and one.has_offset_index for one in keys)
    assert groups[0].sorting_columns == (pq.SortingColumn(0, descending=False, nulls_first=True),)


def test_a_whole_file_is_proven_and_its_keys_add_up_to_those_of_its_rows(table: Table, store: Store) -> None:
    rows = rows_of(table, [None, None, "a", "b", "b"])
    assert prove_file(store, put(store, rows, table), table, ONE_BUCKET) == key_sum(rows, ONE_BUCKET)


def test_the_sum_over_keys_knows_no_order_but_every_key(table: Table) -> None:
    base = key_sum(rows_of(table, ["a", "b", "c"]), ONE_BUCKET)
    assert key_sum(rows_of(table, ["c", "a", "b"]), ONE_BUCKET) == base
    for other in (["a", "b"], ["a", "b", "c", "c"], ["a", "b", "d"]):
        assert key_sum(rows_of(table, [*other]), ONE_BUCKET) != base


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["b", "a"], "it is not sorted by key at row 0"),
        (["a", None], "it is not sorted by key at row 0"),
        (["a", "c", "b"], "it is not sorted by key at row 1"),
    ],
)
def test_the_first_row_out_of_order_is_named(table: Table, store: Store, keys: list[str | None], message: str) -> None:
    part = put(store, rows_of(table, keys), table)
    with pytest.raises(StorageError, match=message):
        prove_file(store, part, table, ONE_BUCKET)


def test_a_file_under_another_buckets_name_is_refused(table: Table, store: Store) -> None:
    part = put(store, rows_of(table, ["a", "b"]), table, "000002_0-abc.parquet")
    with pytest.raises(StorageError) as raised:
        prove_file(store, part, table, ONE_BUCKET)
    assert str(raised.value) == (
        f"auditing {store.uri_of('000002_0-abc.parquet')}: 2 of 2 rows, the first of them row 0 ({{'key': 'a'}}), "
        "belong to other buckets than 2, and `WHERE key = …` would not find them. Nothing of its hour is published; "
        "run the job again"
    )


def test_a_file_that_no_reader_would_take_for_a_bucket_is_refused(table: Table, store: Store) -> None:
    part = put(store, rows_of(table, ["a"]), table, "part-0.parquet")
    with pytest.raises(StorageError, match="other buckets than None"):
        prove_file(store, part, table, ONE_BUCKET)


def test_bytes_rows_and_columns_are_held_against_what_was_written(table: Table, store: Store) -> None:
    part = put(store, rows_of(table, ["a"]), table)
    with pytest.raises(StorageError, match="its bytes are not those that were written"):
        prove_file(store, replace(part, sha256="0" * 64), table, ONE_BUCKET)
    with pytest.raises(StorageError, match="it holds 1 rows; 2 were written"):
        prove_file(store, replace(part, rows=2), table, ONE_BUCKET)
    with pytest.raises(StorageError, match="its columns are not the contract's"):
        prove_file(store, part, replace(table, columns=table.columns[:2]), ONE_BUCKET)
