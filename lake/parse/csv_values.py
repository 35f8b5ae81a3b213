"""One CSV field's text as its column's type holds it exactly; or why it cannot.

Integers are a sign and digits; numbers may have a point and an exponent, and are finite; decimals are never rounded;
booleans are true, t, 1, false, f, 0 (also True, TRUE, T, False, FALSE, F); times are those of `values.text_value`, and
may end in ` UTC`, as databases write it, but digits alone are milliseconds since 1970 only if they are 11 or more.
Nothing is trimmed: databases do not pad. An empty field is null, quoted or not, but for text, where a quoted one is an
empty text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.types as pat

from lake.contract.arrow import arrow_type
from lake.contract.model import Column
from lake.parse.reasons import Reason
from lake.parse.values import Refused, text_value

TRUE_TEXTS = ("true", "True", "TRUE", "t", "T", "1")
FALSE_TEXTS = ("false", "False", "FALSE", "f", "F", "0")

Reader = Callable[[str], object]

_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")
_MOST_DIGITS = 400
_SHORT_DIGITS = re.compile(r"-?[0-9]{1,10}\Z")  # a year or a day such as 20180111 is no count of milliseconds
_UTC_SUFFIX = " UTC"


class FieldReader:
    """Reads one column's fields, by the rules of its contract."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.type = arrow_type(column.hive_type)
        self.must_be_valid = column.required and column.derived_from is None
        self._read = _reader(self.type)
        self.allowed = tuple(self._read(text) for text in column.allowed_values)

    def value(self, raw: bytes | None) -> object:
        """The value of a field as `csv_text.fields_of` gives it. Raises Refused."""
        text = None if raw is None else decoded(raw, self.column.field)
        if text is None or (text == "" and not pat.is_string(self.type)):
            return self.missing()
        try:
            value = self._read(text)
        except Refused as refused:
            raise Refused(refused.reason, f"field {self.column.field!r}: {refused.message}") from None
        if self.allowed and value not in self.allowed:
            allowed = ", ".join(self.column.allowed_values)
            raise Refused(Reason.VALUE_NOT_ALLOWED, f"field {self.column.field!r}: {_shown(text)} is none of {allowed}")
        return value

    def missing(self) -> object:
        """What an empty field stands for. Raises Refused where the column is required."""
        if self.must_be_valid:
            raise Refused(
                Reason.MISSING_REQUIRED, f"field {self.column.field!r} is empty, and the contract requires it"
            )
        return None


def decoded(raw: bytes, field: str) -> str:
    """A field's text. Raises Refused where it is not UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        message = f"field {field!r}: byte {raw[error.start]:#04x} at {error.start} of the field is not UTF-8"
        raise Refused(Reason.INVALID_UTF8, message) from None


def _reader(kind: pa.DataType) -> Reader:
    for is_kind, reader in _READERS:
        if is_kind(kind):
            return reader(kind)
    return text_value(kind)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _integer(kind: pa.DataType) -> Reader:
    most = 2 ** (kind.bit_width - 1)

    def read(text: str) -> object:
        if not _INTEGER.match(text):
            raise Refused(Reason.WRONG_TYPE, f"expected an integer (digits, a sign before them), found {_shown(text)}")
        if len(text.lstrip("+-0")) > 19 or not -most <= (value := int(text)) < most:
            raise Refused(Reason.OUT_OF_RANGE, f"expected {-most} to {most - 1}, found {_shown(text)}")
        return value

    return read


def _floating(kind: pa.DataType) -> Reader:
    def read(text: str) -> object:
        if not _NUMBER.match(text):
            raise Refused(Reason.WRONG_TYPE, f"expected a number such as 12.5 or 1e3, found {_shown(text)}")
        # Arrow's own reading, not float(): a 32-bit number read through 64 bits would be rounded twice.
        value = pa.scalar(text).cast(kind).as_py()
        if value in (float("inf"), float("-inf")):
            raise Refused(Reason.OUT_OF_RANGE, f"{_shown(text)} is too large for a number of {kind.bit_width} bits")
        return value

    return read


def _decimal(kind: pa.DataType) -> Reader:
    def read(text: str) -> object:
        if not _NUMBER.match(text):
            raise Refused(Reason.WRONG_TYPE, f"expected a decimal number such as 12.50, found {_shown(text)}")
        sign, digits, exponent = Decimal(text).as_tuple() if len(text) <= _MOST_DIGITS else (0, (1,), _MOST_DIGITS)
        significant = "".join(map(str, digits)).lstrip("0")
        whole = significant.rstrip("0")
        shift = int(exponent) + len(significant) - len(whole)
        if whole and (shift < -kind.scale or len(whole) + shift > kind.precision - kind.scale):
            expected = f"at most {kind.precision - kind.scale} digits before the point and {kind.scale} after it"
            raise Refused(Reason.OUT_OF_RANGE, f"expected {expected}, found {_shown(text)}")
        return Decimal((sign, tuple(map(int, whole)) or (0,), shift if whole else 0))

    return read


def _boolean(_: pa.DataType) -> Reader:
    def read(text: str) -> object:
        if text in TRUE_TEXTS:
            return True
        if text in FALSE_TEXTS:
            return False
        raise Refused(Reason.WRONG_TYPE, f"expected true, t, 1, false, f or 0, found {_shown(text)}")

    return read


def _timestamp(kind: pa.DataType) -> Reader:
    iso = text_value(kind)

    def read(text: str) -> object:
        if _SHORT_DIGITS.match(text):
            message = f"expected an ISO 8601 time or epoch milliseconds (11 digits or more), found {_shown(text)}"
            raise Refused(Reason.WRONG_TYPE, message)
        if text.endswith(_UTC_SUFFIX):
            return iso(text.removesuffix(_UTC_SUFFIX) + "Z")
        return iso(text)

    return read


_READERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], Reader]], ...] = (
    (pat.is_string, lambda _: str),
    (pat.is_integer, _integer),
    (pat.is_floating, _floating),
    (pat.is_decimal, _decimal),
    (pat.is_boolean, _boolean),
    (pat.is_timestamp, _timestamp),
)
