"""Arithmetic and rounding of decimals, exact to 38 digits, in Trino's types.

DuckDB adds, multiplies and takes remainders exactly where its own type has room, and divides decimals as doubles:
a quotient is one of whole numbers with one digit more, which rounding half up then drops. What has no room in 38
digits on the way goes to Python.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

from lake.sql.translation.functions.guards import chosen, number_of, strict
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Bindings, Call, Function, RefusedCallError
from lake.sql.translation.types import MOST_DIGITS, Type, decimal, duckdb_type

# Trino keeps up to 18 digits in a long, and answers differently there at the edges.
_SHORT_DIGITS = 18
# Of a dividend's digits with zeros behind them, Trino takes 67 and not 74.
_MOST_SHIFTED = 67
_EXACT = Context(prec=200, rounding=ROUND_HALF_UP, Emax=10**6, Emin=-(10**6))


def _sides(bindings: Bindings) -> tuple[int, int, int, int]:
    """Precision and scale of both operands."""
    p, s, q, t = (int(bindings[letter]) for letter in "psqt")
    return p, s, q, t


def _checked(precision: int, scale: int) -> Type:
    if scale > MOST_DIGITS:
        raise RefusedCallError(f"a decimal has at most {MOST_DIGITS} digits behind its point; this one has {scale}")
    return decimal(min(MOST_DIGITS, precision), scale)


def _sum_type(bindings: Bindings) -> Type:
    p, s, q, t = _sides(bindings)
    return _checked(max(p - s, q - t) + max(s, t) + 1, max(s, t))


def _product_type(bindings: Bindings) -> Type:
    p, s, q, t = _sides(bindings)
    # Trino refuses the type of a product of too large a scale only when it makes it.
    return decimal(min(MOST_DIGITS, p + q), s + t)


def _quotient_type(bindings: Bindings) -> Type:
    p, s, _, t = _sides(bindings)
    return _checked(p + t + max(t - s, 0), max(s, t))


def _remainder_type(bindings: Bindings) -> Type:
    p, s, q, t = _sides(bindings)
    return _checked(min(p - s, q - t) + max(s, t), max(s, t))


def _sum(sign: str) -> Callable[[Call], str]:
    def template(call: Call) -> str:
        one, other = (argument.sql for argument in call.arguments)
        kind = duckdb_type(call.result)
        if call.result.numbers[0] == MOST_DIGITS:
            one, other = f"CAST({one} AS {kind})", f"CAST({other} AS {kind})"
        return f"CAST({one} {sign} {other} AS {kind})"

    return template


def _product(call: Call) -> str:
    p, s, q, _ = _sides(call.bindings)
    if call.result.numbers[1] > MOST_DIGITS:
        raise RefusedCallError(f"the product has more than {MOST_DIGITS} digits behind its point")
    one, other = (argument.sql for argument in call.arguments)
    if p + q > _SHORT_DIGITS and max(p, q) <= _SHORT_DIGITS:
        one = f"CAST({one} AS DECIMAL({_SHORT_DIGITS + 1}, {s}))"  # else DuckDB stays within 18 digits
    return f"CAST({one} * {other} AS {duckdb_type(call.result)})"


def _quotient(call: Call) -> str:
    p, s, q, t = _sides(call.bindings)
    scale = call.result.numbers[1]
    shift = scale - s + t + 1
    if shift > MOST_DIGITS:  # Trino cannot write so many zeros behind a dividend, whatever it is
        return chosen(call, [], call.fail("Decimal overflow"))
    if p + s + shift > MOST_DIGITS or q + t > MOST_DIGITS or scale == MOST_DIGITS:
        return _in_python("divide", call)
    one, other = (argument.sql for argument in call.arguments)
    room = _SHORT_DIGITS if max(p + s + shift, q + t) <= _SHORT_DIGITS else MOST_DIGITS
    digits = f"{_whole(one, s, shift, room)} // {_whole(other, t, 0, room)}"
    return f"CAST({_scaled(f'CAST({digits} AS DECIMAL({room}, 0))', scale + 1)} AS {duckdb_type(call.result)})"


def _whole(value: str, scale: int, shift: int, room: int) -> str:
    """A decimal's digits with zeros behind them, as a whole number; all have room in 18 digits or in 38."""
    places = scale + shift
    factor = f" * CAST(1{'0' * places} AS DECIMAL({places + 1}, 0))" if places else ""
    kind = "BIGINT" if room == _SHORT_DIGITS else "HUGEINT"
    return f"CAST(CAST({value} AS DECIMAL({room}, {scale})){factor} AS {kind})"


def _scaled(digits: str, places: int) -> str:
    """A decimal without a fraction, with its point moved to the left."""
    return f"{digits} * CAST('0.{'0' * (places - 1)}1' AS DECIMAL({places}, {places}))"


def _remainder(call: Call) -> str:
    p, s, q, t = _sides(call.bindings)
    if max(p - s, q - t) + max(s, t) > MOST_DIGITS:
        return _in_python("modulus", call)
    return f"CAST({call.arguments[0].sql} % {call.arguments[1].sql} AS {duckdb_type(call.result)})"


def _in_python(operation: str, call: Call) -> str:
    one, other = (f"CAST({argument.sql} AS VARCHAR)" for argument in call.arguments)
    scale = call.result.numbers[1]
    return f"CAST(athena_decimal('{operation}', {one}, {other}, {scale}) AS {duckdb_type(call.result)})"


