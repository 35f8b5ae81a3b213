"""What a damaged object loses, and that it loses no more: whole results, run by run."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lake.parse.codecs import codec_of
from lake.parse.gzip_recovery import FED_AT_MOST, FED_FREELY, stretches_of_layer
from lake.parse.gzip_segments import Piece
from lake.parse.gzip_stream import Damage, DamagedObject, damaged_bytes, damages_of, plain_chunks
from tests.lake.parse.gzip_objects import (
    BROKEN,
    SEGMENTS,
    THREE,
    TOO_DEEP,
    TRUNCATED,
    A,
    B,
    C,
    packed,
    read,
    runs,
)


def test_a_header_that_never_ends_is_damage() -> None:
    stored = b"\x1f\x8b\x08\x18" + b"x" * 200_000 + packed(A)
    assert read(stored) == ([A], [(0, 200_004)])


@pytest.mark.parametrize("cut", range(1, len(THREE)))
def test_an_object_cut_anywhere_keeps_every_member_before_the_cut(cut: int) -> None:
    bounds = [0, len(packed(A)), len(packed(A) + packed(B)), len(THREE)]
    whole = sum(bound <= cut for bound in bounds) - 1
    expected = [b"".join([A, B, C][:whole])] if whole else []
    left = THREE[bounds[whole] : cut]
    if 0 < len(left) < 3:  # not even a magic: plain bytes, for the record parser to refuse
        assert read(THREE[:cut]) == ([*expected, left], [])
    else:
        assert read(THREE[:cut]) == (expected, [(bounds[whole], cut)] if left else [])


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
    assert list(damaged_bytes(io.BytesIO(stored), 1, damages)) == [(damages[0], BROKEN)]


def test_an_inner_member_that_spans_a_damaged_outer_one_is_damage_too() -> None:
    parts = [packed(THREE[:100]), packed(THREE[100:150]), packed(THREE[150:])]
    parts[1] = parts[1][:-1] + b"\x01"
    stored = b"".join(parts)
    damages = damages_of(lambda: io.BytesIO(stored))
    assert [damage.depth for damage in damages] == [0, 1]
    assert runs(stored, damages)[-1].endswith(C)
    assert (damages[1].start, damages[1].end, damages[1].message) == (0, 100, TRUNCATED)


def test_an_intact_member_stored_in_a_broken_one_is_saved() -> None:
    outer = packed(packed(A), level=0)
    saved, damages = read(outer[:-8])
    assert (saved, damages) == ([A], [(0, 15)])


def test_gzip_three_deep_is_damage_and_its_neighbours_survive() -> None:
    three = packed(packed(packed(A) + B))
    damages = damages_of(lambda: io.BytesIO(three + packed(C)))
    assert damages == (Damage(0, len(packed(A)), TOO_DEEP, 2),)
    with pytest.raises(DamagedObject):
        runs(three)
    assert runs(three + packed(C), damages) == [B + C]


@given(st.lists(st.sampled_from([*SEGMENTS, packed(packed(C), level=0)]), max_size=8), st.integers(1, 60))
def test_damage_is_the_same_however_little_is_held_and_wherever_the_pieces_are_cut(
    segments: list[bytes], size: int
) -> None:
    stored = b"".join(segments)

    def pieces() -> Iterator[Piece]:
        return (Piece(stored[at : at + size]) for at in range(0, len(stored), size))

    whole = stretches_of_layer(lambda: iter([Piece(stored)] if stored else []), too_deep=False)
    cut = stretches_of_layer(pieces, too_deep=False, held=1)
    assert (cut.damaged, cut.has_members) == (whole.damaged, whole.has_members)
    assert all(before.end <= after.start for before, after in pairwise(whole.damaged))


def test_each_of_two_damages_in_doubt_ends_at_its_own_text() -> None:
    stored = A + b"\x1f\x8b\x08\xff\n" + B + packed(C, level=0)[:-20]
    first, second = (len(A), len(A) + 5), len(A) + 5 + len(B)
    own_text = second + stored[second:].index(b"\n") + 1
    assert read(stored) == ([A, B, stored[own_text:]], [first, (second, own_text)])


@given(st.binary(max_size=40), st.integers(0, 10), st.binary(max_size=40))
@example(b"\x1f\x8b\x08\x00", 4, b"")
def test_any_bytes_at_all_can_be_read_and_none_is_lost(before: bytes, kept: int, after: bytes) -> None:
    stored = before + packed(b"{}")[:kept] + after
    assume(codec_of(stored) is None)
    plain, damages = read(stored)
    lost = b"".join(stored[start:end] for start, end in damages)
    assert sorted(b"".join(plain) + lost) == sorted(stored)


def headers_that_all_lead_to_the_end(count: int, size: int) -> bytes:
    """Headers whose first stored block ends where the same chain of stored blocks begins, which has no end."""
    lengths = [(count - number - 1) * 15 for number in range(count)]
    blocks = [b"\0" + struct.pack("<HH", length, length ^ 0xFFFF) for length in lengths]
    chain = b"\0\xff\xff\0\0" + b"x" * 0xFFFF
    return b"".join(b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + block for block in blocks) + chain * (size // len(chain))


@pytest.mark.parametrize("before", [b"", A], ids=["at the start", "behind plain bytes"])
def test_headers_that_all_lead_to_the_end_are_not_all_followed(before: bytes) -> None:
    stored = before + headers_that_all_lead_to_the_end(4000, 2 << 20)
    found = stretches_of_layer(lambda: iter([Piece(stored)]), too_deep=False)
    assert found.fed <= FED_AT_MOST * len(stored) + FED_FREELY + len(stored)
    assert [stretch[:2] for stretch in found.damaged] == [(len(before), len(stored))]
    assert read(stored) == ([before] if before else [], [(len(before), len(stored))])


def test_where_a_search_was_given_up_lines_of_text_are_still_read() -> None:
    junk = headers_that_all_lead_to_the_end(200, 1 << 20) + b"\n"
    stored = A + junk + B + junk + C
    assert read(stored)[0] == [A, B, C]


def test_each_of_ten_thousand_damaged_members_is_read_a_few_times() -> None:
    stored = (packed(A) + BROKEN) * 5_000
    found = stretches_of_layer(lambda: iter([Piece(stored)]), too_deep=False)
    assert len(found.damaged) == 5_000
    assert found.fed < FED_AT_MOST * len(stored)
    damages = damages_of(lambda: io.BytesIO(stored))
    opened = io.BytesIO(stored)
    assert [data for _, data in damaged_bytes(opened, 0, damages)] == [BROKEN] * 5_000


def test_an_object_full_of_false_headers_is_damage_and_is_read_in_bounded_time() -> None:
    false_header = packed(bytes(range(256)) * 40, 0)[:9000]
    stored = false_header * 400 + packed(A)
    plain, damages = read(stored)
    assert plain[-1:] == [A]
    assert damages[0][0] == 0
    assert damages[-1][1] == len(false_header) * 400
