"""Snappy as it is framed: by its own framing format, by Hadoop, by snappy-java.

Sources: google/snappy's framing_format.txt; Hadoop's BlockCompressorStream; snappy-java's SnappyOutputStream.
"""

from __future__ import annotations

from collections.abc import Iterator

import cramjam

from lake.parse.compressed_input import Input, UnitError

_IDENTIFIER = b"\xff\x06\x00\x00sNaPpY"
_COMPRESSED, _UNCOMPRESSED, _FIRST_SKIPPABLE = 0x00, 0x01, 0x80
_MOST_CHUNK = 1 << 17  # a chunk holds 64 KiB at most, before it is compressed
_MOST_BLOCK = 32 << 20  # Hadoop's blocks are of 256 KiB, snappy-java's of 32 KiB, unless told otherwise
_JAVA_MAGIC = b"\x82SNAPPY\x00"
_SKIPPED = 64 << 10


def framed_chunk(source: Input) -> Iterator[bytes]:
    """One chunk of the framing format, whose checksum is compared."""
    header = source.exactly(4)
    kind, size = header[0], int.from_bytes(header[1:], "little")
    if kind >= _FIRST_SKIPPABLE:
        if kind == _IDENTIFIER[0] and header + source.exactly(min(size, 6)) != _IDENTIFIER:
            raise UnitError("expected the identifier sNaPpY of a stream")
        left = 0 if kind == _IDENTIFIER[0] else size
        while left:
            left -= len(source.exactly(min(left, _SKIPPED)))
        return
    if kind not in (_COMPRESSED, _UNCOMPRESSED) or size > _MOST_CHUNK:
        raise UnitError(f"expected a chunk of Snappy's framing format, got type {kind} and {size} bytes")
    chunk = header + source.exactly(size)
    try:
        yield bytes(cramjam.snappy.decompress(_IDENTIFIER + chunk))
    except cramjam.DecompressionError as error:
        raise UnitError(str(error)) from error


def hadoop_frame(source: Input) -> Iterator[bytes]:
    """One frame of Hadoop's: the length of its content, then blocks, each with its own length before it."""
    left = int.from_bytes(source.exactly(4), "big")
    while left:
        plain = _block(source.exactly(4), source)
        left -= len(plain)
        if not plain or left < 0:
            raise UnitError("its blocks hold other lengths than the frame says")
        yield plain


def is_hadoop_frame(head: bytes) -> bool:
    """Whether an object begins as a frame of Hadoop's does, which has no magic: lengths that fit each other."""
    frame, compressed = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big")
    plain, tag = _plain_size(head[8:13])
    return (
        len(head) > 8 + tag
        and 0 < plain <= min(frame, _MOST_BLOCK)
        and 2 < compressed <= 32 + plain + plain // 6  # Snappy's own limit of a compressed length
        and head[8 + tag] & 3 == 0  # the first element of a block is a literal: there is nothing to copy
    )


def java_block(source: Input) -> Iterator[bytes]:
    """One block of snappy-java's, or the header before the first."""
    size = source.exactly(4)
    if size == _JAVA_MAGIC[:4]:
        if source.exactly(12)[:4] != _JAVA_MAGIC[4:]:
            raise UnitError("expected the header of snappy-java")
        return
    if plain := _block(size, source):
        yield plain


def _block(size: bytes, source: Input) -> bytes:
    compressed = int.from_bytes(size, "big")
    if compressed > 32 + _MOST_BLOCK + _MOST_BLOCK // 6:
        raise UnitError(f"expected a block of Snappy, got one of {compressed} bytes")
    data = source.exactly(compressed)
    if _plain_size(data[:5])[0] > _MOST_BLOCK:
        raise UnitError(f"a block of Snappy that holds more than {_MOST_BLOCK} bytes is not read")
    try:
        return bytes(cramjam.snappy.decompress_raw(data))
    except cramjam.DecompressionError as error:
        raise UnitError(str(error)) from error


def _plain_size(block: bytes) -> tuple[int, int]:
    """The length that a block of raw Snappy begins with, and how many bytes it takes."""
    size = 0
    for place, byte in enumerate(block[:5]):
        size |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return size, place + 1
    return 0, len(block)