@strict
def athena_decimal(operation: str, one: str, other: str, scale: int) -> str:
    """A quotient rounded half up, or a remainder, to so many digits behind the point."""
    left, right = Decimal(one), Decimal(other)
    if not right:
        raise ValueError("division by zero")
    if operation == "modulus" and abs(left).adjusted() + scale > _MOST_SHIFTED:
        raise UnansweredError(f"{left} % {right} has no room on the way, here or in Athena")
    exact = _EXACT.divide(left, right) if operation == "divide" else _EXACT.remainder(left, right)
    return _in_digits(_EXACT.quantize(exact, Decimal(1).scaleb(-scale)), scale)


def _in_digits(value: Decimal, scale: int) -> str:
    if abs(value) >= Decimal(10) ** (MOST_DIGITS - scale):
        raise ValueError("decimal overflow")
    return f"{value:f}"


# Rounding.


def _whole_type(bindings: Bindings) -> Type:
    p, s = bindings["p"], bindings["s"]
    return decimal(min(MOST_DIGITS, p - s + min(1, s)), 0)


def _truncated_type(bindings: Bindings) -> Type:
    return decimal(max(1, bindings["p"] - bindings["s"]), 0)


def _rounded_type(bindings: Bindings) -> Type:
    return decimal(min(MOST_DIGITS, bindings["p"] + 1), bindings["s"])


def _cast(expression: str) -> Callable[[Call], str]:
    return lambda call: f"CAST({expression.replace('$1', call.arguments[0].sql)} AS {duckdb_type(call.result)})"


def _rounded(call: Call) -> str:
    """To so many digits behind the point, before it where the number is negative."""
    p, s = call.bindings["p"], call.bindings["s"]
    value, places, kind = call.arguments[0].sql, number_of(call.arguments[1]), duckdb_type(call.result)
    if places is not None and places >= s:
        return f"CAST({value} AS {kind})"
    if places is not None and places >= 0:
        return f"CAST(CAST({value} AS DECIMAL({min(MOST_DIGITS, p - s + places + 1)}, {places})) AS {kind})"
    return f"CAST(athena_decimal_round(CAST({value} AS VARCHAR), {call.arguments[1].sql}, {p}, {s}) AS {kind})"


def _truncated(call: Call) -> str:
    p, s = call.bindings["p"], call.bindings["s"]
    value, places, kind = call.arguments[0].sql, number_of(call.arguments[1]), duckdb_type(call.result)
    if places is not None and places >= s:
        return value
    return f"CAST(athena_decimal_truncate(CAST({value} AS VARCHAR), {call.arguments[1].sql}, {p}, {s}) AS {kind})"


@strict
def athena_decimal_round(value: str, places: int, precision: int, scale: int) -> str:
    """round(decimal(precision, scale), places)."""
    if places >= scale:
        return value
    if precision < _SHORT_DIGITS and precision - scale + places < 0:
        return "0"
    if precision >= _SHORT_DIGITS and scale - places > MOST_DIGITS:
        raise ValueError("decimal overflow")
    return _in_digits(_EXACT.quantize(Decimal(value), Decimal(1).scaleb(-places)), scale)


@strict
def athena_decimal_truncate(value: str, places: int, precision: int, scale: int) -> str:
    """truncate(decimal(precision, scale), places)."""
    if places >= scale:
        return value
    if precision - scale + places <= 0:
        return "0"
    return f"{Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_DOWN, _EXACT):f}"


_TWO = "(decimal(p, s), decimal(q, t)) -> decimal(38, 0)"

OPERATORS = (
    Function(f"add{_TWO}", _sum("+"), result=_sum_type),
    Function(f"subtract{_TWO}", _sum("-"), result=_sum_type),
    Function(f"multiply{_TWO}", _product, result=_product_type),
    Function(f"divide{_TWO}", _quotient, result=_quotient_type),
    Function(f"modulus{_TWO}", _remainder, result=_remainder_type),
    Function("negate(decimal(p, s)) -> decimal(p, s)", "-($1)"),
)

FUNCTIONS = (
    Function("abs(decimal(p, s)) -> decimal(p, s)", _cast("abs($1)")),
    Function("ceil(decimal(p, s)) -> decimal(p, 0)", _cast("ceil($1)"), result=_whole_type),
    Function("ceiling(decimal(p, s)) -> decimal(p, 0)", _cast("ceil($1)"), result=_whole_type),
    Function("floor(decimal(p, s)) -> decimal(p, 0)", _cast("floor($1)"), result=_whole_type),
    Function(f"mod{_TWO}", _remainder, result=_remainder_type),
    Function("round(decimal(p, s)) -> decimal(p, 0)", _cast("$1"), result=_whole_type),
    Function("round(decimal(p, s), integer) -> decimal(p, s)", _rounded, result=_rounded_type),
    Function("sign(decimal(p, s)) -> decimal(1, 0)", _cast("sign($1)")),
    Function("truncate(decimal(p, s)) -> decimal(p, 0)", _cast("trunc($1)"), result=_truncated_type),
    Function("truncate(decimal(p, s), integer) -> decimal(p, s)", _truncated),
)

PYTHON = (
    PythonFunction("athena_decimal", athena_decimal, ("VARCHAR", "VARCHAR", "VARCHAR", "INTEGER"), "VARCHAR"),
    *(
        PythonFunction(function.__name__, function, ("VARCHAR", "INTEGER", "INTEGER", "INTEGER"), "VARCHAR")
        for function in (athena_decimal_round, athena_decimal_truncate)
    ),
)
