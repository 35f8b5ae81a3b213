"""Arithmetic and mathematical functions of whole and floating-point numbers, as Trino has them.

Trino's doubles are Java's: what has no value is NaN, and what is too large is infinite; whole numbers overflow.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from decimal import Context, Decimal

from lake.sql.translation.functions.guards import chosen, number_of, strict
from lake.sql.translation.functions.pieces import once
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Call, Function, Template, Typed
from lake.sql.translation.types import duckdb_type

_WHOLE, _FLOATS = ("tinyint", "smallint", "integer", "bigint"), ("real", "double")
_NAN, _INFINITY = "CAST('nan' AS DOUBLE)", "CAST('inf' AS DOUBLE)"
_LEAST_BIGINT, _MOST_BIGINT = -(2**63), 2**63 - 1


def _each(signature: str, sql: Template, kinds: Iterable[str]) -> tuple[Function, ...]:
    """A row for each type in place of the signature's N."""
    return tuple(Function(signature.replace("N", kind), sql) for kind in kinds)


def _float_of(argument: Typed) -> float | None:
    """A literal's number."""
    is_number = isinstance(argument.value, int | float) and not isinstance(argument.value, bool)
    return float(argument.value) if is_number else None


def or_nan(call: Call, answer: str) -> str:
    """What a function in Python answers of arguments that are not NULL: its NaN comes out of DuckDB as NULL."""
    return chosen(call, [], f"coalesce({answer}, {_NAN})")


# Operators.


def _remainder(call: Call) -> str:
    """DuckDB overflows at the least number of a type by -1."""
    if number_of(call.arguments[1]) not in (None, -1):
        return "{} % {}".format(*(argument.sql for argument in call.arguments))
    return once(call.arguments, lambda one, other: f"CASE WHEN {other} = -1 THEN {one} * 0 ELSE {one} % {other} END")


def _mod(call: Call) -> str:
    """As %, but that no TRY catches its division by zero."""
    if number_of(call.arguments[1]):
        return _remainder(call)
    arguments = ", ".join(argument.sql for argument in call.arguments)
    by_zero = f"CAST(athena_mod_by_zero({arguments}) AS {duckdb_type(call.result)})"
    return chosen(call, [(f"{call.arguments[1].sql} = 0", by_zero)], _remainder(call))


@strict
def athena_mod_by_zero(value: int, divisor: int) -> int:
    """Fails, even in a TRY; DuckDB may call it before it knows whether it has to."""
    if divisor:
        return 0
    raise UnansweredError(f"mod({value}, 0) divides by zero, which Athena refuses too, even in a TRY")


def _quotient(call: Call) -> str:
    """Of floating-point numbers; division by zero is infinite, or NaN."""
    if _float_of(call.arguments[1]):
        return "{} / {}".format(*(argument.sql for argument in call.arguments))
    return once(call.arguments, lambda one, other: _divided(one, other, duckdb_type(call.result)))


def _divided(one: str, other: str, kind: str = "DOUBLE") -> str:
    infinite = f"CASE WHEN signbit({other}) THEN CAST('-inf' AS {kind}) ELSE CAST('inf' AS {kind}) END"
    return f"CASE WHEN {other} = 0 THEN {one} * {infinite} ELSE {one} / {other} END"


OPERATORS = (
    *_each("add(N, N) -> N", "$1 + $2", _WHOLE + _FLOATS),
    *_each("subtract(N, N) -> N", "$1 - $2", _WHOLE + _FLOATS),
    *_each("multiply(N, N) -> N", "$1 * $2", _WHOLE + _FLOATS),
    *_each("divide(N, N) -> N", "$1 // $2", _WHOLE),
    *_each("divide(N, N) -> N", _quotient, _FLOATS),
    *_each("modulus(N, N) -> N", _remainder, _WHOLE),
    *_each("modulus(N, N) -> N", "$1 % $2", _FLOATS),
    *_each("negate(N) -> N", "$1 * -1", _WHOLE + _FLOATS),  # DuckDB reads -x while it plans, out of any TRY
)


