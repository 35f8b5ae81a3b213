"""Stretches of bytes between two gaps, cut so that no gzip magic straddles two pieces of one stretch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MAGIC = b"\x1f\x8b\x08"


class Piece(NamedTuple):
    """Bytes in order, never empty; `after_gap`: what came before them was lost, or is of another kind."""

    data: bytes
    after_gap: bool = False


def magic_at(data: bytes, start: int) -> int:
    """The offset of the first gzip magic from `start` on, or -1."""
    if data.find(b"\x1f", start) < 0:  # one byte is sought far faster than three, and no text holds it
        return -1
    return data.find(MAGIC, start)


def is_cut_magic(tail: bytes) -> bool:
    """Whether the bytes are the beginning of a gzip magic, and no more."""
    return tail in (MAGIC[:1], MAGIC[:2])


class Runs:
    """The runs of a stream of pieces, each with whether a gap comes before it; each is to be read to its end."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self._next = next(pieces, None)

    def __iter__(self) -> Iterator[tuple[bool, Iterator[bytes]]]:
        while self._next is not None:
            yield self._next.after_gap, self._run()

    def _run(self) -> Iterator[bytes]:
        held = b""
        first = True
        while self._next is not None and (first or not self._next.after_gap):
            first = False
            data = held + self._next.data if held else self._next.data
            self._next = next(self._pieces, None)
            held = _cut_magic_of(data)
            if len(held) < len(data):
                yield data[: len(data) - len(held)] if held else data
        if held:
            yield held


def _cut_magic_of(data: bytes) -> bytes:
    """The end of `data` that could be the beginning of a gzip magic."""
    return next((data[-length:] for length in (2, 1) if is_cut_magic(data[-length:])), b"")
