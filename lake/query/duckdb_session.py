"""DuckDB, set up to answer as Athena does, over published tables and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
from sqlglot import exp

from lake.errors import LakeError
from lake.query.dialect import duckdb_sql
from lake.query.json_functions import register
from lake.query.macros import macros_called
from lake.query.scan import PublishedTable, quoted
from lake.query.tables import PARTITIONS_SUFFIX, Name


class Engine:
    """One query's connection: its tables as views, Athena's functions as macros, UTC, one transaction."""

    def __init__(self, scans: dict[Name, PublishedTable]):
        # A query reads what the catalog has published and nothing else: no files by name, no extensions.
        self._connection = duckdb.connect(config={"enable_external_access": "false"})
        self._functions: set[str] = set()
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET integer_division = true")
        for number, ((database, name), scan) in enumerate(scans.items()):
            self._show(f"_scan_{number}", database, name, scan)
        self._connection.begin()  # so that now() is one instant in the whole query

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def answer(self, sql: str) -> pa.Table:
        """The rows of a query in DuckDB's dialect, in Athena's types. Raises duckdb.Error, pyarrow's errors."""
        try:
            self._define(sql)
            relation = self._connection.sql(sql)
            return _with_athena_types(relation.to_arrow_table(), [str(kind) for kind in relation.types])
        except RuntimeError as error:
            if "interrupted" in str(error):  # DuckDB's way to say that Ctrl-C was pressed
                raise KeyboardInterrupt from error
            raise

    def satisfying(self, condition: exp.Expr, key: str, values: Sequence[str | None]) -> list[str | None] | None:
        """Of the key's values, those for which an Athena condition over it holds; None where that is not known."""
        self._connection.register("_known", pa.table({key: pa.array(values, pa.string())}))
        query = exp.select(exp.column(key)).from_("_known").where(condition)
        try:
            sql = duckdb_sql(query)
            self._define(sql)
            return [row[0] for row in self._connection.execute(sql).fetchall()]
        except (duckdb.Error, LakeError):
            return None  # whatever is wrong with it, the query itself will say, with the whole text at hand

    def _define(self, sql: str) -> None:
        """Define those of Athena's functions that a statement calls; all would take longer than most queries."""
        for name, statement in macros_called(sql).items():
            if name not in self._functions:
                self._connection.execute(statement)
                self._functions.add(name)
        register(self._connection, sql, self._functions)

    def _show(self, scanned: str, database: str, name: str, scan: PublishedTable) -> None:
        if name.endswith(PARTITIONS_SUFFIX):
            rows: Any = pa.table({scan.key: pa.array(scan.values, pa.string())})
            projection = "*"
        else:
            rows, projection = scan, scan.projection()
        self._connection.register(scanned, rows)
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(database)}")
        view = f"{quoted(database)}.{quoted(name)}"
        self._connection.execute(f"CREATE VIEW {view} AS SELECT {projection} FROM {scanned}")  # noqa: S608 (quoted)


def _with_athena_types(table: pa.Table, types: list[str]) -> pa.Table:
    """Sums and counts are bigint in Athena; DuckDB makes some of them 128 bits wide, or unsigned."""
    for position, kind in enumerate(types):
        if kind in ("HUGEINT", "UHUGEINT", "UBIGINT"):
            name = table.column_names[position]
            table = table.set_column(position, name, table.column(position).cast(pa.int64()))
    return table
