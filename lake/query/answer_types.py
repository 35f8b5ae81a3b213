"""Types and values of Athena's and Trino's answers in the Arrow types that DuckDB gives for the same.

Both name types as Trino does. Trino's protocol sends values as JSON, Athena's API all of them as texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlglot import exp
from sqlglot.errors import ParseError

Read = Callable[[Any], Any]
"""Makes of a value of an answer, never null, one that Arrow takes for the type."""


@dataclass(frozen=True)
class AnswerType:
    """An Arrow type, and how its values are read. Raises ValueError, or an error of pyarrow, for another value."""

    arrow: pa.DataType
    read: Read

    def array(self, values: Sequence[Any]) -> pa.Array:
        """One column of an answer; None is NULL."""
        return pa.array([self.or_none(value) for value in values], self.arrow)

    def or_none(self, value: Any) -> Any:
        return None if value is None else self.read(value)


def answer_type(name: str, read_binary: Read) -> AnswerType:
    """What a Trino type is in Arrow, e.g. `array(row(x integer))`; `read_binary` is the engine's way to write bytes.

    A type that Arrow or DuckDB has not (uuid, json, time with a zone) stays a text, as do arrays, maps and rows that
    do not say of what they are.
    """
    try:
        kind: Any = exp.DataType.build(name, dialect="trino")
    except ParseError:
        return _TEXT
    return _of(kind, AnswerType(pa.binary(), read_binary))


def _of(kind: Any, binary: AnswerType) -> AnswerType:  # noqa: PLR0911 (one return a kind of type)
    if isinstance(kind.this, exp.Interval):
        return _INTERVALS.get(str(kind.this.args["unit"].sql("trino")).lower(), _TEXT)
    parts = kind.expressions
    match kind.this:
        case exp.DType.DECIMAL if len(parts) == 2:
            return AnswerType(pa.decimal128(*(int(part.name) for part in parts)), Decimal)
        case exp.DType.ARRAY if parts:
            element = _of(parts[0], binary)
            return AnswerType(pa.list_(element.arrow), lambda values: [element.or_none(value) for value in values])
        case exp.DType.MAP if parts:
            return _map(_of(parts[0], binary), _of(parts[1], binary))
        case exp.DType.STRUCT if parts:
            return _row(parts, binary)
        case exp.DType.VARBINARY:
            return binary
    return _PLAIN.get(kind.this, _TEXT)


def _map(key: AnswerType, value: AnswerType) -> AnswerType:
    def read(entries: dict[str, Any]) -> list[tuple[Any, Any]]:
        return [(key.read(name), value.or_none(each)) for name, each in entries.items()]  # a key in JSON is a text

    return AnswerType(pa.map_(key.arrow, value.arrow), read)


def _row(parts: Sequence[Any], binary: AnswerType) -> AnswerType:
    is_named = [isinstance(part, exp.ColumnDef) for part in parts]
    names = [part.name if named else f"_{at}" for at, (part, named) in enumerate(zip(parts, is_named, strict=True))]
    kinds = [_of(part.kind if named else part, binary) for part, named in zip(parts, is_named, strict=True)]
    fields = [pa.field(name, kind.arrow) for name, kind in zip(names, kinds, strict=True)]

    def read(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(kind.or_none(value) for kind, value in zip(kinds, values, strict=True))

    if len(set(names)) == len(names):
        return AnswerType(pa.struct(fields), lambda values: dict(zip(names, read(values), strict=True)))
    return AnswerType(pa.struct(fields), read)


def _boolean(value: Any) -> bool:
    if value not in (True, False, "true", "false"):
        raise ValueError(f"{value!r}; expected true or false")
    return value in (True, "true")


def _timestamp(text: str) -> datetime | int:
    """2026-11-21 09:00:00.000; microseconds since 1970 of a year that Python does not know."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        found = _FAR.fullmatch(text)
        if found is None:
            raise
        periods, year = divmod(int(found["year"]) - 2000, 400)  # the calendar repeats itself
        near = datetime.fromisoformat(f"{2000 + year}{found['rest']}").replace(tzinfo=UTC)
        return (near - _EPOCH) // timedelta(microseconds=1) + periods * _MICROSECONDS_OF_400_YEARS


def _date(text: str) -> date | int:
    """2026-11-21; days since 1970 of a year that Python does not know."""
    moment = _timestamp(text)
    return moment.date() if isinstance(moment, datetime) else moment // _MICROSECONDS_OF_A_DAY


def _timestamp_with_zone(text: str) -> datetime | int:
    """2026-11-21 09:00:00.000 UTC, or with another zone's name or offset behind it."""
    local, _, zone = text.rpartition(" ")
    moment = _timestamp(local)
    if not isinstance(moment, datetime):
        if _zone(zone) is not UTC:
            raise ValueError(f"{text!r}; expected UTC beside a year after 9999")
        return moment
    return moment.replace(tzinfo=_zone(zone)).astimezone(UTC)


def _zone(name: str) -> tzinfo:
    if name in {"UTC", "Z"}:
        return UTC
    if name[0] in "+-":
        return datetime.fromisoformat(f"2000-01-01T00:00{name}").tzinfo or UTC
    return ZoneInfo(name)


def _days_to_seconds(text: str) -> tuple[int, int, int]:
    """E.g. -1 02:00:00.500, as months, days and nanoseconds."""
    sign = -1 if text.startswith("-") else 1
    days, hours, minutes, seconds, thousandths = map(int, re.split(r"[ :.]", text.removeprefix("-")))
    nanoseconds = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000 + thousandths * 1_000_000
    return 0, sign * days, sign * nanoseconds


def _years_to_months(text: str) -> tuple[int, int, int]:
    """E.g. -1-2, as months, days and nanoseconds."""
    sign = -1 if text.startswith("-") else 1
    years, months = map(int, text.removeprefix("-").split("-"))
    return sign * (years * 12 + months), 0, 0


_FAR = re.compile(r"(?P<year>[+-]?\d{4,6})(?P<rest>-\d\d-\d\d(?: [\d:.]+)?)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS_OF_A_DAY = 86_400_000_000
_MICROSECONDS_OF_400_YEARS = 146_097 * _MICROSECONDS_OF_A_DAY

_TEXT = AnswerType(pa.string(), str)
_PLAIN = {
    exp.DType.UNKNOWN: AnswerType(pa.null(), str),
    exp.DType.BOOLEAN: AnswerType(pa.bool_(), _boolean),
    exp.DType.TINYINT: AnswerType(pa.int8(), int),
    exp.DType.SMALLINT: AnswerType(pa.int16(), int),
    exp.DType.INT: AnswerType(pa.int32(), int),
    exp.DType.BIGINT: AnswerType(pa.int64(), int),
    exp.DType.FLOAT: AnswerType(pa.float32(), float),  # NaN and Infinity are texts
    exp.DType.DOUBLE: AnswerType(pa.float64(), float),
    exp.DType.DATE: AnswerType(pa.date32(), _date),
    exp.DType.TIME: AnswerType(pa.time64("us"), time.fromisoformat),
    # More digits than microseconds are cut off.
    exp.DType.TIMESTAMP: AnswerType(pa.timestamp("us"), _timestamp),
    exp.DType.TIMESTAMPTZ: AnswerType(pa.timestamp("us", tz="UTC"), _timestamp_with_zone),
}
_INTERVALS = {
    "day to second": AnswerType(pa.month_day_nano_interval(), _days_to_seconds),
    "year to month": AnswerType(pa.month_day_nano_interval(), _years_to_months),
}
