"""Numbers, texts, booleans and times as msgspec decodes them, to Arrow arrays: see lake.parse.json_arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from msgspec import Raw

from lake.parse.epoch import DEFAULT_UNIT, FIRST_SECOND, LAST_SECOND, UNITS
from lake.parse.json_kinds import Kind, Quotes, Read, Way, quotes_of
from lake.parse.json_text import value_of
from lake.parse.refused import Refused
from lake.parse.time_columns import micros_of
from lake.parse.values import Reader, json_value

_DECIMAL = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_LONGEST_DECIMAL = 38  # characters: of more digits, and of exponents, Arrow makes other numbers


def scalar_kind(arrow_type: pa.DataType, accepts_text: bool, epoch_unit: str | None) -> Kind:
    """How values of a type without parts are read."""
    exact = json_value(arrow_type, accepts_text, epoch_unit)
    if pt.is_timestamp(arrow_type) and (accepts_text or epoch_unit is not None):
        return _instants_in(arrow_type, exact, epoch_unit)
    if pt.is_decimal(arrow_type):
        return Kind(Raw, singly(arrow_type, _of_raw(exact)), (_decimals(arrow_type),))
    hint, ways_of = next((hint, ways_of) for is_kind, hint, ways_of in _SCALARS if is_kind(arrow_type))
    ways = tuple(way(arrow_type) for way in ways_of)
    if accepts_text and hint is not str:
        hint, ways = hint | str, (*map(_sure, ways), _distinct(arrow_type))
    return Kind(hint | None, singly(arrow_type, exact), ways)


def singly(kind: pa.DataType, read: Reader) -> Way:
    """The way of single values, for what no other way takes."""

    def read_each(values: list[Any]) -> Read:
        held: list[object] = []
        suspects = np.zeros(len(values), dtype=np.bool_)
        for place, value in enumerate(values):
            try:
                held.append(None if value is None else read(value))
            except (Refused, ValueError):
                held.append(None)
                suspects[place] = True
        quotes = np.array([2 if type(value) is str or _is_text(value) else 0 for value in values], dtype=np.int64)
        return Read(pa.array(held, kind), quotes_of(quotes), suspects)

    return read_each


def _is_text(value: object) -> bool:
    return type(value) is Raw and bytes(memoryview(value)[:1]) == b'"'


def _of_raw(exact: Reader) -> Reader:
    def read(raw: object) -> object:
        value = value_of(str(raw, "utf-8"))  # type: ignore[call-overload]  # a buffer
        return None if value is None else exact(value)

    return read


def _sure(way: Way) -> Way:
    """A way that takes all or nothing: for text, a column that accepts it has wider rules than its own."""

    def read(values: list[Any]) -> Read:
        read = way(values)
        if read.suspects is not None and read.suspects.any():
            raise ValueError("suspects")
        return read

    return read


def texts_as(kind: pa.DataType) -> Way:
    """The way of JSON strings."""

    def read(texts: list[Any]) -> Read:
        array = pa.array(texts, kind)
        return Read(array, _of_valid(array))

    return read


def _of_valid(array: pa.Array) -> Quotes:
    """Those around texts, where there are any."""
    if not array.null_count:
        return Quotes(2 * len(array), lambda: 2)
    valid = len(array) - array.null_count
    return Quotes(2 * valid, lambda: 2 * pc.is_valid(array).to_numpy(zero_copy_only=False).astype(np.int64))


def _cast(numbers: pa.Array, kind: pa.DataType) -> pa.Array:
    return numbers if numbers.type == kind else numbers.cast(kind)


def _plain_integers(kind: pa.DataType) -> Way:
    return lambda values: Read(_cast(pa.array(np.fromiter(values, np.int64, len(values))), kind))


def _integers(kind: pa.DataType) -> Way:
    return lambda values: Read(_cast(pa.array(values, pa.int64()), kind))


def _floats(kind: pa.DataType) -> Way:
    def read(values: list[Any]) -> Read:
        numbers = _cast(pa.array(values, pa.float64()), kind)
        if pc.all(pc.is_finite(numbers)).as_py() is False:
            raise ValueError("a number beyond the type's range")
        return Read(numbers)

    return read


def _booleans(kind: pa.DataType) -> Way:
    return lambda values: Read(pa.array(values, kind))


def _instants(kind: pa.DataType) -> Way:
    def read(texts: list[Any]) -> Read:
        array = pa.array(texts, pa.string())
        micros, is_read = micros_of(array)
        if not array.null_count:
            return Read(pa.array(micros).view(kind), _of_valid(array), None if is_read.all() else ~is_read)
        is_null = pc.is_null(array).to_numpy(zero_copy_only=False)
        return Read(pa.array(micros, mask=is_null).view(kind), _of_valid(array), ~is_read & ~is_null)

    return read


def _epoch_numbers(kind: pa.DataType, unit: str = DEFAULT_UNIT) -> Way:
    counted = UNITS[unit]

    def read(values: list[Any]) -> Read:
        numbers = pa.array(values, pa.int64())
        ends = pc.min_max(numbers).as_py()
        if ends["min"] is not None and (ends["min"] < FIRST_SECOND * counted or ends["max"] >= LAST_SECOND * counted):
            raise ValueError("an instant out of range")
        micros = pc.divide(numbers, 1_000) if unit == "nanos" else pc.multiply(numbers, 1_000_000 // counted)
        return Read(micros.cast(kind))

    return read


def _instants_in(kind: pa.DataType, exact: Reader, unit: str | None) -> Kind:
    """Times of a column that says how they are written: numbers are read as they are written, texts may be numbers."""
    way = _numbers_of_raws(_epoch_numbers(kind, unit or DEFAULT_UNIT))
    return Kind(Raw, singly(kind, _of_raw(exact)), (way,))


def _numbers_of_raws(way: Way) -> Way:
    """For numbers without a fraction, as they are written."""

    def read(raws: list[Any]) -> Read:
        return way([None if raw is None or (text := bytes(raw)) == b"null" else int(text) for raw in raws])

    return read


def _distinct(kind: pa.DataType) -> Way:
    """Texts of which many are equal: each is read once, as a column that accepts text does."""
    one_by_one = singly(kind, json_value(kind, accepts_text=True))

    def read(texts: list[Any]) -> Read:
        encoded = pa.array(texts, pa.string()).dictionary_encode()
        values = one_by_one(encoded.dictionary.to_pylist())
        suspects = pa.array(values.suspects).take(encoded.indices).fill_null(False)
        return Read(values.array.take(encoded.indices), _of_valid(encoded), suspects.to_numpy(zero_copy_only=False))

    return read


def _decimals(kind: pa.DataType) -> Way:
    """Numbers as they are written, which Arrow reads exactly or not at all."""

    def read(raws: list[Any]) -> Read:
        texts = pa.array([None if raw is None else str(raw, "utf-8") for raw in raws], pa.string())
        texts = pc.if_else(pc.equal(texts, "null"), None, texts)
        if pc.all(pc.match_substring_regex(texts, _DECIMAL)).as_py() is False:
            raise ValueError("no plain number")
        if (pc.max(pc.binary_length(texts)).as_py() or 0) > _LONGEST_DECIMAL:
            raise ValueError("a long number")
        numbers = texts.cast(kind)
        numbers.validate(full=True)
        return Read(numbers)

    return read


_WayOf = Callable[[pa.DataType], Way]
_SCALARS: tuple[tuple[Callable[[pa.DataType], bool], Any, tuple[_WayOf, ...]], ...] = (
    (pt.is_string, str, (texts_as,)),
    (pt.is_boolean, bool, (_booleans,)),
    (pt.is_integer, int, (_plain_integers, _integers)),
    (pt.is_floating, float, (_floats,)),
    (pt.is_timestamp, str | int, (_instants, _epoch_numbers)),
    (pt.is_date, str, (_distinct,)),
    (pt.is_binary, str, ()),
)
