"""A query with every column resolved to its source, by sqlglot's qualify: what all analyses of SQL start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from lake.sql.statement import ATHENA

TRINO = "trino"
_NUMBER = "lake.number"


@dataclass(frozen=True)
class ResolvedQuery:
    """A resolved copy of a query: names in full and in lower case, stars written out, USING as ON.

    `written` are the nodes of the query as its author wrote it.
    """

    query: exp.Query
    written: tuple[exp.Expr, ...]

    def original(self, node: exp.Expr) -> exp.Expr:
        """The node of the author's query that a node of the resolved one was copied from; itself where it is new."""
        number = node.meta.get(_NUMBER)
        return node if number is None else self.written[number]

    def text(self, node: exp.Expr) -> str:
        """A node's SQL as its author wrote it, but for spaces and the case of keywords and functions."""
        return str(self.original(node).sql(ATHENA, normalize_functions="lower"))


def resolve(query: exp.Query, schema: MappingSchema) -> ResolvedQuery:
    """Resolve a query's columns; the query itself is left as it was. A column of no source keeps its bare name.

    Raises SqlglotError where it cannot be resolved: two sources of one name, a name that several sources have.
    """
    written = tuple(query.walk())
    for number, node in enumerate(written):
        node.meta[_NUMBER] = number
    copy = query.copy()
    for table in list(copy.find_all(exp.Table)):
        _write_out_columns(table)
    resolved: Any = qualify(
        copy,
        schema=schema,
        dialect=ATHENA,
        expand_alias_refs=False,  # Athena knows no alias in WHERE or GROUP BY
        validate_qualify_columns=False,
    )
    return ResolvedQuery(resolved, written)


def _write_out_columns(table: exp.Table) -> None:
    """Make `t AS r (a, b)`, whose columns sqlglot does not rename, a subquery, whose columns it does."""
    alias = table.args.get("alias")
    if alias is None or not alias.columns:
        return
    around = {name: table.args[name] for name in ("joins", "laterals", "sample") if table.args.get(name)}
    inner = exp.Table(**{name: value for name, value in table.args.items() if name in ("this", "db", "catalog")})
    table.replace(exp.Subquery(this=exp.select("*").from_(inner), alias=alias, **around))


def schema_of(relations: Mapping[str, Mapping[str, str]]) -> MappingSchema:
    """sqlglot's schema of tables and views: Trino types by column, by full name."""
    databases: dict[str, Any] = {}
    for full_name, columns in relations.items():
        database, _, name = full_name.partition(".")
        databases.setdefault(database, {})[name] = columns
    return MappingSchema(databases, dialect=TRINO)
