"""Casts among booleans, numbers and text, as Trino has them.

Text is read as Java reads it: spaces around whole numbers and doubles are left out, but not around decimals and
booleans. Usual texts are read by DuckDB, others in Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from lake.sql.translation.functions.guards import strict
from lake.sql.translation.functions.pieces import let
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Typed, failing
from lake.sql.translation.types import BOOLEAN, DOUBLE, Type, duckdb_type

Cast = Callable[[Typed, Type], "str | Typed"]

_WHOLE = {"tinyint": 2**7, "smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_NUMBERS = (*_WHOLE, "decimal", "real", "double")
# What a double holds exactly, and what Trino holds in a long.
_MOST_EXACT_DIGITS, _SHORT_DIGITS = 15, 18


def _plain(value: Typed, target: Type) -> str:
    """DuckDB casts as Trino does: halves of decimals go away from zero, and what is out of range fails."""
    return f"CAST({value.sql} AS {duckdb_type(target)})"


def _widened(value: Typed, target: Type) -> Typed:
    """The same; a literal's value stays known."""
    number = value.value
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        number = None
    elif target.name == "double":
        number = float(number)
    return Typed(_plain(value, target), target, number if target.name in (*_WHOLE, "double") else None)


def _to_boolean(value: Typed, _target: Type) -> str:
    return f"{value.sql} <> 0"


def _float_to_whole(value: Typed, target: Type) -> str:
    """Halves go away from zero."""
    kind = duckdb_type(target)
    if value.type.name == "double" or target.name != "bigint":
        return f"CAST(round({value.sql}) AS {kind})"
    # A real that is too large becomes the largest bigint, which Trino does for no other type.
    fails = failing("'cannot cast real NaN to bigint'", target)
    return let(
        value.sql,
        lambda x: (
            f"CASE WHEN isnan({x}) THEN {fails} WHEN {x} >= 9.3e18 THEN 9223372036854775807 "
            f"WHEN {x} <= -9.3e18 THEN CAST('-9223372036854775808' AS BIGINT) ELSE CAST(round({x}) AS BIGINT) END"
        ),
    )


def _double_to_real(value: Typed, _target: Type) -> str:
    """What is too large becomes infinite: from half way to the next real behind the largest."""
    return let(
        value.sql,
        lambda x: (
            f"CAST(CASE WHEN abs({x}) >= 3.4028235677973366e38 THEN {x} * CAST('inf' AS DOUBLE) ELSE {x} END AS FLOAT)"
        ),
    )


def _double_to_decimal(value: Typed, target: Type) -> str:
    """The shortest decimal that the double stands for, rounded; DuckDB shows what has no exponent so."""
    kind = duckdb_type(target)
    return let(
        value.sql,
        lambda x: (
            f"CAST(CASE WHEN abs({x}) BETWEEN 1e-4 AND 1e15 THEN CAST({x} AS VARCHAR) "
            f"ELSE athena_double_shortest({x}) END AS {kind})"
        ),
    )


def _real_to_decimal(value: Typed, target: Type) -> str:
    return f"CAST(athena_real_shortest({value.sql}) AS {duckdb_type(target)})"


def _decimal_to_float(value: Typed, target: Type) -> str | Typed:
    """Of up to 18 digits, Trino divides two floating-point numbers; of more, it takes the nearest one."""
    precision, scale = value.type.numbers
    text, kind = f"CAST({value.sql} AS VARCHAR)", duckdb_type(target)
    if precision <= _MOST_EXACT_DIGITS and target == DOUBLE:
        return _widened(value, target)
    if precision > _SHORT_DIGITS:
        return f"CAST({text} AS {kind})"
    return f"CAST(replace({text}, '.', '') AS {kind}) / CAST('1e{scale}' AS {kind})"


def _decimal_to_text(value: Typed, _target: Type) -> str:
    text = f"CAST({value.sql} AS VARCHAR)"
    precision, scale = value.type.numbers
    # DuckDB leaves out the zero before the point where there is no room for another digit.
    return f"replace({text}, '.', '0.')" if precision == scale else text


def _boolean_to_number(value: Typed, target: Type) -> str:
    return f"CAST(CAST({value.sql} AS INTEGER) AS {duckdb_type(target)})"


# Text.

_SPACE = "[\\x00-\\x20]*"


def _text_to_boolean(value: Typed, _target: Type) -> str:
    fails = failing("'expected true, false, t, f, 1 or 0'", BOOLEAN)
    return let(
        f"lower({value.sql})",
        lambda text: (
            f"CASE WHEN {text} IN ('true', 't', '1') THEN true WHEN {text} IN ('false', 'f', '0') THEN false "
            f"WHEN {text} IS NOT NULL THEN {fails} END"
        ),
    )


