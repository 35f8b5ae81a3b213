"""What the records at hand look like: how columns are written, and which unknown fields come with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.types as pt

from lake.parse.json_columns import Bools, ColumnReader, Written, names_within
from lake.parse.records import strings_in

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_MOST_EXTRAS = 64
_MOST_SHAPES = 10_000
_EXTRA_TYPES: dict[type, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


class LearnedSchema:
    """Learns from records; says what schema to declare for them, and which records are worth declaring it for."""

    def __init__(self, readers: Sequence[ColumnReader]) -> None:
        self._readers = {reader.column.field: reader for reader in readers}
        self._unknowable = {name for reader in readers for name in names_within(reader.arrow_type)} | {"Records"}
        self._can_have_extras = not any('"' in name or "\\" in name for name in self._readers)
        self.written: dict[str, Written] = {
            name: "text" if pt.is_timestamp(reader.arrow_type) else "number" for name, reader in self._readers.items()
        }
        self.extras: dict[str, pa.DataType] = {}
        self._quotes_of_shape: dict[tuple[object, ...], int] = {}

    def schema(self) -> pa.Schema:
        """What pyarrow.json is to expect: the fields of the contract, then the extras."""
        known = [(name, reader.parsed_as(self.written[name])) for name, reader in self._readers.items()]
        return pa.schema([*known, *self.extras.items()])

    def learn(self, lines: Iterable[bytes]) -> bool:
        """Takes up what these records show; whether that changes the schema."""
        before = (dict(self.written), dict(self.extras))
        for line in lines:
            record = parsed(line)
            for name, value in record.items() if record else ():
                if name in self._readers:
                    self._learn_written(name, value)
                elif self._can_have_extras and name not in self._unknowable and _PLAIN_NAME.fullmatch(name):
                    self._learn_extra(name, value)
        if (self.written, self.extras) == before:
            return False
        self._quotes_of_shape.clear()
        return True

    def are_plain(self, lines: Sequence[bytes]) -> Bools:
        """Whether the schema fits each record, as far as its names, and its values' kinds tell.

        orjson keeps the last of duplicates. As long as there is no escape, every string and name has two quotes of its
        own, so a name that was lost leaves quotes over.
        """
        is_plain = np.zeros(len(lines), dtype=np.bool_)
        quotes = self._quotes_of_shape
        for place, line in enumerate(lines):
            try:
                record = orjson.loads(line)
                shape = (*record, *map(type, record.values()))
                expected = quotes[shape]
            except orjson.JSONDecodeError:
                continue
            except (KeyError, TypeError, AttributeError):
                if type(record) is not dict:
                    continue
                expected = self._learn_shape(shape, record)
            is_plain[place] = expected < 0 or (expected and (line.count(b'"') == expected or b"\\" in line))
        return is_plain

    def _learn_shape(self, shape: tuple[object, ...], record: dict[str, object]) -> int:
        """How many quotes a record of this shape has; 0 where the schema does not fit, -1 where they tell nothing."""
        fits = all(self._fits(name, type(value)) for name, value in record.items())
        is_flat = not any(type(value) in (dict, list) for value in record.values())
        quotes = 0 if not fits else -1 if not is_flat or not record else 2 * strings_in(record)
        if len(self._quotes_of_shape) < _MOST_SHAPES:
            self._quotes_of_shape[shape] = quotes
        return quotes

    def _learn_written(self, name: str, value: object) -> None:
        if self._readers[name].is_text_possible and type(value) in (str, int, float, bool):
            self.written[name] = "text" if type(value) is str else "number"

    def _learn_extra(self, name: str, value: object) -> None:
        kind = _EXTRA_TYPES.get(type(value))
        if kind is None:
            return
        if name not in self.extras and len(self.extras) >= _MOST_EXTRAS:
            self.extras.clear()
        if kind == pa.int64() and self.extras.get(name) == pa.float64():
            return
        self.extras[name] = kind

    def _fits(self, name: str, kind: type) -> bool:
        if name in self._readers:
            declared = self._readers[name].parsed_as(self.written[name])
        elif name in self.extras:
            declared = self.extras[name]
        else:
            return False
        if kind is type(None):
            return True
        if pt.is_nested(declared):
            return kind in (dict, list)
        if pt.is_integer(declared):
            return kind is int
        if pt.is_floating(declared) or pt.is_decimal(declared):
            return kind in (int, float)
        return kind is (bool if pt.is_boolean(declared) else str)


def parsed(line: bytes) -> dict[str, object] | None:
    """The line as one JSON object, None where it is none."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return record if type(record) is dict else None
