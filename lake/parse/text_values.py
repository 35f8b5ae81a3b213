"""A scalar value written as text: the one set of rules for CSV fields, JSON strings of `acceptsText` columns, map keys
and, in Java, streams.

    integers         a sign if any, then digits; leading zeros do not matter
    float, double    a sign if any, digits with a point anywhere or none, an exponent if any; rounded once, finite
    decimal          the same, if precision and scale hold it exactly
    boolean          true, t, 1, false, f, 0 in any letter case
    timestamp        ISO 8601 (lake.parse.times); or a number in the column's epoch unit (lake.parse.epoch)
    date             YYYY-MM-DD
    binary           base64

Digits are ASCII and nothing is trimmed. Whether an empty text is null is decided by the format before.

Why one set: a column has one meaning whatever format its records come in, so a spelling that one format's writers
produce (`+7`, `1` and `t` of databases, `TRUE` of spreadsheets, ` UTC` behind a time) is read in all of them, where it
can mean one thing only. The known answers are in tests/known_answers/text_values.json.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from decimal import Context, Decimal, Inexact, InvalidOperation

import pyarrow as pa
import pyarrow.types as pt

from lake.parse.epoch import epoch_micros, is_epoch
from lake.parse.reasons import Reason
from lake.parse.refused import JsonNumber, Refused, out_of_range, shown, wrong_type
from lake.parse.times import FIRST_MICROS, LAST_MICROS, days_since_1970, micros_since_1970

TextReader = Callable[[str], object]

BOOLEANS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MOST_DIGITS = 40  # more than any integer type holds; int() takes quadratic time, and refuses very long texts


def text_value(kind: pa.DataType, epoch_unit: str | None = None) -> TextReader:
    """A function that turns a text into the type's value, as `pyarrow.array` takes it; it raises Refused.

    A timestamp becomes microseconds since 1970, a date days since 1970. No text is a list, a struct or a map.
    """
    if pt.is_timestamp(kind):
        return _timestamp(kind, epoch_unit)
    for is_kind, reader in _READERS:
        if is_kind(kind):
            return reader(kind)

    def refuse(text: str) -> object:
        raise wrong_type(kind, text)

    return refuse


def decimal_of(kind: pa.DataType) -> Callable[[int | Decimal], Decimal | None]:
    """A function that gives a number in the type's scale, None where the type cannot hold it exactly."""
    exact = Context(prec=kind.precision, Emin=-99_999, Emax=99_999, traps=[Inexact, InvalidOperation])
    step = Decimal(1).scaleb(-kind.scale)

    def fit(number: int | Decimal) -> Decimal | None:
        try:
            return Decimal(number).quantize(step, context=exact)
        except (Inexact, InvalidOperation):
            return None

    return fit


def _string(_: pa.DataType) -> TextReader:
    def read(text: str) -> object:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                raise Refused(Reason.INVALID_UTF8, f"unpaired surrogate in {shown(text)}") from None
        return text

    return read


def _integer(kind: pa.DataType) -> TextReader:
    highest = 2 ** (kind.bit_width - 1) - 1

    def read(text: str) -> object:
        if not _INTEGER.fullmatch(text):
            raise wrong_type(kind, text)
        number = _whole(text)
        if not -highest - 1 <= number <= highest:
            raise out_of_range(kind, text)
        return number

    return read


def _whole(text: str) -> int:
    """An integer's value; where no type holds it, another that no type holds."""
    digits = text.lstrip("+-0")
    number = int(digits or "0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS
    return -number if text.startswith("-") else number


def _floating(kind: pa.DataType) -> TextReader:
    def read(text: str) -> object:
        if not _NUMBER.fullmatch(text):
            raise wrong_type(kind, text)
        # Arrow's cast, not float(), for 32 bits: a number read through 64 bits would be rounded twice.
        number = float(text) if kind.bit_width == 64 else pa.scalar(text.lstrip("+")).cast(kind).as_py()
        if math.isinf(number):
            raise out_of_range(kind, text)
        return number

    return read


def _decimal(kind: pa.DataType) -> TextReader:
    fit = decimal_of(kind)

    def read(text: str) -> object:
        if not _NUMBER.fullmatch(text):
            raise wrong_type(kind, text)
        number = fit(JsonNumber(text))
        if number is None:
            raise out_of_range(kind, text)
        return number

    return read


def _boolean(kind: pa.DataType) -> TextReader:
    def read(text: str) -> object:
        value = BOOLEANS.get(text.lower())
        if value is None:
            raise wrong_type(kind, text)
        return value

    return read


def _timestamp(kind: pa.DataType, epoch_unit: str | None) -> TextReader:
    def read(text: str) -> object:
        if is_epoch(text, epoch_unit):
            return epoch_micros(Decimal(text), epoch_unit, text)
        micros = micros_since_1970(text)
        if micros is None:
            raise wrong_type(kind, text)
        if not FIRST_MICROS <= micros <= LAST_MICROS:
            raise out_of_range(kind, text)
        return micros

    return read


def _date(kind: pa.DataType) -> TextReader:
    def read(text: str) -> object:
        days = days_since_1970(text)
        if days is None:
            raise wrong_type(kind, text)
        return days

    return read


def _binary(kind: pa.DataType) -> TextReader:
    def read(text: str) -> object:
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise wrong_type(kind, text) from None

    return read


_READERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], TextReader]], ...] = (
    (pt.is_string, _string),
    (pt.is_integer, _integer),
    (pt.is_floating, _floating),
    (pt.is_decimal, _decimal),
    (pt.is_boolean, _boolean),
    (pt.is_date32, _date),
    (pt.is_binary, _binary),
)
