"""Literals that a condition compares a key with: of which type they are, and what they would be in the key's own."""

from __future__ import annotations

import re

from sqlglot import exp

from lake.query.predicates import RANGES, Key, bare_column
from lake.sql.statement import ATHENA

HOUR = re.compile(r"\d{4}-\d\d-\d\d-\d\d")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DAY_IN = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_ANY_DAY = "2026-11-21"
_TEXTS = ("string", "varchar", "char")
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.In, exp.Like, *RANGES)


def mismatch(leaf: exp.Expr, key: Key) -> tuple[str, str] | None:
    """What is wrong with a literal of another type than the key's, and a right one; None where all are of its type."""
    if not isinstance(leaf, _COMPARISONS) or bare_column(leaf) is None:
        return None
    others = [leaf.this, leaf.args.get("expression"), leaf.args.get("low"), leaf.args.get("high"), *leaf.expressions]
    kind = key.hive_type.partition("(")[0]
    wanted = "text" if kind in _TEXTS else "number" if kind in _NUMBERS else kind
    for other in (each.unnest() for each in others if isinstance(each, exp.Expr)):
        given = _kind_of(other)
        if given not in (None, wanted):
            shown = "varchar" if kind in _TEXTS else key.hive_type
            text = other.sql(ATHENA)
            problem = f"{key.name} is {shown} and {text} is a {given}: Athena refuses to compare them"
            return problem, hour_in(text) if key.is_partition else example(leaf, key)
    return None


def follow_each_other(leaf: exp.Expr) -> bool:
    """Whether an IN lists whole numbers without a gap, in any order: Trino (476, as run) makes a BETWEEN of it."""
    if not isinstance(leaf, exp.In) or len(leaf.expressions) < 2 or not all(each.is_int for each in leaf.expressions):
        return False
    numbers = sorted({int(each.to_py()) for each in leaf.expressions})
    return len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1


def _kind_of(value: exp.Expr) -> str | None:
    if isinstance(value, exp.Neg):
        value = value.this
    if isinstance(value, exp.Literal):
        return "text" if value.is_string else "number"
    if isinstance(value, exp.Cast) and value.args["to"].this in (exp.DType.DATE, exp.DType.TIMESTAMP):
        return str(value.args["to"].this.value).lower()
    if isinstance(value, exp.CurrentDate):
        return "date"
    return "timestamp" if isinstance(value, exp.CurrentTimestamp) else None


def example(leaf: exp.Expr, key: Key) -> str:
    """The literal of the comparison, in the key's own type."""
    literal = next(leaf.find_all(exp.Literal), None)
    text = literal.name.rstrip("%_") if literal is not None else ""
    if key.hive_type in _NUMBERS:
        return text if re.fullmatch(r"-?\d+", text) else "42"
    if key.hive_type == "date":
        return f"DATE '{_day_in(text)}'"
    return exp.Literal.string(text or "...").sql(ATHENA)


def hour_in(text: str) -> str:
    """The hour that a text such as 20261121 or CAST('2026-11-21' AS DATE) may mean, as dt has it."""
    return f"'{_day_in(text)}-00'"


def day_range(name: str, text: str) -> str:
    """A range of the column over the day that the text tells."""
    day = _day_in(text)
    return f"{name} BETWEEN '{day}-00' AND '{day}-23'"


def _day_in(text: str) -> str:
    found = _DAY_IN.search(text)
    return "-".join(found.groups()) if found else _ANY_DAY
