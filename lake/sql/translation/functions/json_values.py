"""Trino's casts of JSON's values to other types, as texts that DuckDB reads.

A value is as json_trees makes it: Members or a list, a text, an int, a Written, a bool, None.
"""

from __future__ import annotations

import json
import math
import re
import struct
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from lake.sql.translation.functions.double_texts import athena_double_text
from lake.sql.translation.functions.json_text import (
    double_text,
    quoted_in_text,
    real_text,
    without_surrogates,
    written,
)
from lake.sql.translation.functions.json_trees import Members
from lake.sql.translation.types import Type

_BITS = {"bigint": 64, "integer": 32, "smallint": 16, "tinyint": 8}
_TRIMMED = "".join(map(chr, range(33)))
_WHOLE = re.compile(r"[+-]?\d+")  # digits of any script, as Java reads them
_DOUBLE = re.compile(r"([+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))[dDfF]?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_EXACT = Context(prec=2000, Emax=10**9, Emin=-(10**9))
_BEYOND_REAL = 2.0**128 - 2.0**103  # what is rounded to infinity in 32 bits
_MOST_EXPONENT = 400  # of a text that is cast to decimal: all beyond is out of range, or 0


class CastError(ValueError):
    """A value that is none of the type."""


def cast_text(value: object, kind: Type) -> str | None:
    """The text of a value: of a scalar, or of JSON for arrays, maps and rows; None of null. Raises CastError."""
    made = _cast(value, kind)
    return json.dumps(made, ensure_ascii=False) if isinstance(made, list | dict) else made


def _cast(value: object, kind: Type) -> Any:
    """A value as texts, lists and dicts of them."""
    if kind.name == "json":
        return written(_with_dicts(value), quoted_in_text)
    if value is None:
        return None
    match kind.name:
        case "array":
            if not isinstance(value, list):
                raise CastError(f"Cannot cast to {kind}. Expected a json array, but got {_shown(value)}")
            return [_cast(each, kind.types[0]) for each in value]
        case "map":
            return _map(value, kind)
        case "row":
            return _row(value, kind)
    return scalar_text(value, kind)


def _map(value: object, kind: Type) -> dict[str, Any]:
    if not isinstance(value, Members):
        raise CastError(f"Cannot cast to {kind}. Expected a json object, but got {_shown(value)}")
    made: dict[str, Any] = {}
    for name, item in value:
        key = scalar_text(name, kind.types[0])
        if key in made:
            raise CastError(f"Cannot cast to {kind}. Duplicate map keys are not allowed")
        made[key] = _cast(item, kind.types[1])
    return made


def _row(value: object, kind: Type) -> dict[str, Any]:
    names = [name if name is not None else f"_{at}" for at, name in enumerate(kind.fields)]
    if isinstance(value, list):
        if len(value) != len(names):
            raise CastError(f"Cannot cast to {kind}. Expected {len(names)} elements, but got {len(value)}")
        return {name: _cast(item, part) for name, item, part in zip(names, value, kind.types, strict=True)}
    if not isinstance(value, Members):
        raise CastError(f"Cannot cast to {kind}. Expected a json array or object, but got {_shown(value)}")
    if kind.fields[0] is None:
        raise CastError(f"Cannot cast to {kind}. Cannot cast a JSON object to anonymous row type")
    parts = dict(zip(names, kind.types, strict=True))
    made: dict[str, Any] = {}
    for name, item in value:
        field = name.lower()
        if field in made:
            raise CastError(f"Cannot cast to {kind}. Duplicate field: {field}")
        if field in parts:
            made[field] = _cast(item, parts[field])
    return {name: made.get(name) for name in names}


def _with_dicts(value: object) -> object:
    if isinstance(value, Members):
        return {name: _with_dicts(item) for name, item in value}
    return [_with_dicts(item) for item in value] if isinstance(value, list) else value


def scalar_text(value: object, kind: Type) -> str:
    """The text of a scalar that is not null, cast to a type. Raises CastError."""
    if isinstance(value, list | Members):
        raise CastError(f"Cannot cast '{_shown(value)}' to {kind}")
    match kind.name:
        case "varchar":
            return _varchar(value)
        case "boolean":
            return "true" if _boolean(value) else "false"
        case "double":
            return double_text(_double(value))
        case "real":
            return real_text(_real(value))
        case "decimal":
            return _decimal(value, kind)
    return str(_whole(value, kind))


def _varchar(value: object) -> str:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, float):
        return str(athena_double_text(value))
    return str(value).lower()


