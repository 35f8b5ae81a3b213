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
from lake.objects import Store, open_store
from lake.query.dialect import duckdb_sql, hide_column
from lake.query.duckdb_errors import explained
from lake.query.duckdb_session import Engine
from lake.query.pruning import add_partition_hints
from lake.query.result import Result, TableRead
from lake.query.scan import PATH_COLUMN, PublishedTable
from lake.query.show_statements import listed
from lake.query.tables import PARTITIONS_SUFFIX, Name, resolve_tables
from lake.query.views import expand_views
from lake.sql.query_errors import QueryFailedError, UnknownTableError
from lake.sql.statement import Listing, parsed

__all__ = ["Result", "run_query"]


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
    prepared = prepare(statement, catalog, open_store(root), database)
    table, asked = prepared.answer(sql)
    reads = prepared.reads()
    return Result(
        table,
        bytes=sum(each.bytes for each in reads),
        is_exact=all(each.is_exact for each in reads),
        seconds=time.monotonic() - started,
        sql=asked,
        tables=reads,
    )


@dataclass(frozen=True)
class Prepared:
    """A query with its views written out, and the tables that it names as they were published at that moment."""

    statement: exp.Query
    references: dict[Name, list[exp.Table]]
    scans: dict[Name, PublishedTable]

    def answer(self, sql: str) -> tuple[pa.Table, str]:
        """The rows, and what the local engine was asked. `sql` is what the author wrote, for errors."""
        types = {column: kind for scan in self.scans.values() for column, kind, _ in scan.table.columns}
        try:
            with Engine(self.scans) as engine:
                self._add_hints(engine)
                translated = duckdb_sql(self.statement, lambda name: types.get(name.lower()))
                return engine.answer(translated), translated
        except duckdb.Error as error:
            raise self._cause(error, sql) from error
        except pa.ArrowInvalid as error:
            raise QueryFailedError(f"running the query: a sum or a count is too large for bigint ({error})") from error

    def reads(self) -> tuple[TableRead, ...]:
        """What was read of each table, once it was answered."""
        tables = {name: scan for name, scan in self.scans.items() if not name[1].endswith(PARTITIONS_SUFFIX)}
        return tuple(TableRead.of(".".join(name), scan) for name, scan in tables.items())

    def _add_hints(self, engine: Engine) -> None:
        values = {
            id(node): (self.scans[name].key, self.scans[name].values)
            for name, nodes in self.references.items()
            for node in nodes
        }
        add_partition_hints(self.statement, values, engine.satisfying)

    def _cause(self, error: duckdb.Error, sql: str) -> LakeError:
        for scan in self.scans.values():
            if scan.failure is not None:
                return scan.failure
        columns = [column for scan in self.scans.values() for column in scan.schema.names]
        return explained(error, sql, columns, [name for _, name in self.scans])


def prepare(
    statement: exp.Query, catalog: Catalog, store: Store, database: str | None, with_rows: bool = True
) -> Prepared:
    """The query ready to be answered; where `with_rows` is False, its tables say what they would read, and are empty.

    Raises UnknownTableError, ViewError, CatalogError.
    """
    # Views first, partitions after them: see expand_views.
    statement = expand_views(statement, catalog, database)
    references = resolve_tables(statement, catalog.tables() if statement.find(exp.Table) else [], database)
    with_path = any(column.name == PATH_COLUMN for column in statement.find_all(exp.Column))
    literals = {literal.name for literal in statement.find_all(exp.Literal)}
    scans: dict[Name, PublishedTable] = {}
    for name in references:
        database_name, table_name = name[0], name[1].removesuffix(PARTITIONS_SUFFIX)
        table = catalog.table(database_name, table_name)
        if table is None:
            raise UnknownTableError(f"reading {'.'.join(name)}: the table was dropped while the query began")
        partitions = catalog.partitions(database_name, table_name)
        scans[name] = PublishedTable(
            table, partitions, store, with_path=with_path, literals=literals, with_rows=with_rows
        )
    if with_path:
        hide_column(statement, PATH_COLUMN)
    return Prepared(statement, references, scans)
