"""Answers a query in Athena's dialect over the partitions that the catalog has published."""

from __future__ import annotations

import time
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from sqlglot import exp

from lake.catalog import open_catalog
from lake.catalog.model import Catalog
from lake.errors import LakeError
from lake.objects import open_store
from lake.query.dialect import duckdb_sql, hide_column
from lake.query.engine import Engine
from lake.query.errors import QueryFailedError, UnknownTableError
from lake.query.failures import explained
from lake.query.listings import listed
from lake.query.pruning import add_partition_hints
from lake.query.scan import PATH_COLUMN, PublishedTable
from lake.query.statement import Listing, parsed
from lake.query.tables import PARTITIONS_SUFFIX, Name, resolve_tables


@dataclass(frozen=True)
class Result:
    """A query's answer. `partitions_read` of `partitions` were scanned, whose files are `bytes` long; `sql` was run.

    Timestamps in `table` are microseconds without a zone (UTC), as Athena's are; with a zone where the query made it.
    """

    table: pa.Table
    partitions_read: int = 0
    partitions: int = 0
    bytes: int = 0
    seconds: float = 0.0
    sql: str = ""

    @property
    def columns(self) -> list[str]:
        return list(self.table.column_names)


def run_query(sql: str, root: str, database: str | None = None) -> Result:
    """Answer one SELECT, WITH, VALUES, SHOW or DESCRIBE over the lake at `root`.

    `database` is where tables without one are looked for. Raises QueryError (syntax, names, unsupported functions,
    values that cannot be computed), StorageError and CatalogError.
    """
    started = time.monotonic()
    statement = parsed(sql)
    catalog = open_catalog(root)
    if isinstance(statement, Listing):
        return Result(listed(statement, catalog, database), seconds=time.monotonic() - started)
    references = resolve_tables(statement, catalog.tables() if statement.find(exp.Table) else [], database)
    with_path = any(column.name == PATH_COLUMN for column in statement.find_all(exp.Column))
    scans = {name: _scan(name, root, catalog, with_path) for name in references}
    if with_path:
        hide_column(statement, PATH_COLUMN)
    types = {column: kind for scan in scans.values() for column, kind, _ in scan.table.columns}
    try:
        with Engine(scans) as engine:
            _add_hints(statement, references, scans, engine)
            translated = duckdb_sql(statement, lambda name: types.get(name.lower()))
            table = engine.answer(translated)
    except duckdb.Error as error:
        raise _cause(error, sql, scans) from error
    except pa.ArrowInvalid as error:
        raise QueryFailedError(f"running the query: a sum or a count is too large for bigint ({error})") from error
    scanned = [scan for name, scan in scans.items() if not name[1].endswith(PARTITIONS_SUFFIX)]
    return Result(
        table,
        partitions_read=sum(len(scan.read) for scan in scanned),
        partitions=sum(len(scan.partitions) for scan in scanned),
        bytes=sum(scan.bytes for scan in scanned),
        seconds=time.monotonic() - started,
        sql=translated,
    )


def _scan(name: Name, root: str, catalog: Catalog, with_path: bool) -> PublishedTable:
    database, table_name = name[0], name[1].removesuffix(PARTITIONS_SUFFIX)
    table = catalog.table(database, table_name)
    if table is None:
        raise UnknownTableError(f"reading {database}.{table_name}: the table was dropped while the query began")
    return PublishedTable(table, catalog.partitions(database, table_name), open_store(root), with_path)


def _add_hints(
    statement: exp.Query, references: dict[Name, list[exp.Table]], scans: dict[Name, PublishedTable], engine: Engine
) -> None:
    values = {id(node): scans[name].values for name, nodes in references.items() for node in nodes}
    for key in {scan.key for scan in scans.values()}:
        add_partition_hints(statement, values, key, engine.satisfying)


def _cause(error: duckdb.Error, sql: str, scans: dict[Name, PublishedTable]) -> LakeError:
    for scan in scans.values():
        if scan.failure is not None:
            return scan.failure
    columns = [column for scan in scans.values() for column in scan.schema.names]
    return explained(error, sql, columns, [name for _, name in scans])