def _whole(value: object, kind: Type) -> int:
    if isinstance(value, str):
        trimmed = value.strip(_TRIMMED)
        if not _WHOLE.fullmatch(trimmed) or len(trimmed) > 1000:
            raise CastError(f"Cannot cast '{value}' to {kind}")
        number = int(trimmed)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise CastError(f"Cannot cast '{value}' to {kind}")
        number = int(Decimal(value).to_integral_value(ROUND_HALF_UP))
    else:
        number = int(value)  # type: ignore[call-overload]  # an int or a bool
    limit = 1 << (_BITS[kind.name] - 1)
    if not -limit <= number < limit:
        raise CastError(f"Cannot cast '{_shown(value)}' to {kind}")
    return number


def _number_text(value: str, kind: str) -> str:
    found = _DOUBLE.fullmatch(value.strip(_TRIMMED))
    if found is None:
        raise CastError(f"Cannot cast '{value}' to {kind}")
    return found[1]


def _double(value: object) -> float:
    if isinstance(value, str):
        return float(_number_text(value, "double"))
    try:
        return float(value)  # type: ignore[arg-type]  # a number or a bool
    except OverflowError:
        return math.inf if int(value) > 0 else -math.inf  # type: ignore[call-overload]  # a long int


def _real(value: object) -> float:
    """The nearest number of 32 bits."""
    text = _number_text(value, "real") if isinstance(value, str) else getattr(value, "text", None) or str(int(value))  # type: ignore[call-overload]
    wide = float(text)
    if abs(wide) >= _BEYOND_REAL:
        return math.copysign(math.inf, wide)
    if not math.isfinite(wide) or wide == 0:
        return wide
    exact = Fraction(text)
    bits = int.from_bytes(struct.pack(">f", wide), "big")
    # Of two that are as near, the even one. A step beyond the greatest or below zero is never nearer.
    near = [each for each in (bits - 1, bits, bits + 1) if (each ^ bits) >> 31 == 0 and each & 0x7FFFFFFF < 0x7F800000]
    best = min(near, key=lambda each: (abs(_exact_real(each) - exact), each & 1))
    made: float = struct.unpack(">f", best.to_bytes(4, "big"))[0]
    return made


def _exact_real(bits: int) -> Fraction:
    return Fraction(struct.unpack(">f", bits.to_bytes(4, "big"))[0])


def _boolean(value: object) -> bool:
    if isinstance(value, str):
        is_true, is_false = value.lower() in ("true", "t", "1"), value.lower() in ("false", "f", "0")
        if not is_true and not is_false:
            raise CastError(f"Cannot cast '{value}' to boolean")
        return is_true
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise CastError(f"Cannot cast '{value}' to boolean")
    return bool(value)


def _decimal(value: object, kind: Type) -> str:
    precision, scale = kind.numbers
    text = value if isinstance(value, str) else getattr(value, "text", None) or str(int(value))  # type: ignore[call-overload]
    if not _DECIMAL.fullmatch(text):
        raise CastError(f"Cannot cast '{_shown(value)}' to {kind}")
    try:
        number = _EXACT.create_decimal(text)
        if number and abs(number.adjusted()) > _MOST_EXPONENT:
            number = Decimal(0) if number.adjusted() < 0 else number
        rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT)
    except InvalidOperation:
        raise CastError(f"Cannot cast input json to {kind}") from None
    if len(rounded.as_tuple().digits) > precision and rounded:
        raise CastError(f"Cannot cast input json to {kind}")
    return f"{rounded:f}"


def _shown(value: object) -> str:
    text = written(_with_dicts(value))
    return text if len(text) <= 100 else f"{text[:97]}..."
