"""One JSON object, as it stands, to one row of a table; or why it is none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress

import pyarrow as pa

from lake.contract.arrow import arrow_schema
from lake.contract.model import Column, Table
from lake.contract.struct_names import StructNames
from lake.parse.dynamodb import plain_members
from lake.parse.json_scanner import TOO_DEEP, is_too_deep
from lake.parse.json_text import member_sources, members_of
from lake.parse.reasons import Reason
from lake.parse.record_tree import UnknownNames, gather, holds_unread, tree_of
from lake.parse.refused import Members, Refused, quoted, shown
from lake.parse.values import Reader, json_value, unknown_names

Row = tuple[object, ...]


@dataclass(frozen=True)
class _Reading:
    """How one column is read; `slots` are those of its paths."""

    column: Column
    read: Reader
    slots: range


class RecordReader:
    """Reads records of one table, exactly. Rows are tuples: the contract's columns, then `rescued`.

    What is kept in `rescued`: members whose names the contract does not know, as they were written; and a member's
    whole value where something within it is read by no column: fields that the type of a struct does not know, what is
    beside the paths that lead into it, or all of it where another of a column's names came first.
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
            self._columns.append(_Reading(column, reader, slots))

    def row(self, source: bytes) -> Row:
        """The row of a record: one JSON object without anything around it. Raises Refused."""
        if is_too_deep(source):
            raise Refused(Reason.INVALID_JSON, TOO_DEEP)
        try:
            text = source.decode()
        except UnicodeDecodeError as error:
            raise Refused(Reason.INVALID_UTF8, f"invalid UTF-8 at byte {error.start} of the record") from None
        members = members_of(text)
        if self._decoded is not None:
            members = self._decoded(members)
        found: list[object] = [None] * self._slots
        gather(self._tree, members, found)
        unused: set[int] = set()
        row = [self._value(reading, found, unused, source) for reading in self._columns]
        is_rescued = [self._rescue and self._is_rescued(name, value, unused) for name, value in members]
        if not any(is_rescued):
            return (*row, None)
        return (*row, "{" + ",".join(compress(member_sources(text), is_rescued)) + "}")

    def table(self, rows: list[Row]) -> pa.Table:
        """The rows as columns."""
        columns = zip(*rows, strict=True) if rows else [()] * len(self.schema)
        arrays = [pa.array(values, field.type) for field, values in zip(self.schema, columns, strict=True)]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _is_rescued(self, name: str, value: object, unused: set[int]) -> bool:
        node = self._tree.within.get(name)
        return node is None or holds_unread(node, value, self._unknown, unused)

    def _value(self, reading: _Reading, found: list[object], unused: set[int], source: bytes) -> object:
        """A column's value; slots of its other names that hold one as well are noted as unused."""
        column = reading.column
        given = [slot for slot in reading.slots if found[slot] is not None]
        unused.update(given[1:])
        field = quoted(str(column.sources[given[0] - reading.slots.start]) if column.paths and given else column.field)
        parsed = value = found[given[0]] if given else None
        if parsed is not None:
            try:
                value = reading.read(parsed)
            except Refused as refused:
                raise Refused(refused.reason, f"field {field}: {refused.message}") from None
        elif column.derived_from == "record_bytes":
            value = hashlib.sha256(source).hexdigest()
        elif column.required:
            raise Refused(Reason.MISSING_REQUIRED, f"field {_all_names(column)} is required but missing or null")
        if column.allowed_values and value is not None and str(value) not in column.allowed_values:
            message = f"field {field}: expected one of {', '.join(column.allowed_values)}, got "
            raise Refused(Reason.VALUE_NOT_ALLOWED, message + shown(value if parsed is None else parsed))
        return value


def decoder_of(table: Table) -> Callable[[Members], Members] | None:
    """What makes plain members of a record's, None where they are plain JSON."""
    return plain_members if table.source is not None and table.source.encoding == "dynamodb" else None


def _all_names(column: Column) -> str:
    return " or ".join(quoted(str(path)) for path in column.paths) or quoted(column.field)
