"""The bytes of a compressed object, taken as its decoder needs them."""

from __future__ import annotations

from collections.abc import Iterator

CUT_SHORT = "the object ends within it"


class UnitError(Exception):
    """A unit of compressed data that is cut short, breaks, or has another checksum than its content."""


class Input:
    """A stream of bytes that knows its position, and takes back what was read too far."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._data, self._at = b"", 0
        self._begins_at = 0  # where `_data` stands in the stream

    @property
    def position(self) -> int:
        return self._begins_at + self._at

    @property
    def is_at_end(self) -> bool:
        while self._at == len(self._data):
            piece = next(self._pieces, None)
            if piece is None:
                return True
            self._begins_at += len(self._data)
            self._data, self._at = piece, 0
        return False

    def some(self, size: int) -> bytes:
        """From one to `size` bytes; none at the end only."""
        if self.is_at_end:
            return b""
        data = self._data[self._at : self._at + size]
        self._at += len(data)
        return data

    def back(self, data: bytes) -> None:
        """Take back the last bytes of what `some` gave last."""
        self._at -= len(data)

    def exactly(self, size: int) -> bytes:
        """So many bytes. Raises UnitError if there are fewer."""
        data = self.some(size)
        if len(data) == size:
            return data
        parts = [data]
        missing = size - len(data)
        while missing:
            if not (data := self.some(missing)):
                raise UnitError(CUT_SHORT)
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)