def _text_to_whole(value: Typed, target: Type) -> str:
    kind = duckdb_type(target)
    digits = len(str(_WHOLE[target.name])) - 1
    return let(
        value.sql,
        lambda text: (
            f"CASE WHEN regexp_full_match({text}, '-?[0-9]{{1,{digits}}}') THEN CAST({text} AS {kind}) "
            f"ELSE CAST(athena_whole({text}) AS {kind}) END"
        ),
    )


def _text_to_float(value: Typed, target: Type) -> str:
    kind = duckdb_type(target)
    usual = "-?[0-9]{1,15}([.][0-9]{1,15})?"
    return let(
        value.sql,
        lambda text: (
            f"CAST(CASE WHEN regexp_full_match({text}, '{usual}') THEN {text} ELSE athena_float({text}) END AS {kind})"
        ),
    )


def _text_to_decimal(value: Typed, target: Type) -> str:
    precision, scale = target.numbers
    usual = "-?[0-9]{1,30}([.][0-9]{1,30})?"
    return let(
        value.sql,
        lambda text: (
            f"CAST(CASE WHEN regexp_full_match({text}, '{usual}') THEN {text} "
            f"ELSE athena_decimal_of({text}, {precision}, {scale}) END AS {duckdb_type(target)})"
        ),
    )


_TRIMMED = "".join(map(chr, range(0x21)))
_INTEGER = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?", re.ASCII)
_HEXADECIMAL = re.compile(r"[+-]?0[xX].*[pP].*")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?")
_NAMES = {"NaN": "nan", "Infinity": "inf"}


@strict
def athena_whole(text: str) -> int:
    """A whole number, as Java's parseLong reads it."""
    trimmed = text.strip(_TRIMMED)
    if len(trimmed) > 40 or not _INTEGER.fullmatch(trimmed):
        raise ValueError(f"cannot cast '{text}' to a whole number")
    value = int(trimmed)
    if not -(2**63) <= value < 2**63:
        raise ValueError(f"cannot cast '{text}' to a whole number: it is out of range")
    return value


@strict
def athena_float(text: str) -> str:
    """A floating-point number that Java's parseDouble reads, as DuckDB reads it."""
    trimmed = text.strip(_TRIMMED)
    bare = trimmed.lstrip("+-")
    if bare in _NAMES and len(trimmed) - len(bare) < 2:
        return trimmed.replace(bare, _NAMES[bare]).lstrip("+")
    if _HEXADECIMAL.fullmatch(trimmed):
        raise UnansweredError("hexadecimal floating-point numbers are not read here")
    found = _FLOAT.fullmatch(trimmed)
    if found is None:
        raise ValueError(f"cannot cast '{text}' to a floating-point number")
    return found[1].lstrip("+")


_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)


@strict
def athena_decimal_of(text: str, precision: int, scale: int) -> str:
    """A decimal as Java's BigDecimal reads it, rounded."""
    if len(text) > 300 or not _DECIMAL.fullmatch(text):
        raise ValueError(f"cannot cast '{text}' to decimal: it is not a number")
    exact = Decimal(text)
    if exact and exact.adjusted() >= precision - scale + 1:
        raise ValueError(f"cannot cast '{text}' to decimal({precision},{scale}): it is too large")
    try:
        return f"{exact.quantize(Decimal(1).scaleb(-scale), context=_EXACT):f}"
    except InvalidOperation:
        raise ValueError(f"cannot cast '{text}' to decimal({precision},{scale})") from None


def _casts() -> dict[tuple[str, str], Cast]:
    made: dict[tuple[str, str], Cast] = {}
    for source in _NUMBERS:
        for target in _NUMBERS:
            made[source, target] = _widened
        made[source, "boolean"] = _to_boolean
        made["boolean", source] = _boolean_to_number
        made[source, "varchar"] = _plain
    for target in _WHOLE:
        made["decimal", target] = _plain
        made["real", target] = made["double", target] = _float_to_whole
        made["varchar", target] = _text_to_whole
    made["boolean", "varchar"] = _plain
    return made | {
        ("decimal", "double"): _decimal_to_float,
        ("decimal", "real"): _decimal_to_float,
        ("decimal", "varchar"): _decimal_to_text,
        ("double", "decimal"): _double_to_decimal,
        ("double", "real"): _double_to_real,
        ("double", "varchar"): lambda value, _: f"athena_double_text({value.sql})",
        ("real", "decimal"): _real_to_decimal,
        ("real", "varchar"): lambda value, _: f"athena_real_text({value.sql})",
        ("varchar", "boolean"): _text_to_boolean,
        ("varchar", "decimal"): _text_to_decimal,
        ("varchar", "double"): _text_to_float,
        ("varchar", "real"): _text_to_float,
    }


CASTS = _casts()

PYTHON = (
    PythonFunction("athena_whole", athena_whole, ("VARCHAR",), "BIGINT"),
    PythonFunction("athena_float", athena_float, ("VARCHAR",), "VARCHAR"),
    PythonFunction("athena_decimal_of", athena_decimal_of, ("VARCHAR", "INTEGER", "INTEGER"), "VARCHAR"),
)
