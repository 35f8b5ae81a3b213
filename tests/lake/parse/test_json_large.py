"""Large records, large arrays, and much junk: bounded memory, and no more time than their length asks for."""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from lake.parse.block import ReadOptions
from lake.parse.gzip_stream import Chunk
from lake.parse.json_blocks import json_blocks
from lake.parse.reasons import Reason
from tests.lake.parse.streams import PAIRS, column, read, table_of

MIB = 1 << 20


def test_a_record_of_twenty_megabytes_is_a_row_in_any_form() -> None:
    large = b'{"name":"' + b"x" * (20 * MIB) + b'"}'
    for data in (b'{"id":1}\n' + large + b'\n{"id":2}', b'[{"id":1},' + large + b',{"id":2}]'):
        rows, rejected = read(data, PAIRS, 8 * MIB)
        assert (rows["id"].to_pylist(), rejected) == ([1, None, 2], [])
        assert len(rows["name"][1].as_py()) == 20 * MIB


@pytest.mark.parametrize("size", [0, 300])
@pytest.mark.parametrize("large", [b'{"name":"' + b"x" * 2000 + b'"}', b"j" * 2000, b'{"x":[' + b"[" * 2000])
def test_a_record_larger_than_one_may_be_is_kept_whole_in_pieces(large: bytes, size: int) -> None:
    before, after = b'{"id":1}\n', b'\n{"id":2}\n{"id":3}'
    smaller = ReadOptions(max_record=500, block_bytes=100, window_bytes=100)
    rows, rejected = read(before + large + after, PAIRS, size, smaller)
    assert rows["id"].to_pylist() == [1, 2, 3]
    assert {reject.reason for reject in rejected} == {Reason.RECORD_TOO_LARGE}
    assert b"".join(reject.payload for reject in rejected).rstrip() == large
    assert max(len(reject.payload) for reject in rejected) <= 500
    offsets = [reject.offset for reject in rejected]
    lengths = [len(reject.payload) for reject in rejected]
    assert offsets == [len(before) + sum(lengths[:place]) for place in range(len(lengths))]


def test_an_array_of_forty_megabytes_on_one_line_takes_the_memory_of_a_block() -> None:
    element = b'{"id":1,"name":"' + b"n" * 140 + b'"}'
    part = b",".join([element] * (MIB // len(element)))
    parts = 40

    def chunks() -> Iterator[Chunk]:
        yield Chunk(b"[" + part)
        for _ in range(parts - 1):
            yield Chunk(b"," + part)
        yield Chunk(b"]")

    tracemalloc.start()
    records = sum(block.records for block in json_blocks(chunks(), PAIRS, ReadOptions(block_bytes=MIB)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert records == parts * (MIB // len(element))
    assert peak < 20 * MIB


JUNK = [
    b"j",
    b"[",
    b"{",
    b'{"',
    b'{"id":',
    b'{"id":\n',
    b"[[\n",
    b"{x\n",
    b'{"x":[{\n',
    b"x\n",
    b'{"id":}\n',
    b'{"x":"\n',
    b"},{",
    b"[]",
    b" \n",
    b"[{},\n",
    b"{}{\n",
    b'"\n',
    b'{"id":1}[\n',
    b'[{"id":1},\n',
]


@pytest.mark.parametrize("junk", JUNK)
def test_four_times_the_junk_takes_about_four_times_the_calls(junk: bytes) -> None:
    def calls(size: int) -> int:
        counted = 0

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        data = junk * (size // len(junk)) + b'\n{"id":1}\n{"id":2}'
        sys.setprofile(count)
        try:
            read(data)
        finally:
            sys.setprofile(None)
        return counted

    calls(1 << 9)  # what is done once: imports, patterns, readers
    assert calls(1 << 13) < 6 * calls(1 << 11) + 1000


@pytest.mark.nightly  # what a call scans is not counted above: here a margin of ten covers any machine's noise
@pytest.mark.parametrize("junk", JUNK)
def test_sixteen_times_the_junk_takes_far_less_than_the_square_of_the_time(junk: bytes) -> None:
    def seconds(size: int) -> float:
        data = junk * (size // len(junk)) + b'\n{"id":1}\n{"id":2}'
        began = time.process_time()
        read(data)
        return time.process_time() - began

    seconds(1 << 14)
    assert seconds(1 << 20) < 16 * 8 * max(seconds(1 << 16), 0.05)


@pytest.mark.parametrize(
    ("bomb", "reasons"),
    [
        (b'{"id":' + b"7" * 200_000 + b"}", [Reason.OUT_OF_RANGE]),
        (b'{"price":' + b"7" * 200_000 + b"}", [Reason.OUT_OF_RANGE]),
        (b'{"x":' + b"7" * 200_000 + b',"y":0.' + b"7" * 200_000 + b"}", []),
        (b"{" + b",".join(b'"k%d":%d' % (key, key) for key in range(50_000)) + b"}", []),
        (b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}", [Reason.INVALID_JSON]),
        (b'{"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}", [Reason.INVALID_JSON]),
    ],
    ids=["digits", "digits of a decimal", "unknown digits", "keys", "arrays", "objects"],
)
def test_a_bomb_costs_its_own_record(bomb: bytes, reasons: list[Reason]) -> None:
    table = table_of(column("id", "bigint"), column("price", "decimal(38,2)"))
    lines = [b'{"id":%d}' % number for number in range(20)]
    for separator in (b"\n", b""):
        rows, rejected = read(separator.join([*lines[:10], bomb, *lines[10:]]), table)
        assert [number for number in rows["id"].to_pylist() if number is not None] == list(range(20))
        assert rows.num_rows + len(rejected) == 21
        assert [reject.reason for reject in rejected] == reasons
        assert [reject.payload for reject in rejected] == [bomb] * len(reasons)
