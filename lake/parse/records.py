"""One JSON object, as it stands, to one row of a table; or why it is none."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

import pyarrow as pa

from lake.contract.arrow import arrow_schema
from lake.contract.model import Column, Table
from lake.contract.source_path import SourcePath
from lake.contract.struct_names import StructNames
from lake.parse.dynamodb import plain_members
from lake.parse.json_scanner import TOO_DEEP, is_too_deep
from lake.parse.json_spans import value_span
from lake.parse.json_text import member_sources, members_of, value_of, written_value_of
from lake.parse.reasons import Reason
from lake.parse.record_tree import UnknownNames, gather, holds_unread, tree_of
from lake.parse.refused import Members, Refused, quoted, shown
from lake.parse.ruled_values import RuledReader, ruled_reader
from lake.parse.values import Reader, json_value, unknown_names

Row = tuple[object, ...]


Coerced = Counter[tuple[str, str]]
"""How many values were taken by a rule that a contract gives: by the column's field, and the rule's property."""


@dataclass(frozen=True)
class _Reading:
    """How one column is read, by `ruled` where it has rules; `slots` are those of its `sources`."""

    column: Column
    read: Reader
    ruled: RuledReader | None
    slots: range
    sources: tuple[SourcePath, ...]


class RecordReader:
    """Reads records of one table, exactly. Rows are tuples: the contract's columns, then `rescued`.

    What is kept in `rescued`: members whose names the contract does not know, as they were written; and a member's
    whole value where something within it is read by no column: fields that the type of a struct does not know, what is
    beside the paths that lead into it, all of it where another of a column's names came first, or what is of another
    type in a column that rescues such values.
    """

    def __init__(self, table: Table) -> None:
        self.schema = arrow_schema(table)
        self._rescue = table.rescue
        self._decoded = decoder_of(table)
        paths = [path for column in table.columns for path in column.sources]
        self._tree = tree_of(paths)
        self._slots = len(paths)
        self._columns: list[_Reading] = []
        self._unknown: list[UnknownNames] = []
        for column in table.columns:
            kind = self.schema.field(column.name).type
            names = StructNames(column.struct_names)
            slots = range(len(self._unknown), len(self._unknown) + len(column.sources))
            self._unknown += [unknown_names(kind, names)] * len(slots)
            reader = json_value(kind, column.accepts_text, column.epoch_unit, names)
            self._columns.append(_Reading(column, reader, ruled_reader(column, kind), slots, column.sources))
        has_ruled = any(reading.ruled is not None for reading in self._columns)
        self._value_of = written_value_of if has_ruled else value_of

    def row(self, source: bytes, coerced: Coerced | None = None) -> Row:
        """The row of a record: one JSON object without anything around it. Raises Refused.

        What was coerced in it is added to `coerced`.
        """
        if is_too_deep(source):
            raise Refused(Reason.INVALID_JSON, TOO_DEEP)
        try:
            text = source.decode()
        except UnicodeDecodeError as error:
            raise Refused(Reason.INVALID_UTF8, f"invalid UTF-8 at byte {error.start} of the record") from None
        members = members_of(text, self._value_of)
        if self._decoded is not None:
            members = self._decoded(members)
        taken = _Taken(source, [None] * self._slots, set(), [])
        gather(self._tree, members, taken.found)
        row = [self._value(reading, taken) for reading in self._columns]
        is_rescued = [self._rescue and self._is_rescued(name, value, taken.unread) for name, value in members]
        if coerced is not None:
            coerced.update(taken.coerced)
        if not any(is_rescued):
            return (*row, None)
        return (*row, "{" + ",".join(compress(member_sources(text), is_rescued)) + "}")

    def table(self, rows: list[Row]) -> pa.Table:
        """The rows as columns."""
        columns = zip(*rows, strict=True) if rows else [()] * len(self.schema)
        arrays = [pa.array(values, field.type) for field, values in zip(self.schema, columns, strict=True)]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _is_rescued(self, name: str, value: object, unread: set[int]) -> bool:
        node = self._tree.within.get(name)
        return node is None or holds_unread(node, value, self._unknown, unread)

    def _value(self, reading: _Reading, taken: _Taken) -> object:
        """A column's value; those of its other names are noted as unread. Raises Refused."""
        column = reading.column
        given = [slot for slot in reading.slots if taken.found[slot] is not None]
        taken.unread.update(given[1:])
        path = reading.sources[given[0] - reading.slots.start if given else 0]
        parsed = value = taken.found[given[0]] if given else None
        if given and len(column.paths) > 1:
            taken.coerced.append((column.field, f"sourceName {path}"))
        if parsed is not None:
            try:
                value = (
                    reading.read(parsed)
                    if reading.ruled is None
                    else taken.ruled(column, reading.ruled, given[0], path)
                )
            except Refused as refused:
                raise Refused(refused.reason, f"field {_name(column, path)}: {refused.message}") from None
        if value is None and column.derived_from == "record_bytes":
            value = hashlib.sha256(taken.source).hexdigest()
        elif value is None and column.required:
            raise Refused(Reason.MISSING_REQUIRED, f"field {_all_names(column)} is required but missing or null")
        if column.allowed_values and value is not None and str(value) not in column.allowed_values:
            message = f"field {_name(column, path)}: expected one of {', '.join(column.allowed_values)}, got "
            raise Refused(Reason.VALUE_NOT_ALLOWED, message + shown(value if parsed is None else parsed))
        return value


class _Taken(NamedTuple):
    """What is taken of one record, of which `source` is the text: values by slot.

    `unread` are slots whose values no column takes, so that they are kept as they were written; `coerced` has field
    and rule of each value that was taken by one.
    """

    source: bytes
    found: list[object]
    unread: set[int]
    coerced: list[tuple[str, str]]

    def ruled(self, column: Column, reader: RuledReader, slot: int, path: SourcePath) -> object:
        """The value in a slot, which is a path's, by a column's rules. Raises Refused."""
        if column.value_rules.holds_json:
            span = value_span(self.source, path)
            return span and self.source[slice(*span)].decode()
        taken = reader.json(self.found[slot])
        self.coerced.extend((column.field, rule) for rule in taken.coerced)
        if taken.is_kept:
            self.unread.add(slot)
        return taken.value


def decoder_of(table: Table) -> Callable[[Members], Members] | None:
    """What makes plain members of a record's, None where they are plain JSON."""
    return plain_members if table.source is not None and table.source.encoding == "dynamodb" else None


def _name(column: Column, path: SourcePath) -> str:
    return quoted(str(path) if column.paths else column.field)


def _all_names(column: Column) -> str:
    return " or ".join(quoted(str(path)) for path in column.paths) or quoted(column.field)
