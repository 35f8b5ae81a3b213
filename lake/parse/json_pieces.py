"""A stretch of a stream, cut where records seem to break; and what bytes alone tell of such pieces.

A piece is a record if the stretch is what it looks like: `}{` may be in a string, and a record may go over many lines.
"""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
import numpy.typing as npt

SPACE = b" \t\r\n"
_FIRST_NAME = re.compile(rb'\{[ \t\r\n]*("(?:[^"\\]|\\.)*")')
_GAP = re.compile(rb"\}(?:[ \t\r\n]|\xef\xbb\xbf)*+(?=\{)")
_COMMA = rb"\}[ \t\r\n]*+,[ \t\r\n]*+(?=\{[ \t\r\n]*+%b[ \t\r\n]*+:)"
_AT_ONCE = 64 << 10  # bytes that stay in the processor's nearest cache
_FEED, _RETURN, _OPEN, _CLOSE, _QUOTE = b'\n\r{}"'

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class MisalignedError(Exception):
    """Bytes alone do not tell where the records of a run are."""


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
    def span(self) -> tuple[int, int]:
        """Where they begin and end, all together."""
        return int(self.starts[0]), int(self.ends[-1])

    def only(self, is_wanted: Bools) -> Pieces:
        """Some of them."""
        return Pieces(self.data, self.starts[is_wanted], self.ends[is_wanted])

    def have_quotes(self, expected: Ints | int) -> Bools | None:
        """Which pieces have as many double quotes around strings and names; None where all have."""
        if not len(self):
            return None
        first, last = self.span
        has_expected: Bools = quotes_by(self.data[first:last], self.starts - first, self.ends - first) == expected
        return None if has_expected.all() else has_expected


class Run(Pieces):
    """`count` records from `at` to `end`, and nothing else but what is between records.

    Where each is, is found out when it is asked for. In valid JSON, `}` is followed by `{` between records only (in an
    array, with a comma between them): so of pieces in braces that are as many as the records, each is one.
    """

    def __init__(self, data: bytes, at: int, end: int, in_array: bool, count: int) -> None:
        self.data = data
        self._stretch = (data, at, end, in_array)
        self._count = count

    def __len__(self) -> int:
        return self._count

    @cached_property
    def _pieces(self) -> Pieces:
        pieces, is_braced = pieces_of(*self._stretch)
        if len(pieces) != self._count or not is_braced.all():
            raise MisalignedError
        return pieces

    @property
    def span(self) -> tuple[int, int]:
        return self._stretch[1:3]

    @property
    def starts(self) -> Ints:  # type: ignore[override]
        return self._pieces.starts

    @property
    def ends(self) -> Ints:  # type: ignore[override]
        return self._pieces.ends

    def have_quotes(self, expected: Ints | int) -> Bools | None:
        at, end = self.span
        total = expected * self._count if isinstance(expected, int) else expected.sum()
        if self.data.find(b"\\", at, end) < 0:
            found = _count(self.data, _QUOTE, at, end)
        else:
            found = len(_places(_without_escapes(self.data[at:end]), _QUOTE, 0, end - at))
        return None if found == total else super().have_quotes(expected)


def quotes_by(text: bytes, starts: Ints, ends: Ints) -> Ints:
    """How many double quotes of JSON text stand around strings and names, for each stretch of a text."""
    quotes = _places(_without_escapes(text), _QUOTE, 0, len(text))
    return np.searchsorted(quotes, ends) - np.searchsorted(quotes, starts)


def _without_escapes(text: bytes) -> bytes:
    return text.replace(b"\\\\", b"..").replace(b'\\"', b"..") if b"\\" in text else text


def pieces_of(data: bytes, at: int, end: int, in_array: bool) -> tuple[Pieces, Bools]:
    """The stretch in pieces, and which of them are in braces. It begins with `{`, and ends where records seem to break.

    Lines, if most of them are in braces; else what is between braces that nothing but white space is between, or in an
    array, a comma, if the first of its names follows, which is the first one in the stretch.
    """
    while data[end - 1] in SPACE:
        end -= 1
    if not in_array:
        lines, is_braced = _lines(data, at, end)
        if 2 * np.count_nonzero(is_braced) > max(len(lines), 2):
            return lines, is_braced
    gap = element_gap(data, at) if in_array else _GAP
    breaks = np.array([match.span() for match in gap.finditer(data, at, end)], dtype=np.int64).reshape(-1, 2)
    pieces = Pieces(data, np.concatenate(([at], breaks[:, 1])), np.concatenate((breaks[:, 0] + 1, [end])))
    return pieces, np.ones(len(pieces), dtype=np.bool_)


def element_gap(data: bytes, at: int) -> re.Pattern[bytes]:
    """Between elements of an array, of which the next begins with the same name as the one at `at`: their members are
    mostly in one order, and objects within them mostly have other names."""
    first = _FIRST_NAME.match(data, at)
    return re.compile(_COMMA % (re.escape(first[1]) if first else b"}"))


def _lines(data: bytes, at: int, end: int) -> tuple[Pieces, Bools]:
    """Lines that are not empty, without carriage returns; and which of them are in braces."""
    feeds = _places(data, _FEED, at, end)
    starts, ends = np.concatenate(([at], feeds + 1)), np.concatenate((feeds, [end]))
    characters = np.frombuffer(data, dtype=np.uint8)
    returns = characters[np.maximum(ends - 1, starts)] == _RETURN
    is_filled = ends - returns > starts
    if not is_filled.all():
        starts, ends, returns = starts[is_filled], ends[is_filled], returns[is_filled]
    ends = ends - returns
    is_braced: Bools = (characters[starts] == _OPEN) & (characters[ends - 1] == _CLOSE)
    return Pieces(data, starts, ends), is_braced


def _places(data: bytes, character: int, at: int, end: int) -> Ints:
    """Where a character is, in parts for which no new memory is needed."""
    characters = np.frombuffer(data, dtype=np.uint8)
    parts = range(at, end, _AT_ONCE)
    places = [np.flatnonzero(characters[part : min(part + _AT_ONCE, end)] == character) + part for part in parts]
    return np.concatenate(places) if places else np.zeros(0, dtype=np.int64)


def _count(data: bytes, character: int, at: int, end: int) -> int:
    characters = np.frombuffer(data, dtype=np.uint8)
    parts = range(at, end, _AT_ONCE)
    return sum(int(np.count_nonzero(characters[part : min(part + _AT_ONCE, end)] == character)) for part in parts)
