"""DuckDB's answers in the types that Athena's answers have in Arrow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from lake.query.answer_types import answer_type
from lake.sql.query_errors import QueryFailedError
from lake.sql.translation.translated import Translated
from lake.sql.translation.types import DAY_TO_SECOND, TIMESTAMP_TZ, UNKNOWN, YEAR_TO_MONTH, Type, field_names

_DAY = timedelta(days=1) // timedelta(milliseconds=1)
_HELD_OTHERWISE = (TIMESTAMP_TZ, DAY_TO_SECOND, YEAR_TO_MONTH, "uuid", "unknown")


def answered(table: pa.Table, query: Translated) -> pa.Table:
    """The rows with Athena's names and types. Raises pa.ArrowInvalid for a number out of range."""
    columns = [_column(column, kind) for column, kind in zip(table.columns, query.types, strict=True)]
    return pa.Table.from_arrays(columns, names=query.names)


def _column(column: pa.ChunkedArray, kind: Type) -> pa.ChunkedArray:
    if kind.name == "map" and kind.types[0] == UNKNOWN:
        raise QueryFailedError("running the query: a map without entries has no type of keys; cast it, as Athena asks")
    wanted = answer_type(str(kind), bytes).arrow
    if kind.name == TIMESTAMP_TZ:
        fields = [pa.compute.struct_field(chunk, 0).cast(pa.timestamp("us")) for chunk in column.chunks]
        return pa.chunked_array(fields, pa.timestamp("us")).cast(wanted)
    if any(kind.has(name) for name in _HELD_OTHERWISE):
        return pa.chunked_array([pa.array([_value(each, kind) for each in column.to_pylist()], wanted)])
    # Arrow has lists equal whose elements have other names.
    return column if str(column.type) == str(wanted) else column.cast(wanted)


def _value(value: Any, kind: Type) -> Any:  # noqa: PLR0911 (one return a kind of type)
    """A value as Arrow takes it, which DuckDB holds in another way."""
    if value is None:
        return None
    match kind.name:
        case "timestamp with time zone":
            instant: datetime = value["t"]
            return instant.replace(tzinfo=UTC)
        case "interval day to second":
            days, rest = divmod(abs(value), _DAY)
            sign = -1 if value < 0 else 1
            return (0, sign * days, sign * rest * 1_000_000)
        case "interval year to month":
            return (value, 0, 0)
        case "uuid":
            return str(value)
        case "array":
            return [_value(each, kind.types[0]) for each in value]
        case "map":
            return [(_value(key, kind.types[0]), _value(each, kind.types[1])) for key, each in value]
        case "row":
            names = field_names(kind)
            return {name: _value(value[name], part) for name, part in zip(names, kind.types, strict=True)}
    return value
