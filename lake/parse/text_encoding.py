"""Text in UTF-16, with a byte-order mark or as its first characters show, to UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain
from typing import Literal

from lake.parse.gzip_stream import Chunk

_Encoding = Literal["utf-16-le", "utf-16-be"]
_LOOKED_AT = 8


def utf8_chunks(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The chunks in UTF-8; each as it is unless the first ones begin as UTF-16 does.

    Half a surrogate pair, and half a character at a gap or at the end, become bytes that are not UTF-8, for the
    record's reader to refuse.
    """
    first = next(chunks, None)
    if first is None:
        return
    encoding = utf16_of(first.data)
    every = chain([first], chunks)
    yield from every if encoding is None else _decoded(every, encoding)


def utf16_of(head: bytes) -> _Encoding | None:
    """UTF-16's byte order, where a text begins with its mark, or with ASCII characters of two bytes."""
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16-le" if head[:2] == codecs.BOM_UTF16_LE else "utf-16-be"
    head = head[: min(_LOOKED_AT, len(head) // 2 * 2)]
    if len(head) < 4:
        return None
    evens, odds = head[::2], head[1::2]
    if not any(odds) and all(evens) and evens.isascii():
        return "utf-16-le"
    return "utf-16-be" if not any(evens) and all(odds) and odds.isascii() else None


def _decoded(chunks: Iterator[Chunk], encoding: _Encoding) -> Iterator[Chunk]:
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    gap = False
    for chunk in chunks:
        if chunk.after_gap:
            if rest := _undecoded(decoder):
                yield Chunk(rest, gap)
            gap = True
        if data := decoder.decode(chunk.data).encode("utf-8", "surrogatepass"):
            yield Chunk(data, gap)
            gap = False
    if rest := _undecoded(decoder):
        yield Chunk(rest, gap)


def _undecoded(decoder: codecs.IncrementalDecoder) -> bytes:
    rest = decoder.getstate()[0]
    decoder.reset()
    return rest
