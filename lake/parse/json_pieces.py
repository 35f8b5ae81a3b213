"""A stretch of a stream, cut where records seem to break; and what bytes alone tell of such pieces.

A piece is a record if the stretch is what it looks like: `}{` may be in a string, and a record may go over many lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Pieces:
    """Bytes of `data` from each of `starts` to the same place of `ends`, each in braces.

    With `are_lines`, a line feed and nothing else is between them. Then, as `}` is followed by `{` between records
    only, lines break between records if they are valid JSON; and if there are as many records as lines, each is one.
    """

    data: bytes
    starts: Ints
    ends: Ints
    are_lines: bool = False

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def each(self) -> list[bytes]:
        return [self.data[start:end] for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]

    @property
    def lines(self) -> memoryview:
        return memoryview(self.data)[self.starts[0] : self.ends[-1]]

    def only(self, is_wanted: Bools) -> Pieces:
        """Some of them."""
        return Pieces(self.data, self.starts[is_wanted], self.ends[is_wanted])

    def have_quotes(self, expected: Ints | int) -> Bools | None:
        """Which pieces have as many double quotes around strings and names; None where all have."""
        if not len(self):
            return None
        first, last = int(self.starts[0]), int(self.ends[-1])
        if self.are_lines and self.data.find(b"\\", first, last) < 0:
            total = expected * len(self) if isinstance(expected, int) else expected.sum()
            if _count(self.data, _QUOTE, first, last) == total:
                return None
        has_expected: Bools = quotes_by(self.data[first:last], self.starts - first, self.ends - first) == expected
        return None if has_expected.all() else has_expected


def quotes_by(text: bytes, starts: Ints, ends: Ints) -> Ints:
    """How many double quotes of JSON text stand around strings and names, for each stretch of a text."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"..").replace(b'\\"', b"..")
    quotes = _places(text, _QUOTE, 0, len(text))
    return np.searchsorted(quotes, ends) - np.searchsorted(quotes, starts)


def pieces_of(data: bytes, at: int, end: int, in_array: bool) -> tuple[Pieces, Bools]:
    """The stretch in pieces, and which of them are in braces. It begins with `{`, and ends where records seem to break.

    Lines, if most of them are in braces; else what is between braces that nothing but white space is between, or in an
    array, a comma, if the first of its names follows, which is the first one in the stretch.
    """
    end = at + len(data[at:end].rstrip(SPACE))
    if not in_array:
        lines, is_braced = _lines(data, at, end)
        if 2 * np.count_nonzero(is_braced) > len(lines):
            return lines, is_braced
    first = _FIRST_NAME.match(data, at)
    gap = _GAP if not in_array or first is None else re.compile(_COMMA % re.escape(first[1]))
    breaks = np.array([match.span() for match in gap.finditer(data, at, end)], dtype=np.int64).reshape(-1, 2)
    pieces = Pieces(data, np.concatenate(([at], breaks[:, 1])), np.concatenate((breaks[:, 0] + 1, [end])))
    return pieces, np.ones(len(pieces), dtype=np.bool_)


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
    are_lines = is_filled.all() and is_braced.all() and not returns.any()
    return Pieces(data, starts, ends, bool(are_lines)), is_braced


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
