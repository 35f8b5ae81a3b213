"""Operators, comparisons and conditionals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from lake.sql.query_errors import QuerySyntaxError
from lake.sql.translation.calls import Calls, aggregates_in
from lake.sql.translation.casts import converted
from lake.sql.translation.comparisons import compared, group_key, is_distinct, is_plain
from lake.sql.translation.functions.registry import OPERATORS
from lake.sql.translation.identifiers import literal
from lake.sql.translation.literals import number_literal, text_literal
from lake.sql.translation.nodes import Node, mismatched_kinds, shown, unsupported
from lake.sql.translation.scopes import Field, field_at
from lake.sql.translation.signatures import (
    RefusedCallError,
    Typed,
)
from lake.sql.translation.types import (
    BOOLEAN,
    INTEGER,
    UNKNOWN,
    VARCHAR,
    common_type,
    turns_into,
)

COMPARISONS: dict[type, str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
OPERATOR_NAMES: dict[type, str] = {
    exp.Add: "add",
    exp.Sub: "subtract",
    exp.Mul: "multiply",
    exp.Div: "divide",
    exp.Mod: "modulus",
    exp.DPipe: "concatenate",
}
_SIGNS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "modulus": "%",
    "concatenate": "||",
    "negate": "-",
}


class Conditions(Calls):
    """What translates operators, comparisons and conditionals within one scope."""

    def _as_boolean(self, node: Node) -> Typed:
        value = self.typed(node)
        if not turns_into(value.type, BOOLEAN):
            raise QuerySyntaxError(f"{shown(node)} is {value.type}; expected a condition")
        return converted(value, BOOLEAN)

    # Operators.

    def _operator(self, node: Node) -> Typed:
        return self.operation(OPERATOR_NAMES[type(node)], [self.typed(node.this), self.typed(node.expression)], node)

    def _negate(self, node: Node) -> Typed:
        if isinstance(node.this, exp.Literal) and not node.this.is_string:
            return number_literal(f"-{node.this.name}")
        return self.operation("negate", [self.typed(node.this)], node)

    def operation(self, name: str, operands: Sequence[Typed], node: Node) -> Typed:
        """An operator of the table."""
        found = self._resolved(OPERATORS, name, operands)
        if found is None:
            kinds = " and ".join(str(each.type) for each in operands)
            raise QuerySyntaxError(f"{shown(node)}: {_SIGNS.get(name, name)} does not take {kinds}; cast one of them")
        return self._rendered(*found)

    def _logical(self, node: Node) -> Typed:
        word = "AND" if isinstance(node, exp.And) else "OR"
        return Typed(f"({self.condition(node.this)} {word} {self.condition(node.expression)})", BOOLEAN)

    def _not(self, node: Node) -> Typed:
        return Typed(f"(NOT {self.condition(node.this)})", BOOLEAN)

    def _compare(self, node: Node) -> Typed:
        symbol = COMPARISONS[type(node)]
        if isinstance(node.expression, exp.Any | exp.All):
            return self._quantified(node, symbol)
        return self.comparison(self.typed(node.this), symbol, self.typed(node.expression), node)

    def comparison(self, one: Typed, symbol: str, other: Typed, node: Node) -> Typed:
        """A comparison of two values that have a type in common."""
        first, second = self._alike([one, other], node)
        if first.type == UNKNOWN:
            return Typed("CAST(NULL AS BOOLEAN)", BOOLEAN)
        return compared(first, symbol, second)

    def _distinct_from(self, node: Node) -> Typed:
        first, second = self._alike([self.typed(node.this), self.typed(node.expression)], node)
        return is_distinct(first, second, isinstance(node, exp.NullSafeEQ))

    def _is(self, node: Node) -> Typed:
        if not isinstance(node.expression, exp.Null):
            raise unsupported(node)
        return Typed(f"({self.typed(node.this).sql} IS NULL)", BOOLEAN)

    def _between(self, node: Node) -> Typed:
        if node.args.get("symmetric"):
            raise unsupported(node)
        value, low, high = (self.typed(node.args[name]) for name in ("this", "low", "high"))
        above, below = self.comparison(value, ">=", low, node), self.comparison(value, "<=", high, node)
        return Typed(f"({above.sql} AND {below.sql})", BOOLEAN)

    def _in(self, node: Node) -> Typed:
        if node.args.get("query") is not None:
            return self._in_query(node)
        if node.args.get("unnest") is not None or node.args.get("field") is not None:
            raise unsupported(node)
        value, *others = self._alike(self.all_of([node.this, *node.expressions]), node)
        if is_plain(value.type):
            return Typed(f"({value.sql} IN ({', '.join(each.sql for each in others)}))", BOOLEAN)
        return Typed(f"({' OR '.join(compared(value, '=', each).sql for each in others)})", BOOLEAN)

    def _in_query(self, node: Node) -> Typed:
        sql, fields = self.queries.subquery(node.args["query"], self.scope)
        value = self.typed(node.this)
        if len(fields) > 1:
            return self._row_in_query(node, value, sql, fields)
        wanted = common_type(value.type, fields[0].value.type)
        if wanted is None:
            raise mismatched_kinds(node, value.type, fields[0].value.type)
        if not is_plain(wanted) and wanted.name not in ("double", "real"):
            raise RefusedCallError(f"IN (SELECT ...) of values of {wanted}")
        column = converted(Typed("q0.c0", fields[0].value.type), wanted).sql
        return Typed(f"({converted(value, wanted).sql} IN (SELECT {column} FROM ({sql}) AS q0(c0)))", BOOLEAN)

    def _row_in_query(self, node: Node, value: Typed, sql: str, fields: Sequence[Field]) -> Typed:
        # DuckDB has rows with NULLs in them equal; where only what is true counts, they are left out.
        if not _counts_only_if_true(node):
            raise RefusedCallError("a row IN (SELECT ...) stands only as a condition of WHERE, joined by AND")
        kinds = value.type.types
        if value.type.name != "row" or len(kinds) != len(fields):
            raise QuerySyntaxError(f"{shown(node)}: the two sides have not as many columns")
        left, right = [], []
        for at, (kind, each) in enumerate(zip(kinds, fields, strict=True)):
            wanted = common_type(kind, each.value.type)
            if wanted is None or not is_plain(wanted):
                raise mismatched_kinds(node, kind, each.value.type)
            left.append(converted(field_at(value, at), wanted).sql)
            right.append(converted(Typed(f"q0.c{at}", each.value.type), wanted).sql)
        names = ", ".join(f"c{at}" for at in range(len(fields)))
        known = " AND ".join(f"{each} IS NOT NULL" for each in left)
        inside = f"SELECT {', '.join(right)} FROM ({sql}) AS q0({names})"
        return Typed(f"({known} AND ({', '.join(left)}) IN ({inside}))", BOOLEAN)

    def _quantified(self, node: Node, symbol: str) -> Typed:
        value = self.typed(node.this)
        query = node.expression.this
        sql, fields = self.queries.subquery(query, self.scope)
        wanted = common_type(value.type, fields[0].value.type) if len(fields) == 1 else None
        if wanted is None:
            raise mismatched_kinds(node, value.type, fields[0].value.type)
        if not is_plain(wanted):
            raise RefusedCallError(f"ANY and ALL of values of {wanted}")
        column = converted(Typed("q0.c0", fields[0].value.type), wanted).sql
        word = "ALL" if isinstance(node.expression, exp.All) else "ANY"
        inside = f"SELECT {column} FROM ({sql}) AS q0(c0)"
        return Typed(f"({converted(value, wanted).sql} {symbol} {word} ({inside}))", BOOLEAN)

    def _exists(self, node: Node) -> Typed:
        sql, _ = self.queries.subquery(node.this, self.scope)
        return Typed(f"(EXISTS ({sql}))", BOOLEAN)

    def _scalar_subquery(self, node: Node) -> Typed:
        sql, fields = self.queries.subquery(node, self.scope)
        if len(fields) != 1:
            raise unsupported(node)
        return Typed(f"({sql})", fields[0].value.type)

    def _like(self, node: Node) -> Typed:
        return self._matched(node, [node.this, node.expression])

    def _escape(self, node: Node) -> Typed:
        if not isinstance(node.this, exp.Like):
            raise unsupported(node)
        return self._matched(node.this, [node.this.this, node.this.expression, node.expression])

    def _matched(self, like: Node, parts: Sequence[Node]) -> Typed:
        found = self.operation("like", self.all_of(parts), like)
        # sqlglot has NOT LIKE in the LIKE itself.
        return Typed(f"(NOT {found.sql})", BOOLEAN) if like.args.get("negate") else found

    def _at_time_zone(self, node: Node) -> Typed:
        return self.operation("at_time_zone", [self.typed(node.this), self.typed(node.args["zone"])], node)

    # Conditionals.

    def _case(self, node: Node) -> Typed:
        subject = self.typed(node.this) if node.this is not None else None
        conditions = []
        for each in node.args["ifs"]:
            if subject is None:
                conditions.append(self.condition(each.this))
            else:
                conditions.append(self.comparison(subject, "=", self.typed(each.this), each.this).sql)
        default = node.args.get("default")
        return self._chosen(conditions, [each.args["true"] for each in node.args["ifs"]], default, node)

    def _if(self, node: Node) -> Typed:
        return self._chosen([self.condition(node.this)], [node.args["true"]], node.args.get("false"), node)

    def _chosen(self, conditions: Sequence[str], results: Sequence[Node], default: Node, node: Node) -> Typed:
        others = [Typed("NULL", UNKNOWN) if default is None else self.typed(default)]
        values = self._alike([*self.all_of(results), *others], node)
        pairs = zip(conditions, values, strict=False)
        whens = " ".join(f"WHEN {condition} THEN {value.sql}" for condition, value in pairs)
        return Typed(f"(CASE {whens} ELSE {values[-1].sql} END)", values[-1].type)

    def _coalesce(self, nodes: Sequence[Node], node: Node) -> Typed:
        values = self._alike(self.all_of(nodes), node)
        return Typed(f"coalesce({', '.join(value.sql for value in values)})", values[0].type)

    def _nullif(self, nodes: Sequence[Node], node: Node) -> Typed:
        one, other = self.all_of(nodes)
        if one.type == UNKNOWN:
            return one
        equal = self.comparison(one, "=", other, node)
        return Typed(f"(CASE WHEN {equal.sql} THEN NULL ELSE {one.sql} END)", one.type)

    def _extreme(self, nodes: Sequence[Node], node: Node) -> Typed:
        name = node.name.lower()
        values = self._alike(self.all_of(nodes), node)
        kind = values[0].type
        if not is_plain(kind) and kind.name not in ("double", "real"):
            raise RefusedCallError(f"values of {kind} are not compared")
        texts = [value.sql for value in values]
        missing = " OR ".join(f"{text} IS NULL" for text in texts)
        chosen = f"{name}({', '.join(texts)})"
        if kind.name in ("double", "real"):
            known = ", ".join(f"CASE WHEN isnan({text}) THEN NULL ELSE {text} END" for text in texts)
            chosen = f"coalesce({name}({known}), {texts[0]})"
        return Typed(f"(CASE WHEN {missing} THEN NULL ELSE {chosen} END)", kind)

    def _try(self, nodes: Sequence[Node], _node: Node) -> Typed:
        return self._beside_aggregates(nodes[0], lambda inner, node: _tried(inner.typed(node)))

    def _beside_aggregates(self, node: Node, translate: Callable[[Calls, Node], Typed]) -> Typed:
        """A translation that must not hold aggregates itself, as DuckDB's TRY: it is a lambda on their values."""
        inside = list(aggregates_in(node))
        if not inside:
            return translate(self, node)
        values = self.all_of(inside)
        row = f"c_try{self.depth}"
        names = [f"$aggregate{at}" for at in range(len(values))]
        known = {
            name: Typed(f"struct_extract({row}, 'a{at}')", value.type)
            for at, (name, value) in enumerate(zip(names, values, strict=True))
        }
        places = {id(each): name for each, name in zip(inside, names, strict=True)}
        # A copy would have other nodes: the places are taken, and given back.
        outer = exp.Paren(this=node.copy())
        copies = dict(zip(map(id, node.walk()), outer.this.walk(), strict=True))
        for each in inside:
            copies[id(each)].replace(exp.Identifier(this=places[id(each)], quoted=True))
        made = translate(self.within(known), outer.this)
        packed = ", ".join(f"a{at} := {value.sql}" for at, value in enumerate(values))
        return Typed(f"list_transform([struct_pack({packed})], lambda {row}: {made.sql})[1]", made.type)

    def _typeof(self, nodes: Sequence[Node], _node: Node) -> Typed:
        value = self.typed(nodes[0])
        kind = value.type
        if isinstance(value.value, str) and kind == VARCHAR:
            return text_literal(f"varchar({len(value.value)})")
        if kind.has("varchar"):
            raise RefusedCallError("the length of a varchar is not known here")
        return Typed(literal(str(kind)), VARCHAR, str(kind))

    def _grouping(self, nodes: Sequence[Node], _node: Node) -> Typed:
        texts = ", ".join(group_key(value) for value in self.all_of(nodes))
        return Typed(f"CAST(grouping({texts}) AS INTEGER)", INTEGER)


def _tried(value: Typed) -> Typed:
    return Typed(f"TRY({value.sql})", value.type)


def _counts_only_if_true(node: Node) -> bool:
    above = node.parent
    while isinstance(above, exp.And | exp.Paren):
        above = above.parent
    return isinstance(above, exp.Where)
