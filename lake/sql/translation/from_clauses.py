"""What stands in a FROM: tables, subqueries, UNNEST, and their joins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError
from lake.sql.translation.casts import converted
from lake.sql.translation.comparisons import group_key
from lake.sql.translation.expressions import Expressions
from lake.sql.translation.identifiers import quoted
from lake.sql.translation.nodes import Node, shown
from lake.sql.translation.scopes import Field, Relation, Scope, column, field_at
from lake.sql.translation.signatures import Typed
from lake.sql.translation.translated import (
    Clauses,
    Subqueries,
    Translated,
    Translator,
    schema_name,
    unique,
)
from lake.sql.translation.types import BIGINT, Type, common_type

_KNOWN_JOINS = frozenset(("this", "side", "kind", "on", "using"))


@dataclass
class Source:
    """What stands in a FROM: its text, and what it makes known."""

    sql: str
    relations: list[Relation]


@dataclass(frozen=True)
class FromClause:
    """The FROM of one SELECT."""

    translator: Translator
    node: Node
    parent: Scope
    clauses: Clauses

    def source(self) -> Source:
        from_ = self.node.args.get("from_")
        if from_ is None:
            return Source("", [])
        source = self._relation(from_.this, [])
        for join in [*(self.node.args.get("joins") or ())]:
            source = self._joined(source, join)
        return source

    def _relation(self, node: Node, beside: list[Relation]) -> Source:
        """One thing in a FROM, with the joins that sqlglot hangs on it; `beside` is what a lateral one can name."""
        for name in ("sample", "pivots", "laterals", "version", "when", "only", "partition"):
            if node.args.get(name):
                raise UnsupportedSqlError(f"{shown(node)}: it is not supported by the local engine")
        match node:
            case exp.Table():
                source = self._table(node)
            case exp.Subquery() if isinstance(node.this, exp.Table | exp.Subquery) and not node.alias:
                source = self._relation(node.this, beside)
                source = Source(f"({source.sql})", source.relations)
            case exp.Subquery():
                source = self._derived(
                    self.translator.query(node.this, self.parent, self.clauses), node.args.get("alias")
                )
            case exp.Values():
                source = self._derived(self.translator.query(node, self.parent, self.clauses), node.args.get("alias"))
            case exp.Unnest():
                source = self._unnest(node, beside)
            case exp.Lateral() if isinstance(node.this, exp.Subquery):
                scope = Scope(beside, self.parent)
                made = self.translator.query(node.this.this, scope, self.clauses)
                source = self._derived(made, node.args.get("alias"), "LATERAL ")
            case _:
                raise UnsupportedSqlError(f"{shown(node)}: it is not supported by the local engine")
        for join in node.args.get("joins") or ():
            source = self._joined(source, join)
        return source

    def _table(self, node: Node) -> Source:
        database, name = node.db.lower(), node.name.lower()
        alias_node = node.args.get("alias")
        if not database and name in self.clauses:
            inner, made = self.clauses[name]
            alias = self.translator.name()
            fields = [
                Field(each, column(alias, n, kind))
                for each, n, kind in zip(made.names, unique(made.names), made.types, strict=True)
            ]
            return Source(f"{inner} AS {alias}", [_named_relation((name,), fields, alias_node)])
        columns = self.translator.columns(database, name)
        if columns is None:
            raise QuerySyntaxError(f"table {database}.{name} not found")
        alias = self.translator.name()
        fields = [replace(each, value=column(alias, each.name or "", each.value.type)) for each in columns]
        return Source(
            f"{quoted(schema_name(database))}.{quoted(name)} AS {alias}",
            [_named_relation((database, name), fields, alias_node)],
        )

    def _derived(self, made: Translated, alias_node: Node, before: str = "") -> Source:
        alias, names = self.translator.name(), unique(made.names)
        fields = [
            Field(each.name, column(alias, name, each.value.type))
            for each, name in zip(made.fields, names, strict=True)
        ]
        columns = ", ".join(map(quoted, names))
        return Source(f"{before}({made.sql}) AS {alias}({columns})", [_named_relation((), fields, alias_node)])

    def _unnest(self, node: Node, beside: list[Relation]) -> Source:
        expressions = Expressions(Scope(beside, self.parent), Subqueries(self.translator, self.clauses))
        alias_node = node.args.get("alias")
        names = [each.name for each in alias_node.columns] if alias_node is not None else []
        offset = node.args.get("offset")
        if isinstance(offset, exp.Identifier):
            names.append(offset.name)  # sqlglot sets the last alias aside
        inner, outer, lengths, fields = [], [], [], []
        for at, value in enumerate(expressions.all_of(node.expressions)):
            element = f"e{at}"
            lengths.append(f"coalesce(len({_list_of(value)}), 0)")
            for name, kind, text in _unnested(value, element):
                fields.append((name, kind))
                outer.append(text)
            inner += _unnest_texts(value, element)
        if offset:
            inner.append(f"unnest(range(1, CAST(greatest({', '.join([*lengths, '0'])}) AS BIGINT) + 1)) AS n")
            outer.append("n")
            fields.append((None, BIGINT))
        alias = self.translator.name()
        columns = [f"c{at}" for at in range(len(fields))]
        sql = f"LATERAL (SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)})) AS {alias}({', '.join(columns)})"
        known = [Field(name, column(alias, c, kind)) for c, (name, kind) in zip(columns, fields, strict=True)]
        return Source(sql, [_named_relation((), known, alias_node, names)])

    def _joined(self, left: Source, join: Node) -> Source:
        if any(value and name not in _KNOWN_JOINS for name, value in join.args.items()):
            raise UnsupportedSqlError(f"{shown(join)}: this join is not supported by the local engine")
        side, kind = (join.args.get("side") or "").upper(), (join.args.get("kind") or "").upper()
        if kind not in ("", "INNER", "OUTER", "CROSS"):
            raise UnsupportedSqlError(f"{kind} JOIN is not supported by the local engine")
        right = self._relation(join.this, left.relations)
        relations = [*left.relations, *right.relations]
        on, using = join.args.get("on"), join.args.get("using")
        if using:
            return self._joined_using(left, right, side, [each.name for each in using])
        if on is None:
            if side or kind == "INNER":
                raise QuerySyntaxError(f"{shown(join)}: expected ON or USING")
            return Source(f"{left.sql} CROSS JOIN {right.sql}", relations)
        expressions = Expressions(Scope(relations, self.parent), Subqueries(self.translator, self.clauses))
        condition = expressions.condition(on)
        if isinstance(join.this, exp.Unnest) and condition.strip("()") != "TRUE":
            raise UnsupportedSqlError("a join with UNNEST takes ON TRUE alone")
        return Source(f"{left.sql} {side or 'INNER'} JOIN {right.sql} ON {condition}", relations)

    def _joined_using(self, left: Source, right: Source, side: str, names: Sequence[str]) -> Source:
        merged, conditions = [], []
        for name in names:
            one, other = Scope(left.relations).found([name]), Scope(right.relations).found([name])
            kind = common_type(one.type, other.type)
            if kind is None:
                raise QuerySyntaxError(f"USING ({name}): {one.type} and {other.type}; cast one of them")
            first, second = converted(one, kind), converted(other, kind)
            conditions.append(f"{group_key(first)} = {group_key(second)}")
            texts = {"RIGHT": second.sql, "FULL": f"coalesce({first.sql}, {second.sql})"}
            merged.append(Field(name.lower(), Typed(texts.get(side, first.sql), kind)))
        known = {name.lower() for name in names}
        others = [
            Relation(each.names, tuple(f for f in each.fields if (f.name or "").lower() not in known))
            for each in (*left.relations, *right.relations)
        ]
        condition = " AND ".join(conditions)
        return Source(
            f"{left.sql} {side or 'INNER'} JOIN {right.sql} ON {condition}", [Relation((), tuple(merged)), *others]
        )


def _named_relation(
    names: tuple[str, ...], fields: Sequence[Field], alias: Node, columns: Sequence[str] | None = None
) -> Relation:
    """A relation under its alias, if it has one, whose columns the alias may rename."""
    known = (alias.name.lower(),) if alias is not None and alias.name else names
    given = list(columns) if columns is not None else [each.name for each in alias.columns] if alias is not None else []
    if not given:
        return Relation(known, tuple(fields))
    shown = [each for each in fields if not each.is_hidden]
    if len(given) != len(shown):
        raise QuerySyntaxError(f"{alias.name or 'the alias'} has {len(shown)} columns and {len(given)} names")
    return Relation(known, tuple(replace(each, name=name) for each, name in zip(shown, given, strict=True)))


def _list_of(value: Typed) -> str:
    return f"map_keys({value.sql})" if value.type.name == "map" else value.sql


def _unnest_texts(value: Typed, element: str) -> list[str]:
    if value.type.name == "map":
        return [f"unnest(map_keys({value.sql})) AS {element}k", f"unnest(map_values({value.sql})) AS {element}v"]
    if value.type.name != "array":
        raise QuerySyntaxError(f"UNNEST of {value.type}; expected an array or a map")
    return [f"unnest({value.sql}) AS {element}"]


def _unnested(value: Typed, element: str) -> Iterator[tuple[str | None, Type, str]]:
    """Name, type and text of the columns that an UNNEST makes of one value."""
    if value.type.name == "map":
        yield None, value.type.types[0], f"{element}k"
        yield None, value.type.types[1], f"{element}v"
    elif value.type.name == "array":
        inside = value.type.types[0]
        if inside.name != "row":
            yield None, inside, element
            return
        row = Typed(element, inside)
        for at, name in enumerate(inside.fields):
            yield name, inside.types[at], field_at(row, at).sql
