"""One SELECT: its columns, its conditions, its groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError
from lake.sql.translation.comparisons import group_key
from lake.sql.translation.expressions import Expressions
from lake.sql.translation.from_clauses import FromClause
from lake.sql.translation.identifiers import quoted
from lake.sql.translation.nodes import Node
from lake.sql.translation.ordering import ending
from lake.sql.translation.scopes import Field, Scope
from lake.sql.translation.signatures import RefusedCallError
from lake.sql.translation.translated import (
    Clauses,
    Subqueries,
    Translated,
    Translator,
    refuse_ungrouped,
    unique,
)

_SELECT_CLAUSES = frozenset(
    ("expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "distinct", "windows")
) | {"with_", "kind", "laterals"}
_GROUPINGS = {exp.Cube: "CUBE", exp.Rollup: "ROLLUP", exp.GroupingSets: "GROUPING SETS"}


class Select:
    """One SELECT."""

    def __init__(self, translator: Translator, node: Node, parent: Scope, clauses: Clauses):
        self.translator, self.node, self.parent, self.clauses = translator, node, parent, clauses
        for name, value in node.args.items():
            if value and name not in _SELECT_CLAUSES:
                raise UnsupportedSqlError(f"{name.strip('_').upper()} is not supported by the local engine")
        if node.args.get("kind") or node.args.get("laterals"):
            raise UnsupportedSqlError("this form of SELECT is not supported by the local engine")
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on") is not None:
            raise QuerySyntaxError("DISTINCT ON is not Athena's; use row_number() in a subquery")
        self.is_distinct = distinct is not None
        self.windows = {each.name.lower(): each for each in node.args.get("windows") or ()}

    def translated(self) -> Translated:
        source = FromClause(self.translator, self.node, self.parent, self.clauses).source()
        scope = Scope(source.relations, self.parent)
        expressions = Expressions(scope, Subqueries(self.translator, self.clauses), self.windows)
        fields = list(self._projections(expressions, scope))
        if self.is_distinct:
            refuse_ungrouped([each.value.type for each in fields], "DISTINCT")
        names = unique([each.name or f"_col{at}" for at, each in enumerate(fields)])
        listed = ", ".join(f"{each.value.sql} AS {quoted(name)}" for each, name in zip(fields, names, strict=True))
        sql = f"SELECT {'DISTINCT ' if self.is_distinct else ''}{listed}"
        if source.sql:
            sql += f" FROM {source.sql}"
        if self.node.args.get("where"):
            sql += f" WHERE {expressions.condition(self.node.args['where'].this)}"
        if self.node.args.get("group"):
            sql += f" GROUP BY {self._group(self.node.args['group'], expressions, fields)}"
        if self.node.args.get("having"):
            sql += f" HAVING {expressions.condition(self.node.args['having'].this)}"
        sql += ending(
            Subqueries(self.translator, self.clauses),
            self.node,
            self.parent,
            fields,
            source.relations,
            self.is_distinct,
            self.windows,
        )
        return Translated(sql, tuple(fields))

    # What is selected.

    def _projections(self, expressions: Expressions, scope: Scope) -> Iterator[Field]:
        position = 0
        for projection in self.node.expressions:
            for each in self._projection(projection, expressions, scope):
                yield each if each.name is not None else Field(f"_col{position}", each.value)
                position += 1

    def _projection(self, projection: Node, expressions: Expressions, scope: Scope) -> Iterator[Field]:
        names: list[str] = []
        node = projection
        if isinstance(node, exp.Aliases):  # t.* AS (a, b)
            names, node = [_canonical(each) for each in node.expressions], node.this
        if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
            star = node if isinstance(node, exp.Star) else node.this
            if any(star.args.values()):
                raise QuerySyntaxError("* takes no EXCLUDE, EXCEPT, REPLACE or RENAME in Athena")
            fields = list(self._star(node, scope))
            if names and len(names) != len(fields):
                raise QuerySyntaxError(f"{len(fields)} columns have {len(names)} names")
            yield from (
                replace(each, name=name)
                for each, name in zip(fields, names or [f.name or "" for f in fields], strict=True)
            )
            return
        value = expressions.typed(node.this if isinstance(node, exp.Alias) else node)
        yield Field(_output_name(node), value)

    def _star(self, node: Node, scope: Scope) -> Iterator[Field]:
        qualifier = [part.name.lower() for part in node.parts[:-1]] if isinstance(node, exp.Column) else []
        relations = [each for each in scope.relations if not qualifier or each.is_called(qualifier)]
        if not relations:
            where = f"{'.'.join(qualifier)}.* names no table of this FROM" if qualifier else "SELECT * needs a FROM"
            raise QuerySyntaxError(where)
        for relation in relations:
            yield from (each for each in relation.fields if not each.is_hidden)

    def _group(self, group: Node, expressions: Expressions, fields: Sequence[Field]) -> str:
        if group.args.get("all") or group.args.get("totals"):
            raise QuerySyntaxError("GROUP BY ALL is not Athena's; name the columns")

        def key(node: Node, in_set: bool) -> str:
            if isinstance(node, exp.Paren):
                node = node.unnest()
            if isinstance(node, exp.Literal) and node.is_int:
                at = int(node.name)
                if not 1 <= at <= len(fields):
                    raise QuerySyntaxError(f"GROUP BY {at}: there are {len(fields)} columns")
                text = group_key(fields[at - 1].value)
                return text if in_set else str(at)
            if isinstance(node, exp.Tuple) and in_set:
                return f"({', '.join(key(each, True) for each in node.expressions)})"
            return group_key(expressions.typed(node))

        def element(node: Node, in_set: bool) -> str:
            word = _GROUPINGS.get(type(node))
            if word is None:
                return key(node, in_set)
            return f"{word} ({', '.join(element(each, True) for each in node.expressions)})"

        sets = [each for name in ("cube", "rollup", "grouping_sets") for each in group.args.get(name) or ()]
        try:
            texts = [element(node, False) for node in [*group.expressions, *sets]]
        except RefusedCallError as error:
            raise UnsupportedSqlError(f"GROUP BY: {error}") from error
        return ", ".join(texts)


def _canonical(identifier: Node) -> str:
    """A name as Trino gives it to a column of `t.* AS (a, b)`: in capitals, unless it is in quotes."""
    return str(identifier.name) if identifier.args.get("quoted") else str(identifier.name).upper()


def _output_name(node: Node) -> str | None:
    if isinstance(node, exp.Alias):
        return str(node.alias)
    if isinstance(node, exp.Column | exp.Dot | exp.Identifier):
        return str(node.name)
    return None
