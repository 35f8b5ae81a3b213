"""Comparisons that Athena refuses, or that lose rows: of different types, and of pieces of a date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from lake.sql.check_partition_filter import KEY

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Like)
_PIECES = (exp.Year, exp.Month, exp.Day)
_PARTS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
_NAMES = ("year", "month", "day", "hour")
_CUTS = (exp.Substring, exp.Left, exp.SplitPart, exp.RegexpExtract, exp.Right)
_FAMILIES = {
    **dict.fromkeys((exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR), "text"),
    **dict.fromkeys((exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT), "a number"),
    **dict.fromkeys((exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.DECIMAL), "a number"),
    **dict.fromkeys((exp.DType.DATE, exp.DType.TIMESTAMP), "a time"),
    exp.DType.BOOLEAN: "a boolean",
}
_WRITE = {
    "text": "a text in quotes, e.g. '2026-11-21-09'",
    "a number": "a number, without quotes",
    "a time": "TIMESTAMP '2026-11-21 09:00:00' or DATE '2026-11-21'",
    "a boolean": "TRUE or FALSE",
}


def compared_pieces(query: exp.Query) -> Iterator[tuple[exp.Expr, str]]:
    """Comparisons of a year, a month, a day or a piece of dt with a constant, and what to write instead."""
    for comparison, sides in _compared(query):
        for side in sides:
            others = [other for other in sides if other is not side]
            piece = _piece(side)
            if piece is not None and not any(other.find(exp.Column) for other in others):
                yield (
                    comparison,
                    f"compares {piece}; pieces lose rows at the ends of a range, and prune nothing: {_instead(side)}",
                )


def compared_types(query: exp.Query) -> Iterator[tuple[exp.Expr, str]]:
    """Comparisons of a column with another kind of value, which Athena refuses; `query` has types."""
    for comparison, sides in _compared(query):
        kinds = [_FAMILIES.get(side.type.this) if side.type is not None else None for side in sides]
        for side, kind in zip(sides[1:], kinds[1:], strict=True):
            if kinds[0] is not None and kind is not None and kind != kinds[0]:
                told = f"{_shown(sides[0])}, {kinds[0]}, with {_shown(side)}, {kind}"
                column = 0 if sides[0].find(exp.Column) else 1
                yield comparison, f"compares {told}, which Athena refuses; write {_WRITE[(kinds[0], kind)[column]]}"
                break


def _compared(query: exp.Query) -> Iterator[tuple[Any, list[Any]]]:
    for node in query.find_all(*_COMPARISONS):
        comparison: Any = node
        others = [comparison.args.get(name) for name in ("expression", "low", "high")]
        sides = [comparison.this, *(other for other in others if other is not None), *comparison.expressions]
        yield comparison, [side.unnest() for side in sides]


def _piece(node: Any) -> str | None:
    while isinstance(node, exp.Cast | exp.Paren | exp.TryCast):
        node = node.this
    if isinstance(node, exp.Column) and node.name.lower() in _NAMES:
        return f"the column {node.name}"
    is_part = isinstance(node, exp.Extract) and node.this.name.upper() in _PARTS
    is_cut = isinstance(node, _CUTS) and any(column.name.lower() == KEY for column in node.find_all(exp.Column))
    return _shown(node) if isinstance(node, _PIECES) or is_part or is_cut else None


def _instead(node: Any) -> str:
    names = [column.name for column in node.find_all(exp.Column)]
    if not names or names[0].lower() in (KEY, *_NAMES):
        return f"write {KEY} >= '2026-11-30-00' AND {KEY} < '2026-12-02-00'"
    return f"write {names[0]} >= TIMESTAMP '2026-11-30 00:00:00' AND {names[0]} < TIMESTAMP '2026-12-02 00:00:00'"


def _shown(node: Any) -> str:
    """The expression as its author wrote it, nearly: without the table that it was found in."""
    bare = node.copy()
    for column in bare.find_all(exp.Column):
        column.set("table", None)
        column.set("db", None)
    return str(bare.sql("athena", identify=False)).replace('"', "")
