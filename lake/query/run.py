"""Answers a query in Athena's dialect over the partitions that the catalog has published."""

from __future__ import annotations

import time
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.schema import MappingSchema

from lake.catalog import open_catalog
from lake.catalog.model import Catalog
from lake.catalog.sql_types import trino_type
from lake.errors import LakeError
from lake.objects import Store, open_store
from lake.query.duckdb_errors import explained
from lake.query.duckdb_session import Engine
from lake.query.information_schema import TABLES as INFORMATION
from lake.query.information_schema import columns_of, rows_of
from lake.query.pruning import add_partition_hints
from lake.query.result import Result, TableRead
from lake.query.scan import HIDDEN_COLUMNS, PublishedTable
from lake.query.show_statements import listed
from lake.query.tables import PARTITIONS_SUFFIX, Name, is_partitions, resolve_tables
from lake.query.views import expand_views
from lake.sql.check_comparisons import mismatched_types
from lake.sql.query_errors import QueryError, QueryFailedError, QuerySyntaxError, UnknownTableError, placed
from lake.sql.resolve import ResolvedQuery, resolve, schema_of
from lake.sql.scan_filters import QueryBlocks, query_blocks
from lake.sql.statement import Listing, parsed
from lake.sql.translation.queries import translated
from lake.sql.translation.scopes import Field
from lake.sql.translation.signatures import Typed
from lake.sql.translation.types import parsed_type

__all__ = ["Result", "run_query"]


def run_query(sql: str, root: str, database: str | None = None) -> Result:
    """Answer one SELECT, WITH, VALUES, SHOW or DESCRIBE over the lake at `root`.

    `database` is where tables without one are looked for. Raises QueryError (syntax, names, unsupported functions,
    values that cannot be computed), StorageError and CatalogError.
    """
    started = time.monotonic()
    query = parsed(sql)
    catalog = open_catalog(root)
    if isinstance(query, Listing):
        return Result(listed(query, catalog, database), seconds=time.monotonic() - started)
    prepared = prepare(query, catalog, open_store(root), database)
    table, duckdb_text = prepared.answer(sql)
    reads = prepared.reads()
    return Result(
        table,
        bytes=sum(each.bytes for each in reads),
        is_exact=all(each.is_exact for each in reads),
        seconds=time.monotonic() - started,
        sql=duckdb_text,
        tables=reads,
    )


@dataclass(frozen=True)
class Prepared:
    """A query with its views written out, and the tables that it names as they were published at that moment.

    `resolved` and `blocks` are what is known of it without running it; None where sqlglot cannot resolve its names.
    """

    query: exp.Query
    scans: dict[Name, PublishedTable]
    listings: dict[Name, pa.Table]
    schema: MappingSchema
    resolved: ResolvedQuery | None
    blocks: QueryBlocks | None

    def answer(self, sql: str) -> tuple[pa.Table, str]:
        """The rows, and the SQL that DuckDB ran. `sql` is what the author wrote, for errors."""
        try:
            with Engine(self.scans, self.listings) as engine:
                if self.resolved is not None and self.blocks is not None:
                    values = {name: (scan.key, scan.values) for name, scan in self.scans.items()}
                    add_partition_hints(self.resolved, self.blocks, values, engine.satisfying)
                made = translated(self.query, self._fields)
                return engine.answer(made), made.sql
        except QueryError as error:
            raise placed(self._advised(error), sql) from error
        except duckdb.Error as error:
            raise self._cause(error, sql) from error
        except pa.ArrowInvalid as error:
            raise QueryFailedError(f"running the query: a sum or a count is too large for bigint ({error})") from error

    def _fields(self, database: str, name: str) -> list[Field] | None:
        scan = self.scans.get((database, name))
        if scan is None and (database, name) not in self.listings:
            return None
        known = columns_of(name) if scan is None else _columns((database, name), scan)
        return [Field(column, Typed("", parsed_type(kind)), column in HIDDEN_COLUMNS) for column, kind in known.items()]

    def reads(self) -> tuple[TableRead, ...]:
        """What was read of each table, once it was answered."""
        tables = {name: scan for name, scan in self.scans.items() if not is_partitions(name)}
        return tuple(TableRead.of(".".join(name), scan) for name, scan in tables.items())

    def _advised(self, error: QueryError) -> QueryError:
        """The error, with what to write where two kinds of values are compared."""
        if self.resolved is None or not isinstance(error, QuerySyntaxError):
            return error
        mismatch = next(mismatched_types(self.resolved, self.schema), None)
        if mismatch is None:
            return error
        advised = QuerySyntaxError(f"{mismatch.problem}; write {mismatch.instead}")
        advised.node = self.resolved.original(mismatch.node)
        return advised

    def _cause(self, error: duckdb.Error, sql: str) -> LakeError:
        for scan in self.scans.values():
            if scan.failure is not None:
                return scan.failure
        columns = [column for scan in self.scans.values() for column in scan.schema.names]
        return explained(error, sql, columns, [name for _, name in self.scans])


def prepare(query: exp.Query, catalog: Catalog, store: Store, database: str | None, with_rows: bool = True) -> Prepared:
    """The query ready to be answered; where `with_rows` is False, its tables say what they would read, and are empty.

    Raises UnknownTableError, ViewError, CatalogError.
    """
    # Views first, partitions after them: see expand_views.
    query = expand_views(query, catalog, database)
    names = resolve_tables(query, catalog.tables() if query.find(exp.Table) else [], database)
    named = {column.name for column in query.find_all(exp.Column)}
    hidden = [name for name in HIDDEN_COLUMNS if name in named]
    literals = {literal.name for literal in query.find_all(exp.Literal)}
    scans: dict[Name, PublishedTable] = {}
    listings = {name: rows_of(name[1], catalog) for name in names if name in INFORMATION}
    for name in names:
        if name in listings:
            continue
        database_name, table_name = name[0], name[1].removesuffix(PARTITIONS_SUFFIX)
        table = catalog.table(database_name, table_name)
        if table is None:
            raise UnknownTableError(f"reading {'.'.join(name)}: the table was dropped while the query began")
        partitions = catalog.partitions(database_name, table_name)
        scans[name] = PublishedTable(table, partitions, store, hidden=hidden, literals=literals, with_rows=with_rows)
    columns = {".".join(name): _columns(name, scan) for name, scan in scans.items()}
    schema = schema_of({**columns, **{".".join(name): columns_of(name[1]) for name in listings}})
    try:
        resolved = resolve(query, schema)
        return Prepared(query, scans, listings, schema, resolved, query_blocks(resolved.query))
    except SqlglotError:  # DuckDB will say what is wrong with it, if it cannot resolve the names either
        return Prepared(query, scans, listings, schema, None, None)


def _columns(name: Name, scan: PublishedTable) -> dict[str, str]:
    keys = {key: trino_type(kind) for key, kind in scan.table.partition_keys}
    if is_partitions(name):
        return keys
    columns = {column: trino_type(kind) for column, kind, _ in scan.table.columns}
    return {**columns, **keys, **{hidden: HIDDEN_COLUMNS[hidden][0] for hidden in scan.hidden}}
