"""A day's rows from Spark to Parquet objects: the same rows make the same files, whoever writes them, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from lake.contract.arrow import arrow_schema
from lake.contract.model import RESCUED_COLUMN, Table
from lake.objects import open_store
from lake.write.parquet import DataFile, ParquetWriter
from lake.write.task_failure import lake_error_in

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

REACH = "reach_ms"
"""A column that rows may have beside the table's: until when, in milliseconds since 1970, events would change them."""

_GROUP_ROWS = 1 << 17
_WRITTEN_DDL = "key string, rows bigint, bytes bigint, sha256 string, reach_ms bigint"


@dataclass(frozen=True)
class DayResult:
    """The files of a day, and how far its rows reach (None: no further)."""

    files: tuple[DataFile, ...]
    reach_ms: int | None


@dataclass(frozen=True)
class Target:
    """Where a day's files go, and how many: `name` begins their names. Rows are identified by the table's key."""

    table: Table
    root: str
    folder: str
    name: str
    files: int


def write_day(rows: DataFrame, target: Target) -> DayResult:
    """Write rows with the table's columns (and REACH, if they have it) to files, sorted by the table's key.

    Raises StorageError where a file cannot be put or an input not be read.
    """
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped] # it has no types
    from pyspark.errors import PySparkException

    key = list(target.table.key)
    # A number of files that is given is kept, whatever else Spark finds out on the way; it is what names them.
    placed = rows.repartition(target.files, *key).sortWithinPartitions(*key)
    try:
        written = placed.mapInArrow(_writer(target), _WRITTEN_DDL).collect()
    except (Py4JJavaError, PySparkException) as error:
        raise lake_error_in(str(error)) or error from error
    files = [DataFile(row["key"], row["rows"], row["bytes"], row["sha256"]) for row in written]
    reach_ms = max((row["reach_ms"] for row in written if row["reach_ms"] is not None), default=None)
    return DayResult(tuple(sorted(files, key=lambda file: file.key)), reach_ms)


def _writer(target: Target) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def write(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        context = TaskContext.get()
        number = context.partitionId() if context is not None else 0
        schema = arrow_schema(target.table)
        key = target.table.key
        plain = frozenset(key) if len(key) == 1 else frozenset()
        name = f"{target.name[:16]}-{number:05d}"
        writer = ParquetWriter(open_store(target.root), target.folder, name, schema, plain)
        reach = None
        for rows in _in_groups(batches):
            if REACH in rows.column_names:
                furthest = pc.max(rows[REACH]).as_py()
                reach = furthest if reach is None else max(reach, furthest)
            writer.write(_as_contract(rows, schema))
        writer.close()
        for file in writer.files:
            row = {"key": [file.key], "rows": [file.rows], "bytes": [file.bytes], "sha256": [file.sha256]}
            yield pa.RecordBatch.from_pydict({**row, "reach_ms": pa.array([reach], pa.int64())})

    return write


def _in_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Row groups of one size, however the rows come in."""
    waiting: list[pa.Table] = []
    count = 0
    for batch in batches:
        waiting.append(pa.Table.from_batches([batch]))
        count += batch.num_rows
        while count >= _GROUP_ROWS:
            together = pa.concat_tables(waiting)
            yield together.slice(0, _GROUP_ROWS).combine_chunks()
            waiting = [together.slice(_GROUP_ROWS)]
            count -= _GROUP_ROWS
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _as_contract(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    if RESCUED_COLUMN not in rows.column_names:
        rows = rows.append_column(RESCUED_COLUMN, pa.nulls(rows.num_rows, pa.string()))
    return rows.select(schema.names).cast(schema)


def file_count(rows: int) -> int:
    """How many files a day of so many events has: one for every few million."""
    return 1 + rows // 4_000_000
