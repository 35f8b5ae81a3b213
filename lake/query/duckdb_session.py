"""DuckDB, set up to answer as Athena does, over published tables and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
from sqlglot import exp

from lake.errors import LakeError
from lake.query.answers import answered
from lake.query.scan import PublishedTable
from lake.query.tables import PARTITIONS_SUFFIX, Name
from lake.sql.query_errors import UnsupportedSqlError
from lake.sql.translation.functions.registry import PYTHON
from lake.sql.translation.identifiers import quoted
from lake.sql.translation.python_functions import register
from lake.sql.translation.queries import translated
from lake.sql.translation.scopes import Field
from lake.sql.translation.signatures import Typed
from lake.sql.translation.translated import Translated, schema_name
from lake.sql.translation.types import VARCHAR

_HARMFUL_TO_TRY = "expression_rewriter,statistics_propagation,common_subexpressions"


class Engine:
    """One query's connection: its tables as views, Athena's functions as macros, UTC, one transaction."""

    def __init__(self, scans: dict[Name, PublishedTable], listings: dict[Name, pa.Table] | None = None):
        # A query reads what the catalog has published and nothing else: no files by name, no extensions.
        self._connection = duckdb.connect(config={"enable_external_access": "false"})
        self._functions: set[str] = set()
        self._unanswered: list[str] = []
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET integer_division = true")
        for number, ((database, name), scan) in enumerate(scans.items()):
            self._show(f"_scan_{number}", database, name, scan)
        for number, ((database, name), rows) in enumerate((listings or {}).items()):
            self._connection.register(f"_listing_{number}", rows)
            self._view(database, name, f"SELECT * FROM _listing_{number}")  # noqa: S608 (a number)
        self._connection.begin()  # so that now() is one instant in the whole query

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def answer(self, query: Translated) -> pa.Table:
        """The rows of a query, in Athena's types. Raises duckdb.Error, pyarrow's errors."""
        try:
            self._define(query.sql)
            if (
                "TRY(" in query.sql
            ):  # what is taken out of a TRY, or computed beforehand, fails where nothing catches it
                self._connection.execute(f"SET disabled_optimizers = '{_HARMFUL_TO_TRY}'")
            table = self._connection.sql(query.sql).to_arrow_table()
        except duckdb.Error:
            self._refuse_unanswered()
            raise
        except RuntimeError as error:
            if "interrupted" in str(error):  # DuckDB's way to say that Ctrl-C was pressed
                raise KeyboardInterrupt from error
            raise
        self._refuse_unanswered()
        return answered(table, query)

    def _refuse_unanswered(self) -> None:
        if self._unanswered:
            raise UnsupportedSqlError(f"{self._unanswered[0]}; --engine trino answers it")

    def satisfying(self, condition: exp.Expr, key: str, values: Sequence[str | None]) -> list[str | None] | None:
        """Of the key's values, those for which an Athena condition over it holds; None where that is not known."""
        self._connection.register("_known", pa.table({key: pa.array(values, pa.string())}))
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema_name('known'))}")
        self._connection.execute(f"CREATE OR REPLACE VIEW {quoted(schema_name('known'))}.partitions AS FROM _known")
        query = exp.select(exp.column(key)).from_(exp.table_("partitions", db="known")).where(condition)
        try:
            sql = translated(query, lambda _, __: [Field(key, Typed("", VARCHAR))]).sql
            self._define(sql)
            return [row[0] for row in self._connection.execute(sql).fetchall()]
        except (duckdb.Error, LakeError):
            self._unanswered.clear()
            return None  # whatever is wrong with it, the query itself will say, with the whole text at hand

    def _define(self, sql: str) -> None:
        """Define those of our functions that a statement calls; all would take longer than most queries."""
        register(self._connection, (each for each in PYTHON if each.name not in self._functions), sql, self._unanswered)
        self._functions |= {each.name for each in PYTHON if f"{each.name}(" in sql}

    def _show(self, scanned: str, database: str, name: str, scan: PublishedTable) -> None:
        if name.endswith(PARTITIONS_SUFFIX):
            rows: Any = pa.table({scan.key: pa.array(scan.values, pa.string())})
            projection = "*"
        else:
            rows, projection = scan, scan.projection()
        self._connection.register(scanned, rows)
        self._view(database, name, f"SELECT {projection} FROM {scanned}")  # noqa: S608 (quoted)

    def _view(self, database: str, name: str, sql: str) -> None:
        place = quoted(schema_name(database))
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {place}")
        self._connection.execute(f"CREATE VIEW {place}.{quoted(name)} AS {sql}")
