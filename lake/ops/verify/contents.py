"""Checks of a Parquet file: columns, sizes of row groups, buckets, order, values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from lake.catalog import Partition
from lake.contract.arrow import arrow_schema, hive_name, quarantine_schema
from lake.contract.hive_hash import bucket_numbers
from lake.contract.model import RESCUED_COLUMN, Bucketing, Table
from lake.ops.verify.findings import Problem
from lake.ops.verify.order import out_of_order


@dataclass(frozen=True)
class Expected:
    """What is expected of a partition's files.

    `columns` have to be there, with these types. `former` are columns that the contract had when the partition was
    written: they do no harm. `required` hold no null.
    """

    columns: Mapping[str, pa.DataType]
    former: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    bucketing: Bucketing | None = None


def expected_rows(table: Table, partition: Partition) -> Expected:
    """Of rows: the contract's columns without those added after the partition was written."""
    written = {name for name in partition.get("columns").split(",") if name} or {one.name for one in table.columns}
    columns = {one.name: one.type for one in arrow_schema(table) if one.name in written or one.name == RESCUED_COLUMN}
    former = frozenset(written - {one.name for one in table.columns})
    required = tuple(one.name for one in table.columns if one.required and one.name in written)
    return Expected(columns, former, required, table.bucketing)


def expected_rejects() -> Expected:
    """Of a quarantine, the same for every table."""
    return Expected({one.name: one.type for one in quarantine_schema()})


def footer_problems(file: pq.ParquetFile, expected: Expected, name: str) -> Iterator[Problem]:
    """Problems in a file's footer."""
    found = {one.name: one.type for one in file.schema_arrow}
    for column, kind in expected.columns.items():
        if column not in found:
            yield Problem("schema", f"missing column {column}; expected {hive_name(kind)}", name)
        elif not found[column].equals(kind):
            yield Problem(
                "schema", f"column {column}: expected {hive_name(kind)}, found {hive_name(found[column])}", name
            )
    for column in found.keys() - expected.columns.keys() - expected.former:
        yield Problem("schema", f"unexpected column {column} ({hive_name(found[column])}), not in the contract", name)
    if expected.bucketing is not None:
        limit = expected.bucketing.row_group_rows
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
        if large := [size for size in sizes if size > limit]:
            message = f"{len(large)} of {len(sizes)} row groups are too large (up to {max(large):,} rows)"
            yield Problem("row_group", f"{message}; expected at most {limit:,} rows", name)


@dataclass
class RowChecks:
    """Checks a file's rows, one row group at a time, keeping only the last row.

    `bucket` is the one that the file's name says, None where it says none.
    """

    expected: Expected
    name: str
    bucket: int | None
    _seen: int = 0
    _last: pa.Table | None = None
    _strays: list[str] = field(default_factory=list)
    _astray: int = 0
    _falls: int = 0
    _first_fall: int = 0
    _nulls: dict[str, int] = field(default_factory=dict)

    def see(self, rows: pa.Table) -> None:
        """Check the next row group."""
        # Columns of another type are reported from the footer; their hashes and order would say nothing.
        there = {one.name for one in rows.schema if one.type == self.expected.columns.get(one.name)}
        for column in self.expected.required:
            if column in there and (nulls := rows.column(column).null_count):
                self._nulls[column] = self._nulls.get(column, 0) + nulls
        bucketing = self.expected.bucketing
        if bucketing is not None and there.issuperset({*bucketing.columns, *bucketing.sorted_by}):
            if self.bucket is not None:
                self._see_buckets(bucket_numbers(rows, bucketing.columns, bucketing.count))
            self._see_order(rows, bucketing)
        self._seen += rows.num_rows

    def problems(self) -> Iterator[Problem]:
        """The problems found."""
        for column, nulls in self._nulls.items():
            yield Problem(
                "null_in_required", f"{column} is null in {nulls:,} rows; the contract requires it", self.name
            )
        if self._astray:
            message = f"{self._astray:,} of {self._seen:,} rows do not belong to bucket {self.bucket}"
            hidden = "queries that filter on their key miss them"
            yield Problem("wrong_bucket", f"{message} ({', '.join(self._strays)}); {hidden}", self.name)
        if self._falls and self.expected.bucketing is not None:
            order = ", ".join(self.expected.bucketing.sorted_by)
            where = f"{self._falls:,} rows sort before the previous row, first at row {self._first_fall:,}"
            yield Problem("not_sorted", f"{where}; expected rows sorted by {order}, nulls first", self.name)

    def _see_buckets(self, buckets: npt.NDArray[np.int32]) -> None:
        astray = np.flatnonzero(buckets != self.bucket)
        if len(astray) and not self._astray:
            first = int(astray[0])
            self._strays.append(f"row {self._seen + first:,} to bucket {int(buckets[first])}")
        self._astray += len(astray)

    def _see_order(self, rows: pa.Table, bucketing: Bucketing) -> None:
        rows = rows.select(list(bucketing.sorted_by))
        joined = rows if self._last is None else pa.concat_tables([self._last, rows])
        falls = out_of_order(joined, bucketing.sorted_by)
        if len(falls) and not self._falls:
            self._first_fall = int(falls[0]) + self._seen - (self._last is not None)
        self._falls += len(falls)
        # A copy: a slice would keep the whole row group in memory.
        self._last = rows.take([rows.num_rows - 1]) if rows.num_rows else self._last
