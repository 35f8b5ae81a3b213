"""Athena's SQL as DuckDB's: what sqlglot maps by name is left to it, what differs in meaning is rewritten here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp
from sqlglot.errors import ErrorLevel, UnsupportedError

from lake.query.json_functions import json_exists, json_query, json_value
from lake.query.time_formats import strftime_pattern
from lake.query.unnest import ColumnType, expanded_unnest
from lake.sql.query_errors import UnsupportedSqlError

Node = exp.Expr
_INTEGERS = (exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT)
_TEXTS = (exp.DType.VARCHAR, exp.DType.CHAR, exp.DType.TEXT)
_ISO_PARTS = {"DOW": "ISODOW", "DAY_OF_WEEK": "ISODOW", "DAYOFWEEK": "ISODOW", "YOW": "ISOYEAR", "DAY_OF_YEAR": "DOY"}
_ALL_BUT = "COLUMNS"
# Functions that sqlglot passes on by name: what they are here.
_NAMES = {
    "AT_TIMEZONE": "athena_at_timezone",
    "WITH_TIMEZONE": "athena_with_timezone",
    "MILLISECOND": "athena_millisecond",
    "TO_ISO8601": "athena_to_iso8601",
    "JSON_ARRAY_LENGTH": "athena_json_array_length",
    "MAP_AGG": "athena_map_agg",
    "URL_EXTRACT_PROTOCOL": "athena_url_protocol",
    "URL_EXTRACT_HOST": "athena_url_host",
    "URL_EXTRACT_PATH": "athena_url_path",
    "URL_EXTRACT_QUERY": "athena_url_query",
    "EVERY": "bool_and",
    "GEOMETRIC_MEAN": "geomean",
    "CODEPOINT": "unicode",
}


def no_types(_name: str) -> str | None:
    """Stands for tables of which nothing is known."""
    return None


def duckdb_sql(statement: exp.Query, column_type: ColumnType = no_types) -> str:
    """The query in DuckDB's dialect; the statement itself is left as it was.

    `column_type` gives the Hive type of a column by its name: UNNEST of an array of rows makes columns of its fields.
    Raises UnsupportedSqlError where there is no way to say it.
    """
    query = named(statement.copy())
    for unnest in list(query.find_all(exp.Unnest)):
        unnest.replace(expanded_unnest(unnest, column_type))
    # Inner expressions first: an outer rewrite keeps what was rewritten inside.
    for node in reversed(list(query.walk())):
        rewrite = _REWRITES.get(type(node))
        replacement = rewrite(node) if rewrite else None
        if replacement is not None:
            node.replace(replacement)
    try:
        return query.sql("duckdb", unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise UnsupportedSqlError(f"translating the query for the local engine: {error}") from error


def named(query: exp.Query) -> exp.Query:
    """The query with Athena's names for columns that have none: _col0, _col1, by position."""
    first: Any = query
    while isinstance(first, exp.SetOperation | exp.Subquery):
        first = first.this
    for position, projection in enumerate(list(first.expressions) if isinstance(first, exp.Select) else []):
        bare = projection.unnest()
        is_named = isinstance(bare, exp.Alias | exp.Column | exp.Dot)
        if not is_named and not projection.is_star and projection.name != _ALL_BUT:
            projection.replace(exp.alias_(projection.copy(), f"_col{position}"))
    return query


def _call(name: str, *arguments: Node | None) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[each.copy() for each in arguments if each is not None])


def _unit(node: Node) -> exp.Literal:
    return exp.Literal.string(node.args["unit"].name.lower() if node.args.get("unit") else "day")


def _date_diff(node: Node) -> Node:
    # Whole units between two instants; DuckDB's date_diff counts the boundaries crossed.
    return _call("date_sub", _unit(node), node.expression, node.this)


def _date_add(node: Node) -> Node:
    span = exp.Interval(this=exp.paren(node.expression.copy()), unit=exp.var(_unit(node).name.upper()))
    return _call("athena_shift", node.this, span)


def _plus_interval(node: Node) -> Node | None:
    if not isinstance(node.expression, exp.Interval):
        return None
    interval = node.expression.copy()
    return _call("athena_shift", node.this, exp.Neg(this=interval) if isinstance(node, exp.Sub) else interval)


def _trunc(node: Node) -> Node:
    return _call("athena_trunc", _unit(node), node.this)


def _cast(node: Node) -> Node | None:
    target = node.args["to"]
    if target.this in _INTEGERS and not (node.this.is_int or node.this.is_string):
        node.set("this", _call("athena_rounded", node.this))
    elif target.this in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ) and target.expressions:
        target.set("expressions", [])  # microseconds are kept, whatever precision the cast names
    elif target.this in _TEXTS:
        text = node.this if node.this.is_string else _call("athena_text", node.this)
        return exp.Left(this=text, expression=target.expressions[0].this.copy()) if target.expressions else text
    return None


def _extract(node: Node) -> None:
    part = node.this.name.upper()
    node.set("this", exp.var(_ISO_PARTS.get(part, part)))


