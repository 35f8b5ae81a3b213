"""Chunks of an object as stretches that can be looked at and consumed, up to a gap or the end."""

from __future__ import annotations

from collections.abc import Iterator

from lake.parse.gzip_stream import Chunk


class Segment:
    """The bytes up to the next gap, or to the object's end, of which a bounded part is held."""

    def __init__(self, chunks: Iterator[Chunk], first: bytes, offset: int) -> None:
        self.offset = offset  # of the next byte, in the decompressed object
        self.next_chunk: Chunk | None = None  # the one after the gap, once the gap was met
        self._chunks = chunks
        self._data = first
        self._at = 0
        self._is_read = False

    def peek(self, size: int) -> tuple[bytes, bool]:
        """The next `size` bytes, fewer at the end only; and whether they are all that there are before it."""
        while not self._is_read and len(self._data) - self._at < size + 1:
            self._pull(size + 1)
        data = self._data[self._at : self._at + size]
        return data, self._is_read and len(data) == len(self._data) - self._at

    @property
    def is_cut_off(self) -> bool:
        """Whether a gap ends the segment; known once `peek` has met its end."""
        return self.next_chunk is not None

    def skip(self, size: int) -> None:
        """Consume bytes that were peeked at."""
        self._at += size
        self.offset += size

    def _pull(self, size: int) -> None:
        """Read chunks until `size` bytes are held, if there are as many."""
        parts, held = [self._data[self._at :]], len(self._data) - self._at
        while held < size:
            chunk = next(self._chunks, None)
            if chunk is None or chunk.after_gap:
                self.next_chunk, self._is_read = chunk, True
                break
            parts.append(chunk.data)
            held += len(chunk.data)
        self._data, self._at = b"".join(parts), 0


def segments(chunks: Iterator[Chunk]) -> Iterator[Segment]:
    """The stretches between gaps, each to be consumed before the next is asked for."""
    chunk, offset = next(chunks, None), 0
    while chunk is not None:
        segment = Segment(chunks, chunk.data, offset)
        yield segment
        chunk, offset = segment.next_chunk, segment.offset
