"""Types of the columns that a view's query gives, as Trino names them.

A view whose declared type differs from its query's is refused by Athena as stale, so nothing is guessed here: where
the type of an expression depends on rules of Trino's that are not written down below, there is none, and the view
has to say it with a CAST.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.schema import MappingSchema
from sqlglot.typing import EXPRESSION_METADATA

from lake.catalog.sql_types import trino_name
from lake.sql.resolve import TRINO

# What gives the same type whatever its arguments are (Trino's documentation of functions).
_FIXED = {
    **dict.fromkeys((exp.Count, exp.CountIf, exp.ApproxDistinct, exp.RowNumber, exp.DateDiff), "bigint"),
    **dict.fromkeys((exp.Length, exp.ArraySize), "bigint"),
    **dict.fromkeys((exp.Year, exp.Month, exp.Day, exp.Hour, exp.Minute, exp.Second, exp.Extract), "bigint"),
    **dict.fromkeys((exp.Lower, exp.Upper, exp.TimeToStr, exp.RegexpExtract), "varchar"),
    **dict.fromkeys((exp.Pow, exp.Sqrt), "double"),
}
# What has the type that sqlglot finds too: that of a column, of a cast, of an argument; boolean of a condition.
_LIKE_SQLGLOT = (
    *(exp.Alias, exp.Paren, exp.Cast, exp.TryCast, exp.Boolean, exp.Window, exp.Column, exp.Subquery, exp.Null),
    *(exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Like, exp.EQ, exp.NEQ, exp.GT, exp.GTE),
    *(exp.LT, exp.LTE, exp.Filter, exp.Distinct, exp.Min, exp.Max, exp.AnyValue),
    *(exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue),
)


def _one_type(annotator: Any, node: Any, operands: list[Any]) -> Any:
    """The type of the operands where they are all of one; Trino's rules for a common one are not repeated here."""
    kinds = {operand.type for operand in operands if not operand.is_type(exp.DType.NULL)}
    return annotator._set_type(node, kinds.pop() if len(kinds) == 1 else exp.DType.UNKNOWN)


def _literal(annotator: Any, node: Any) -> Any:
    if node.is_string:
        return annotator._set_type(node, exp.DType.VARCHAR)
    if not node.is_int:
        is_double = "e" in node.name.lower()  # 1.5 is a decimal(2,1)
        return annotator._set_type(node, exp.DType.DOUBLE if is_double else exp.DType.UNKNOWN)
    return annotator._set_type(node, exp.DType.INT if int(node.name) < 2**31 else exp.DType.BIGINT)


def _summed(annotator: Any, node: Any) -> Any:
    of = node.this.type.this
    whole, is_sum = of in exp.DataType.INTEGER_TYPES, isinstance(node, exp.Sum)
    if of == exp.DType.DOUBLE or (whole and not is_sum):
        return annotator._set_type(node, exp.DType.DOUBLE)
    return annotator._set_type(node, exp.DType.BIGINT if whole else exp.DType.UNKNOWN)


def _product(annotator: Any, node: Any) -> Any:
    kinds = {operand.type.this for operand in (node.left, node.right)}
    return annotator._set_type(node, exp.DType.DOUBLE if kinds == {exp.DType.DOUBLE} else exp.DType.UNKNOWN)


_METADATA: Any = {
    **{kind: EXPRESSION_METADATA[kind] for kind in _LIKE_SQLGLOT if kind in EXPRESSION_METADATA},
    **{kind: {"returns": exp.DataType.build(name, dialect=TRINO).this} for kind, name in _FIXED.items()},
    exp.Literal: {"annotator": _literal},
    exp.Sum: {"annotator": _summed},
    exp.Avg: {"annotator": _summed},
    exp.Mul: {"annotator": _product},
    exp.Coalesce: {"annotator": lambda annotator, e: _one_type(annotator, e, [e.this, *e.expressions])},
    exp.Substring: {"annotator": lambda annotator, e: _one_type(annotator, e, [e.this])},
    exp.Concat: {"annotator": lambda annotator, e: _one_type(annotator, e, e.expressions)},
    exp.DPipe: {"annotator": lambda annotator, e: _one_type(annotator, e, [e.left, e.right])},
    exp.If: {"annotator": lambda annotator, e: _one_type(annotator, e, _given(e.args["true"], e.args.get("false")))},
    exp.Case: {
        "annotator": lambda annotator, e: _one_type(annotator, e, _given(*e.args["ifs"], e.args.get("default")))
    },
}


def _given(*operands: Any) -> list[Any]:
    return [operand for operand in operands if operand is not None]


def output_types(query: exp.Query, schema: MappingSchema) -> list[tuple[str, str | None]]:
    """Name and type of each column of a resolved query, in order; None where the type is not certain."""
    annotated: Any = annotate_types(query.copy(), schema=schema, expression_metadata=_METADATA, dialect=TRINO)
    branches = _branches(annotated)
    columns = []
    for position, projection in enumerate(branches[0].selects):
        found = {_spelled(branch.selects[position]) for branch in branches if position < len(branch.selects)}
        columns.append((projection.alias_or_name, found.pop() if len(found) == 1 else None))
    return columns


def _branches(query: Any) -> list[Any]:
    """The SELECTs of a UNION, in order."""
    while isinstance(query, exp.Subquery):
        query = query.this
    return [*_branches(query.left), *_branches(query.right)] if isinstance(query, exp.SetOperation) else [query]


def _spelled(projection: Any) -> str | None:
    kind = projection.type
    if kind is None or any(_is_uncertain(part) for part in kind.find_all(exp.DataType)):
        return None
    return trino_name(kind)


def _is_uncertain(kind: Any) -> bool:
    if kind.this == exp.DType.DECIMAL:
        return not kind.expressions
    return kind.this in (exp.DType.UNKNOWN, exp.DType.NULL, exp.DType.TIMESTAMPTZ)