def _regexp_replace(node: Node) -> None:
    replacement = node.args.get("replacement")
    if isinstance(replacement, exp.Literal):
        escaped = replacement.name.replace("\\", "\\\\")
        node.set("replacement", exp.Literal.string(re.sub(r"\$(\d)", r"\\\1", escaped)))
    elif isinstance(replacement, exp.Lambda):
        raise UnsupportedSqlError("translating regexp_replace: a function as its replacement is not supported locally")


def _slice(node: Node) -> Node:
    start, length = node.args["start"], node.args["end"]
    end = exp.Sub(
        this=exp.Add(this=exp.paren(start.copy()), expression=exp.paren(length.copy())),
        expression=exp.Literal.number(1),
    )
    return _call("list_slice", node.this, start, end)


def _cardinality(node: Node) -> Node:
    # DuckDB's has no sign: cardinality(a) - 3 would overflow.
    return exp.cast(_call("cardinality", node.this), "bigint")


def _reduce(node: Node) -> None:
    finish = node.args.get("finish")
    is_identity = finish is None or finish.this.sql() == finish.expressions[0].sql()
    if not is_identity:
        raise UnsupportedSqlError("translating reduce: its last function must return the state (s -> s) locally")
    node.set("finish", None)


def _arg_extreme(node: Node) -> Node | None:
    # The row that has the extreme gives its value even where that is NULL; with a count, sqlglot's way stands.
    if node.args.get("count") is not None:
        return None
    return _call("arg_max_null" if isinstance(node, exp.ArgMax) else "arg_min_null", node.this, node.expression)


def _approx_distinct(node: Node) -> None:
    node.set("accuracy", None)


def _anonymous(node: Node) -> Node | None:
    name, arguments = node.name.upper(), node.expressions
    if name in _NAMES:
        return _call(_NAMES[name], *arguments)
    if name == "JSON_EXISTS" and len(arguments) == 2:
        return json_exists(node)
    if name == "FORMAT_DATETIME" and len(arguments) == 2:
        return _joda("strftime", arguments[0], arguments[1])
    if name in ("ANY_MATCH", "ALL_MATCH", "NONE_MATCH") and len(arguments) == 2:
        return _matches(name, arguments[0], arguments[1])
    if name in ("INFINITY", "NAN"):
        return exp.cast(exp.Literal.string(name.lower()), "double")
    return exp.Literal.string("UTC") if name == "CURRENT_TIMEZONE" else None


def _matches(name: str, array: Node, condition: Node) -> Node:
    hits = _call("len", exp.ArrayFilter(this=array.copy(), expression=condition.copy()))
    if name == "ALL_MATCH":
        return exp.paren(exp.EQ(this=hits, expression=_call("len", array)))
    comparison = exp.GT if name == "ANY_MATCH" else exp.EQ
    return exp.paren(comparison(this=hits, expression=exp.Literal.number(0)))


def _joda(function: str, value: Node, pattern: Node) -> Node:
    if not isinstance(pattern, exp.Literal):
        raise UnsupportedSqlError("translating a date pattern: it must be a literal text locally")
    return _call(function, value, exp.Literal.string(strftime_pattern(pattern.name)))


def _json_extract(node: Node) -> Node:
    if node.args.get("json_query"):
        return json_query(node)
    return _call("athena_json_extract", node.this, node.expression)


def _format(node: Node) -> Node:
    return _call("printf", node.this, *node.expressions)


_REWRITES: dict[type, Callable[[Any], Node | None]] = {
    exp.DateDiff: _date_diff,
    exp.DateAdd: _date_add,
    exp.Add: _plus_interval,
    exp.Sub: _plus_interval,
    exp.TimestampTrunc: _trunc,
    exp.DateTrunc: _trunc,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Extract: _extract,
    exp.RegexpReplace: _regexp_replace,
    exp.RegexpExtract: lambda node: _call("athena_regexp_extract", node.this, node.expression, node.args.get("group")),
    exp.SplitPart: lambda node: _call("athena_split_part", node.this, node.args["delimiter"], node.args["part_index"]),
    exp.JSONExtractScalar: lambda node: _call("athena_json_scalar", node.this, node.expression),
    exp.JSONExtract: _json_extract,
    exp.JSONValue: json_value,
    exp.Substring: lambda node: _call("athena_substr", node.this, node.args["start"], node.args.get("length")),
    exp.ArraySlice: _slice,
    exp.ArraySize: _cardinality,
    exp.Reduce: _reduce,
    exp.ArgMax: _arg_extreme,
    exp.ArgMin: _arg_extreme,
    exp.ApproxDistinct: _approx_distinct,
    exp.AtTimeZone: lambda node: _call("athena_at_timezone", node.this, node.args["zone"]),
    exp.ParseDatetime: lambda node: _joda("strptime", node.this, node.args["format"]),
    exp.Format: _format,
    exp.Anonymous: _anonymous,
}


def hide_column(query: exp.Query, name: str) -> None:
    """Keep a column out of every bare `*`, in place: it is there only for those who ask for it by its name."""
    other = exp.NEQ(this=exp.column("c"), expression=exp.Literal.string(name))
    for select in query.find_all(exp.Select):
        for projection in list(select.expressions):
            if type(projection) is exp.Star:
                visible = exp.Lambda(this=other.copy(), expressions=[exp.to_identifier("c")])
                projection.replace(exp.Anonymous(this=_ALL_BUT, expressions=[visible]))
