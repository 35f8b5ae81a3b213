"""What a raw object's plain bytes are, whatever gzip and junk it holds: whole results, run by run."""

from __future__ import annotations

import gzip
import io
import random
import zlib
from collections.abc import Iterable
from typing import BinaryIO, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lake.parse.members import Damage, DamagedObject, damaged_bytes, damages_of, plain_chunks

CUT = "the gzip member is cut: its end is missing"
TOO_DEEP = "gzip inside gzip, deeper than is read"


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
                carried = b"".join(damaged_bytes(io.BytesIO(stored), damage, damages))
                assert carried == stored[damage.start : damage.end]
        return runs(stored, damages), [(damage.start, damage.end) for damage in damages]


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
        pytest.param(packed(packed(packed(packed(A)))), [A], id="four deep"),
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


def test_a_header_that_never_ends_is_damage() -> None:
    stored = b"\x1f\x8b\x08\x18" + b"x" * 200_000 + packed(A)
    assert read(stored) == ([A], [(0, 200_004)])


@pytest.mark.parametrize("cut", range(1, len(THREE)))
def test_an_object_cut_anywhere_keeps_every_member_before_the_cut(cut: int) -> None:
    bounds = [0, len(packed(A)), len(packed(A) + packed(B)), len(THREE)]
    whole = sum(bound <= cut for bound in bounds) - 1
    expected = [b"".join([A, B, C][:whole])] if whole else []
    assert read(THREE[:cut]) == (expected, [] if cut in bounds else [(bounds[whole], cut)])


@pytest.mark.parametrize("flip", [0x01, 0x04, 0x20, 0x80, 0xFF], ids=hex)
@pytest.mark.parametrize("member", [0, 1, 2])
def test_a_flipped_byte_costs_at_most_its_own_member(member: int, flip: int) -> None:
    plain = [A, B, C]
    before, after = b"".join(plain[:member]), b"".join(plain[member + 1 :])
    start = sum(len(packed(each)) for each in plain[:member])
    end = start + len(packed(plain[member]))
    harmless = []
    for at in range(start, end):
        stored = THREE[:at] + bytes([THREE[at] ^ flip]) + THREE[at + 1 :]
        as_junk = [run for run in (before, stored[start:end], after) if run]
        as_damage = [run for run in (before, after) if run]
        if at < start + 3:  # no magic any more: plain bytes that are no text
            assert read(stored) == (as_junk, [])
        elif start + 4 <= at < start + 10 or (at == start + 3 and flip == 0x01):  # time, flags of speed, system; FTEXT
            assert read(stored) == ([A + B + C], [])
        elif read(stored) == ([A + B + C], []):
            harmless.append(at)
        else:
            assert read(stored) == (as_damage, [(start, end)])
    assert len(harmless) < 8  # padding, and lengths of codes that the content does not use


def test_a_broken_member_is_named_and_what_follows_comes_after_a_gap() -> None:
    stored = packed(A) + BROKEN + packed(C)
    damages = damages_of(lambda: io.BytesIO(stored))
    message = "the gzip member cannot be decompressed: Error -6 Incorrect checksum found"
    assert damages == (Damage(len(packed(A)), len(packed(A) + BROKEN), message),)
    chunks = [(chunk.data, chunk.after_gap) for chunk in plain_chunks(io.BytesIO(stored), damages=damages)]
    assert chunks == [(A, False), (C, True)]


def test_a_broken_first_member_leaves_a_gap_before_the_next() -> None:
    damages = damages_of(lambda: io.BytesIO(BROKEN + packed(C)))
    chunks = [(chunk.data, chunk.after_gap) for chunk in plain_chunks(io.BytesIO(BROKEN + packed(C)), damages=damages)]
    assert chunks == [(C, True)]


def test_a_wrong_length_is_damage() -> None:
    stored = packed(A)[:-1] + b"\x01" + packed(B)
    assert read(stored) == ([B], [(0, len(packed(A)))])


def test_members_lost_in_a_row_are_one_damage() -> None:
    assert read(packed(A) + BROKEN + BROKEN + packed(C)) == (
        [A, C],
        [(len(packed(A)), len(packed(A) + BROKEN + BROKEN))],
    )


def test_a_cut_member_before_whole_ones_costs_itself() -> None:
    stored = packed(A)[:-20] + packed(B) + packed(C)[:-1]
    first = len(packed(A)) - 20
    assert read(stored) == ([B], [(0, first), (first + len(packed(B)), len(stored))])


def test_a_false_magic_in_damaged_data_does_not_end_the_damage() -> None:
    stored_block = packed(A + b"\x1f\x8b\x08\x00" + A, level=0)
    broken = stored_block[:-1] + b"\x07"
    assert read(broken + packed(C)) == ([C], [(0, len(broken))])


