"""Trino's types and values, as its JSON protocol sends them, in the Arrow types that DuckDB gives for the same."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

Read = Callable[[Any], Any]
"""Makes of a value of the protocol, never null, one that Arrow takes for the type."""


@dataclass(frozen=True)
class ColumnType:
    """An Arrow type, and how its values are read."""

    arrow: pa.DataType
    read: Read


def column_types(columns: Sequence[Any]) -> list[ColumnType]:
    """The types of the columns that an answer of the protocol lists."""
    return [_column_type(column["typeSignature"]) for column in columns]


def arrays(rows: Sequence[Sequence[Any]], types: Sequence[ColumnType]) -> list[pa.Array]:
    """The rows, column by column. Raises ValueError and pa.ArrowInvalid where a value fits no Arrow type."""
    columns = zip(*rows, strict=True) if rows else [()] * len(types)
    return [
        pa.array([None if value is None else kind.read(value) for value in column], kind.arrow)
        for kind, column in zip(types, columns, strict=True)
    ]


def _column_type(signature: Any) -> ColumnType:
    name, parts = signature["rawType"], [part["value"] for part in signature["arguments"]]
    match name:
        case "decimal":
            return ColumnType(pa.decimal128(*parts), Decimal)
        case "array":
            element = _column_type(parts[0])
            return ColumnType(pa.list_(element.arrow), lambda values: [_nullable(element, value) for value in values])
        case "map":
            return _map(_column_type(parts[0]), _column_type(parts[1]))
        case "row":
            return _row(parts)
    return _PLAIN.get(name, ColumnType(pa.string(), str))


def _map(key: ColumnType, value: ColumnType) -> ColumnType:
    kept_as_text = key.read

    def read(entries: dict[str, Any]) -> list[tuple[Any, Any]]:
        return [(kept_as_text(_key(key.arrow, name)), _nullable(value, each)) for name, each in entries.items()]

    return ColumnType(pa.map_(key.arrow, value.arrow), read)


def _key(kind: pa.DataType, text: str) -> Any:
    """The value that a map's key, a text in JSON, stands for."""
    if pa.types.is_boolean(kind):
        return text == "true"
    return int(text) if pa.types.is_integer(kind) else text


def _row(parts: Sequence[Any]) -> ColumnType:
    names = [(part.get("fieldName") or {}).get("name") or f"_{at}" for at, part in enumerate(parts)]
    kinds = [_column_type(part["typeSignature"]) for part in parts]
    fields = [pa.field(name, kind.arrow) for name, kind in zip(names, kinds, strict=True)]

    def read(values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(_nullable(kind, value) for kind, value in zip(kinds, values, strict=True))

    if len(set(names)) == len(names):
        return ColumnType(pa.struct(fields), lambda values: dict(zip(names, read(values), strict=True)))
    return ColumnType(pa.struct(fields), read)


def _nullable(kind: ColumnType, value: Any) -> Any:
    return None if value is None else kind.read(value)


def _same(value: Any) -> Any:
    return value


def _timestamp(text: str) -> datetime:
    return datetime.fromisoformat(text)  # more digits than microseconds are cut off


def _timestamp_with_zone(text: str) -> datetime:
    local, _, zone = text.rpartition(" ")
    return datetime.fromisoformat(local).replace(tzinfo=_zone(zone))


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


_PLAIN = {
    "unknown": ColumnType(pa.null(), _same),
    "boolean": ColumnType(pa.bool_(), _same),
    "tinyint": ColumnType(pa.int8(), _same),
    "smallint": ColumnType(pa.int16(), _same),
    "integer": ColumnType(pa.int32(), _same),
    "bigint": ColumnType(pa.int64(), _same),
    "real": ColumnType(pa.float32(), float),  # NaN and Infinity are texts
    "double": ColumnType(pa.float64(), float),
    "varchar": ColumnType(pa.string(), _same),
    "varbinary": ColumnType(pa.binary(), base64.b64decode),
    "date": ColumnType(pa.date32(), date.fromisoformat),
    "time": ColumnType(pa.time64("us"), time.fromisoformat),
    "timestamp": ColumnType(pa.timestamp("us"), _timestamp),
    "timestamp with time zone": ColumnType(pa.timestamp("us", tz="UTC"), _timestamp_with_zone),
    "interval day to second": ColumnType(pa.month_day_nano_interval(), _days_to_seconds),
    "interval year to month": ColumnType(pa.month_day_nano_interval(), _years_to_months),
}
