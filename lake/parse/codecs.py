"""Objects compressed as a whole by another codec than gzip: recognised by their first bytes, decoded unit by unit.

A unit is what the codec can check by itself: a zstd frame, a bz2 stream, a chunk of Snappy, an entry of a ZIP archive.
It is whole, or it and all that follows is damage. What is decoded may be gzip in turn, as where a producer compresses
its records and Firehose compresses its objects.
"""

from __future__ import annotations

import bz2
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from backports import zstd

from lake.parse.compressed_input import CUT_SHORT, Input, UnitError
from lake.parse.snappy_units import framed_chunk, hadoop_frame, is_hadoop_frame, java_block
from lake.parse.zip_units import zip_entry

HEAD = 512  # bytes of an object by which its codec is told

_FIRST_FEED = 4 << 10  # small, because what a unit leaves over is copied, and many units are small
_MOST = 256 << 10


class Codec(NamedTuple):
    """A codec's name, and the decoder of the unit that its input begins with."""

    name: str
    unit: Callable[[Input], Iterator[bytes]]


class BrokenUnit(Exception):  # noqa: N818 (what was found, and always handled; no error of ours)
    """The unit that begins at `start` cannot be decoded."""

    def __init__(self, start: int, message: str) -> None:
        super().__init__(message)
        self.start = start


def codec_of(head: bytes) -> Codec | None:
    """The codec of an object that begins with these bytes; None for gzip, which may begin anywhere, and for none."""
    for codec, magic in _MAGICS:
        if magic.match(head):
            return codec
    return Codec("Hadoop's Snappy", hadoop_frame) if is_hadoop_frame(head) else None


def decoded(pieces: Iterator[bytes], codec: Codec) -> Iterator[bytes]:
    """What an object holds, in pieces of bounded size. Raises BrokenUnit; some of that unit may have been given."""
    source = Input(pieces)
    while not source.is_at_end:
        start = source.position
        try:
            yield from codec.unit(source)
        except UnitError as error:
            raise BrokenUnit(start, str(error)) from error


class _Decompressor(Protocol):
    """The standard library's interface of a decompressor of one stream."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def _unit_of(decompressor: Callable[[], _Decompressor]) -> Callable[[Input], Iterator[bytes]]:
    def unit(source: Input) -> Iterator[bytes]:
        """One stream, or the white space and the padding of NULs that stand between two."""
        first = source.some(_FIRST_FEED)
        if between := first[: len(first) - len(first.lstrip(b"\t\n\r \0"))]:
            source.back(first[len(between) :])
            if text := between.replace(b"\0", b""):
                yield text
            return
        stream = decompressor()
        feed = _FIRST_FEED
        data = first
        while True:
            yield from _decompressed(stream, data)
            if stream.eof:
                break
            feed = min(feed * 4, _MOST)
            if not (data := source.some(feed)):
                raise UnitError(CUT_SHORT)
        source.back(stream.unused_data)

    return unit


def _decompressed(stream: _Decompressor, data: bytes) -> Iterator[bytes]:
    try:
        while True:
            if plain := stream.decompress(data, _MOST):
                yield plain
            if stream.eof or stream.needs_input:
                return
            data = b""
    except (OSError, EOFError, zstd.ZstdError) as error:
        raise UnitError(str(error)) from error


_MAGICS = (
    (Codec("zstd", _unit_of(zstd.ZstdDecompressor)), re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")),
    (Codec("bz2", _unit_of(bz2.BZ2Decompressor)), re.compile(rb"BZh[1-9](1AY&SY|\x17\x72\x45\x38\x50\x90)")),
    (Codec("framed Snappy", framed_chunk), re.compile(rb"\xff\x06\x00\x00sNaPpY")),
    (Codec("snappy-java", java_block), re.compile(rb"\x82SNAPPY\x00")),
    (Codec("ZIP", zip_entry), re.compile(rb"PK(\x03\x04|\x05\x06)")),
)
