"""A query's result on standard output: as a table, CSV or JSON."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any, Literal

import pyarrow as pa

from lake.cli.options import print_table

Format = Literal["table", "csv", "json"]
_SHOWN_ROWS = 1_000
_BATCH = 10_000


def write_answer(table: pa.Table, form: Format, out: IO[str]) -> int:
    """Write the rows; returns how many were written (a table stops at a thousand)."""
    if form == "table":
        shown = table.slice(0, _SHOWN_ROWS)
        numbers = [field.name for field in table.schema if _is_number(field.type)]
        print_table(table.column_names, [[_cell(value) for value in row] for row in _rows(shown)], right=numbers)
        return int(shown.num_rows)
    write: Callable[[pa.Table, IO[str]], None] = _write_csv if form == "csv" else _write_json
    write(table, out)
    return int(table.num_rows)


def _write_csv(table: pa.Table, out: IO[str]) -> None:
    """RFC 4180 with LF: NULL is an empty field, the empty text is "", nested values are JSON."""
    out.write(",".join(_csv_text(name) for name in table.column_names) + "\n")
    for row in _rows(table):
        out.write(",".join("" if value is None else _csv_text(_plain(value)) for value in row) + "\n")


def _write_json(table: pa.Table, out: IO[str]) -> None:
    """An array of objects, one a line. Decimals and integers are exact numbers; binary is base64; times are ISO 8601.

    What JSON has no number for (NaN, Infinity) is a text.
    """
    names = [json.dumps(name, ensure_ascii=False) for name in table.column_names]
    out.write("[")
    for number, row in enumerate(_rows(table)):
        members = ", ".join(f"{name}: {json_text(value)}" for name, value in zip(names, row, strict=True))
        out.write((",\n" if number else "\n") + "{" + members + "}")
    out.write("\n]\n" if table.num_rows else "]\n")


def json_text(value: Any) -> str:  # noqa: PLR0911 (one return a kind of value)
    """A value as JSON; structs and maps are objects."""
    match value:
        case dict():
            return "{" + ", ".join(f"{_json_string(str(key))}: {json_text(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(json_text(each) for each in value) + "]"
        case Decimal():
            return format(value, "f")
        case float():
            return json.dumps(value) if math.isfinite(value) else _json_string(str(value))
        case None | bool() | int():
            return json.dumps(value)
        case datetime():
            return _json_string(value.isoformat().replace("+00:00", "Z"))
        case _:
            return _json_string(_plain(value))


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    # By position: two columns of an answer may have one name.
    for batch in table.to_batches(_BATCH):
        yield from zip(*map(_values, batch.columns), strict=True)


def _values(column: pa.Array) -> list[Any]:
    try:
        return list(column.to_pylist(maps_as_pydicts="lossy"))
    except (OverflowError, ValueError):  # Python's dates end with the year 9999
        return _far_values(column)


def _far_values(column: pa.Array) -> list[Any]:
    """Values among which are dates that Python has not: such a column is texts."""
    if pa.types.is_list(column.type):
        return [_values(each.values) if each.is_valid else None for each in column]
    if pa.types.is_struct(column.type):
        fields = [_values(field) for field in column.flatten()]
        names = [field.name for field in column.type]
        rows = [dict(zip(names, row, strict=True)) for row in zip(*fields, strict=True)]
        return [row if scalar.is_valid else None for row, scalar in zip(rows, column, strict=True)]
    texts = pa.compute.replace_substring_regex(column.cast(pa.string()), r"(\.\d{3})000", r"\1")
    return list(texts.to_pylist())


def _cell(value: Any) -> str:
    return "NULL" if value is None else _plain(value)


def _plain(value: Any) -> str:  # noqa: PLR0911 (one return a kind of value)
    """A value as Athena shows it: timestamps with a blank and at least milliseconds."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            text = value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
            text = text.removesuffix("000") if value.microsecond % 1000 == 0 else text
            return text + (" UTC" if value.tzinfo else "")
        case bytes():
            return base64.b64encode(value).decode()
        case Decimal():
            return format(value, "f")
        case date() | time():
            return value.isoformat()
        case dict() | list():
            return json_text(value)
        case _:
            return str(value)


def _csv_text(text: str) -> str:
    if text == "" or any(character in text for character in ',"\n\r') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
