"""A CSV object's header row: which field is which column, which are unknown, and what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from lake.contract.model import Table
from lake.parse.csv_text import Shape, fields_of, record_at
from lake.parse.reasons import Reason

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Header:
    """A header row. `positions` has a field's position for each of the table's columns, None where it is absent.

    `unknown` are positions and names (as JSON text) of the fields that the contract does not know. `fault`, where
    there is one, is why no record of the object can be read: a column is named twice, or the row is no header.
    """

    line: bytes
    width: int
    positions: tuple[int | None, ...]
    unknown: tuple[tuple[int, str], ...]
    fault: tuple[Reason, str] | None = None
    is_record: bool = False  # the row is no header, so that it counts as a rejected record itself


def header_of(line: bytes, table: Table) -> Header:
    """The header that a record's bytes (line end and byte-order mark taken off) make for a table.

    A row that names no column of the contract is taken for a record of an export without header, not for a header
    of unknown fields only: no record can be read by it.
    """
    attempt = record_at(line, 0)
    if attempt.shape is not Shape.WHOLE or attempt.end != len(line):
        return _not_a_header(line, 1, attempt.shape.value)
    try:
        names = [(field or b"").decode() for field in fields_of(line)]
    except UnicodeDecodeError:
        return _not_a_header(line, len(fields_of(line)), "it is not UTF-8")
    fields = [column.field for column in table.columns]
    if not set(names) & set(fields):
        return _not_a_header(line, len(names), f"it names none of the contract's fields ({', '.join(fields)})")
    positions = tuple(names.index(field) if field in names else None for field in fields)
    unknown = tuple((at, json.dumps(name, ensure_ascii=False)) for at, name in enumerate(names) if name not in fields)
    twice = sorted({field for field in fields if names.count(field) > 1})
    if twice:
        fault = (Reason.DUPLICATE_FIELD, f"the header names {', '.join(twice)} more than once")
        return Header(line, len(names), positions, unknown, fault)
    return Header(line, len(names), positions, unknown)


def _not_a_header(line: bytes, width: int, why: str) -> Header:
    shown = line[:200].decode(errors="backslashreplace")
    message = f"expected a header row first, but {why}: {shown!r}"
    return Header(line, width, (), (), (Reason.MALFORMED_CSV, message), is_record=True)
