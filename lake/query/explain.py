"""What a query would read and cost, found out without running it."""

from __future__ import annotations

from dataclasses import dataclass

from lake.catalog import open_catalog
from lake.objects import open_store
from lake.query.advice import Advice, advice, rounded_times
from lake.query.price import athena_dollars
from lake.query.result import TableRead
from lake.query.run import prepare
from lake.query.tables import is_partitions
from lake.sql.query_errors import QuerySyntaxError, StatementError
from lake.sql.statement import Listing, parsed


@dataclass(frozen=True)
class Explanation:
    """`bytes` of the tables together, at most that where not `is_exact`; `dollars` is what Athena would charge."""

    tables: tuple[TableRead, ...]
    bytes: int
    is_exact: bool
    dollars: float
    advice: tuple[Advice, ...]


def explained(sql: str, root: str, database: str | None = None) -> Explanation:
    """What the query would read of each table, and advice where it reads more than it must.

    The query is planned, and each table finds out which partitions, buckets, files and row groups the filter that
    reaches it can match; but hands over no row. Footers of Parquet files are read, as long as they are a few hundred.
    A join may make the true reading smaller. Raises QueryError, StorageError and CatalogError.
    """
    query = parsed(sql)
    if isinstance(query, Listing):
        raise StatementError("explaining the query: SHOW and DESCRIBE read the catalog alone; Athena charges nothing")
    prepared = prepare(query, open_catalog(root), open_store(root), database, with_rows=False)
    tables = {".".join(name): scan.table for name, scan in prepared.scans.items() if not is_partitions(name)}
    found: list[Advice] = []
    if prepared.resolved is not None and prepared.blocks is not None:
        found = advice(prepared.resolved, prepared.blocks, tables, prepared.schema)  # an answer rewrites the query
    try:
        prepared.answer(sql)
    except QuerySyntaxError:
        if not found:  # what Athena refuses is known, and what to write instead
            raise
    if prepared.resolved is not None and prepared.blocks is not None:
        fine = {name for scan in prepared.scans.values() for each in scan.scans for name in each.microseconds}
        found += rounded_times(prepared.resolved, prepared.blocks, fine)
    reads = prepared.reads()
    scanned = sum(read.bytes for read in reads)
    is_exact = all(read.is_exact for read in reads)
    return Explanation(reads, scanned, is_exact, athena_dollars(scanned), tuple(found))
