"""Rows of an object, asked for by number: the records that they came from, whatever lies among them."""

from __future__ import annotations

import gzip
import io

import pytest

from lake.parse.block import Source
from lake.parse.gzip_stream import damages_of
from lake.parse.record_payloads import sources_of
from tests.lake.parse import csv_reference, streams

LINES = [b'{"id":0}', b"junk", b'{"id":1,"x":"\\u00e9"}', b'{"id":"a"}', b'{"id":2}']
JSON = csv_reference.replaced_format(streams.PAIRS, "json")


@pytest.mark.parametrize("separator", [b"\n", b"\n \n"])
def test_rows_of_json_among_rejects(separator: bytes) -> None:
    data = separator.join(LINES)
    at = [len(separator.join([*LINES[:place], b""])) for place in range(len(LINES))]
    expected = [Source(place, at[place], LINES[place]) for place in (0, 2, 4)]
    assert list(sources_of(lambda: io.BytesIO(data), JSON, [0, 1, 2])) == expected
    assert list(sources_of(lambda: io.BytesIO(data), JSON, [1])) == expected[1:2]


def test_rows_of_csv_among_rejects() -> None:
    data = b"id,name\n1,a\nx,b\n2,c,d\n\n3,e"
    table = csv_reference.replaced_format(streams.PAIRS, "csv")
    expected = [Source(0, 8, b"1,a"), Source(3, 23, b"3,e")]
    assert list(sources_of(lambda: io.BytesIO(data), table, [0, 1])) == expected


def test_rows_around_damage() -> None:
    first, second = b'{"id":1}\n', b'{"id":2}\n'
    broken = gzip.compress(first)[:-8] + bytes(8)
    data = gzip.compress(first) + broken + gzip.compress(second)
    damages = damages_of(lambda: io.BytesIO(data))
    expected = [Source(0, 0, first.strip()), Source(1, len(first), second.strip())]
    assert list(sources_of(lambda: io.BytesIO(data), JSON, [0, 1], damages)) == expected
