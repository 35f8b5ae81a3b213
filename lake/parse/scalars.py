"""One scalar value, from JSON or from text, as a column's type holds it exactly; or why it cannot.

The rules: integers are JSON numbers with no fraction and no exponent (2.0 and 1e2 are refused, as 2.7 is). A float or
double takes any number that it can hold, to the nearest; a decimal takes what it holds without rounding. Strings are
JSON strings alone. A timestamp is text (lake.parse.times) or whole epoch milliseconds. Binary is base64.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable
from decimal import Context, Decimal, Inexact, InvalidOperation

import pyarrow as pa
import pyarrow.types as pt

from lake.parse.reasons import Reason
from lake.parse.times import FIRST_MICROS, LAST_MICROS, days_since_1970, micros_since_1970

Reader = Callable[[object], object]

_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_LONGEST_WHOLE = 40
_SHOWN = 60


class Refused(Exception):  # noqa: N818 - a record's outcome, not a fault of the program
    """A record, or a value in it, that the contract does not allow."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class LongWhole(Decimal):
    """A whole number of more digits than any integer column holds."""


class Members(list[tuple[str, object]]):
    """A JSON object's names and values, as they stand: in order, duplicates and all."""


def scalar_json_value(arrow_type: pa.DataType) -> Reader | None:
    """The reader of JSON values for a scalar type, None for a type that is none."""
    return next((reader(arrow_type) for is_kind, reader in _READERS if is_kind(arrow_type)), None)


def scalar_text_value(arrow_type: pa.DataType) -> Callable[[str], object] | None:
    """The reader of texts for a scalar type, None for a type that is none."""
    reader = scalar_json_value(arrow_type)
    if reader is None:
        return None
    read: Reader = reader
    if pt.is_boolean(arrow_type):
        return _boolean_of_text
    if pt.is_integer(arrow_type):
        return lambda text: read(_whole_of(text)) if _WHOLE.fullmatch(text) else _refuse(arrow_type, text)
    if pt.is_floating(arrow_type) or pt.is_decimal(arrow_type):
        return lambda text: read(number_of(text)) if _NUMBER.fullmatch(text) else _refuse(arrow_type, text)
    if pt.is_timestamp(arrow_type):
        return lambda text: read(_whole_of(text) if _WHOLE.fullmatch(text) else text)
    return read


def number_of(text: str) -> Decimal:
    """A JSON number's exact value; infinite where its exponent is beyond what a Decimal has."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("-Infinity" if text.startswith("-") else "Infinity")


def whole_of(text: str) -> int | Decimal:
    """A JSON whole number's exact value; a LongWhole where int would take quadratic time, or refuse."""
    return int(text) if len(text) <= _LONGEST_WHOLE else LongWhole(text)


def _whole_of(text: str) -> int:
    digits = text.removeprefix("-").lstrip("0") or "0"
    whole = int(digits) if len(digits) <= _LONGEST_WHOLE else 10**_LONGEST_WHOLE
    return -whole if text.startswith("-") else whole


def _refuse(arrow_type: pa.DataType, value: object, reason: Reason = Reason.WRONG_TYPE) -> object:
    what = "cannot hold" if reason is Reason.OUT_OF_RANGE else "expected, found"
    raise Refused(reason, f"{arrow_type} {what} {shown(value)}")


def shown(value: object) -> str:
    """A value as a message shows it: what kind of JSON it is, and its beginning."""
    if isinstance(value, Members):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, bool):
        return "true" if value else "false"
    kind = (
        "the string " if isinstance(value, str) else "the number " if isinstance(value, int | float | Decimal) else ""
    )
    text = ascii(value) if isinstance(value, str) else "null" if value is None else str(value)
    return kind + (text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _string(arrow_type: pa.DataType) -> Reader:
    def read(value: object) -> object:
        if type(value) is not str:
            return _refuse(arrow_type, value)
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise Refused(Reason.INVALID_UTF8, f"half a surrogate pair in {shown(value)}") from None
        return value

    return read


def _boolean(arrow_type: pa.DataType) -> Reader:
    return lambda value: value if type(value) is bool else _refuse(arrow_type, value)


def _boolean_of_text(text: str) -> object:
    match text.lower():
        case "true" | "t":
            return True
        case "false" | "f":
            return False
    return _refuse(pa.bool_(), text)


def _integer(arrow_type: pa.DataType) -> Reader:
    highest = 2 ** (arrow_type.bit_width - 1) - 1
    lowest = -highest - 1

    def read(value: object) -> object:
        if type(value) is int:
            return value if lowest <= value <= highest else _refuse(arrow_type, value, Reason.OUT_OF_RANGE)
        is_long = type(value) is LongWhole
        return _refuse(arrow_type, value, Reason.OUT_OF_RANGE if is_long else Reason.WRONG_TYPE)

    return read


def _floating(arrow_type: pa.DataType) -> Reader:
    single = arrow_type.bit_width == 32

    def read(value: object) -> object:
        if type(value) is not int and type(value) is not float and not isinstance(value, Decimal):
            return _refuse(arrow_type, value)
        try:
            number = float(value)
            if single:
                number = struct.unpack("<f", struct.pack("<f", number))[0]
        except OverflowError:
            number = math.inf
        return number if math.isfinite(number) else _refuse(arrow_type, value, Reason.OUT_OF_RANGE)

    return read


def _decimal(arrow_type: pa.DataType) -> Reader:
    exact = Context(prec=arrow_type.precision, Emin=-99_999, Emax=99_999, traps=[Inexact, InvalidOperation])
    step = Decimal(1).scaleb(-arrow_type.scale)

    def read(value: object) -> object:
        if type(value) is not int and not isinstance(value, Decimal):
            return _refuse(arrow_type, value)
        try:
            return Decimal(value).quantize(step, context=exact)
        except (Inexact, InvalidOperation):
            return _refuse(arrow_type, value, Reason.OUT_OF_RANGE)

    return read


def _timestamp(arrow_type: pa.DataType) -> Reader:
    def read(value: object) -> object:
        micros = micros_since_1970(value) if type(value) is str else value * 1000 if type(value) is int else None
        if micros is None:
            return _refuse(arrow_type, value)
        return micros if FIRST_MICROS <= micros <= LAST_MICROS else _refuse(arrow_type, value, Reason.OUT_OF_RANGE)

    return read


def _date(arrow_type: pa.DataType) -> Reader:
    def read(value: object) -> object:
        days = days_since_1970(value) if type(value) is str else None
        return _refuse(arrow_type, value) if days is None else days

    return read


def _binary(arrow_type: pa.DataType) -> Reader:
    def read(value: object) -> object:
        try:
            return base64.b64decode(value, validate=True) if type(value) is str else _refuse(arrow_type, value)
        except (binascii.Error, ValueError):
            raise Refused(Reason.WRONG_TYPE, f"base64 text expected, found {shown(value)}") from None

    return read


_READERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], Reader]], ...] = (
    (pt.is_string, _string),
    (pt.is_integer, _integer),
    (pt.is_floating, _floating),
    (pt.is_timestamp, _timestamp),
    (pt.is_boolean, _boolean),
    (pt.is_decimal, _decimal),
    (pt.is_date32, _date),
    (pt.is_binary, _binary),
)
