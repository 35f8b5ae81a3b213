"""Where CSV records begin and end (RFC 4180, or a contract's form of it), and what breaks one.

A record ends at LF, CR LF or CR outside of quotes; a field is quoted as a whole or not at all, quotes inside a quoted
field are doubled. Any other quote breaks its record: without this rule no record's end could be found by counting
quotes, which is what makes blocks of millions of records cheap to cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lake.contract.model import TextForm

Positions = npt.NDArray[np.int64]

RFC_4180 = TextForm()
_LINE_END = re.compile(rb"\r\n|\n|\r")
_MOST_ESCAPES = 1 << 10  # in a row, before a line end


class _Grammar:
    """A form's expressions. A byte behind an escape is no delimiter, quote or line end."""

    def __init__(self, form: TextForm) -> None:
        self.delimiter = form.delimiter.encode()
        self.quote = (form.quote or "").encode()
        self.escape = (form.escape or "").encode()
        delimiter, quote, escape = map(re.escape, (self.delimiter, self.quote, self.escape))
        escaped = rb"|" + escape + rb"[\s\S]?" if escape else b""
        field = rb"(?:[^%b\r\n]++%b)*+" % (quote + delimiter + escape, escaped)
        if quote:
            quoted = rb"%b(?:[^%b]++%b|%b)*+%b" % (quote, quote + escape, escaped, quote + quote, quote)
            field = rb"(?:%b|%b)" % (quoted, field)
        self.record = re.compile(rb"%b(?:%b%b)*+" % (field, delimiter, field))
        self.fields = re.compile(rb"(?:^|%b)(%b)" % (delimiter, field))
        self.escaped = re.compile(escape + rb"[\s\S]") if escape else None
        meaning = {*form.delimiter, *(form.quote or ""), *(form.escape or ""), *(form.comment or "")[:1], "\r", "\n"}
        literal = re.escape("".join(sorted(meaning)).encode())
        self.pairs = re.compile(rb"%b[%b]" % (escape, literal)) if escape else None
        doubled = quote + quote if quote else rb"(?!)"
        self.quoted_pairs = re.compile(rb"%b[%b]|%b" % (escape, literal, doubled) if escape else doubled)
        self.beside_quotes = np.array([*b"\r\n", *self.delimiter, *self.quote], np.uint8)


@lru_cache(maxsize=64)
def _grammar(form: TextForm) -> _Grammar:
    return _Grammar(form)


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


def record_at(data: bytes, start: int, limit: int | None = None, form: TextForm = RFC_4180) -> Attempt:
    """Try to read the record that starts at `start`, looking no further than `limit`, which ends a record, too."""
    grammar = _grammar(form)
    stop = len(data) if limit is None else limit
    match = grammar.record.match(data, start, stop)
    end = match.end() if match else start
    if end == stop:
        return Attempt(Shape.WHOLE, end, end)
    line_end = _LINE_END.match(data, end, stop)
    if line_end:
        return Attempt(Shape.WHOLE, end, line_end.end())
    is_delimited = data[end - 1 : end] == grammar.delimiter and not _is_escaped(data, end - 1, start, grammar)
    begins_field = end == start or is_delimited
    opened = data[end : end + 1] == grammar.quote and begins_field
    return Attempt(Shape.UNCLOSED if opened else Shape.BROKEN, end, end)


def next_line(data: bytes, start: int) -> int | None:
    """Where the line after the one at `start` starts, quotes or not; None where this one does not end."""
    match = _LINE_END.search(data, start)
    return match.end() if match else None


def fields_of(record: bytes, form: TextForm = RFC_4180) -> list[bytes | None]:
    """The values of a whole record: quotes and escapes taken off, an empty field without quotes is None."""
    grammar = _grammar(form)
    if (not grammar.quote or grammar.quote not in record) and (not grammar.escape or grammar.escape not in record):
        return [field or None for field in record.split(grammar.delimiter)]
    return [_value(field, grammar) if field else None for field in grammar.fields.findall(record)]


def _value(field: bytes, grammar: _Grammar) -> bytes:
    """An escape before a byte that means something is taken off; before another, such as in \\N, it is kept."""
    is_quoted = bool(grammar.quote) and field.startswith(grammar.quote)
    pairs = grammar.quoted_pairs if is_quoted else grammar.pairs
    text = field[1:-1] if is_quoted else field
    return text if pairs is None else pairs.sub(lambda pair: pair[0][-1:], text)


