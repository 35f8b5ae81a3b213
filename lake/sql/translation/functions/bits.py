"""Functions of bits, in two's complement: shifts as Java has them, and of 64 places and more."""

from __future__ import annotations

from lake.sql.translation.functions.guards import number_of, strict
from lake.sql.translation.python_functions import PythonFunction
from lake.sql.translation.signatures import Call, Function, Template
from lake.sql.translation.types import duckdb_type

_BITS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}


def _bit_count(call: Call) -> str:
    if number_of(call.arguments[1]) == 64:
        return f"CAST(bit_count({call.arguments[0].sql}) AS BIGINT)"
    return f"athena_bit_count({call.arguments[0].sql}, {call.arguments[1].sql})"


@strict
def athena_bit_count(value: int, bits: int) -> int:
    """How many of the lowest bits of a number are set."""
    if not 2 <= bits <= 64:
        raise ValueError(f"bits must be between 2 and 64, got {bits}")
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise ValueError(f"{value} has no room in {bits} bits")
    return (value & ((1 << bits) - 1)).bit_count()


def _shift(name: str) -> Template:
    return lambda call: (
        f"CAST({name}({call.arguments[0].sql}, {call.arguments[1].sql}, {_BITS[call.result.name]}) "
        f"AS {duckdb_type(call.result)})"
    )


def _places(places: int) -> int:
    # Of a negative count of places, Java takes the lowest six bits.
    return places & 63 if places < 0 else places


def _signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


@strict
def athena_shift_left(value: int, places: int, bits: int) -> int:
    """bitwise_left_shift of a number of so many bits."""
    return _signed(value << _places(places), bits) if places < 64 else 0


@strict
def athena_shift_right(value: int, places: int, bits: int) -> int:
    """bitwise_right_shift: zeros come in from the left."""
    if places == 0 or places >= 64:
        return value if places == 0 else 0
    return _signed((value & ((1 << bits) - 1)) >> _places(places), bits)


@strict
def athena_shift_arithmetic(value: int, places: int, _bits: int) -> int:
    """bitwise_right_shift_arithmetic: the sign comes in from the left."""
    return value >> _places(places)


FUNCTIONS = (
    Function("bit_count(bigint, bigint) -> bigint", _bit_count),
    Function("bitwise_and(bigint, bigint) -> bigint", "$1 & $2"),
    Function("bitwise_or(bigint, bigint) -> bigint", "$1 | $2"),
    Function("bitwise_xor(bigint, bigint) -> bigint", "xor($1, $2)"),
    Function("bitwise_not(bigint) -> bigint", "~($1)"),
    *(
        Function(f"{name}({kind}, integer) -> {kind}", _shift(function))
        for name, function in (
            ("bitwise_left_shift", "athena_shift_left"),
            ("bitwise_right_shift", "athena_shift_right"),
            ("bitwise_right_shift_arithmetic", "athena_shift_arithmetic"),
        )
        for kind in _BITS
    ),
)

PYTHON = (
    PythonFunction("athena_bit_count", athena_bit_count, ("BIGINT", "BIGINT"), "BIGINT"),
    *(
        PythonFunction(function.__name__, function, ("BIGINT", "INTEGER", "INTEGER"), "BIGINT")
        for function in (athena_shift_left, athena_shift_right, athena_shift_arithmetic)
    ),
)
