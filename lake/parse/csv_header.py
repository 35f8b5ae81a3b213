"""A CSV object's header row: which field is which column, which are unknown, and what is wrong with it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass

from lake.contract.model import Table, TextForm
from lake.parse.csv_text import RFC_4180, Shape, fields_of, record_at
from lake.parse.reasons import Reason

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Header:
    """A header row. `positions` has a field's position for each of the table's columns, None where it is absent.

    `unknown` are positions and names (as JSON text) of the fields that the contract does not know. `fault`, where
    there is one, is why no record of the object can be read: a column is named twice, or the row is no header.
    `line` is None where the contract has the order of the fields.
    """

    line: bytes | None
    width: int
    positions: tuple[int | None, ...]
    unknown: tuple[tuple[int, str], ...]
    fault: tuple[Reason, str] | None = None
    is_record: bool = False  # the row is no header, so that it counts as a rejected record itself


def header_of(line: bytes, table: Table) -> Header:
    """The header that a record's bytes (line end and byte-order mark taken off) make for a table.

    A name is a column's field as it stands or, where that is one field of one name, in another letter case or with
    blanks around it. A row that names no column of the contract is taken for a record of an export without header, not
    for a header of unknown fields only: no record can be read by it.
    """
    form = text_form(table)
    attempt = record_at(line, 0, form=form)
    if attempt.shape is not Shape.WHOLE or attempt.end != len(line):
        return _not_a_header(line, 1, attempt.shape.value)
    try:
        names = [(field or b"").decode() for field in fields_of(line, form)]
    except UnicodeDecodeError:
        return _not_a_header(line, len(fields_of(line, form)), "it is not UTF-8")
    fields = [column.field for column in table.columns]
    places = _places(names, fields)
    if not any(places):
        return _not_a_header(line, len(names), f"it names none of the contract's fields ({', '.join(fields)})")
    positions = tuple(found[0] if found else None for found in places)
    known = {at for found in places for at in found}
    unknown = tuple((at, json.dumps(name, ensure_ascii=False)) for at, name in enumerate(names) if at not in known)
    return Header(line, len(names), positions, unknown, _fault(names, fields, places))


def header_of_contract(table: Table) -> Header:
    """The header of objects that have none: a field for each column, but for those derived from the record."""
    width, positions = 0, list[int | None]()
    for column in table.columns:
        positions.append(None if column.derived_from else width)
        width += column.derived_from is None
    return Header(None, width, tuple(positions), ())


def text_form(table: Table) -> TextForm:
    """The form of a table's text."""
    return RFC_4180 if table.source is None else table.source.text


def _places(names: list[str], fields: list[str]) -> list[list[int]]:
    """Where each field's name stands; in another spelling only where it does not stand as it is."""
    exact: defaultdict[str, list[int]] = defaultdict(list)
    similar: defaultdict[str, list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        (exact[name] if name in fields else similar[_plain(name)]).append(at)
    return [exact[field] or similar[_plain(field)] for field in fields]


def _fault(names: list[str], fields: list[str], places: list[list[int]]) -> tuple[Reason, str] | None:
    """Why it is open which value is whose."""
    twice = sorted({field for field in fields if names.count(field) > 1})
    if twice:
        return Reason.DUPLICATE_FIELD, f"the header names {', '.join(twice)} more than once"
    for field, found in zip(fields, places, strict=True):
        if not found or names[found[0]] == field:
            continue
        spellings = " and ".join(repr(names[at]) for at in found)
        if len(found) > 1:
            message = f"the header has {spellings}, and each may be {field}; expected one of them, or {field!r}"
            return Reason.DUPLICATE_FIELD, message
        others = [other for other, place in zip(fields, places, strict=True) if place == found and other != field]
        if others:
            message = f"the header has {spellings}, which may be {', '.join((field, *others))}; expected their spelling"
            return Reason.DUPLICATE_FIELD, message
    return None


def _plain(name: str) -> str:
    return name.strip().casefold()


def _not_a_header(line: bytes, width: int, why: str) -> Header:
    shown = line[:200].decode(errors="backslashreplace")
    message = f"expected a header row first, but {why}: {shown!r}"
    return Header(line, width, (), (), (Reason.MALFORMED_CSV, message), is_record=True)
