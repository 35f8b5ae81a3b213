"""Formats that are not read as records, recognised by their first bytes: so that they are not taken for broken text."""

from __future__ import annotations

import re

_HEAD = 512
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f]")

_MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "Parquet"),
    (b"PARE", "encrypted Parquet"),
    (b"ORC", "ORC"),
    (b"Obj\x01", "Avro"),
    (b"SEQ\x06", "a Hadoop sequence file"),
    (b"RCF\x01", "RCFile"),
    (b"ARROW1\x00\x00", "Arrow"),
    (b"\xff\xff\xff\xff", "an Arrow stream"),
    (b"%PDF-", "PDF"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x5d\x00\x00", "lzma"),
    (b"LZIP\x01", "lzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x89LZO\x00\r\n\x1a\n", "lzop"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"RIFF", "a RIFF file, e.g. WAV or AVI"),
    (b"OggS\x00", "Ogg"),
    (b"\x00\x00\x00\x18ftyp", "MP4"),
    (b"\x00\x00\x00\x1cftyp", "MP4"),
    (b"\x00\x00\x00\x20ftyp", "MP4"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an older Office document"),
    (b"\x7fELF", "an executable"),
    (b"\xca\xfe\xba\xbe", "a Java class"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
)
# Letters that text may begin with as well: what follows has to be binary.
_PLAIN = frozenset({b"PAR1", b"PARE", b"ORC", b"GIF87a", b"GIF89a", b"RIFF"})
_COMPRESSED = (
    (re.compile(rb"\x28\xb5\x2f\xfd"), "zstd inside gzip"),
    (re.compile(rb"BZh[1-9](1AY&SY|\x17\x72\x45\x38\x50\x90)"), "bz2 inside gzip"),
    (re.compile(rb"\xff\x06\x00\x00sNaPpY|\x82SNAPPY\x00"), "Snappy inside gzip"),
    (re.compile(rb"PK\x03\x04"), "ZIP inside gzip"),
)
_PACKAGE = re.compile(
    rb"PK\x03\x04.{26}(\[Content_Types\]\.xml|_rels/|mimetype|META-INF/|AndroidManifest\.xml)", re.DOTALL
)


def format_stored(head: bytes) -> str | None:
    """The name of the format of an object that begins, as stored, with these bytes; None for one that may be read."""
    if _PACKAGE.match(head):
        return "an Office document or a Java archive"
    if head[257:262] == b"ustar":
        return "a tar archive"
    for magic, name in _MAGICS:
        if head.startswith(magic) and (magic not in _PLAIN or _NO_TEXT.search(head, len(magic), _HEAD)):
            return name
    return None


def format_held(head: bytes) -> str | None:
    """The same of what an object holds, once it is decompressed: there, other codecs are not read either."""
    found = next((name for magic, name in _COMPRESSED if magic.match(head)), None)
    return format_stored(head) or found
