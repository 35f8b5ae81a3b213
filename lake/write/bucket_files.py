"""A bucketed table's Parquet objects: how they are named, written, and proven before they are published."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from lake.contract.arrow import arrow_schema
from lake.contract.hive_hash import bucket_of, hive_hashes
from lake.contract.model import Bucketing, Table
from lake.errors import StorageError
from lake.objects import Store
from lake.write.bucket_order import ordered
from lake.write.parquet import DataFile, open_writer

NOT_PUBLISHED = "Nothing of its hour is published; run the job again"
"""The end of each message about files that are not published yet."""

_NAMES = (re.compile(r"(\d+)_\d+.*"), re.compile(r"bucket_(\d+)(?:_\d+)?"))


def file_name(bucket: int, number: int, name: str, times: int = 0) -> str:
    """The name of unit `number`'s file of a bucket. Hive, Trino and Athena read the bucket from its first digits.

    `times` is how often the unit has been sorted and written already: more than once if it is large.
    """
    return f"{bucket:06d}_{number}-{name[:16]}{f'-{times}' if times else ''}.parquet"


def bucket_in_name(key: str) -> int | None:
    """The bucket that readers take an object for, by the rule of Hive and Trino; None where they would refuse it."""
    name = key.rsplit("/", 1)[-1]
    return next((int(match[1]) for rule in _NAMES if (match := rule.fullmatch(name))), None)


def bucket_bytes(rows: pa.Table, table: Table, bucketing: Bucketing) -> pa.Buffer:
    """One bucket's file: `rows`, in order, in row groups with bounds, so that a reader of one key skips the others'."""
    sink = pa.BufferOutputStream()
    order = pq.SortingColumn.from_ordering(
        arrow_schema(table), [(name, "ascending") for name in bucketing.sorted_by], null_placement="at_start"
    )
    plain = frozenset(table.key) - set(bucketing.sorted_by)
    schema = arrow_schema(table)
    with open_writer(sink, schema, plain, sorting_columns=order) as writer:
        # A row group at a time: long texts of few values take their full size only as they are written.
        for start in range(0, rows.num_rows, bucketing.row_group_rows):
            writer.write_table(rows.slice(start, bucketing.row_group_rows).cast(schema))
    return sink.getvalue()


_REPEATING_BITS = 20
"""A stored value takes so few bits, uncompressed, only where its column is numbers of a dictionary's values."""


def repeating(file: pq.ParquetFile) -> list[str]:
    """Text columns whose values repeat so much that reading them as numbers of a dictionary is several times faster.

    To sort them, too: only numbers move. A guess from the footer, and either guess gives the same rows.
    """
    metadata = file.metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    names = []
    for at in range(metadata.num_columns):
        chunks = [group.column(at) for group in groups]
        bits = sum(chunk.total_uncompressed_size for chunk in chunks) * 8
        name = chunks[0].path_in_schema if chunks else ""
        is_text = name in file.schema_arrow.names and chunks[0].physical_type == "BYTE_ARRAY"
        if is_text and chunks[0].has_dictionary_page and bits <= _REPEATING_BITS * metadata.num_rows:
            names.append(name)
    return names


def open_parquet(data: pa.Buffer) -> pq.ParquetFile:
    """The file, its repeating text columns as dictionaries."""
    file = pq.ParquetFile(pa.BufferReader(data))
    names = repeating(file)
    return pq.ParquetFile(pa.BufferReader(data), metadata=file.metadata, read_dictionary=names) if names else file


def prove_file(store: Store, part: DataFile, table: Table, bucketing: Bucketing) -> int:
    """Read back a file and prove bytes, schema, row count, each row's bucket, and the order; returns its key sum.

    Raises StorageError naming the first row that lies wrong: a row in a wrong bucket is hidden from readers silently.
    """
    where = f"auditing {store.uri_of(part.key)}"
    try:
        data = store.read(part.key)
    except StorageError as error:
        raise StorageError(f"{where}: it cannot be read back. {error}. {NOT_PUBLISHED}") from error
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise StorageError(f"{where}: its bytes are not those that were written. {NOT_PUBLISHED}")
    file = pq.ParquetFile(pa.BufferReader(data))
    if not file.schema_arrow.equals(arrow_schema(table)):
        raise StorageError(f"{where}: its columns are not the contract's: {file.schema_arrow}. {NOT_PUBLISHED}")
    if file.metadata.num_rows != part.rows:
        raise StorageError(
            f"{where}: it holds {file.metadata.num_rows} rows; {part.rows} were written. {NOT_PUBLISHED}"
        )
    bucket = bucket_in_name(part.key)
    rows = open_parquet(data).read(columns=list(dict.fromkeys([*bucketing.columns, *bucketing.sorted_by])))
    hashes = _hashes(rows, bucketing)
    wrong = np.flatnonzero(hashes % bucketing.count != bucket)
    plainly = [at for at in (0, len(rows) - 1) if _plain_bucket(rows, at, table, bucketing) != bucket]
    if len(wrong) or plainly:
        at = int(wrong[0]) if len(wrong) else plainly[0]
        raise StorageError(
            f"{where}: {max(len(wrong), len(plainly))} of {len(rows)} rows, the first of them row {at} "
            f"({rows.slice(at, 1).to_pylist()[0]}), belong to other buckets than {bucket}, and "
            f"`WHERE {bucketing.columns[0]} = …` would not find them. {NOT_PUBLISHED}"
        )
    places = ordered(rows, bucketing).places
    if not np.array_equal(places, np.arange(len(places))):
        at = int(np.flatnonzero(places != np.arange(len(places)))[0])
        raise StorageError(
            f"{where}: it is not sorted by {', '.join(bucketing.sorted_by)} at row {at}. {NOT_PUBLISHED}"
        )
    return int(hashes.sum(dtype=np.int64))


def _plain_bucket(rows: pa.Table, at: int, table: Table, bucketing: Bucketing) -> int:
    """A row's bucket by the other implementation: a fault that the job and its proof share must not stay unseen."""
    values = [rows.column(name)[at].as_py() for name in bucketing.columns]
    return bucket_of(values, [table.column(name).hive_type for name in bucketing.columns], bucketing.count)


def key_sum(rows: pa.Table, bucketing: Bucketing) -> int:
    """A sum over the rows' keys that does not depend on their order: rows lost or doubled on the way change it."""
    return int(_hashes(rows, bucketing).sum(dtype=np.int64))


def _hashes(rows: pa.Table, bucketing: Bucketing) -> npt.NDArray[np.int32]:
    """What a row's bucket is the remainder of."""
    return hive_hashes([rows.column(name) for name in bucketing.columns]) & 0x7FFFFFFF
