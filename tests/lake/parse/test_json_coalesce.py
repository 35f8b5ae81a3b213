"""Small objects joined: the rows and counts of each read alone, or not joined at all."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from functools import partial

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.contract.model import Column, Source, Table
from lake.objects import StoredObject
from lake.parse.json_coalesce import SMALL_OBJECT, SMALL_TOGETHER, joined_rows, together
from lake.parse.raw_object import object_blocks

TABLE = Table(
    "shop",
    "orders_v1",
    "1.0.0",
    "",
    (
        Column("id", "id", "string", required=True, key_position=1, derived_from="record_bytes"),
        Column("total", "total", "int"),
    ),
    Source("raw/shop/orders", "json"),
)


def alone(content: bytes) -> tuple[pa.Table, int]:
    """Rows and rejects of an object read by itself."""
    blocks = list(object_blocks(partial(io.BytesIO, content), TABLE))
    return pa.concat_tables([block.rows for block in blocks]), sum(len(block.rejected) for block in blocks)


def record(number: int, **fields: object) -> bytes:
    return json.dumps({"id": f"r{number}", "total": number, **fields}).encode()


def test_lines_and_records_run_together_are_counted_to_their_objects() -> None:
    contents = [record(1) + b"\n" + record(2) + b"\r\n", record(3) + record(4), b"  " + record(5), b'{"total": 6}']
    joined = joined_rows(contents, TABLE)
    assert joined is not None
    block, counts = joined
    assert counts == [2, 2, 1, 1]
    assert block.rows.equals(pa.concat_tables([alone(content)[0] for content in contents]))


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b" \n",
        b"[]",
        b"[" + record(2) + b"]",
        record(2)[:-1],
        b'{"id": "x", "total": {}',
        record(2) + b"}",
        record(2) + b" " + record(3),
        b'{"id": "x",\n"total": 7}',
        b'{"id": "}{"}',
        b'{"id": "x", "total": 2.7}',
        b"\xef\xbb\xbf" + record(2),
        b"\x1f\x8b\x08" + record(2),
        b'{"id": "\xff"}',
        record(2) + b"\nnull",
        b'{"Records": [' + record(2) + b"]}",
    ],
)
def test_one_odd_object_sends_all_to_be_read_one_by_one(odd: bytes) -> None:
    assert joined_rows([record(1), odd, record(9)], TABLE) is None


def test_objects_that_are_only_whole_together_are_not_joined() -> None:
    assert joined_rows([b'{"id": "a", "total": {}', b'{"b": 1}}'], TABLE) is None
    assert joined_rows([b'{"id": "a}', b'{b"}'], TABLE) is None


def test_csv_is_never_joined() -> None:
    table = Table("shop", "orders_v1", "1.0.0", "", TABLE.columns, Source("raw/shop/orders", "csv"))
    assert joined_rows([b"id,total\na,1\n"], table) is None


_texts = st.lists(
    st.sampled_from(
        [b'{"id":"a"}', b'{"total":1}', b"}{", b"}\n{", b"{", b"}", b'"', b"\n", b" ", b"1", b"[", b"]", b","]
    ),
    max_size=8,
).map(b"".join)


@given(st.lists(_texts, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_what_is_joined_is_what_each_object_gives_alone(contents: list[bytes]) -> None:
    joined = joined_rows(contents, TABLE)
    if joined is not None:
        block, counts = joined
        singly = [alone(content) for content in contents]
        assert [(table.num_rows, rejected) for table, rejected in singly] == [(count, 0) for count in counts]
        assert block.rows.equals(pa.concat_tables([table for table, _ in singly]))


def test_small_neighbours_come_together_and_large_objects_alone() -> None:
    def stored(key: str, size: int) -> StoredObject:
        return StoredObject(key, size, "1", datetime(2026, 11, 21, tzinfo=UTC))

    objects = [stored("a", 1), stored("b", 2), stored("c", SMALL_OBJECT + 1), stored("d", 3)]
    assert [[one.key for one in members] for members in together(objects)] == [["a", "b"], ["c"], ["d"]]
    many = [stored(f"{n:03d}", SMALL_OBJECT) for n in range(40)]
    groups = list(together(many))
    assert [one for members in groups for one in members] == many
    assert {sum(one.size for one in members) for members in groups[:-1]} == {SMALL_TOGETHER}