# Rounding.


def _rounded(call: Call) -> str:
    """Halves go away from zero; -0.0 becomes 0.0, and -0.4 becomes -0.0."""
    is_real = call.result.name == "real"
    value = f"CAST({call.arguments[0].sql} AS DOUBLE)" if is_real else call.arguments[0].sql
    return _real(f"round({value} + CAST(0 AS DOUBLE))", is_real)


def _rounded_to(call: Call) -> str:
    value, places = call.arguments[0].sql, number_of(call.arguments[1])
    is_real = call.result.name == "real"
    value = f"CAST({value} AS DOUBLE)" if is_real else value
    if places is None or abs(places) > 300:
        return _real(or_nan(call, f"athena_round({value}, {call.arguments[1].sql})"), is_real)
    factor = f"CAST('1e{places}' AS DOUBLE)"
    answer = once(
        [Typed(value, call.result)],
        lambda one: (
            f"CASE WHEN isfinite({one} * {factor}) "
            f"THEN round(({one} + CAST(0 AS DOUBLE)) * {factor}) / {factor} ELSE {one} END"
        ),
    )
    return _real(answer, is_real)


def _real(value: str, is_real: bool) -> str:
    return f"CAST({value} AS FLOAT)" if is_real else value


@strict
def athena_round(value: float, places: int) -> float:
    """round(double, places)."""
    factor = 10.0**places if places <= 308 else math.inf
    if not math.isfinite(value) or not math.isfinite(value * factor):
        return value
    if factor == 0:
        return math.nan
    scaled = abs(value) * factor
    whole = math.floor(scaled)
    whole += scaled - whole >= 0.5
    return -(whole / factor) if value < 0 else whole / factor


@strict
def athena_round_whole(value: int, places: int) -> int:
    """round(bigint, places): digits before the point become zero."""
    if places >= 0:
        return value
    if places < -18:
        raise ValueError(f"numerical overflow: {value}")
    unit = 10**-places
    rounded = (2 * abs(value) + unit) // (2 * unit) * unit
    return _bigint(-rounded if value < 0 else rounded)


@strict
def athena_round_integer(value: int, places: int) -> int:
    """The same of an integer; no TRY catches its overflow."""
    rounded = athena_round_whole(value, places) or 0
    if not -(2**31) <= rounded < 2**31:
        raise UnansweredError(f"round({value}, {places}) overflows, which Athena refuses too, even in a TRY")
    return rounded


def _bigint(value: int) -> int:
    if not _LEAST_BIGINT <= value <= _MOST_BIGINT:
        raise ValueError(f"{value} is out of bigint's range")
    return value


def _rounded_whole(call: Call) -> str:
    places = number_of(call.arguments[1])
    if places is not None and places >= 0:
        return call.arguments[0].sql
    name = "athena_round_integer" if call.result.name == "integer" else "athena_round_whole"
    return f"CAST({name}({call.arguments[0].sql}, {call.arguments[1].sql}) AS {duckdb_type(call.result)})"


def _sign(call: Call) -> str:
    return once(
        call.arguments, lambda x: f"CASE WHEN isnan({x}) THEN {x} WHEN {x} > 0 THEN 1 WHEN {x} < 0 THEN -1 ELSE {x} END"
    )


_ROUNDING = (
    *_each("abs(N) -> N", "abs($1)", _WHOLE + _FLOATS),
    *(
        row
        for name in ("ceil", "ceiling", "floor")
        for row in (*_each(f"{name}(N) -> N", "$1", _WHOLE), *_each(f"{name}(N) -> N", f"{name}($1)", _FLOATS))
    ),
    *_each("round(N) -> N", "$1", _WHOLE),
    *_each("round(N) -> N", _rounded, _FLOATS),
    *_each("round(N, integer) -> N", _rounded_whole, _WHOLE),
    *_each("round(N, integer) -> N", _rounded_to, _FLOATS),
    *_each("sign(N) -> N", "CAST(sign($1) AS $R)", _WHOLE),
    *_each("sign(N) -> N", _sign, _FLOATS),
    *_each("truncate(N) -> N", "trunc($1)", _FLOATS),
    *_each("mod(N, N) -> N", _mod, _WHOLE),
    *_each("mod(N, N) -> N", "$1 % $2", _FLOATS),
)


