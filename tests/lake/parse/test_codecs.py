"""Objects compressed by other codecs than gzip: what they hold, and that damage costs its unit and the rest."""

from __future__ import annotations

import bz2
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import BinaryIO, cast

import pytest
from backports import zstd

from lake.parse.codecs import codec_of
from lake.parse.gzip_stream import Damage, DamagedObject, damages_of, plain_chunks
from tests.lake.parse.compressed import (
    big,
    framed_snappy,
    hadoop_snappy,
    java_snappy,
    raw_snappy,
    zip_entries,
    zstd_frames,
)
from tests.lake.parse.gzip_objects import A, B, C, ShortReads, packed

Codec = Callable[[list[bytes]], list[bytes]]
"""Parts of a text to units, so that the joined units are the object."""


CODECS: dict[str, Codec] = {
    "zstd": zstd_frames,
    "bz2": lambda parts: [bz2.compress(part) for part in parts],
    "framed Snappy": framed_snappy,
    "Hadoop's Snappy": hadoop_snappy,
    "snappy-java": java_snappy,
    "ZIP": zip_entries,
    "ZIP, streamed": lambda parts: zip_entries(parts, is_streamed=True),
    "ZIP, stored": lambda parts: zip_entries(parts, zipfile.ZIP_STORED),
}
each_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)


def plain(stored: bytes, damages: tuple[Damage, ...] = ()) -> bytes:
    return b"".join(chunk.data for chunk in plain_chunks(io.BytesIO(stored), damages=damages))


