"""Where CSV records begin and end (RFC 4180), and what breaks one.

A record ends at LF, CR LF or CR outside of quotes; a field is quoted as a whole or not at all, quotes inside a quoted
field are doubled. Any other quote breaks its record: without this rule no record's end could be found by counting
quotes, which is what makes blocks of millions of records cheap to cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]

_FIELD = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n]*+)'
_RECORD = re.compile(_FIELD + rb"(?:," + _FIELD + rb")*+")
_FIELDS = re.compile(rb"(?:^|,)(" + _FIELD + rb")")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_LF, _CR, _COMMA, _QUOTE = b'\n\r,"'
_BESIDE_QUOTES = np.array([_LF, _CR, _COMMA, _QUOTE], np.uint8)


class Shape(Enum):
    """How the attempt to read one record went."""

    WHOLE = "whole"
    UNCLOSED = "a quoted field does not end"
    BROKEN = "a quote stands inside an unquoted field, or text follows a closing quote"


@dataclass(frozen=True)
class Attempt:
    """A record read from `start` on: `end` is where it ends or breaks, `after` where the next one starts."""

    shape: Shape
    end: int
    after: int


def record_at(data: bytes, start: int, limit: int | None = None) -> Attempt:
    """Try to read the record that starts at `start`, looking no further than `limit`, which ends a record, too."""
    stop = len(data) if limit is None else limit
    match = _RECORD.match(data, start, stop)
    end = match.end() if match else start
    if end == stop:
        return Attempt(Shape.WHOLE, end, end)
    line_end = _LINE_END.match(data, end, stop)
    if line_end:
        return Attempt(Shape.WHOLE, end, line_end.end())
    opened = data[end] == _QUOTE and (end == start or data[end - 1] == _COMMA)
    return Attempt(Shape.UNCLOSED if opened else Shape.BROKEN, end, end)


def next_line(data: bytes, start: int) -> int | None:
    """Where the line after the one at `start` starts, quotes or not; None where this one does not end."""
    match = _LINE_END.search(data, start)
    return match.end() if match else None


def fields_of(record: bytes) -> list[bytes | None]:
    """The values of a whole record: quotes taken off, an empty field without quotes is None."""
    if b'"' not in record:
        return [field or None for field in record.split(b",")]
    return [_unquoted(field) if field else None for field in _FIELDS.findall(record)]


def _unquoted(field: bytes) -> bytes:
    return field[1:-1].replace(b'""', b'"') if field.startswith(b'"') else field


def whole_records(data: bytes, is_final: bool) -> tuple[int, bool]:
    """How far `data`, which starts with a record, holds whole and well quoted records; and whether one is broken there.

    With `is_final` the end of `data` ends a record. (n, False): what starts at n has no end yet.
    """
    quotes = _positions(data, _QUOTE)
    if not len(quotes):
        end = len(data) if is_final else max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        return end, False
    ends = _record_ends(data, quotes)
    cut = int(ends[-1]) + 1 if len(ends) else 0
    if is_final and len(quotes) % 2 == 0:
        cut = len(data)
    fault = _first_misplaced_quote(data, quotes)
    if fault is None:
        return cut, False
    before = ends[: np.searchsorted(ends, fault)]
    return (int(before[-1]) + 1 if len(before) else 0), True


def record_spans(data: bytes) -> tuple[Positions, Positions, Positions]:
    """Starts, ends (line end left out) and numbers of fields of whole, well quoted records; blank lines left out."""
    quotes = _positions(data, _QUOTE)
    ends = _record_ends(data, quotes)
    if not len(ends) or int(ends[-1]) != len(data) - 1:
        ends = np.append(ends, len(data))
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    is_record = ends > starts
    starts, ends = starts[is_record], ends[is_record]
    commas = _outside_quotes(_positions(data, _COMMA), quotes)
    return starts, ends, np.searchsorted(commas, ends) - np.searchsorted(commas, starts) + 1


def _bytes(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def _positions(data: bytes, byte: int) -> Positions:
    if bytes((byte,)) not in data:
        return np.empty(0, np.int64)
    return np.flatnonzero(_bytes(data) == byte)


def _record_ends(data: bytes, quotes: Positions) -> Positions:
    ends = _positions(data, _LF)
    if b"\r" in data:
        ends = np.sort(np.concatenate([ends, _positions(data, _CR)]))
    return _outside_quotes(ends, quotes)


def _outside_quotes(positions: Positions, quotes: Positions) -> Positions:
    if not len(quotes):
        return positions
    outside: Positions = positions[np.searchsorted(quotes, positions) % 2 == 0]
    return outside


def _first_misplaced_quote(data: bytes, quotes: Positions) -> int | None:
    """The first quote that opens a field where none starts, or closes one where none ends, if any does."""
    text, last = _bytes(data), len(data) - 1
    opening, closing = quotes[0::2], quotes[1::2]
    is_placed = np.isin(text[np.maximum(opening - 1, 0)], _BESIDE_QUOTES) | (opening == 0)
    is_end = np.isin(text[np.minimum(closing + 1, last)], _BESIDE_QUOTES) | (closing == last)
    misplaced = np.concatenate([opening[~is_placed], closing[~is_end]])
    return int(misplaced.min()) if len(misplaced) else None