# Powers, logarithms, angles.


def _power(call: Call) -> str:
    """One to the power of what is not finite is NaN in Java."""
    exponent = _float_of(call.arguments[1])
    if exponent is not None and math.isfinite(exponent):
        return "pow({}, {})".format(*(argument.sql for argument in call.arguments))
    return once(
        call.arguments,
        lambda base, exponent: (
            f"CASE WHEN NOT isfinite({exponent}) AND abs({base}) = 1 THEN {_NAN} ELSE pow({base}, {exponent}) END"
        ),
    )


def _logarithm(call: Call) -> str:
    base = _float_of(call.arguments[0])
    if base is not None and base != 1:
        return "ln({1}) / ln({0})".format(*(argument.sql for argument in call.arguments))
    return once(call.arguments, lambda base, number: _divided(f"ln({number})", f"ln({base})"))


# Of one double, each with DuckDB's name; NaN and infinity come out as Java's do.
_LAST_DIGIT = "the sixteenth digit may differ"
_SAME = ("acos", "asin", "atan", "cos", "cosh", "exp", "ln", "log10", "sin", "sinh", "sqrt", "tan", "tanh")

_POWERS = (
    *(Function(f"{name}(double) -> double", f"{name}($1)", note=_LAST_DIGIT) for name in _SAME),
    Function("atan2(double, double) -> double", "atan2($1, $2)", note=_LAST_DIGIT),
    Function("cbrt(double) -> double", lambda call: or_nan(call, f"athena_cbrt({call.arguments[0].sql})")),
    Function("degrees(double) -> double", "$1 * CAST('57.29577951308232' AS DOUBLE)"),
    Function("radians(double) -> double", "$1 * CAST('0.017453292519943295' AS DOUBLE)"),
    Function("e() -> double", "CAST('2.718281828459045' AS DOUBLE)"),
    Function("pi() -> double", "pi()"),
    Function("log(double, double) -> double", _logarithm, note=_LAST_DIGIT),
    Function("log2(double) -> double", "ln($1) / CAST('0.6931471805599453' AS DOUBLE)"),
    Function("pow(double, double) -> double", _power, note=_LAST_DIGIT),
    Function("power(double, double) -> double", _power, note=_LAST_DIGIT),
    Function("nan() -> double", _NAN),
    Function("infinity() -> double", _INFINITY),
    *_each("is_nan(N) -> boolean", "isnan($1)", _FLOATS),
    Function("is_finite(double) -> boolean", "isfinite($1)"),
    Function("is_infinite(double) -> boolean", "isinf($1)"),
)


_PRECISE = Context(prec=50)


@strict
def athena_cbrt(value: float) -> float:
    """The double nearest to the cube root; DuckDB's of 27 is more than 3."""
    if not value or not math.isfinite(value):
        return value
    root = Decimal(math.cbrt(value))
    square = _PRECISE.multiply(root, root)
    error = _PRECISE.subtract(_PRECISE.multiply(square, root), Decimal(value))
    return float(_PRECISE.subtract(root, _PRECISE.divide(error, 3 * square)))


# Buckets, digits in other bases, random numbers.


@strict
def athena_width_bucket(value: float, one: float, other: float, count: int) -> int:
    """The bucket of a value between two bounds, which may stand in either order."""
    if count <= 0:
        raise ValueError("bucketCount must be greater than 0")
    if math.isnan(value) or not math.isfinite(one) or not math.isfinite(other) or one == other:
        raise ValueError("expected an operand that is a number, and two finite bounds that differ")
    lower, upper = min(one, other), max(one, other)
    if value < lower:
        bucket = 0
    elif value >= upper:
        bucket = _bigint(count + 1)
    else:
        bucket = min(int(float(count) * (value - lower) / (upper - lower) + 1), _MOST_BIGINT)
    return count - bucket + 1 if one > other else bucket


