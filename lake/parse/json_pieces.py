"""A stretch of a stream, cut where records seem to break; and what bytes alone tell of such pieces.

A piece is a record if the stretch is what it looks like: `}{` may be in a string, and a record may go over many lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

SPACE = b" \t\r\n"
_FIRST_NAME = re.compile(rb'\{[ \t\r\n]*("(?:[^"\\]|\\.)*")')
_GAP = re.compile(rb"\}(?:[ \t\r\n]|\xef\xbb\xbf)*+(?=\{)")
_COMMA = rb"\}[ \t\r\n]*+,[ \t\r\n]*+(?=\{[ \t\r\n]*+(?:%b)[ \t\r\n]*+:)"
_AT_ONCE = 64 << 10  # bytes that stay in the processor's nearest cache
_FEED, _RETURN, _OPEN, _CLOSE, _QUOTE = b'\n\r{}"'

Gap = re.Pattern[bytes]
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

    def __getitem__(self, place: int) -> bytes:
        return self.data[self.starts[place] : self.ends[place]]

    def have_quotes(self, expected: Ints | int) -> Bools | None:
        """Which pieces have as many double quotes around strings and names; None where all have."""
        text, (first, last), before = self.data, self.span, 0
        total = expected * len(self) if isinstance(expected, int) else expected.sum()
        if text.find(b"\\", first, last) >= 0:
            text, before = _without_escapes(text[first:last]), first
        beside = sum(text.count(b'"', begin - before, end - before) for begin, end in self._gaps())
        if _count(text, _QUOTE, first - before, last - before) - beside == total:
            return None
        quotes = _places(text, _QUOTE, first - before, last - before) + before
        has_expected: Bools = np.searchsorted(quotes, self.ends) - np.searchsorted(quotes, self.starts) == expected
        return None if has_expected.all() else has_expected

    def _gaps(self) -> Iterator[tuple[int, int]]:
        """What is between them, but for single characters."""
        begins, ends = self.ends[:-1], self.starts[1:]
        is_wide = ends - begins > 1
        return zip(begins[is_wide].tolist(), ends[is_wide].tolist(), strict=True)


class Run(Pieces):
    """`count` records from `at` to `end`, and nothing else but what is between records.

    Where each is, is found out when it is asked for. In valid JSON, `}` is followed by `{` between records only (in an
    array, with a comma between them): so of pieces in braces that are as many as the records, each is one.
    """

    def __init__(self, data: bytes, at: int, end: int, gap: Gap | None, count: int) -> None:
        self.data = data
        self._stretch = (data, at, end, gap)
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

    def _gaps(self) -> Iterator[tuple[int, int]]:
        return iter(())


def quotes_by(text: bytes, starts: Ints, ends: Ints) -> Ints:
    """How many double quotes of JSON text stand around strings and names, for each stretch of a text."""
    quotes = _places(_without_escapes(text), _QUOTE, 0, len(text))
    return np.searchsorted(quotes, ends) - np.searchsorted(quotes, starts)


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
