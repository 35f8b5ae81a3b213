"""Where damaged gzip members begin and end.

A damaged member ends where the next member begins that decompresses whole, with a right checksum and length; without
one, at the end of the bytes. Each header in doubt is tried, one after the other, as long as all trials together are
fed no more than some times the layer's bytes: headers can be arranged so that each trial runs to the layer's end.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from lake.parse.gzip_header import Member, MemberError
from lake.parse.gzip_segments import Piece

TRUNCATED = "the gzip member is truncated"
TOO_DEEP = "gzip is nested deeper than is read"
NOT_TRIED = "too many gzip headers before it lead nowhere; what follows was not searched for sound members"
HELD = 16 << 20
FED_AT_MOST = 8  # times the bytes of the layer as far as it was read, and FED_FREELY more
FED_FREELY = 1 << 20

_DRAIN = 1 << 20
_FIRST_FEED = 64  # small, so that many small members are not searched too much
_MAGIC = re.compile(rb"(?P<magic>\x1f\x8b\x08)")
# Chance makes 16 such bytes behind a line end once in a gigabyte of compressed data.
_MAGIC_OR_TEXT = re.compile(rb"(?P<magic>\x1f\x8b\x08)|(?P<text>\n)(?=[\t\n\r\x20-\x7e]{16})")
_TEXT = re.compile(rb"(?P<text>\n)(?=[\t\n\r\x20-\x7e]{16})")
_NOTHING = re.compile(rb"(?!)")
_OVERLAP = 16

Kind = Literal["magic", "text", "gap", "end"]


class Stretch(NamedTuple):
    """A damaged stretch of a layer: offsets in the layer's bytes, and what is wrong."""

    start: int
    end: int
    message: str


class Stretches(NamedTuple):
    """A layer's damaged stretches in order, and whether it has any gzip member, so that there is a layer below.

    `fed` counts the bytes that were fed to decompressors to find them.
    """

    damaged: list[Stretch]
    has_members: bool
    fed: int


def stretches_of_layer(read: Callable[[], Iterator[Piece]], too_deep: bool, held: int = HELD) -> Stretches:
    """The damage of one layer, of which `read` gives a new stream. With `too_deep`, a sound member is damage as well.

    The last `held` bytes are kept to go back to; for what is farther back, the layer is read again.
    """
    layer = _Layer(read, held)
    damaged: list[Stretch] = []
    has_members = False
    at = 0
    while (found := layer.find(_MAGIC, at))[1] != "end":
        start, kind = found
        if kind == "gap":
            at = start
            continue
        end, failure = (None, NOT_TRIED) if layer.is_searched_enough else layer.member_end(start)
        has_members |= end is not None
        if end is None:
            end = _end_of_damage(layer, start, is_behind_plain=start > at)
            damaged.append(Stretch(start, end, failure))
        elif too_deep:
            damaged.append(Stretch(start, end, TOO_DEEP))
        at = end
    return Stretches(damaged, has_members, layer.fed)


def _end_of_damage(layer: _Layer, start: int, is_behind_plain: bool) -> int:
    """Where the damage that begins at `start` ends.

    Behind plain bytes, where a gzip header may be mere junk in a record, that may also be a line of text, so that the
    records after it are kept.
    """
    at = start + 1
    while True:
        with_members, without = (_MAGIC_OR_TEXT, _TEXT) if is_behind_plain else (_MAGIC, _NOTHING)
        end, kind = layer.find(without if layer.is_searched_enough else with_members, at)
        if kind == "text":
            return end + 1
        if kind != "magic" or layer.member_end(end)[0] is not None:
            return end
        at = end + 1


class _Layer:
    """A layer's bytes, read from any place on."""

    def __init__(self, read: Callable[[], Iterator[Piece]], held: int) -> None:
        self._read = read
        self._most_held = held
        self._size = 0  # as far as it is known
        self._read_to = 0
        self._sound: tuple[int, int] | None = None  # the last member that was: it may have been tried to end damage
        self.fed = 0
        self._restart()

    def _restart(self) -> None:
        self.fed += self._read_to  # read in vain, which costs as much
        self._pieces = self._read()
        self._held: list[Piece] = []
        self._positions: list[int] = []  # of what is held
        self._read_to = 0

    @property
    def is_searched_enough(self) -> bool:
        return self.fed > FED_AT_MOST * self._size + FED_FREELY

    def find(self, pattern: re.Pattern[bytes], at: int) -> tuple[int, Kind]:
        """The first match from `at` on, by its group; or the first gap behind `at`, or the end."""
        before = b""
        for position, piece, offset in self._from(at):
            if piece.after_gap and position > at:
                return position, "gap"
            boundary = before + piece.data[:_OVERLAP]
            match = pattern.search(boundary) if before else None
            if match and match.start() < len(before):
                return position - len(before) + match.start(), _kind(match)
            if match := pattern.search(piece.data, offset):
                return position + match.start(), _kind(match)
            before = (before + piece.data[max(offset, len(piece.data) - _OVERLAP) :])[-_OVERLAP:]
        return self._read_to, "end"

    def member_end(self, start: int) -> tuple[int | None, str]:
        """Where the member at `start` ends; or None, and what is wrong with it."""
        if self._sound is not None and self._sound[0] == start:
            return self._sound[1], ""
        member = Member(_DRAIN, _FIRST_FEED)
        try:
            for position, piece, offset in self._from(start):
                if piece.after_gap and position > start:
                    break
                for _ in member.inflate(piece.data, offset):
                    pass
                if member.is_whole:
                    self._sound = start, position + member.consumed_to
                    return self._sound[1], ""
        except MemberError as error:
            return None, f"the gzip member cannot be decompressed: {error}"
        finally:
            self.fed += member.fed
        return None, TRUNCATED

    def _from(self, at: int) -> Iterator[tuple[int, Piece, int]]:
        """Pieces that end behind `at`: position, piece, and the place in it that `at` is at, 0 in later ones."""
        if self._positions and at < self._positions[0]:
            self._restart()
        first = max(bisect_right(self._positions, at) - 1, 0)
        for position, piece in list(zip(self._positions[first:], self._held[first:], strict=True)):
            if position + len(piece.data) > at:
                yield position, piece, max(at - position, 0)
        for piece in self._pieces:
            position = self._read_to
            self._read_to += len(piece.data)
            self._size = max(self._size, self._read_to)
            self._hold(position, piece)
            if self._read_to > at:
                yield position, piece, max(at - position, 0)

    def _hold(self, position: int, piece: Piece) -> None:
        self._held.append(piece)
        self._positions.append(position)
        while self._read_to - self._positions[0] > self._most_held and len(self._held) > 1:
            del self._held[0], self._positions[0]


def _kind(match: re.Match[bytes]) -> Kind:
    return "text" if match.lastgroup == "text" else "magic"
