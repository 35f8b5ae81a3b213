"""What an undamaged object's plain bytes are, whatever it holds and however it comes: whole results, run by run."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.parse.gzip_stream import damages_of, plain_chunks
from tests.lake.parse.gzip_objects import (
    SEGMENTS,
    THREE,
    A,
    B,
    C,
    ShortReads,
    packed,
    read,
    runs,
)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(A, [A], id="plain"),
        pytest.param(packed(A), [A], id="one member"),
        pytest.param(THREE, [A + B + C], id="many members"),
        pytest.param(packed(b""), [], id="an empty member alone"),
        pytest.param(packed(A) + packed(b"") + packed(C), [A + C], id="an empty member between"),
        pytest.param(packed(A[:20]) + packed(A[20:]), [A], id="a record that spans members"),
        pytest.param(packed(A) + B, [A + B], id="plain after gzip"),
        pytest.param(A + packed(B), [A + B], id="gzip after plain"),
        pytest.param(packed(A) + b"\n" + packed(B) + b"\n", [A + b"\n" + B + b"\n"], id="delimiters between members"),
        pytest.param(A + packed(B) + C + packed(A), [A + B + C + A], id="plain and gzip by turns"),
        pytest.param(packed(packed(A)), [A], id="gzip in gzip"),
        pytest.param(
            packed(THREE[:100]) + packed(THREE[100:]), [A + B + C], id="an inner member that spans outer ones"
        ),
        pytest.param(packed(packed(A) + B + packed(C)), [A + B + C], id="plain and gzip by turns, in gzip"),
        pytest.param(packed(A) + bytes(512), [A], id="NUL padding after the last member"),
        pytest.param(packed(A + bytes(3)), [A + bytes(3)], id="NULs that are content"),
        pytest.param(A + bytes(3), [A + bytes(3)], id="NULs after plain bytes"),
        pytest.param(packed(A) + bytes(3) + B, [A, bytes(3) + B], id="NULs before plain bytes are no padding"),
        pytest.param(packed(A) + bytes(3) + packed(B), [A, bytes(3), B], id="NULs between members are no padding"),
        pytest.param(packed(A) + b"junk", [A, b"junk"], id="textual junk after"),
        pytest.param(packed(A) + b"\x01\xff\x02", [A, b"\x01\xff\x02"], id="binary junk after"),
        pytest.param(b"\x01\xff\x02" + packed(A), [b"\x01\xff\x02", A], id="binary junk before"),
        pytest.param(packed(A) + b"\x01\xff" + packed(B), [A, b"\x01\xff", B], id="binary junk between"),
        pytest.param(b"\x01" + packed(b"") + packed(B), [b"\x01", B], id="binary junk before an empty member"),
        pytest.param(b"\x1f\x8b\x07\x00" + A, [b"\x1f\x8b\x07\x00" + A], id="another method is no gzip"),
        pytest.param(b'{"a":"\x1f\x8b"}', [b'{"a":"\x1f\x8b"}'], id="half a magic in a record"),
        pytest.param(b"\x1f\x1f", [b"\x1f\x1f"], id="no header but its first byte, twice"),
        pytest.param(A + b"\x1f\x8b", [A + b"\x1f\x8b"], id="half a magic after plain bytes"),
        pytest.param(packed(A) + b"\x1f\x8b", [A, b"\x1f\x8b"], id="half a magic after gzip"),
    ],
)
def test_an_undamaged_object_reads_as_its_segments(stored: bytes, expected: list[bytes]) -> None:
    assert runs(stored) == expected
    assert runs(stored, size=1) == expected
    assert damages_of(lambda: io.BytesIO(stored)) == ()


@pytest.mark.parametrize("flags", range(32))
def test_a_header_with_any_optional_fields_is_a_member_however_it_is_cut(flags: int) -> None:
    header = b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\x00\x03"
    header += b"\x04\x00abcd" if flags & 4 else b""
    header += b"a \xf0\x9f\x98\x80 name\x00" if flags & 8 else b""
    header += b"why\x00" if flags & 16 else b""
    header += (zlib.crc32(header) & 0xFFFF).to_bytes(2, "little") if flags & 2 else b""
    stored = header + packed(A)[10:]
    for cut in range(1, len(header) + 2):
        stream = cast(BinaryIO, ShortReads(stored, [cut, 1]))
        assert [chunk.data for chunk in plain_chunks(stream)] == [A]


def test_an_unread_stream_is_not_read_ahead_of_the_first_chunk() -> None:
    stream = io.BytesIO(packed(bytes(64 << 20), 1) + A)
    next(iter(plain_chunks(stream, 1 << 20)))
    assert stream.tell() <= 2 << 20


@given(st.data())
@settings(deadline=None)
def test_any_segments_read_alike_however_the_stream_and_the_chunks_are_cut(data: st.DataObject) -> None:
    stored = b"".join(data.draw(st.lists(st.sampled_from(SEGMENTS), max_size=7)))
    lengths = data.draw(st.lists(st.integers(1, 90), max_size=30))
    size = data.draw(st.integers(1, 700))

    def reopen() -> BinaryIO:
        return cast(BinaryIO, ShortReads(stored, lengths))

    damages = damages_of(reopen)
    cut: list[bytes] = []
    for chunk in plain_chunks(reopen(), size, damages):
        assert len(chunk.data) < 2 * size
        if chunk.after_gap or not cut:
            cut.append(b"")
        cut[-1] += chunk.data
    assert (cut, [(damage.start, damage.end) for damage in damages]) == read(stored)


def test_ten_thousand_small_members_read_as_one_run() -> None:
    lines = [b'{"n":%d}\n' % n for n in range(10_000)]
    assert runs(b"".join(packed(line, 1) for line in lines)) == [b"".join(lines)]


@pytest.mark.parametrize("broken", [False, True], ids=["sound", "broken"])
def test_a_member_of_300_mb_of_zeros_is_read_in_a_few_chunks_of_memory(broken: bool) -> None:
    import tracemalloc

    stored = gzip.compress(bytes(300 << 20), 1)
    stored = stored[:-8] + bytes(8) if broken else stored
    size = 8 << 20
    tracemalloc.start()
    try:
        damages = damages_of(lambda: io.BytesIO(stored)) if broken else ()
        total = sum(len(chunk.data) for chunk in plain_chunks(io.BytesIO(stored), size, damages))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == (0 if broken else 300 << 20)
    assert peak < 4 * size
