"""Athena's answers as Arrow tables: GetQueryResults gives every value as a text, and the columns' types beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from lake.sql.query_errors import QueryFailedError

_INTEGERS = {"tinyint": pa.int8(), "smallint": pa.int16(), "integer": pa.int32(), "int": pa.int32()}
_ARROW: dict[str, pa.DataType] = {
    **_INTEGERS,
    "bigint": pa.int64(),
    "real": pa.float32(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "varbinary": pa.binary(),
}


def answer_table(pages: Iterable[dict[str, Any]], has_header: bool) -> pa.Table:
    """The rows of all pages (each a ResultSet), in the types that the first one tells.

    A SELECT's first row repeats the columns' names. A value that is absent is NULL, and '' is the empty text: the API
    tells them apart. Arrays, maps and rows come as one text that cannot be read back with certainty: they stay texts.
    Raises QueryFailedError for a value that is none of its type.
    """
    columns: list[dict[str, Any]] | None = None
    batches: list[pa.RecordBatch] = []
    for page in pages:
        rows = page.get("Rows", [])
        if columns is None:
            columns = page["ResultSetMetadata"]["ColumnInfo"]
            if has_header and rows and _texts(rows[0], len(columns)) == [column["Name"] for column in columns]:
                rows = rows[1:]
        batches.append(_batch([_texts(row, len(columns)) for row in rows], columns))
    if columns is None:
        return pa.table({})
    return pa.Table.from_batches(batches, _schema(columns))


def _texts(row: dict[str, Any], width: int) -> list[str | None]:
    texts = [datum.get("VarCharValue") for datum in row.get("Data", [])]
    return [*texts, *[None] * (width - len(texts))]


def _schema(columns: list[dict[str, Any]]) -> pa.Schema:
    return pa.schema([pa.field(column["Name"], _arrow_type(column)) for column in columns])


def _arrow_type(column: dict[str, Any]) -> pa.DataType:
    kind = column["Type"].lower()
    if kind == "decimal":
        return pa.decimal128(column.get("Precision", 38), column.get("Scale", 0))
    return _ARROW.get(kind, pa.string())


def _batch(rows: list[list[str | None]], columns: list[dict[str, Any]]) -> pa.RecordBatch:
    schema = _schema(columns)
    arrays = []
    for at, column in enumerate(columns):
        kind = schema.field(at).type
        read = _READERS.get(column["Type"].lower(), str)
        try:
            arrays.append(pa.array([None if row[at] is None else read(row[at]) for row in rows], kind))
        except (ValueError, ArithmeticError, pa.ArrowException) as error:
            raise QueryFailedError(
                f"reading Athena's answer: a value of {column['Name']} is no {column['Type']}: {error}"
            ) from error
    return pa.record_batch(arrays, schema=schema)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _zoned(text: str) -> datetime:
    """2026-11-21 09:00:00.000 UTC, or with another zone's name or offset behind it."""
    instant, _, zone = text.rpartition(" ")
    if zone[:1] in "+-":
        return datetime.fromisoformat(f"{instant}{zone}").astimezone(UTC)
    return datetime.fromisoformat(instant).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys([*_INTEGERS, "bigint"], int),
    **dict.fromkeys(["real", "float", "double"], float),
    "decimal": Decimal,
    "boolean": _boolean,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "timestamp with time zone": _zoned,
    "varbinary": bytes.fromhex,
}