def athena_width_bucket_of(value: float | None, bins: list[float | None] | None) -> int | None:
    """How many of the bins, which are in order, are not larger than the value. Trino takes a NULL bin for 0."""
    if value is None or bins is None:
        return None
    if not bins or math.isnan(value):
        raise ValueError("expected bins, and an operand that is a number")
    known = [each or 0.0 for each in bins]
    lower, upper = 0, len(known)
    while lower < upper:
        middle = (lower + upper) // 2
        if known[lower] > known[upper - 1] or not math.isfinite(known[middle]):
            raise ValueError("expected finite bins in ascending order")
        lower, upper = (lower, middle) if value < known[middle] else (middle + 1, upper)
    return lower


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _check_radix(radix: int) -> None:
    if not 2 <= radix <= len(_DIGITS):
        raise ValueError(f"radix must be between 2 and {len(_DIGITS)}")


@strict
def athena_to_base(value: int, radix: int) -> str:
    """A number in another base, in small letters."""
    _check_radix(radix)
    digits, rest = "", abs(value)
    while rest or not digits:
        rest, digit = divmod(rest, radix)
        digits = _DIGITS[digit] + digits
    return ("-" if value < 0 else "") + digits


@strict
def athena_from_base(text: str, radix: int) -> int:
    """The number that a text is in another base."""
    _check_radix(radix)
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits.isalnum():
        raise ValueError(f"not a valid base-{radix} number: {text}")
    value = int(f"00{digits}", radix)  # zeros keep Python from reading a prefix such as 0x
    return _bigint(-value if text[0] == "-" else value)


@strict
def athena_random(start: int, stop: int) -> int:
    """A whole number from start on, before stop."""
    if start >= stop:
        raise ValueError("the bound must be positive, and start less than stop")
    return random.randrange(start, stop)  # noqa: S311 # no secret


_OTHERS = (
    Function("width_bucket(double, double, double, bigint) -> bigint", "athena_width_bucket($*)"),
    Function("width_bucket(double, array(double)) -> bigint", "athena_width_bucket_of($*)"),
    Function("to_base(bigint, bigint) -> varchar", "athena_to_base($*)"),
    Function("from_base(varchar, bigint) -> bigint", "athena_from_base($*)"),
    *(
        row
        for name in ("rand", "random")
        for row in (
            Function(f"{name}() -> double", "random()"),
            *_each(f"{name}(N) -> N", "CAST(athena_random(0, $1) AS $R)", _WHOLE),
            *_each(f"{name}(N, N) -> N", "CAST(athena_random($1, $2) AS $R)", _WHOLE),
        )
    ),
)

FUNCTIONS = (*_ROUNDING, *_POWERS, *_OTHERS)

PYTHON = (
    PythonFunction("athena_round", athena_round, ("DOUBLE", "INTEGER"), "DOUBLE"),
    PythonFunction("athena_round_whole", athena_round_whole, ("BIGINT", "INTEGER"), "BIGINT"),
    PythonFunction("athena_round_integer", athena_round_integer, ("BIGINT", "INTEGER"), "BIGINT"),
    PythonFunction("athena_mod_by_zero", athena_mod_by_zero, ("BIGINT", "BIGINT"), "BIGINT"),
    PythonFunction("athena_cbrt", athena_cbrt, ("DOUBLE",), "DOUBLE"),
    PythonFunction("athena_width_bucket", athena_width_bucket, ("DOUBLE", "DOUBLE", "DOUBLE", "BIGINT"), "BIGINT"),
    PythonFunction("athena_width_bucket_of", athena_width_bucket_of, ("DOUBLE", "DOUBLE[]"), "BIGINT"),
    PythonFunction("athena_to_base", athena_to_base, ("BIGINT", "BIGINT"), "VARCHAR"),
    PythonFunction("athena_from_base", athena_from_base, ("VARCHAR", "BIGINT"), "BIGINT"),
    PythonFunction("athena_random", athena_random, ("BIGINT", "BIGINT"), "BIGINT", is_volatile=True),
)
