"""One JSON object, as it stands, to one row of a table; or why it is none."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

import pyarrow as pa

from lake.contract.arrow import arrow_schema
from lake.contract.model import Column, Table
from lake.parse.json_scanner import TOO_DEEP, is_too_deep
from lake.parse.json_text import member_sources, member_texts, members_of, value_of, written_value_of
from lake.parse.reasons import Reason
from lake.parse.refused import Members, Refused, quoted, shown
from lake.parse.ruled_values import RuledReader, ruled_reader
from lake.parse.values import Reader, json_value, unknown_fields

Row = tuple[object, ...]


Coerced = Counter[tuple[str, str]]
"""How many values were taken by a rule that a contract gives: by the column's field, and the rule's property."""


@dataclass(frozen=True)
class _Reading:
    """How one column is read, by `ruled` where it has rules."""

    column: Column
    read: Reader
    has_unknown: Callable[[object], bool] | None
    ruled: RuledReader | None


class RecordReader:
    """Reads records of one table, exactly. Rows are tuples: the contract's columns, then `rescued`.

    What is kept in `rescued`: members whose names the contract does not know, as they were written; and a column's
    whole value where a struct within it has fields that its type does not know, or where it is of another type in a
    column that rescues such values.
    """

    def __init__(self, table: Table) -> None:
        self.schema = arrow_schema(table)
        self._rescue = table.rescue
        self._columns = [
            _Reading(
                column,
                json_value(kind, column.accepts_text, column.epoch_unit),
                unknown_fields(kind),
                ruled_reader(column, kind),
            )
            for column, kind in ((column, self.schema.field(column.name).type) for column in table.columns)
        ]
        self._fields = {reading.column.field: reading for reading in self._columns}
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
        values = self._known(members)
        ruled = _Ruled(text, set(), [])
        row = [self._value(reading, values.get(reading.column.field), ruled, source) for reading in self._columns]
        is_rescued = [self._rescue and self._is_rescued(name, value, ruled.kept) for name, value in members]
        if coerced is not None:
            coerced.update(ruled.coerced)
        if not any(is_rescued):
            return (*row, None)
        return (*row, "{" + ",".join(compress(member_sources(text), is_rescued)) + "}")

    def table(self, rows: list[Row]) -> pa.Table:
        """The rows as columns."""
        columns = zip(*rows, strict=True) if rows else [()] * len(self.schema)
        arrays = [pa.array(values, field.type) for field, values in zip(self.schema, columns, strict=True)]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _known(self, members: Members) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, value in members:
            if name in self._fields:
                if name in values:
                    raise Refused(Reason.DUPLICATE_FIELD, f"duplicate field {quoted(name)}")
                values[name] = value
        return values

    def _is_rescued(self, name: str, value: object, kept: Collection[str]) -> bool:
        reading = self._fields.get(name)
        if reading is None or name in kept:
            return True
        return reading.has_unknown is not None and value is not None and reading.has_unknown(value)

    def _value(self, reading: _Reading, parsed: object, ruled: _Ruled, source: bytes) -> object:
        column = reading.column
        value = parsed
        if parsed is not None:
            try:
                value = reading.read(parsed) if reading.ruled is None else ruled.read(column, reading.ruled, parsed)
            except Refused as refused:
                raise Refused(refused.reason, f"field {quoted(column.field)}: {refused.message}") from None
        if value is None and column.derived_from == "record_bytes":
            value = hashlib.sha256(source).hexdigest()
        elif value is None and column.required:
            raise Refused(Reason.MISSING_REQUIRED, f"field {quoted(column.field)} is required but missing or null")
        if column.allowed_values and value is not None and str(value) not in column.allowed_values:
            message = f"field {quoted(column.field)}: expected one of {', '.join(column.allowed_values)}, got "
            raise Refused(Reason.VALUE_NOT_ALLOWED, message + shown(value if parsed is None else parsed))
        return value


class _Ruled(NamedTuple):
    """What came of columns with rules in one record, of which `text` is the source.

    `kept` are fields whose values are kept as they were written; `coerced` has field and rule of each value.
    """

    text: str
    kept: set[str]
    coerced: list[tuple[str, str]]

    def read(self, column: Column, reader: RuledReader, parsed: object) -> object:
        if column.value_rules.holds_json:
            return next(text for name, text in member_texts(self.text) if value_of(name) == column.field)
        taken = reader.json(parsed)
        self.coerced.extend((column.field, rule) for rule in taken.coerced)
        if taken.is_kept:
            self.kept.add(column.field)
        return taken.value
