"""Athena's queries as DuckDB's: every name is resolved, every expression typed, and what has no equal refused.

Nothing of a query reaches DuckDB as it was written. What DuckDB is given names its relations r0, r1, ... and their
columns as the query does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from sqlglot import exp

from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError
from lake.sql.translation.casts import converted
from lake.sql.translation.expressions import Expressions
from lake.sql.translation.identifiers import quoted
from lake.sql.translation.nodes import Node, shown
from lake.sql.translation.ordering import ending
from lake.sql.translation.scopes import Field, Relation, Scope, column
from lake.sql.translation.selects import Select
from lake.sql.translation.signatures import Typed
from lake.sql.translation.translated import (
    Clauses,
    Columns,
    Subqueries,
    Translated,
    refuse_ungrouped,
    renamed,
    unique,
)
from lake.sql.translation.types import UNKNOWN, Type, common_type, duckdb_type

_SET_OPERATIONS = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}


def translated(query: exp.Query, columns: Columns) -> Translated:
    """The query in DuckDB's dialect; the statement itself is left as it was.

    Raises UnsupportedSqlError for what the local engine cannot answer as Trino does, UnknownColumnError, and
    QuerySyntaxError for what Athena refuses.
    """
    return _Translator(columns).query(query, Scope(), {})


@dataclass
class _Translator:
    columns: Columns
    numbers: Iterator[int] = field(default_factory=count)

    def query(self, node: Node, parent: Scope, clauses: Clauses) -> Translated:
        """Any query: a SELECT, a set operation, one in parentheses."""
        known, head = self._with(node, parent, clauses)
        match node:
            case exp.Select():
                made = Select(self, node, parent, known).translated()
            case exp.SetOperation():
                made = self._set_operation(node, parent, known)
            case exp.Subquery():
                made = self._parenthesized(node, parent, known)
            case exp.Values():
                made = self._values(node, parent, known)
            case _:
                raise UnsupportedSqlError(f"{shown(node)}: it is not supported by the local engine")
        return replace(made, sql=head + made.sql)

    def name(self) -> str:
        return f"r{next(self.numbers)}"

    def _with(self, node: Node, parent: Scope, clauses: Clauses) -> tuple[Clauses, str]:
        """The WITH clauses that a query can name, and the text of its own."""
        with_ = node.args.get("with_")
        if with_ is None:
            return clauses, ""
        if with_.args.get("recursive"):
            raise UnsupportedSqlError("WITH RECURSIVE is not supported by the local engine")
        known, texts = dict(clauses), []
        for clause in with_.expressions:
            made = renamed(self.query(clause.this, parent, known), clause.args.get("alias"))
            alias = self.name()
            known[clause.alias.lower()] = (alias, made)
            columns = ", ".join(quoted(name) for name in unique(made.names))
            texts.append(f"{alias}({columns}) AS ({made.sql})")
        return known, f"WITH {', '.join(texts)} "

    def _set_operation(self, node: Node, parent: Scope, clauses: Clauses) -> Translated:
        left, right = self.query(node.left, parent, clauses), self.query(node.right, parent, clauses)
        word = _SET_OPERATIONS[type(node)]
        if len(left.fields) != len(right.fields):
            raise QuerySyntaxError(f"{word} of {len(left.fields)} columns and {len(right.fields)}; expected as many")
        if node.args.get("by_name") or node.args.get("side") or node.args.get("kind"):
            raise UnsupportedSqlError(f"{word}: this form is not supported by the local engine")
        kinds = []
        for at, (one, other) in enumerate(zip(left.types, right.types, strict=True), start=1):
            kind = common_type(one, other)
            if kind is None:
                raise QuerySyntaxError(f"column {at} of {word} is {one} and {other}; cast one of them")
            kinds.append(kind)
        is_distinct = bool(node.args.get("distinct"))
        if is_distinct or word != "UNION":
            refuse_ungrouped(kinds, word)
        both = f"{_as(left, kinds)} {word}{'' if is_distinct else ' ALL'} {_as(right, kinds)}"
        alias, names = self.name(), unique(left.names)
        fields = tuple(
            Field(name, column(alias, inner, kind)) for name, inner, kind in zip(left.names, names, kinds, strict=True)
        )
        texts = ", ".join(each.value.sql for each in fields)
        sql = f"SELECT {texts} FROM ({both}) AS {alias}({', '.join(map(quoted, names))})"
        return Translated(sql + ending(Subqueries(self, clauses), node, parent, fields, [Relation((), fields)]), fields)

    def _parenthesized(self, node: Node, parent: Scope, clauses: Clauses) -> Translated:
        inner = self.query(node.this, parent, clauses)
        alias, names = self.name(), unique(inner.names)
        fields = tuple(
            Field(each.name, column(alias, name, each.value.type))
            for each, name in zip(inner.fields, names, strict=True)
        )
        end = ending(Subqueries(self, clauses), node, parent, fields, [Relation((), fields)])
        if not end:
            return inner
        texts = ", ".join(each.value.sql for each in fields)
        columns = ", ".join(map(quoted, names))
        return Translated(f"SELECT {texts} FROM ({inner.sql}) AS {alias}({columns}){end}", fields)

    def _values(self, node: Node, parent: Scope, clauses: Clauses) -> Translated:
        expressions = Expressions(Scope(parent=parent), Subqueries(self, clauses))
        rows = [expressions.all_of(_row_of_values(each)) for each in node.expressions]
        if len({len(row) for row in rows}) != 1:
            raise QuerySyntaxError("the rows of VALUES have not as many columns")
        kinds = []
        for values in zip(*rows, strict=True):
            kind = values[0].type
            for value in values:
                common = common_type(kind, value.type)
                if common is None:
                    raise QuerySyntaxError(f"VALUES has {kind} and {value.type} in one column")
                kind = common
            kinds.append(kind)
        texts = [f"({', '.join(map(_cast_to, row, kinds))})" for row in rows]
        fields = tuple(Field(f"_col{at}", Typed("", kind)) for at, kind in enumerate(kinds))
        return Translated(f"VALUES {', '.join(texts)}", fields)


def _row_of_values(node: Node) -> Sequence[Node]:
    """The columns of one row of VALUES, which may stand in parentheses or in ROW(...)."""
    bare = node.unnest()
    if isinstance(bare, exp.Tuple) and len(bare.expressions) == 1:
        bare = bare.expressions[0].unnest()
    is_row = isinstance(bare, exp.Tuple) or (isinstance(bare, exp.Anonymous) and bare.name.lower() == "row")
    columns: Sequence[Node] = bare.expressions if is_row else [bare]
    return columns


def _cast_to(value: Typed, kind: Type) -> str:
    return f"CAST({converted(value, kind).sql} AS {duckdb_type(kind)})"


def _as(made: Translated, kinds: Sequence[Type]) -> str:
    """A query whose columns are turned into types."""
    if made.types == list(kinds) and not any(kind == UNKNOWN for kind in kinds):
        return f"({made.sql})"
    names = [f"c{at}" for at in range(len(kinds))]
    texts = [converted(Typed(f"q0.{n}", k), wanted).sql for n, k, wanted in zip(names, made.types, kinds, strict=True)]
    return f"(SELECT {', '.join(texts)} FROM ({made.sql}) AS q0({', '.join(names)}))"