def read(stored: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """What the object holds, and its damages."""
    try:
        return plain(stored), []
    except DamagedObject:
        damages = damages_of(lambda: io.BytesIO(stored))
        return plain(stored, damages), [(damage.start, damage.end) for damage in damages]


@pytest.mark.parametrize("name", CODECS)
def test_an_object_is_recognised_by_its_bytes_and_read_unit_by_unit(name: str) -> None:
    stored = b"".join(CODECS[name]([A, B, C]))
    codec = codec_of(stored[:512])
    assert codec is not None
    assert codec.name == name.partition(",")[0]
    assert plain(stored) == A + B + C
    assert damages_of(lambda: io.BytesIO(stored)) == ()
    one_by_one = cast(BinaryIO, ShortReads(stored, [1] * len(stored)))
    assert b"".join(chunk.data for chunk in plain_chunks(one_by_one)) == A + B + C


@each_codec
def test_an_object_cut_anywhere_keeps_the_units_before_the_cut(codec: Codec) -> None:
    units = codec([A, B, C])
    stored = b"".join(units)
    ends = [len(b"".join(units[:count])) for count in range(4)]
    directory = stored.find(b"PK\x01\x02") if units[0].startswith(b"PK") else len(stored)
    for cut in range(ends[0] + 20, directory):
        whole = max(count for count in range(4) if ends[count] <= cut)
        found, damages = read(stored[:cut])
        if ends[whole] == cut:
            assert (found, damages) == (b"".join([A, B, C][:whole]), [])
        else:
            assert found == b"".join([A, B, C][:whole])
            assert damages == [(damages[0][0], cut)]
            assert ends[whole] <= damages[0][0] <= cut


@each_codec
def test_a_flipped_byte_costs_its_unit_and_what_follows_and_never_gives_other_bytes(codec: Codec) -> None:
    units = codec([A, B, C])
    stored = b"".join(units)
    first, second = len(units[0]), len(units[0] + units[1])
    is_checked = codec not in (hadoop_snappy, java_snappy)
    harmed = 0
    for at in range(first, second):
        flipped = stored[:at] + bytes([stored[at] ^ 0x55]) + stored[at + 1 :]
        found, damages = read(flipped)
        if damages:
            harmed += 1
            assert (found, damages) == (A, [(first, len(stored))])
        elif is_checked:
            assert found in (A + B + C, A + C)  # a name or a time; a skippable chunk
    assert harmed > (second - first) / (2 if is_checked else 10)


def test_gzip_inside_another_codec_is_read_and_its_damage_costs_its_member() -> None:
    broken = packed(B)[:-8] + bytes(4) + packed(B)[-4:]
    stored = zstd.compress(packed(A) + broken + packed(C))
    assert plain(zstd.compress(packed(A) + packed(packed(B)) + C)) == A + B + C
    (damage,) = damages_of(lambda: io.BytesIO(stored))
    assert (damage.start, damage.end, damage.depth, damage.layers) == (
        len(packed(A)),
        len(packed(A) + broken),
        1,
        "zstd and gzip",
    )
    assert plain(stored, (damage,)) == A + C


def test_white_space_and_padding_between_frames_are_no_damage() -> None:
    units = zstd_frames([A, B])
    skippable = b"\x50\x2a\x4d\x18" + (300_000).to_bytes(4, "little") + bytes(300_000)
    assert plain(units[0] + b"\r\n" + units[1] + bytes(600) + skippable) == A + b"\r\n" + B
    assert plain(skippable + units[0]) == A


def test_ten_thousand_small_frames_are_read_as_one_text() -> None:
    lines = [b'{"n":%d}\n' % number for number in range(10_000)]
    assert plain(b"".join(map(zstd.compress, lines))) == b"".join(lines)


def test_entries_of_an_archive_are_files_and_do_not_run_into_each_other() -> None:
    assert plain(b"".join(zip_entries([b"id\n1", b"id\n2\n", b""]))) == b"id\n1\nid\n2\n"
    assert plain(b"PK\x05\x06" + bytes(18)) == b""


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (zip_entries([A], zipfile.ZIP_BZIP2)[0], "its entry 'part-0' is compressed by method 12; expected deflate"),
        (b"PK\x03\x04\x14\x00\x01" + zip_entries([A])[0][7:], "its entry 'part-0' is encrypted"),
        (zstd_frames([A])[0][:-1] + b"?", "doesn't match checksum"),
        (framed_snappy([A])[0] + b"\x02\x00\x00\x00", "got type 2 and 0 bytes"),
        (framed_snappy([A])[0] + b"junk", "got type 106 and"),
        (hadoop_snappy([A])[0] + big(1) + big(4) + raw_snappy(b"ab"), "other lengths than the frame says"),
    ],
)  # fmt: skip
def test_a_message_says_what_is_wrong(stored: bytes, message: str) -> None:
    (damage,) = damages_of(lambda: io.BytesIO(stored))
    assert message in damage.message


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"id,name\n1,a\n", b"BZh9 is a name\n", b"PK\n1\n", b"abcdefgh\xc3\xa9\xc3\xa9a,b\n",
     "été,é€\n".encode() * 3, bytes(40), b"\x00\x00\x00\x02\x00\x00\x00\x02ab", b"(\xb5/\xfe", b"\xff\xff"],
)  # fmt: skip
def test_text_and_junk_are_of_no_codec(text: bytes) -> None:
    assert codec_of(text) is None
    assert plain(text) == text


BOMB = """
import bz2, io, resource, sys, zipfile, cramjam
from backports import zstd
from lake.parse.gzip_stream import damages_of, plain_chunks
text = bytes([10]) * (1 << 20)
kind = sys.argv[1]
if kind == "ZIP":
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a", text * 192)
    stored = target.getvalue()
else:
    packer = bz2.BZ2Compressor() if kind == "bz2" else zstd.ZstdCompressor()
    stored = b"".join(packer.compress(text) for _ in range(192)) + packer.flush()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if sys.argv[2] == "cut":
    found = damages_of(lambda: io.BytesIO(stored[:-200]))[0].start
else:
    found = sum(len(chunk.data) for chunk in plain_chunks(io.BytesIO(stored)))
print(found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("state", ["sound", "cut"])
@pytest.mark.parametrize("kind", ["zstd", "ZIP"])
def test_a_bomb_of_200_megabytes_takes_a_few_chunks_of_memory(kind: str, state: str) -> None:
    ran = subprocess.run([sys.executable, "-c", BOMB, kind, state], capture_output=True, text=True, check=True)
    found, kilobytes = map(int, ran.stdout.split())
    assert found == (192 << 20 if state == "sound" else 0)
    assert kilobytes < 64 << 10
