"""Athena's UNNEST for DuckDB: several arrays side by side, maps as two columns, arrays of rows as a column a field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sqlglot import exp

ColumnType = Callable[[str], str | None]
"""The Hive type of a column, by its name; None where no table of the query has it."""

Kind = Literal["map", "rows", "values"]
_SAME_ELEMENTS = (exp.ArrayFilter, exp.ArraySlice, exp.ArrayDistinct, exp.ArraySort, exp.Paren, exp.Coalesce)


def expanded_unnest(unnest: exp.Unnest, column_type: ColumnType) -> exp.Expr:
    """A lateral subquery that gives the same columns as the UNNEST does in Athena."""
    alias = unnest.args.get("alias")
    names = [] if alias is None else list(alias.columns)
    with_ordinality = bool(unnest.args.get("offset"))
    if isinstance(unnest.args.get("offset"), exp.Identifier):
        names.append(unnest.args["offset"])  # sqlglot sets the last alias aside
    arguments = unnest.expressions
    # Where the types are not known, the number of names distinguishes an array of rows from one of values.
    unknown: Kind = "rows" if len(names) - with_ordinality > len(arguments) else "values"
    projections: list[exp.Expr] = []
    lengths: list[exp.Expr] = []
    for argument in arguments:
        kind = _kind(argument, column_type) or unknown
        if kind == "map":
            projections += [_call("unnest", _call(part, argument)) for part in ("map_keys", "map_values")]
        elif kind == "rows":
            depth = exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=exp.Literal.number(2))
            projections.append(_call("unnest", argument, depth))
        else:
            projections.append(_call("unnest", argument))
        lengths.append(exp.cast(_call("cardinality", argument), "bigint"))
    if with_ordinality:
        longest = lengths[0] if len(lengths) == 1 else _call("greatest", *lengths)
        projections.append(_call("unnest", _call("generate_series", exp.Literal.number(1), longest)))
    table = exp.TableAlias(this=exp.to_identifier(alias.name if alias is not None and alias.this else "_unnest"))
    table.set("columns", [name.copy() for name in names])
    return exp.Lateral(this=exp.Subquery(this=exp.Select(expressions=projections)), alias=table)


def _kind(argument: exp.Expr, column_type: ColumnType) -> Kind | None:
    while isinstance(argument, _SAME_ELEMENTS):
        argument = argument.this
    if isinstance(argument, exp.Cast):
        target = argument.args["to"]
        elements = target.expressions
        is_map, is_rows = target.this == exp.DType.MAP, bool(elements) and elements[0].this == exp.DType.STRUCT
    elif isinstance(argument, exp.Column):
        hive = (column_type(argument.name) or "").replace(" ", "")
        if not hive:
            return None
        is_map, is_rows = hive.startswith("map<"), hive.startswith("array<struct<")
    else:
        is_map, is_rows = isinstance(argument, exp.Map | exp.VarMap), False
        if not is_map:
            return None
    return "map" if is_map else "rows" if is_rows else "values"


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])
