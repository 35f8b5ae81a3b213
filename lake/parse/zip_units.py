"""ZIP archives, entry by entry as they stand in the object: their directory stands at the end, and may be cut off.

Source: PKWARE's APPNOTE.TXT, 4.3 and 4.4. zipfile begins with the directory, and needs a file that it can seek in.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from lake.parse.compressed_input import CUT_SHORT, Input, UnitError

_ENTRY, _DESCRIPTOR = b"PK\x03\x04", b"PK\x07\x08"
_BEHIND_ENTRIES = (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08")
_ENCRYPTED, _SIZES_BEHIND = 0x01, 0x08
_STORED, _DEFLATED = 0, 8
_ZIP64, _IN_ZIP64 = 0x0001, 0xFFFFFFFF
_FEED = 64 << 10
_MOST = 256 << 10


def zip_entry(source: Input) -> Iterator[bytes]:
    """One entry's content, with a line end behind it if it has none: entries are files; or the directory: nothing."""
    signature = source.exactly(4)
    if signature in _BEHIND_ENTRIES:
        while source.some(_FEED):
            pass
        return
    if signature != _ENTRY:
        raise UnitError("expected an entry of a ZIP archive, or its directory")
    _, flags, method, _, _, checksum, _, size, name_size, extra_size = struct.unpack("<5H3L2H", source.exactly(26))
    name = source.exactly(name_size).decode("utf-8", "replace")
    extra = source.exactly(extra_size)
    if flags & _ENCRYPTED:
        raise UnitError(f"its entry {name!r} is encrypted")
    if method == _DEFLATED:
        content = _inflated(source)
    elif method == _STORED and not flags & _SIZES_BEHIND:
        content = _stored(source, _zip64_size(extra) if size == _IN_ZIP64 else size)
    else:
        raise UnitError(f"its entry {name!r} is compressed by method {method}; expected deflate")
    found, length, last = 0, 0, b"\n"
    for data in content:
        found, length, last = zlib.crc32(data, found), length + len(data), data[-1:]
        yield data
    if flags & _SIZES_BEHIND:
        checksum = _described(source, length)
    if found != checksum:
        raise UnitError(f"the checksum of its entry {name!r} is not its content's")
    if last != b"\n":
        yield b"\n"


def _inflated(source: Input) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    while not stream.eof:
        data = stream.unconsumed_tail or source.some(_FEED)
        if not data:
            raise UnitError(CUT_SHORT)
        try:
            plain = stream.decompress(data, _MOST)
        except zlib.error as error:
            raise UnitError(str(error)) from error
        if plain:
            yield plain
    source.back(stream.unused_data)


def _stored(source: Input, size: int) -> Iterator[bytes]:
    while size:
        data = source.exactly(min(size, _MOST))
        size -= len(data)
        yield data


def _described(source: Input, length: int) -> int:
    """The checksum in the descriptor behind an entry: with a signature or none, its two sizes of 4 or of 8 bytes."""
    data = source.exactly(4)
    if data == _DESCRIPTOR:
        data = source.exactly(4)
    is_size = int.from_bytes(source.exactly(8)[4:], "little") == length & _IN_ZIP64
    if not is_size and int.from_bytes(source.exactly(8), "little") != length:
        raise UnitError("the size behind an entry is not its content's")
    return int.from_bytes(data, "little")


def _zip64_size(extra: bytes) -> int:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == _ZIP64 and size >= 8:
            return int.from_bytes(extra[at + 4 : at + 12], "little")
        at += 4 + size
    raise UnitError("the size of an entry is missing")