def test_a_magic_in_the_compressed_data_of_a_sound_member_is_no_member() -> None:
    carrier = b"".join([b"\x1f\x8b\x08\x00", *(b"%d" % n for n in range(100))])
    sound = packed(b"<" * 9 + carrier, level=0)
    stored = sound + BROKEN + packed(C)
    damages = damages_of(lambda: io.BytesIO(stored))
    assert [(damage.start, damage.end, damage.depth) for damage in damages if damage.depth == 0] == [
        (len(sound), len(sound + BROKEN), 0)
    ]


def test_a_magic_in_a_plain_record_costs_that_record_only() -> None:
    record = b'{"a":"\x1f\x8b\x08\x00 no gzip at all"}\n'
    assert read(A + record + B) == ([A + b'{"a":"', B], [(len(A) + 6, len(A + record))])


def test_plain_records_behind_a_broken_member_that_follows_plain_bytes_are_kept() -> None:
    stored = A + BROKEN + b"\n" + B + BROKEN + b"\n" + C + packed(A)
    first = (len(A), len(A + BROKEN) + 1)
    second = (first[1] + len(B), first[1] + len(B + BROKEN) + 1)
    assert read(stored) == ([A, B, C + A], [first, second])


def test_damage_inside_inner_gzip_costs_the_inner_member_only() -> None:
    stored = packed(packed(A) + BROKEN + packed(C)) + packed(packed(B))
    damages = damages_of(lambda: io.BytesIO(stored))
    assert [(damage.start, damage.end, damage.depth) for damage in damages] == [
        (len(packed(A)), len(packed(A) + BROKEN), 1)
    ]
    assert runs(stored, damages) == [A, C + B]
    assert b"".join(damaged_bytes(io.BytesIO(stored), damages[0], damages)) == BROKEN


def test_an_inner_member_that_spans_a_damaged_outer_one_is_damage_too() -> None:
    parts = [packed(THREE[:100]), packed(THREE[100:150]), packed(THREE[150:])]
    parts[1] = parts[1][:-1] + b"\x01"
    stored = b"".join(parts)
    damages = damages_of(lambda: io.BytesIO(stored))
    assert [damage.depth for damage in damages] == [0, 1]
    assert runs(stored, damages)[-1].endswith(C)
    assert (damages[1].start, damages[1].end, damages[1].message) == (0, 100, CUT)


def test_an_intact_member_stored_in_a_broken_one_is_saved() -> None:
    outer = packed(packed(A), level=0)
    saved, damages = read(outer[:-8])
    assert (saved, damages) == ([A], [(0, 15)])


def test_gzip_five_deep_is_damage_and_its_neighbours_survive() -> None:
    four = packed(packed(packed(packed(packed(A)) + B)))
    damages = damages_of(lambda: io.BytesIO(four + packed(C)))
    assert damages == (Damage(0, len(packed(A)), TOO_DEEP, 4),)
    assert runs(four + packed(C), damages) == [B + C]


def test_an_unread_stream_is_not_read_ahead_of_the_first_chunk() -> None:
    stream = io.BytesIO(packed(bytes(64 << 20), 1) + A)
    next(iter(plain_chunks(stream, 1 << 20)))
    assert stream.tell() <= 2 << 20


@given(st.data())
@settings(deadline=None)
def test_any_segments_read_alike_however_the_stream_and_the_chunks_are_cut(data: st.DataObject) -> None:
    plain = [A, B, b"\n", bytes(2), b"\x1f", b"\x1f\x8b\x08", b"\x1f\x8b\x08\x00", b"\x1f\x8b\x08\x00\x00\x00\x01"]
    sound = [packed(A), packed(B, level=0), packed(b""), packed(packed(C)), packed(packed(A)[:30])]
    segment = st.sampled_from([*plain, *sound, BROKEN, packed(BROKEN), packed(A)[:-5]])
    stored = b"".join(data.draw(st.lists(segment, max_size=7)))
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


@given(st.binary(max_size=40), st.integers(0, 10), st.binary(max_size=40))
@example(b"\x1f\x8b\x08\x00", 4, b"")
def test_any_bytes_at_all_can_be_read_and_none_is_lost(before: bytes, kept: int, after: bytes) -> None:
    stored = before + packed(b"{}")[:kept] + after
    plain, damages = read(stored)
    lost = b"".join(stored[start:end] for start, end in damages)
    assert sorted(b"".join(plain) + lost) == sorted(stored)


def test_ten_thousand_small_members_read_as_one_run() -> None:
    lines = [b'{"n":%d}\n' % n for n in range(10_000)]
    assert runs(b"".join(packed(line, 1) for line in lines)) == [b"".join(lines)]


def test_an_object_full_of_false_headers_is_damage_and_is_read_in_bounded_time() -> None:
    false_header = packed(bytes(range(256)) * 40, 0)[:9000]
    stored = false_header * 400 + packed(A)
    plain, damages = read(stored)
    assert plain[-1:] == [A]
    assert damages[0][0] == 0
    assert damages[-1][1] == len(false_header) * 400


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
