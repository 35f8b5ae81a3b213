"""Records, one a line and all alike, to columns at once. What a column reader might coerce goes back as a suspect.

pyarrow.json reads; the schema given to it is what it must find, and any other field is an error. What it would take
and the exact way would not (known from tests that compare both) is asked for afterwards: integers are read as 64 bits
and checked against the column's range, instants and days are read as text, NaN and infinities are looked for, invalid
UTF-8 is looked for, a decimal must not be a string.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.types as pt

from lake.contract.model import Column
from lake.parse.refused import Refused
from lake.parse.time_columns import micros_of
from lake.parse.times import FIRST_MICROS, LAST_MICROS
from lake.parse.values import json_value

Bools = npt.NDArray[np.bool_]
Written = Literal["text", "number"]


class NotUniformError(Exception):
    """The lines cannot be read at once."""


def parse_lines(lines: bytes, schema: pa.Schema) -> pa.Table:
    """Columns by field name; raises NotUniformError. Every line must begin with `{`: a bare null crashes pyarrow 26."""
    try:
        table = pj.read_json(
            pa.BufferReader(lines),
            # A block larger than the lines costs more than reading a few of them.
            read_options=pj.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )
        if not lines.isascii():
            table.validate(full=True)
    except (pa.ArrowException, ValueError) as error:
        raise NotUniformError(str(error)) from error
    return table


class ColumnReader:
    """Reads one column of a parsed block: `parsed_as` is what to declare, `read` makes the column's own type of it.

    A timestamp, and a column that accepts text, may be written as text or as number; a block holds one of both.
    """

    def __init__(self, column: Column, arrow_type: pa.DataType) -> None:
        self.column = column
        self.arrow_type = arrow_type
        self.is_readable = _is_readable(arrow_type)
        self.is_text_possible = pt.is_timestamp(arrow_type) or (column.accepts_text and not pt.is_nested(arrow_type))
        self._is_string_of_decimal = re.compile(re.escape(json.dumps(column.field).encode()) + rb'[ \t\r]*:[ \t\r]*"')
        self._allowed = self._allowed_values()

    def parsed_as(self, written: Written) -> pa.DataType:
        kind = self.arrow_type
        if pt.is_timestamp(kind):
            return pa.string() if written == "text" else pa.int64()
        if (written == "text" and self.is_text_possible) or pt.is_date(kind) or pt.is_binary(kind):
            return pa.string()
        return pa.int64() if pt.is_integer(kind) else pa.float64() if pt.is_floating(kind) else kind

    def read(self, parsed: pa.Array, lines: bytes) -> tuple[pa.Array, Bools | None]:
        """The column, and which of its values are to be decided one by one (None: none). Raises NotUniformError."""
        values, suspects = self._typed(parsed, lines)
        if self.column.required and self.column.derived_from is None and values.null_count:
            suspects = _either(suspects, _bools(pc.is_null(values)))
        if self._allowed is not None:
            is_allowed = pc.or_(pc.is_in(values, value_set=self._allowed), pc.is_null(values))
            suspects = _either(suspects, ~_bools(is_allowed))
        return values, suspects if suspects is not None and suspects.any() else None

    def derived(self, values: pa.Array, lines: Callable[[], list[bytes]]) -> pa.Array:
        """The column with what is derived in place of nulls."""
        if self.column.derived_from is None or not values.null_count:
            return values
        sources = lines()
        filled = [
            hashlib.sha256(source).hexdigest() if value is None else value
            for value, source in zip(values.to_pylist(), sources, strict=True)
        ]
        return pa.array(filled, self.arrow_type)

    def _typed(self, parsed: pa.Array, lines: bytes) -> tuple[pa.Array, Bools | None]:
        kind = self.arrow_type
        if pt.is_timestamp(kind):
            return self._instants(parsed)
        if pt.is_string(parsed.type) and not pt.is_string(kind):
            return self._one_by_one(parsed)
        if pt.is_integer(kind) and kind.bit_width < 64:
            return self._narrowed(parsed)
        if pt.is_floating(kind):
            values = parsed.cast(kind)
            return values, ~_bools(pc.fill_null(pc.is_finite(values), True))
        if pt.is_decimal(kind):
            return self._decimals(parsed, lines)
        if pt.is_nested(kind) and (b"NaN" in lines or b"Inf" in lines):
            raise NotUniformError("NaN or infinity")
        return parsed, None

    def _instants(self, parsed: pa.Array) -> tuple[pa.Array, Bools | None]:
        is_null = _bools(pc.is_null(parsed))
        if pt.is_string(parsed.type):
            micros, is_read = micros_of(parsed)
            if self.column.accepts_text and not is_read.all():
                return self._one_by_one(parsed)
        else:
            millis = parsed.fill_null(0).to_numpy()
            is_read = (millis >= FIRST_MICROS // 1000) & (millis <= LAST_MICROS // 1000)
            micros = np.where(is_read, millis, 0) * 1000
        is_absent = is_null if is_null.any() else None
        return pa.array(micros, pa.int64(), mask=is_absent).cast(self.arrow_type), ~is_read & ~is_null

    def _decimals(self, parsed: pa.Array, lines: bytes) -> tuple[pa.Array, Bools | None]:
        if self._is_string_of_decimal.search(lines):
            raise NotUniformError(f"{self.column.field}: a string in a decimal's place")
        try:
            parsed.validate(full=True)
        except pa.ArrowInvalid as error:
            raise NotUniformError(str(error)) from error
        return parsed, None

    def _narrowed(self, parsed: pa.Array) -> tuple[pa.Array, Bools | None]:
        try:
            return parsed.cast(self.arrow_type), None
        except pa.ArrowInvalid:
            highest = 2 ** (self.arrow_type.bit_width - 1) - 1
            fits = pc.and_(pc.less_equal(parsed, highest), pc.greater_equal(parsed, -highest - 1))
            values = pc.if_else(fits, parsed, pa.scalar(None, parsed.type)).cast(self.arrow_type)
            return values, ~_bools(pc.fill_null(fits, True))

    def _one_by_one(self, parsed: pa.Array) -> tuple[pa.Array, Bools | None]:
        read = json_value(self.arrow_type, self.column.accepts_text)
        suspects = np.zeros(len(parsed), dtype=np.bool_)
        values: list[object] = []
        for place, text in enumerate(parsed.to_pylist()):
            try:
                values.append(None if text is None else read(text))
            except Refused:
                values.append(None)
                suspects[place] = True
        return pa.array(values, self.arrow_type), suspects

    def _allowed_values(self) -> pa.Array | None:
        if not self.column.allowed_values:
            return None
        if pt.is_integer(self.arrow_type):
            return pa.array([int(value) for value in self.column.allowed_values], self.arrow_type)
        self.is_readable &= pt.is_string(self.arrow_type)
        return pa.array(self.column.allowed_values, pa.string())


def names_within(arrow_type: pa.DataType) -> Iterator[str]:
    """The names of all fields of all structs in a type."""
    if pt.is_struct(arrow_type):
        for field in arrow_type:
            yield field.name
            yield from names_within(field.type)
    elif pt.is_list(arrow_type):
        yield from names_within(arrow_type.value_type)


def _is_readable(kind: pa.DataType, is_within: bool = False) -> bool:
    """Whether pyarrow reads the type as the exact way does; within lists and structs there is no second look."""
    if pt.is_list(kind):
        return _is_readable(kind.value_type, True)
    if pt.is_struct(kind):
        return all(_is_readable(field.type, True) for field in kind)
    if is_within:
        return any(is_kind(kind) for is_kind in (pt.is_string, pt.is_boolean, pt.is_integer, pt.is_float64))
    return pa.types.is_map(kind) is False


def _bools(array: pa.Array) -> Bools:
    values: Bools = array.to_numpy(zero_copy_only=False)
    return values


def _either(one: Bools | None, other: Bools) -> Bools:
    return other if one is None else one | other
