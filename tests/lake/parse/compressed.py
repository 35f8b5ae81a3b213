"""Parts of a text as units of a codec, so that the joined units are an object."""

from __future__ import annotations

import io
import zipfile
from typing import cast

import cramjam
from backports import zstd


def raw_snappy(data: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(data))


def big(number: int) -> bytes:
    return number.to_bytes(4, "big")


def zstd_frames(parts: list[bytes]) -> list[bytes]:
    checked = {zstd.CompressionParameter.checksum_flag: 1}
    return [zstd.compress(part, options=checked) for part in parts]


def framed_snappy(parts: list[bytes]) -> list[bytes]:
    identifier = b"\xff\x06\x00\x00sNaPpY"
    chunks = [bytes(cramjam.snappy.compress(part)).removeprefix(identifier) for part in parts]
    return [identifier + chunks[0], *chunks[1:]]


def hadoop_snappy(parts: list[bytes]) -> list[bytes]:
    """A frame of two blocks each."""
    halves = [(part[:9], part[9:]) for part in parts]
    blocks = [[big(len(packed)) + packed for packed in map(raw_snappy, half)] for half in halves]
    return [big(len(part)) + b"".join(pair) for part, pair in zip(parts, blocks, strict=True)]


def java_snappy(parts: list[bytes]) -> list[bytes]:
    blocks = [big(len(packed)) + packed for packed in map(raw_snappy, parts)]
    return [b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01" + blocks[0], *blocks[1:]]


class Unseekable(io.RawIOBase):
    """Where an archive is written in one go, as Firehose does: sizes and checksum stand behind each entry."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override] # any buffer
        self.data += bytes(data)
        return len(data)


def zip_entries(parts: list[bytes], method: int = zipfile.ZIP_DEFLATED, *, is_streamed: bool = False) -> list[bytes]:
    """The entries; the directory is part of the last one."""
    target = Unseekable() if is_streamed else io.BytesIO()
    with zipfile.ZipFile(cast(io.BytesIO, target), "w", method) as archive:
        for number, part in enumerate(parts):
            archive.writestr(f"part-{number}", part)
        starts = [entry.header_offset for entry in archive.infolist()]
    data = target.data if isinstance(target, Unseekable) else target.getvalue()
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]
