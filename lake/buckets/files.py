"""A bucketed table's Parquet objects: how they are named, written, and proven before anybody reads them."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lake.buckets.hive_hash import bucket_numbers
from lake.buckets.order import ordered
from lake.contract.arrow import arrow_schema
from lake.contract.model import Bucketing, Table
from lake.errors import StorageError
from lake.objects import Store
from lake.parts import Part, parquet_writer

_NAME = re.compile(r"(\d+)_\d+.*$")


def file_name(bucket: int, number: int, name: str) -> str:
    """The name of unit `number`'s file of a bucket. Hive, Trino and Athena read the bucket from its first digits."""
    return f"{bucket:06d}_{number}-{name[:16]}.parquet"


def bucket_in_name(key: str) -> int | None:
    """The bucket that readers take an object for, by the rule of Hive and Trino; None where they would refuse it."""
    match = _NAME.match(key.rsplit("/", 1)[-1])
    return int(match.group(1)) if match else None


def bucket_bytes(rows: pa.Table, table: Table, bucketing: Bucketing) -> pa.Buffer:
    """One bucket's file: `rows`, in order, in row groups with bounds, so that a reader of one key skips the others'."""
    sink = pa.BufferOutputStream()
    order = pq.SortingColumn.from_ordering(
        rows.schema, [(name, "ascending") for name in bucketing.sorted_by], null_placement="at_start"
    )
    plain = frozenset(table.key) - set(bucketing.sorted_by)
    with parquet_writer(sink, rows.schema, plain, sorting_columns=order) as writer:
        writer.write_table(rows, row_group_size=bucketing.row_group_rows)
    return sink.getvalue()


class MisplacedError(StorageError):
    """A bucketed file that does not hold what its name says. Nothing of its run is published."""


def prove_file(store: Store, part: Part, table: Table, bucketing: Bucketing) -> int:
    """Read back a file and prove bytes, schema, row count, each row's bucket, and the order; returns its key sum.

    Raises MisplacedError naming the first row that lies wrong: a row in a wrong bucket is hidden from readers silently.
    """
    data = store.read(part.key)
    where = f"auditing {store.uri_of(part.key)}"
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise MisplacedError(f"{where}: its bytes are not those that were written; run the job again")
    file = pq.ParquetFile(pa.BufferReader(data))
    if not file.schema_arrow.equals(arrow_schema(table)):
        raise MisplacedError(f"{where}: its columns are not the contract's: {file.schema_arrow}")
    if file.metadata.num_rows != part.rows:
        raise MisplacedError(f"{where}: it holds {file.metadata.num_rows} rows; {part.rows} were written")
    bucket = bucket_in_name(part.key)
    rows = file.read(columns=list(dict.fromkeys([*bucketing.columns, *bucketing.sorted_by])))
    wrong = np.flatnonzero(bucket_numbers(rows, bucketing.columns, bucketing.count) != bucket)
    if len(wrong):
        at = int(wrong[0])
        raise MisplacedError(
            f"{where}: row {at} ({rows.slice(at, 1).to_pylist()[0]}) and {len(wrong) - 1} others belong to other "
            f"buckets than {bucket}, and `WHERE {bucketing.columns[0]} = …` would not find them. Nothing is published"
        )
    places = ordered(rows, bucketing).places
    if not np.array_equal(places, np.arange(len(places))):
        at = int(np.flatnonzero(places != np.arange(len(places)))[0])
        raise MisplacedError(f"{where}: it is not sorted by {', '.join(bucketing.sorted_by)} at row {at}")
    return key_sum(rows, bucketing)


def key_sum(rows: pa.Table, bucketing: Bucketing) -> int:
    """A sum over the rows' keys that does not depend on their order: rows lost or doubled on the way change it."""
    return int(bucket_numbers(rows, bucketing.columns, 0x7FFFFFFF).astype(np.int64).sum())
