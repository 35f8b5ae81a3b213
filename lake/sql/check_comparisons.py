"""Comparisons that Athena refuses, or that lose rows: of different types, and of pieces of a date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.schema import MappingSchema

from lake.sql.dialect import calls
from lake.sql.relations import KEY
from lake.sql.resolve import ResolvedQuery
from lake.sql.statement import ATHENA

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Like)
_PIECES = ("year", "month", "day")
_PARTS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
_NAMES = ("year", "month", "day", "hour")
_CUTS = ("substr", "split_part", "regexp_extract")
_TEXT, _NUMBER, _TIME, _BOOLEAN = "a text", "a number", "a time", "a boolean"
_FAMILIES = {
    **dict.fromkeys((exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR), _TEXT),
    **dict.fromkeys((exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT), _NUMBER),
    **dict.fromkeys((exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.DECIMAL), _NUMBER),
    **dict.fromkeys((exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ), _TIME),
    exp.DType.BOOLEAN: _BOOLEAN,
}
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_ANY_DAY = "2026-11-21"


@dataclass(frozen=True)
class Mismatch:
    """A comparison of two kinds of values: the problem, and what to write instead."""

    node: exp.Expr
    problem: str
    instead: str


def mismatched_types(resolved: ResolvedQuery, schema: MappingSchema) -> Iterator[Mismatch]:
    """Comparisons of values of different kinds, which Athena refuses. It converts neither side."""
    query: Any = annotate_types(resolved.query, schema=schema, dialect=ATHENA)
    for node in query.find_all(*_COMPARISONS):
        first, *others = sides(node)
        for other in others:
            kind, other_kind = _family(first), _family(other)
            if kind is None or other_kind in (None, kind):
                continue
            column, value = (first, other) if first.find(exp.Column) else (other, first)
            shown, shown_other = resolved.text(first), resolved.text(other)
            problem = f"{shown} is {kind} and {shown_other} is {other_kind}: Athena refuses to compare them"
            instead = f"{resolved.text(column)} = {value_like(resolved.text(value), column)}"
            yield Mismatch(node, problem, f"a value of its type: {instead}")
            break


def pieces_of_dates(query: exp.Query) -> Iterator[tuple[exp.Expr, str]]:
    """Comparisons of a year, a month, a day or a piece of dt with a constant, and what to write instead."""
    for comparison in query.find_all(*_COMPARISONS):
        compared = sides(comparison)
        for side in compared:
            others = [other for other in compared if other is not side]
            piece = _piece(side)
            if piece is not None and not any(other.find(exp.Column) for other in others):
                yield (
                    comparison,
                    f"compares {piece}; pieces lose rows at the ends of a range, and prune nothing: {_instead(side)}",
                )


def day_in(text: str) -> str:
    """The day that a text such as 20261121 or CAST('2026-11-21' AS DATE) names, or an example of one."""
    found = _DAY.search(text)
    return "-".join(found.groups()) if found else _ANY_DAY


def sides(comparison: Any) -> list[Any]:
    """What a comparison compares: its first side, and all that it is compared with."""
    others = [comparison.args.get(name) for name in ("expression", "low", "high")]
    compared = [comparison.this, *(other for other in others if other is not None), *comparison.expressions]
    return [side.unnest() for side in compared if isinstance(side, exp.Expr)]


def value_like(text: str, column: Any) -> str:
    """A literal of a column's type, by what the text of a literal of another type may mean."""
    kind = column.type.this if column.type is not None else exp.DType.UNKNOWN
    family, bare = _FAMILIES.get(kind), text.strip("'").rstrip("%_")
    if family == _NUMBER:
        return bare if re.fullmatch(r"-?\d+", bare) else "42"
    if family == _BOOLEAN:
        return "TRUE"
    if family == _TIME:
        return f"DATE '{day_in(text)}'" if kind == exp.DType.DATE else f"TIMESTAMP '{day_in(text)} 00:00:00'"
    return f"'{day_in(text)}-00'" if column.name == KEY else str(exp.Literal.string(bare).sql(ATHENA))


def _family(node: Any) -> str | None:
    return _FAMILIES.get(node.type.this) if node.type is not None else None


def _piece(node: Any) -> str | None:
    while isinstance(node, exp.Cast | exp.Paren | exp.TryCast):
        node = node.this
    if isinstance(node, exp.Column) and node.name.lower() in _NAMES:
        return f"the column {node.name}"
    is_part = isinstance(node, exp.Extract) and node.this.name.upper() in _PARTS
    is_cut = (isinstance(node, exp.Substring) or calls(node, *_CUTS)) and any(
        column.name.lower() == KEY for column in node.find_all(exp.Column)
    )
    is_piece = calls(node, *_PIECES) or is_part or is_cut
    return str(node.sql(ATHENA, normalize_functions="lower")) if is_piece else None


def _instead(node: Any) -> str:
    names = [column.name for column in node.find_all(exp.Column)]
    if not names or names[0].lower() in (KEY, *_NAMES):
        return f"write {KEY} >= '2026-11-30-00' AND {KEY} < '2026-12-02-00'"
    return f"write {names[0]} >= TIMESTAMP '2026-11-30 00:00:00' AND {names[0]} < TIMESTAMP '2026-12-02 00:00:00'"
