"""A stretch of a stream, cut where records seem to break; and what bytes alone tell of such pieces.

A piece is a record if the stretch is what it looks like: `}{` may be in a string, and a record may go over many lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

SPACE = b" \t\r\n"
_FIRST_NAME = re.compile(rb'\{[ \t\r\n]*("(?:[^"\\]|\\.)*")')
_GAP = re.compile(rb"\}(?:[ \t\r\n]|\xef\xbb\xbf)*+(?=\{)")
_COMMA = rb"\}[ \t\r\n]*+,[ \t\r\n]*+(?=\{[ \t\r\n]*+(?:%b)[ \t\r\n]*+:)"
_VALUE, _ELEMENTS = msgspec.json.Decoder(msgspec.Raw), msgspec.json.Decoder(list[msgspec.Raw])
_AT_ONCE = 64 << 10  # bytes that stay in the processor's nearest cache
_RETURN, _OPEN, _CLOSE, _QUOTE = b'\r{}"'

Gap = re.Pattern[bytes]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Span = tuple[int, int]


class Pieces:
    """Bytes of `data` from each of `starts` to the same place of `ends`, each in braces; or a run of records."""

    def __init__(self, data: bytes, starts: Ints, ends: Ints) -> None:
        self.data = data
        self.starts = starts
        self.ends = ends

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def each(self) -> list[bytes]:
        return [self.data[start:end] for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]

    @property
    def positions(self) -> Ints:
        """What orders them by arrival, if all are taken."""
        return self.starts

    @property
    def span(self) -> Span:
        """Where they begin and end, all together."""
        return int(self.starts[0]), int(self.ends[-1])

    def only(self, is_wanted: Bools) -> Pieces:
        """Some of them."""
        return Pieces(self.data, self.starts[is_wanted], self.ends[is_wanted])

    def __getitem__(self, place: int) -> bytes:
        return self.data[self.starts[place] : self.ends[place]]

    def have_quotes(self, of_all: int, of_each: Callable[[], Ints | int]) -> Bools | None:
        """Which pieces have as many double quotes around strings and names as are expected; None where all have.

        No piece has fewer: where all together have `of_all`, each has its own.
        """
        text, (first, last), before = self.data, self.span, 0
        if text.find(b"\\", first, last) >= 0:
            text, before = _without_escapes(text[first:last]), first
        beside = sum(text.count(b'"', begin - before, end - before) for begin, end in self._gaps())
        found = _count(text, _QUOTE, first - before, last - before) - beside
        if found == of_all:
            return None
        has_expected: Bools = _quotes_by(text, self.starts - before, self.ends - before, found) == of_each()
        return has_expected

    def _gaps(self) -> Iterator[Span]:
        """What is between them, but for single characters."""
        begins, ends = self.ends[:-1], self.starts[1:]
        is_wide = ends - begins > 1
        return zip(begins[is_wide].tolist(), ends[is_wide].tolist(), strict=True)


class Run(Pieces):
    """Records of stretches that hold nothing else: in each, some one after the other, or elements of an array.

    `counts` are how many each stretch holds. Where a record is, is found out when it is asked for.
    """

    def __init__(self, data: bytes, stretches: Sequence[Span], counts: Sequence[int], is_array: bool) -> None:
        self.data = data
        self._stretches = stretches
        self._counts = counts
        self._is_array = is_array

    def __len__(self) -> int:
        return sum(self._counts)

    @property
    def positions(self) -> Ints:
        return np.repeat([start for start, _ in self._stretches], self._counts)

    @cached_property
    def _spans(self) -> tuple[Ints, Ints]:
        found = [values_in(self.data, *stretch, self._is_array) for stretch in self._stretches]
        return np.concatenate([starts for starts, _ in found]), np.concatenate([ends for _, ends in found])

    @property
    def span(self) -> Span:
        return self._stretches[0][0], self._stretches[-1][1]

    @property
    def starts(self) -> Ints:  # type: ignore[override]
        return self._spans[0]

    @property
    def ends(self) -> Ints:  # type: ignore[override]
        return self._spans[1]

    def _gaps(self) -> Iterator[Span]:
        return ((before[1], after[0]) for before, after in pairwise(self._stretches))


def values_in(data: bytes, start: int, end: int, is_array: bool) -> tuple[Ints, Ints]:
    """Where the values in a stretch of valid JSON begin and end: one after the other, or elements of an array."""
    text = b"[%b]" % data[start:end] if is_array else memoryview(data)[start:end]
    values = _ELEMENTS.decode(text) if is_array else _VALUE.decode_lines(text)
    shift = start - pa.py_buffer(text).address - is_array
    starts = np.array([pa.py_buffer(value).address + shift for value in values], dtype=np.int64)
    return starts, starts + np.fromiter(map(len, values), np.int64, len(values))


def quotes_in(text: bytes) -> int:
    """How many double quotes of JSON text stand around strings and names."""
    return _count(_without_escapes(text), _QUOTE, 0, len(text))


def quotes_by(text: bytes, ends: Ints) -> Ints:
    """The same, for each of the stretches that a text is made of."""
    return _quotes_by(_without_escapes(text), np.concatenate(([0], ends[:-1])), ends, quotes_in(text))


def _quotes_by(text: bytes, starts: Ints, ends: Ints, total: int) -> Ints:
    """Double quotes in each stretch of a text, `total` in all; stretches rise, and do not overlap."""
    counts = np.zeros(len(starts), dtype=np.int64)
    is_filled = starts < ends
    bounds = np.stack((starts[is_filled], ends[is_filled]), axis=1).ravel()
    if not len(bounds):
        return counts
    is_quote = (np.frombuffer(text, dtype=np.uint8)[bounds[0] : bounds[-1]] == _QUOTE).view(np.uint8)
    for kind in (np.uint8, np.int64):  # counts of one byte take a seventh of the time, and are right below 256
        counts[is_filled] = np.add.reduceat(is_quote, bounds[:-1] - bounds[0], dtype=kind)[::2]
        if counts.sum() == total:
            break
    return counts


def _without_escapes(text: bytes) -> bytes:
    return text.replace(b"\\\\", b"..").replace(b'\\"', b"..") if b"\\" in text else text


def pieces_of(data: bytes, at: int, end: int, gap: Gap | None) -> tuple[Pieces, Bools]:
    """The stretch in pieces, and which of them are in braces. It begins with `{`, and ends where records seem to break.

    In an array, `gap` is what its elements break at. Elsewhere, lines, if most of them are in braces; else what is
    between braces that nothing but white space is between.
    """
    while data[end - 1] in SPACE:
        end -= 1
    if gap is None:
        lines, is_braced = _lines(data, at, end)
        if 2 * np.count_nonzero(is_braced) > max(len(lines), 2):
            return lines, is_braced
    matches = (gap or _GAP).finditer(data, at, end)
    breaks = np.array([match.span() for match in matches], dtype=np.int64).reshape(-1, 2)
    pieces = Pieces(data, np.concatenate(([at], breaks[:, 1])), np.concatenate((breaks[:, 0] + 1, [end])))
    return pieces, np.ones(len(pieces), dtype=np.bool_)


def element_gap(data: bytes, at: int, names: bytes) -> Gap:
    """What the elements of an array break at: a comma between braces, if a name follows that records begin with.

    These are `names`, alternatives of a pattern, and what the element at `at` begins with.
    """
    first = _FIRST_NAME.match(data, at)
    return re.compile(_COMMA % (names + b"|" + re.escape(first[1]) if first else names))


def _lines(data: bytes, at: int, end: int) -> tuple[Pieces, Bools]:
    """Lines that are not empty, without carriage returns; and which of them are in braces."""
    lines = data[at:end].split(b"\n")
    lengths = np.fromiter(map(len, lines), np.int64, len(lines))
    ends = at + np.cumsum(lengths + 1) - 1
    pieces = Pieces(data, ends - lengths, ends)
    characters = np.frombuffer(data, dtype=np.uint8)
    if data.find(b"\r", at, end) < 0 and lengths.all():
        pieces.each = lines
    else:
        pieces.ends = ends - (characters[np.maximum(ends - 1, pieces.starts)] == _RETURN)
        pieces = pieces.only(pieces.ends > pieces.starts)
    is_braced: Bools = (characters[pieces.starts] == _OPEN) & (characters[pieces.ends - 1] == _CLOSE)
    return pieces, is_braced


def _count(data: bytes, character: int, at: int, end: int) -> int:
    characters = np.frombuffer(data, dtype=np.uint8)
    parts = range(at, end, _AT_ONCE)
    return sum(int(np.count_nonzero(characters[part : min(part + _AT_ONCE, end)] == character)) for part in parts)
