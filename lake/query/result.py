"""A query's answer, whichever engine gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from lake.query.scan import PublishedTable


@dataclass(frozen=True)
class TableRead:
    """What a query reads of one table: hours (values of dt) of so many `partitions`, buckets, files, bytes.

    `buckets` is 0 for a table without; `buckets_read` of them are read in each partition. A table that is scanned
    twice counts its files and bytes twice. `bytes` are an upper bound where not `is_exact`.
    """

    name: str
    hours: tuple[str, ...]
    partitions: int
    buckets_read: int
    buckets: int
    files: int
    bytes: int
    is_exact: bool

    @classmethod
    def of(cls, name: str, table: PublishedTable) -> TableRead:
        scans = table.scans
        count = table.table.buckets.count if table.table.buckets else 0
        chosen = [scan.buckets for scan in scans if scan.hours]
        read = count if None in chosen else len(frozenset().union(*(each for each in chosen if each is not None)))
        return cls(
            name,
            hours=tuple(sorted({hour for scan in scans for hour in scan.hours})),
            partitions=len(table.partitions),
            buckets_read=read,
            buckets=count,
            files=sum(scan.files for scan in scans),
            bytes=sum(scan.bytes for scan in scans),
            is_exact=all(scan.is_exact for scan in scans),
        )


@dataclass(frozen=True)
class Result:
    """A query's answer. `bytes` were read of what is published; they are the most it can be where not `is_exact`.

    Timestamps in `table` are microseconds without a zone (UTC), as Athena's are; with a zone where the query made it.
    `sql` is the SQL that the engine ran. `tables` says what was read of each (of DuckDB alone). `facts` are what else
    the engine reports of the query, by name: splits, an execution's id, its cost.
    """

    table: pa.Table
    bytes: int = 0
    is_exact: bool = True
    seconds: float = 0.0
    sql: str = ""
    engine: str = "duckdb"
    tables: tuple[TableRead, ...] = ()
    facts: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        return list(self.table.column_names)

    @property
    def partitions_read(self) -> int:
        return sum(len(each.hours) for each in self.tables)

    @property
    def partitions(self) -> int:
        return sum(each.partitions for each in self.tables)

    @property
    def buckets_read(self) -> int:
        """Of all bucketed tables together."""
        return sum(each.buckets_read for each in self.tables)

    @property
    def buckets(self) -> int:
        return sum(each.buckets for each in self.tables)

    @property
    def files_read(self) -> int:
        return sum(each.files for each in self.tables)
