"""Athena's queries as DuckDB's: every name is resolved, every expression typed, and what has no equal refused.

Nothing of a query reaches DuckDB as it was written. What DuckDB is given names its relations r0, r1, ... and their
columns as the query does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from sqlglot import exp

from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError
from lake.sql.translation.calls import direction
from lake.sql.translation.casts import converted
from lake.sql.translation.comparisons import group_key, sort_key
from lake.sql.translation.expressions import Expressions
from lake.sql.translation.identifiers import quoted
from lake.sql.translation.scopes import Field, Relation, Scope, column, field_at
from lake.sql.translation.signatures import RefusedCallError, Typed
from lake.sql.translation.types import BIGINT, UNKNOWN, Type, common_type, duckdb_type

Node = Any
Columns = Callable[[str, str], Sequence[Field] | None]
"""The columns of a published table by its database and name, each with its text bare; None where there is none."""

_SELECT_CLAUSES = frozenset(
    ("expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "distinct", "windows")
) | {"with_", "kind", "laterals"}
_SET_OPERATIONS = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}
_GROUPINGS = {exp.Cube: "CUBE", exp.Rollup: "ROLLUP", exp.GroupingSets: "GROUPING SETS"}
_KNOWN_JOINS = frozenset(("this", "side", "kind", "on", "using"))


@dataclass(frozen=True)
class Translated:
    """A query's text in DuckDB's dialect, and its columns: names as Athena gives them, and types."""

    sql: str
    fields: tuple[Field, ...]

    @property
    def types(self) -> list[Type]:
        return [each.value.type for each in self.fields]

    @property
    def columns(self) -> list[tuple[str, Type]]:
        """Names and types."""
        return list(zip(self.names, self.types, strict=True))

    @property
    def names(self) -> list[str]:
        return [each.name or f"_col{at}" for at, each in enumerate(self.fields)]


def schema_name(database: str) -> str:
    """What DuckDB calls a database of the catalog: it has a schema of its own of some names."""
    return f"lake.{database}"


def translated(query: exp.Query, columns: Columns) -> Translated:
    """The query in DuckDB's dialect; the statement itself is left as it was.

    Raises UnsupportedSqlError for what the local engine cannot answer as Trino does, UnknownColumnError, and
    QuerySyntaxError for what Athena refuses.
    """
    return _Translator(columns).query(query, Scope(), {})


@dataclass
class _Source:
    """What stands in a FROM: its text, and what it makes known."""

    sql: str
    relations: list[Relation]


@dataclass
class _Translator:
    columns: Columns
    numbers: Iterator[int] = field(default_factory=count)

    def query(self, node: Node, parent: Scope, clauses: dict[str, tuple[str, Translated]]) -> Translated:
        """Any query: a SELECT, a set operation, one in parentheses."""
        known, head = self._with(node, parent, clauses)
        match node:
            case exp.Select():
                made = _Select(self, node, parent, known).translated()
            case exp.SetOperation():
                made = self._set_operation(node, parent, known)
            case exp.Subquery():
                made = self._parenthesized(node, parent, known)
            case exp.Values():
                made = self._values(node, parent, known)
            case _:
                raise UnsupportedSqlError(f"{_shown(node)}: it is not supported by the local engine")
        return replace(made, sql=head + made.sql)

    def name(self) -> str:
        return f"r{next(self.numbers)}"

    def _with(
        self, node: Node, parent: Scope, clauses: dict[str, tuple[str, Translated]]
    ) -> tuple[dict[str, tuple[str, Translated]], str]:
        """The WITH clauses that a query can name, and the text of its own."""
        with_ = node.args.get("with_")
        if with_ is None:
            return clauses, ""
        if with_.args.get("recursive"):
            raise UnsupportedSqlError("WITH RECURSIVE is not supported by the local engine")
        known, texts = dict(clauses), []
        for clause in with_.expressions:
            made = _renamed(self.query(clause.this, parent, known), clause.args.get("alias"))
            alias = self.name()
            known[clause.alias.lower()] = (alias, made)
            columns = ", ".join(quoted(name) for name in unique(made.names))
            texts.append(f"{alias}({columns}) AS ({made.sql})")
        return known, f"WITH {', '.join(texts)} "

    def _set_operation(self, node: Node, parent: Scope, clauses: dict[str, tuple[str, Translated]]) -> Translated:
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
            _grouped(kinds, word)
        both = f"{_as(left, kinds)} {word}{'' if is_distinct else ' ALL'} {_as(right, kinds)}"
        alias, names = self.name(), unique(left.names)
        fields = tuple(
            Field(name, column(alias, inner, kind)) for name, inner, kind in zip(left.names, names, kinds, strict=True)
        )
        texts = ", ".join(each.value.sql for each in fields)
        sql = f"SELECT {texts} FROM ({both}) AS {alias}({', '.join(map(quoted, names))})"
        return Translated(sql + self._end(node, parent, clauses, fields, [Relation((), fields)]), fields)

    def _parenthesized(self, node: Node, parent: Scope, clauses: dict[str, tuple[str, Translated]]) -> Translated:
        inner = self.query(node.this, parent, clauses)
        alias, names = self.name(), unique(inner.names)
        fields = tuple(
            Field(each.name, column(alias, name, each.value.type))
            for each, name in zip(inner.fields, names, strict=True)
        )
        ending = self._end(node, parent, clauses, fields, [Relation((), fields)])
        if not ending:
            return inner
        texts = ", ".join(each.value.sql for each in fields)
        columns = ", ".join(map(quoted, names))
        return Translated(f"SELECT {texts} FROM ({inner.sql}) AS {alias}({columns}){ending}", fields)

    def _values(self, node: Node, parent: Scope, clauses: dict[str, tuple[str, Translated]]) -> Translated:
        expressions = Expressions(Scope(parent=parent), _Subqueries(self, clauses))
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

    def _end(
        self,
        node: Node,
        parent: Scope,
        clauses: dict[str, tuple[str, Translated]],
        fields: Sequence[Field],
        relations: list[Relation],
        is_distinct: bool = False,
        windows: dict[str, Node] | None = None,
    ) -> str:
        """ORDER BY, LIMIT and OFFSET of a query, whose columns the order sees first."""
        outputs: dict[str, Typed] = {}
        for each in fields:
            if each.name is not None:
                outputs.setdefault(each.name.lower(), each.value)
        scope = Scope(relations, parent, outputs)
        text = ""
        if node.args.get("order"):
            expressions = Expressions(scope, _Subqueries(self, clauses), windows)
            keys = [_ordered(each, expressions, fields, is_distinct) for each in node.args["order"].expressions]
            text += f" ORDER BY {', '.join(keys)}"
        return text + _limited(node)


@dataclass(frozen=True)
class _Subqueries:
    """Translates the queries within the expressions of one."""

    translator: _Translator
    clauses: dict[str, tuple[str, Translated]]

    def subquery(self, query: Node, scope: Scope) -> tuple[str, tuple[Field, ...]]:
        made = self.translator.query(query, scope, self.clauses)
        return made.sql, made.fields


class _Select:
    """One SELECT."""

    def __init__(self, translator: _Translator, node: Node, parent: Scope, clauses: dict[str, tuple[str, Translated]]):
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
        source = self._from()
        scope = Scope(source.relations, self.parent)
        expressions = Expressions(scope, _Subqueries(self.translator, self.clauses), self.windows)
        fields = list(self._projections(expressions, scope))
        if self.is_distinct:
            _grouped([each.value.type for each in fields], "DISTINCT")
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
        sql += self.translator._end(
            self.node, self.parent, self.clauses, fields, source.relations, self.is_distinct, self.windows
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

    # What is selected from.

    def _from(self) -> _Source:
        from_ = self.node.args.get("from_")
        if from_ is None:
            return _Source("", [])
        source = self._relation(from_.this, [])
        for join in [*(self.node.args.get("joins") or ())]:
            source = self._joined(source, join)
        return source

    def _relation(self, node: Node, beside: list[Relation]) -> _Source:
        """One thing in a FROM, with the joins that sqlglot hangs on it; `beside` is what a lateral one can name."""
        for name in ("sample", "pivots", "laterals", "version", "when", "only", "partition"):
            if node.args.get(name):
                raise UnsupportedSqlError(f"{_shown(node)}: it is not supported by the local engine")
        match node:
            case exp.Table():
                source = self._table(node)
            case exp.Subquery() if isinstance(node.this, exp.Table | exp.Subquery) and not node.alias:
                source = self._relation(node.this, beside)
                source = _Source(f"({source.sql})", source.relations)
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
                raise UnsupportedSqlError(f"{_shown(node)}: it is not supported by the local engine")
        for join in node.args.get("joins") or ():
            source = self._joined(source, join)
        return source

    def _table(self, node: Node) -> _Source:
        database, name = node.db.lower(), node.name.lower()
        alias_node = node.args.get("alias")
        if not database and name in self.clauses:
            inner, made = self.clauses[name]
            alias = self.translator.name()
            fields = [
                Field(each, column(alias, n, kind))
                for each, n, kind in zip(made.names, unique(made.names), made.types, strict=True)
            ]
            return _Source(f"{inner} AS {alias}", [_named_relation((name,), fields, alias_node)])
        columns = self.translator.columns(database, name)
        if columns is None:
            raise QuerySyntaxError(f"table {database}.{name} not found")
        alias = self.translator.name()
        fields = [replace(each, value=column(alias, each.name or "", each.value.type)) for each in columns]
        return _Source(
            f"{quoted(schema_name(database))}.{quoted(name)} AS {alias}",
            [_named_relation((database, name), fields, alias_node)],
        )

    def _derived(self, made: Translated, alias_node: Node, before: str = "") -> _Source:
        alias, names = self.translator.name(), unique(made.names)
        fields = [
            Field(each.name, column(alias, name, each.value.type))
            for each, name in zip(made.fields, names, strict=True)
        ]
        columns = ", ".join(map(quoted, names))
        return _Source(f"{before}({made.sql}) AS {alias}({columns})", [_named_relation((), fields, alias_node)])

    def _unnest(self, node: Node, beside: list[Relation]) -> _Source:
        expressions = Expressions(Scope(beside, self.parent), _Subqueries(self.translator, self.clauses))
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
        return _Source(sql, [_named_relation((), known, alias_node, names)])

    def _joined(self, left: _Source, join: Node) -> _Source:
        if any(value and name not in _KNOWN_JOINS for name, value in join.args.items()):
            raise UnsupportedSqlError(f"{_shown(join)}: this join is not supported by the local engine")
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
                raise QuerySyntaxError(f"{_shown(join)}: expected ON or USING")
            return _Source(f"{left.sql} CROSS JOIN {right.sql}", relations)
        expressions = Expressions(Scope(relations, self.parent), _Subqueries(self.translator, self.clauses))
        condition = expressions.condition(on)
        if isinstance(join.this, exp.Unnest) and condition.strip("()") != "TRUE":
            raise UnsupportedSqlError("a join with UNNEST takes ON TRUE alone")
        return _Source(f"{left.sql} {side or 'INNER'} JOIN {right.sql} ON {condition}", relations)

    def _joined_using(self, left: _Source, right: _Source, side: str, names: Sequence[str]) -> _Source:
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
        return _Source(
            f"{left.sql} {side or 'INNER'} JOIN {right.sql} ON {condition}", [Relation((), tuple(merged)), *others]
        )


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


def unique(names: Sequence[str]) -> list[str]:
    """Names that differ, whatever their case: a second x becomes x_1."""
    taken: set[str] = set()
    made = []
    for name in names:
        chosen, number = name, 0
        while chosen.lower() in taken:
            number += 1
            chosen = f"{name}_{number}"
        taken.add(chosen.lower())
        made.append(chosen)
    return made


def _as(made: Translated, kinds: Sequence[Type]) -> str:
    """A query whose columns are turned into types."""
    if made.types == list(kinds) and not any(kind == UNKNOWN for kind in kinds):
        return f"({made.sql})"
    names = [f"c{at}" for at in range(len(kinds))]
    texts = [converted(Typed(f"q0.{n}", k), wanted).sql for n, k, wanted in zip(names, made.types, kinds, strict=True)]
    return f"(SELECT {', '.join(texts)} FROM ({made.sql}) AS q0({', '.join(names)}))"


def _grouped(kinds: Sequence[Type], word: str) -> None:
    try:
        for kind in kinds:
            group_key(Typed("", kind))
    except RefusedCallError as error:
        raise UnsupportedSqlError(f"{word}: {error}") from error


def _ordered(node: Node, expressions: Expressions, fields: Sequence[Field], is_distinct: bool) -> str:
    bare = node.this.unnest()
    if isinstance(bare, exp.Literal) and bare.is_int:
        at = int(bare.name)
        if not 1 <= at <= len(fields):
            raise QuerySyntaxError(f"ORDER BY {at}: there are {len(fields)} columns")
        value = fields[at - 1].value
    else:
        value = expressions.typed(node.this)
    positions = [at for at, each in enumerate(fields, start=1) if each.value.sql == value.sql]
    if is_distinct and not positions:
        raise QuerySyntaxError(f"ORDER BY {_shown(node.this)}: with DISTINCT it must be selected")
    try:
        key = sort_key(value)
    except RefusedCallError as error:
        raise UnsupportedSqlError(f"ORDER BY {_shown(node.this)}: {error}") from error
    # A position says which column is meant, where its text may be an expression of its own.
    return f"{positions[0] if positions and key == value.sql else key} {direction(node)}"


def _limited(node: Node) -> str:
    text = ""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if limit is not None:
        if isinstance(limit, exp.Fetch):
            if limit.args.get("limit_options") and limit.args["limit_options"].args.get("with_ties"):
                raise UnsupportedSqlError("FETCH FIRST ... WITH TIES is not supported by the local engine")
            count_ = limit.args.get("count")
        else:
            count_ = limit.expression
        if count_ is None:
            text += " LIMIT 1"
        elif count_.name.upper() != "ALL":
            text += f" LIMIT {_whole(count_)}"
    if offset is not None:
        text += f" OFFSET {_whole(offset.expression)}"
    return text


def _whole(node: Node) -> int:
    if not isinstance(node, exp.Literal) or not node.is_int:
        raise QuerySyntaxError(f"{_shown(node)}: expected a whole number")
    return int(node.name)


def _canonical(identifier: Node) -> str:
    """A name as Trino gives it to a column of `t.* AS (a, b)`: in capitals, unless it is in quotes."""
    return str(identifier.name) if identifier.args.get("quoted") else str(identifier.name).upper()


def _output_name(node: Node) -> str | None:
    if isinstance(node, exp.Alias):
        return str(node.alias)
    if isinstance(node, exp.Column | exp.Dot | exp.Identifier):
        return str(node.name)
    return None


def _renamed(made: Translated, alias: Node) -> Translated:
    """A query whose columns an alias may rename."""
    names = [each.name for each in alias.columns] if alias is not None else []
    if not names:
        return made
    if len(names) != len(made.fields):
        raise QuerySyntaxError(f"{alias.name} has {len(made.fields)} columns and {len(names)} names")
    return replace(made, fields=tuple(replace(each, name=n) for each, n in zip(made.fields, names, strict=True)))


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


def _shown(node: Node) -> str:
    text = str(node.sql("athena", normalize_functions="lower"))
    return text if len(text) <= 80 else f"{text[:77]}..."
