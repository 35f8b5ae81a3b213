"""What a query would read and cost, found out without running it."""

from __future__ import annotations

from dataclasses import dataclass

from lake.catalog import open_catalog
from lake.catalog.model import CatalogTable
from lake.objects import open_store
from lake.query.advice import Advice, advice, with_texts
from lake.query.price import athena_dollars
from lake.query.result import TableRead
from lake.query.run import prepare
from lake.query.tables import PARTITIONS_SUFFIX
from lake.sql.query_errors import StatementError
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
    statement = parsed(sql)
    if isinstance(statement, Listing):
        raise StatementError("explaining the query: SHOW and DESCRIBE read the catalog alone; Athena charges nothing")
    prepared = prepare(with_texts(statement), open_catalog(root), open_store(root), database, with_rows=False)
    tables: dict[int, CatalogTable] = {
        id(node): prepared.scans[name].table
        for name, nodes in prepared.references.items()
        for node in nodes
        if not name[1].endswith(PARTITIONS_SUFFIX)
    }
    told = advice(prepared.statement, tables)  # first: to be answered, the statement is rewritten
    prepared.answer(sql)
    reads = prepared.reads()
    scanned = sum(each.bytes for each in reads)
    is_exact = all(each.is_exact for each in reads)
    return Explanation(reads, scanned, is_exact, athena_dollars(scanned), tuple(told))
