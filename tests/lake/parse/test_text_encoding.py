"""UTF-16 as UTF-8, however it is cut; and that nothing else is taken for it."""

from __future__ import annotations

import pytest

from lake.parse.gzip_stream import Chunk
from lake.parse.text_encoding import utf8_chunks, utf16_of

TEXT = '{"name":"é€\U0001f600","n":1}\n' * 3
LITTLE, BIG = TEXT.encode("utf-16-le"), TEXT.encode("utf-16-be")


def read(data: bytes, size: int = 0) -> bytes:
    chunks = (Chunk(data[at : at + (size or len(data))]) for at in range(0, len(data), size or len(data) or 1))
    return b"".join(chunk.data for chunk in utf8_chunks(chunks))


@pytest.mark.parametrize("size", [0, 16, 17, 31])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xff\xfe" + LITTLE, "\ufeff" + TEXT),
        (b"\xfe\xff" + BIG, "\ufeff" + TEXT),
        (LITTLE, TEXT),
        (BIG, TEXT),
        ("id,été\n1,a\n".encode("utf-16"), "\ufeffid,été\n1,a\n"),
    ],
    ids=["little", "big", "little without mark", "big without mark", "csv"],
)
def test_utf16_is_read_wherever_its_bytes_are_cut(data: bytes, expected: str, size: int) -> None:
    assert read(data, size) == expected.encode()


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"{}", b"{\0", TEXT.encode(), b"\xef\xbb\xbf" + TEXT.encode(), bytes(30),
     b"a\0b\0\0\0c\0", b"\0ab\0", b"a,\0b"],
)  # fmt: skip
def test_other_bytes_are_left_as_they_are(data: bytes) -> None:
    assert read(data) == data
    assert utf16_of(data) is None


def test_half_a_pair_and_half_a_character_become_bytes_that_are_not_utf8() -> None:
    lone = '{"a":"'.encode("utf-16-le") + b"\x3d\xd8" + '"}\n'.encode("utf-16-le")
    assert read(lone) == b'{"a":"\xed\xa0\xbd"}\n'
    assert read(LITTLE + b"x") == TEXT.encode() + b"x"
    assert read(LITTLE + b"\x3d\xd8") == TEXT.encode() + b"\x3d\xd8"


def test_behind_a_gap_characters_begin_again() -> None:
    chunks = [Chunk(LITTLE + b"{"), Chunk(LITTLE, after_gap=True), Chunk(LITTLE, after_gap=True)]
    assert list(utf8_chunks(iter(chunks))) == [
        Chunk(TEXT.encode()),
        Chunk(b"{"),
        Chunk(TEXT.encode(), after_gap=True),
        Chunk(TEXT.encode(), after_gap=True),
    ]