def whole_records(data: bytes, is_final: bool, form: TextForm = RFC_4180) -> tuple[int, bool]:
    """How far `data`, which starts with a record, holds whole and well quoted records; and whether one is broken there.

    With `is_final` the end of `data` ends a record. (n, False): what starts at n has no end yet.
    """
    grammar = _grammar(form)
    data = _masked(data, grammar)
    quotes = _positions(data, grammar.quote)
    if not len(quotes):
        end = len(data) if is_final else max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        return end, False
    ends = _record_ends(data, quotes)
    cut = int(ends[-1]) + 1 if len(ends) else 0
    if is_final and len(quotes) % 2 == 0:
        cut = len(data)
    fault = _first_misplaced_quote(data, quotes, grammar)
    if fault is None:
        return cut, False
    before = ends[: np.searchsorted(ends, fault)]
    return (int(before[-1]) + 1 if len(before) else 0), True


def record_spans(data: bytes, form: TextForm = RFC_4180) -> tuple[Positions, Positions, Positions]:
    """Starts, ends (line end left out) and numbers of fields of whole, well quoted records; blank lines left out."""
    grammar = _grammar(form)
    data = _masked(data, grammar)
    quotes = _positions(data, grammar.quote)
    ends = _record_ends(data, quotes)
    if not len(ends) or int(ends[-1]) != len(data) - 1:
        ends = np.append(ends, len(data))
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    is_record = ends > starts
    starts, ends = starts[is_record], ends[is_record]
    delimiters = _outside_quotes(_positions(data, grammar.delimiter), quotes)
    return starts, ends, np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts) + 1


def without_comments(data: bytes, is_all: bool, form: TextForm) -> bytes:
    """`data`, which starts with a record, its comments as blank lines, which are no records: offsets stay.

    Unless it `is_all`, a comment without a line end, which may be longer, is cut off together with all behind it. A
    line within a quoted field is no comment. Behind a record that is broken, comments may be left.
    """
    prefix = (form.comment or "").encode()
    if not prefix or not (data.startswith(prefix) or any(end + prefix in data for end in (b"\n", b"\r"))):
        return data
    grammar = _grammar(form)
    quotes = _positions(_masked(data, grammar), grammar.quote)
    parts, kept_to, counted_to, is_inside = [], 0, 0, False
    for match in re.finditer(rb"(?:\A|(?<=[\r\n]))%b[^\r\n]*+" % re.escape(prefix), data):
        start, end = match.span()
        passed = np.searchsorted(quotes, [counted_to, start])
        is_inside ^= bool((passed[1] - passed[0]) % 2)
        counted_to = start
        if is_inside or _is_escaped(data, start - 1, kept_to, grammar):  # what looks like a comment stands in a field
            continue
        counted_to = end
        parts.append(data[kept_to:start])
        if end == len(data) and not is_all:
            return b"".join(parts)
        parts.append(b"\n" * (end - start))
        kept_to = end
    return b"".join([*parts, data[kept_to:]])


def is_escaped_plainly(data: bytes, form: TextForm) -> bool:
    """Whether every escape stands before a byte that means something, so that each reader would take it off."""
    grammar = _grammar(form)
    return grammar.pairs is None or grammar.escape not in grammar.pairs.sub(b"", data)


def _is_escaped(data: bytes, at: int, start: int, grammar: _Grammar) -> bool:
    """Whether the byte at `at` stands behind an escape, of which there may be many; none is before `start`."""
    before = data[max(start, at - _MOST_ESCAPES) : max(start, at)]
    return bool(grammar.escape) and (len(before) - len(before.rstrip(grammar.escape))) % 2 == 1


def _masked(data: bytes, grammar: _Grammar) -> bytes:
    """The data with escapes and what they stand before as letters, so that quotes and line ends can be counted."""
    if grammar.escaped is None or grammar.escape not in data:
        return data
    return grammar.escaped.sub(b"xx", data)


def _bytes(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def _positions(data: bytes, byte: bytes) -> Positions:
    if not byte or byte not in data:
        return np.empty(0, np.int64)
    return np.flatnonzero(_bytes(data) == byte[0])


def _record_ends(data: bytes, quotes: Positions) -> Positions:
    ends = _positions(data, b"\n")
    if b"\r" in data:
        ends = np.sort(np.concatenate([ends, _positions(data, b"\r")]))
    return _outside_quotes(ends, quotes)


def _outside_quotes(positions: Positions, quotes: Positions) -> Positions:
    if not len(quotes):
        return positions
    outside: Positions = positions[np.searchsorted(quotes, positions) % 2 == 0]
    return outside


def _first_misplaced_quote(data: bytes, quotes: Positions, grammar: _Grammar) -> int | None:
    """The first quote that opens a field where none starts, or closes one where none ends, if any does."""
    text, last = _bytes(data), len(data) - 1
    opening, closing = quotes[0::2], quotes[1::2]
    is_placed = np.isin(text[np.maximum(opening - 1, 0)], grammar.beside_quotes) | (opening == 0)
    is_end = np.isin(text[np.minimum(closing + 1, last)], grammar.beside_quotes) | (closing == last)
    misplaced = np.concatenate([opening[~is_placed], closing[~is_end]])
    return int(misplaced.min()) if len(misplaced) else None
