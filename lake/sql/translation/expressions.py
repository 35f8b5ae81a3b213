"""Expressions of Athena's SQL, typed and said in DuckDB's dialect, from the inside out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlglot import exp

from lake.sql.json_syntax import CLAUSES as JSON_CLAUSES
from lake.sql.query_errors import QueryError, QuerySyntaxError, UnsupportedSqlError, at_node
from lake.sql.translation.aggregate_clauses import AggregateClauses
from lake.sql.translation.casts import cast, converted
from lake.sql.translation.conditions import COMPARISONS, OPERATOR_NAMES, Conditions
from lake.sql.translation.functions.json_forms import FORMS as JSON_FORMS
from lake.sql.translation.functions.json_forms import form as json_form
from lake.sql.translation.functions.times import date_literal, interval_literal, time_literal, timestamp_literal
from lake.sql.translation.identifiers import literal, quoted
from lake.sql.translation.literals import number_literal, of_length, target_type, text_literal, unescaped
from lake.sql.translation.nodes import Node, shown, unsupported
from lake.sql.translation.scopes import field_at, fields_of
from lake.sql.translation.signatures import (
    RefusedCallError,
    Typed,
    failing,
)
from lake.sql.translation.types import (
    BIGINT,
    BOOLEAN,
    UNKNOWN,
    VARBINARY,
    VARCHAR,
    array,
    row_of,
    turns_into,
)

_NOW: dict[type, str] = {
    exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "current_timestamp",
    exp.CurrentTime: "current_time",
    exp.Localtimestamp: "localtimestamp",
    exp.Localtime: "localtime",
}


class Expressions(Conditions):
    """Translates expressions within one scope."""

    def typed(self, node: Node) -> Typed:
        """An expression of any kind. Raises UnsupportedSqlError, QuerySyntaxError, UnknownColumnError."""
        translate = _TRANSLATIONS.get(type(node))
        try:
            if translate is None or any(value and name not in _READ[type(node)] for name, value in node.args.items()):
                raise unsupported(node)
            return translate(self, node)
        except RefusedCallError as error:
            raise at_node(UnsupportedSqlError(f"{shown(node)}: {error}"), node) from error
        except QueryError as error:
            raise at_node(error, node) from error

    def condition(self, node: Node) -> str:
        """An expression that is true or false."""
        return self._as_boolean(node).sql

    # Literals and names.

    def _literal(self, node: Node) -> Typed:
        if node.is_string:
            return Typed(literal(node.name), VARCHAR, node.name)
        return number_literal(node.name)

    def _column(self, node: Node) -> Typed:
        if isinstance(node.this, exp.Star):
            raise QuerySyntaxError("* stands only in a SELECT list and in count(*)")
        return self.scope.found([part.name for part in node.parts])

    def _identifier(self, node: Node) -> Typed:
        return self.scope.found([node.name])

    def _dot(self, node: Node) -> Typed:
        if isinstance(node.expression, exp.Identifier):
            return fields_of(self.typed(node.this), [node.expression.name])
        raise unsupported(node)

    def _cast(self, node: Node) -> Typed:
        if node.meta.get("is_literal"):
            return self._typed_literal(node)
        if not isinstance(node, exp.TryCast):
            return self.cast_to(self.typed(node.this), node.args["to"], False)
        value = self.typed(node.this)
        if isinstance(node.this.unnest(), exp.Column | exp.Literal | exp.Identifier | exp.Null):
            return self.cast_to(value, node.args["to"], True)
        # What fails before the cast is no failure of the cast; nor may an aggregate stand in DuckDB's TRY.
        each = f"c_try{self.depth}"
        made = self.cast_to(Typed(each, value.type), node.args["to"], True)
        return Typed(f"list_transform([{value.sql}], lambda {each}: {made.sql})[1]", made.type)

    def cast_to(self, value: Typed, kind: Node, is_try: bool) -> Typed:
        """CAST of a value to a type as it is written; TRY_CAST."""
        made = replace(cast(value, target_type(kind), is_try=is_try), value=None)
        if made.type == VARCHAR and kind.expressions:
            return of_length(made, int(kind.expressions[0].name), is_cut=value.type == VARCHAR)
        return made

    def _typed_literal(self, node: Node) -> Typed:
        text, kind = node.this.name, node.args["to"].this
        if kind in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ):
            return timestamp_literal(text)
        if kind == exp.DType.DATE:
            return date_literal(text)
        if kind == exp.DType.TIME:
            return time_literal(text)
        if kind == exp.DType.DECIMAL:
            return number_literal(text if "." in text else f"{text}.")
        if kind == exp.DType.JSON:
            return self.call("json_parse", [Typed(literal(text), VARCHAR, text)])
        return cast(Typed(literal(text), VARCHAR, text), target_type(node.args["to"]))

    def _interval(self, node: Node) -> Typed:
        unit = node.args.get("unit")
        is_negative = isinstance(node.this, exp.Neg)
        written = node.this.this if is_negative else node.this
        if not isinstance(written, exp.Literal) or unit is None:
            raise unsupported(node)
        text = written.name
        if is_negative:
            text = text[1:] if text.startswith("-") else f"-{text}"
        span = isinstance(unit, exp.IntervalSpan)
        names = [unit.this.name, unit.expression.name] if span else [unit.name, ""]
        return interval_literal(text, names[0].lower(), names[1].lower() or None)

    # Values made of others.

    def _array(self, node: Node) -> Typed:
        if not node.expressions:
            return Typed("CAST([] AS INTEGER[])", array(UNKNOWN))
        values = self._alike(self.all_of(node.expressions), node)
        return Typed(f"[{', '.join(value.sql for value in values)}]", array(values[0].type))

    def _row(self, nodes: Sequence[Node], _node: Node) -> Typed:
        values = self.all_of(nodes)
        fields = ", ".join(f"{quoted(f'_{at}')} := {value.sql}" for at, value in enumerate(values))
        return Typed(f"struct_pack({fields})", row_of([value.type for value in values]))

    def _tuple(self, node: Node) -> Typed:
        return self._row(node.expressions, node)

    def _subscript(self, node: Node) -> Typed:
        if len(node.expressions) != 1:
            raise unsupported(node)
        value, index = self.typed(node.this), self.typed(node.expressions[0])
        kind = value.type
        if kind.name == "map" and turns_into(index.type, kind.types[0]):
            key = converted(index, kind.types[0]).sql
            missing = failing("'the key is not in the map'", kind.types[1])
            found = f"map_extract_value({value.sql}, {key})"
            return Typed(
                f"(CASE WHEN map_contains({value.sql}, {key}) THEN {found} "
                f"WHEN {value.sql} IS NULL OR {key} IS NULL THEN NULL ELSE {missing} END)",
                kind.types[1],
            )
        if kind.name == "row" and isinstance(index.value, int):
            if not 1 <= index.value <= len(kind.types):
                raise QuerySyntaxError(f"{shown(node)}: the row has {len(kind.types)} fields")
            return field_at(value, index.value - 1)
        if kind.name != "array" or not turns_into(index.type, BIGINT):
            raise QuerySyntaxError(f"{shown(node)}: {kind} has no element by {index.type}")
        at = converted(index, BIGINT).sql
        outside = failing("'the subscript is outside of the array'", kind.types[0])
        within = f"{at} BETWEEN 1 AND len({value.sql})"
        element = f"list_extract({value.sql}, {at})"
        return Typed(f"(CASE WHEN NOT ({within}) THEN {outside} ELSE {element} END)", kind.types[0])

    def _hex(self, node: Node) -> Typed:
        return Typed(f"unhex({literal(node.name)})", VARBINARY)

    def _unicode(self, node: Node) -> Typed:
        escape = node.args["escape"].name if isinstance(node.args.get("escape"), exp.Expr) else "\\"
        text = unescaped(node.name, escape)
        return Typed(literal(text), VARCHAR, text)

    def _paren(self, node: Node) -> Typed:
        value = self.typed(node.this)
        return Typed(f"({value.sql})", value.type, value.value)

    # Calls.

    def _anonymous(self, node: Node) -> Typed:
        special = _SPECIAL.get(node.name.lower())
        if special is not None:
            least, most, translate = special
            if not least <= len(node.expressions) <= most:
                raise QuerySyntaxError(f"{shown(node)}: wrong number of arguments")
            return translate(self, node.expressions, node)
        return self.aggregate(node, AggregateClauses())

    def _now(self, node: Node) -> Typed:
        arguments = [self.typed(node.this)] if node.this is not None else []
        return self.call(_NOW[type(node)], arguments)

    def _extract(self, node: Node) -> Typed:
        part = node.this.name.lower()
        if part not in _PARTS:
            raise QuerySyntaxError(f"{shown(node)}: expected one of {', '.join(_PARTS)}")
        return self.call(part, [self.typed(node.expression)])

    def _trim(self, node: Node) -> Typed:
        side = str(node.args.get("position") or "BOTH").upper()
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(side, "trim")
        trimmed = [node.this] if node.args.get("expression") is None else [node.this, node.expression]
        return self.call(name, self.all_of(trimmed))

    def _substring(self, node: Node) -> Typed:
        parts = [node.this, node.args.get("start"), node.args.get("length")]
        return self.call("substr", self.all_of([part for part in parts if part is not None]))

    def _position(self, node: Node) -> Typed:
        return self.call("strpos", [self.typed(node.this), self.typed(node.args["substr"])])

    def _normalize(self, node: Node) -> Typed:
        form = node.args.get("form")
        forms = [text_literal(form.name)] if isinstance(form, exp.Expr) else []
        return self.call("normalize", [self.typed(node.this), *forms])

    def _window(self, node: Node) -> Typed:
        return self.aggregate(node.this, AggregateClauses(over=self._over(node)))

    def _filter(self, node: Node) -> Typed:
        return self.aggregate(node, AggregateClauses())


_PARTS = (
    *("year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "dow", "day_of_year", "doy"),
    *("year_of_week", "yow", "hour", "minute", "second", "timezone_hour", "timezone_minute"),
)
_MANY = 1_000


def _json_form(expressions: Expressions, _nodes: Sequence[Node], node: Node) -> Typed:
    return json_form(node, expressions.typed, cast, converted)


_SPECIAL: dict[str, tuple[int, int, Callable[[Expressions, Sequence[Node], Node], Typed]]] = {
    "coalesce": (2, _MANY, Expressions._coalesce),
    "nullif": (2, 2, Expressions._nullif),
    "greatest": (1, _MANY, Expressions._extreme),
    "least": (1, _MANY, Expressions._extreme),
    "try": (1, 1, Expressions._try),
    "typeof": (1, 1, Expressions._typeof),
    "grouping": (1, _MANY, Expressions._grouping),
    "row": (1, _MANY, Expressions._row),
    **dict.fromkeys(JSON_FORMS, (0, _MANY, _json_form)),
}
_TRANSLATIONS: dict[type, Callable[[Expressions, Node], Typed]] = {
    exp.Literal: Expressions._literal,
    exp.Boolean: lambda _, node: Typed("TRUE" if node.this else "FALSE", BOOLEAN, bool(node.this)),
    exp.Null: lambda _self, _node: Typed("NULL", UNKNOWN),
    exp.Column: Expressions._column,
    exp.Identifier: Expressions._identifier,
    exp.Dot: Expressions._dot,
    exp.Cast: Expressions._cast,
    exp.TryCast: Expressions._cast,
    exp.Interval: Expressions._interval,
    exp.Neg: Expressions._negate,
    exp.And: Expressions._logical,
    exp.Or: Expressions._logical,
    exp.Not: Expressions._not,
    exp.NullSafeEQ: Expressions._distinct_from,
    exp.NullSafeNEQ: Expressions._distinct_from,
    exp.Is: Expressions._is,
    exp.Between: Expressions._between,
    exp.In: Expressions._in,
    exp.Exists: Expressions._exists,
    exp.Subquery: Expressions._scalar_subquery,
    exp.Select: Expressions._scalar_subquery,
    exp.Like: Expressions._like,
    exp.Escape: Expressions._escape,
    exp.AtTimeZone: Expressions._at_time_zone,
    exp.Case: Expressions._case,
    exp.If: Expressions._if,
    exp.Array: Expressions._array,
    exp.Tuple: Expressions._tuple,
    exp.Bracket: Expressions._subscript,
    exp.HexString: Expressions._hex,
    exp.UnicodeString: Expressions._unicode,
    exp.Paren: Expressions._paren,
    exp.Anonymous: Expressions._anonymous,
    exp.Extract: Expressions._extract,
    exp.Trim: Expressions._trim,
    exp.Substring: Expressions._substring,
    exp.StrPosition: Expressions._position,
    exp.Normalize: Expressions._normalize,
    exp.Window: Expressions._window,
    exp.Filter: Expressions._filter,
    exp.WithinGroup: Expressions._filter,
    exp.IgnoreNulls: Expressions._filter,
    **dict.fromkeys(COMPARISONS, Expressions._compare),
    **dict.fromkeys(OPERATOR_NAMES, Expressions._operator),
    **dict.fromkeys(_NOW, Expressions._now),
}
# What the translations read of each node: one that says more is refused, instead of answered as if it did not.
_READ: dict[type, frozenset[str]] = (
    {kind: frozenset(("this", "expression")) for kind in _TRANSLATIONS}
    | {
        kind: frozenset(names)
        for kind, names in {
            exp.Literal: ("this", "is_string"),
            exp.Column: ("this", "table", "db", "catalog"),
            exp.Identifier: ("this", "quoted"),
            exp.Cast: ("this", "to"),
            exp.TryCast: ("this", "to", "safe"),
            exp.Interval: ("this", "unit"),
            exp.Div: ("this", "expression", "typed"),
            exp.DPipe: ("this", "expression"),
            exp.Is: ("this", "expression"),
            exp.Between: ("this", "low", "high"),
            exp.In: ("this", "expressions", "query"),
            exp.Like: ("this", "expression", "negate"),
            exp.Escape: ("this", "expression", "negate"),
            exp.AtTimeZone: ("this", "zone"),
            exp.Case: ("this", "ifs", "default"),
            exp.If: ("this", "true", "false"),
            exp.Array: ("expressions", "bracket_notation"),
            exp.Tuple: ("expressions",),
            exp.Bracket: ("this", "expressions"),
            exp.HexString: ("this", "is_integer"),
            exp.UnicodeString: ("this", "escape"),
            exp.Anonymous: ("this", "expressions", JSON_CLAUSES),
            exp.Extract: ("this", "expression"),
            exp.Trim: ("this", "expression", "position"),
            exp.Substring: ("this", "start", "length"),
            exp.StrPosition: ("this", "substr"),
            exp.Normalize: ("this", "form"),
            exp.Window: ("this", "partition_by", "order", "spec", "over", "alias"),
            exp.Subquery: ("this",),
        }.items()
    }
    | {exp.Select: frozenset(exp.Select.arg_types)}
)
