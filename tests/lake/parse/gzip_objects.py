"""Objects of gzip members, plain stretches and damage, and how tests read them."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Iterable

from lake.parse.gzip_stream import Damage, DamagedObject, damaged_bytes, damages_of, plain_chunks

TRUNCATED = "the gzip member is truncated"
TOO_DEEP = "gzip is nested deeper than is read"


class ShortReads:
    """A stream without seek, each of whose reads may give less than was asked for."""

    def __init__(self, data: bytes, lengths: Iterable[int]) -> None:
        self._data = data
        self._lengths = iter(lengths)
        self._at = 0

    def read(self, size: int) -> bytes:
        read = self._data[self._at : self._at + min(size, next(self._lengths, size))]
        self._at += len(read)
        return read


def records(member: int, count: int = 12) -> bytes:
    chance = random.Random(member)
    return b"".join(b'{"member":%d,"id":"%08x"}\n' % (member, chance.getrandbits(32)) for _ in range(count))


def packed(plain: bytes, level: int = 6) -> bytes:
    return gzip.compress(plain, level, mtime=0)


A, B, C = records(1), records(2), records(3)
THREE = packed(A) + packed(B) + packed(C)
BROKEN = packed(B)[:-8] + bytes(4) + packed(B)[-4:]


_PLAIN = [A, B, b"\n", bytes(2), b"\x1f", b"\x1f\x8b\x08", b"\x1f\x8b\x08\x00", b"\x1f\x8b\x08\x00\x00\x00\x01"]
_SOUND = [packed(A), packed(B, level=0), packed(b""), packed(packed(C)), packed(packed(A)[:30])]
SEGMENTS = [*_PLAIN, *_SOUND, BROKEN, packed(BROKEN), packed(A)[:-5]]


def runs(stored: bytes, damages: tuple[Damage, ...] = (), size: int = 8 << 20) -> list[bytes]:
    """The object's plain bytes, one item for each stretch without a gap in it."""
    found: list[bytes] = []
    for chunk in plain_chunks(io.BytesIO(stored), size, damages):
        assert chunk.data
        if chunk.after_gap or not found:
            found.append(b"")
        found[-1] += chunk.data
    return found


def read(stored: bytes) -> tuple[list[bytes], list[tuple[int, int]]]:
    """The runs, and the damaged stretches, by the protocol that the module names."""
    try:
        return runs(stored), []
    except DamagedObject:
        damages = damages_of(lambda: io.BytesIO(stored))
        for damage in damages:
            if damage.depth == 0:
                carried = b"".join(data for of, data in damaged_bytes(io.BytesIO(stored), 0, damages) if of == damage)
                assert carried == stored[damage.start : damage.end]
        return runs(stored, damages), [(damage.start, damage.end) for damage in damages]
