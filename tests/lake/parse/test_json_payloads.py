"""Payloads: JSON objects whose records are in them, with columns of what is beside; and records that are skipped."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lake.contract.arrow import arrow_schema
from lake.contract.model import Column, SkipRule, Source, Table
from lake.contract.source_path import SourcePath, parse_path
from lake.parse.block import DEFAULT_OPTIONS, ReadOptions
from lake.parse.gzip_stream import Chunk
from lake.parse.json_blocks import json_blocks
from lake.parse.json_coalesce import joined_rows
from tests.lake.parse.streams import column
from tests.lake.parse.test_source_paths import by


def source(
    records: str | None = None,
    skip: dict[str, str | int | bool] | None = None,
    encoding: Literal["dynamodb"] | None = None,
) -> Source:
    rules = tuple(SkipRule(parse_path(field), (value,)) for field, value in (skip or {}).items())
    path = None if records is None else SourcePath(parse_path(records).steps, of_payload=True)
    return Source("raw/shop/orders", "json", record_path=path, skip=rules, encoding=encoding)


def table_of(source: Source, *columns: Column, rescue: bool = True) -> Table:
    return Table("shop", "orders_v1", "1.0.0", "", columns, source, rescue=rescue)


LOGS = table_of(
    source("logEvents", {"$.messageType": "CONTROL_MESSAGE"}),
    by("owner", "string", "$.owner", required=True),
    column("id", "bigint"),
    by("stream", "string", "$.logStream"),
    column("message", "string"),
)
Outcome = tuple[list[tuple[Any, ...]], list[tuple[str, str, int, int, bytes]], int]


def read(data: bytes, table: Table = LOGS, size: int = 0, options: ReadOptions = DEFAULT_OPTIONS) -> Outcome:
    """Rows; rejects with reason, message, number, offset and payload; and how many records were skipped."""
    chunks = [Chunk(data[at : at + (size or len(data))]) for at in range(0, len(data), size or len(data) or 1)]
    blocks = list(json_blocks(iter(chunks), table, options))
    rows = pa.concat_tables([block.rows for block in blocks])
    rows.validate(full=True)
    assert rows.schema == arrow_schema(table)
    rejected = [each for block in blocks for each in block.rejected]
    return (
        [tuple(row.values()) for row in rows.to_pylist()],
        [(str(each.reason), each.message, each.record, each.offset, each.payload) for each in rejected],
        sum(block.skipped for block in blocks),
    )


def every_way(data: bytes, table: Table = LOGS) -> Outcome:
    """What is read of a stream, in whatever way and pieces."""
    outcome = read(data, table)
    assert read(data, table, options=ReadOptions(is_single=True)) == outcome
    for size in (1, 7, 50):
        assert read(data, table, size, ReadOptions(block_bytes=size)) == outcome
    return outcome


def payload(*events: bytes, beside: bytes = b'"owner":"o","logStream":"s"') -> bytes:
    return b'{%b,"logEvents":[%b]}' % (beside, b",".join(events))


SHARED = os.environ.get("LAKE_SHARED")
ONE, TWO = b'{"id":1,"message":"a"}', b'{"id":2}'


@pytest.mark.parametrize("gap", [b"\n", b"", b" ", b"\r\n\r\n"])
def test_rows_are_the_records_within_payloads_with_the_payloads_columns(gap: bytes) -> None:
    data = gap.join([payload(ONE, TWO), payload(ONE, beside=b'"owner":"p"')])
    assert every_way(data) == ([("o", 1, "s", "a", None), ("o", 2, "s", None, None), ("p", 1, None, "a", None)], [], 0)
    assert every_way(b"[" + data.replace(b"}]}" + gap + b"{", b"}]}" + gap + b",{") + b"]") == every_way(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"logEvents":[%b,%b],"logStream":"s","owner":"o"}' % (ONE, TWO),
        b'{"owner":"o","logEvents":[%b,%b],"logStream":"s"}' % (ONE, TWO),
        b'{\n "owner": "o",\n "logEvents": [\n  %b,\n  %b\n ],\n "logStream": "s"\n}\n' % (ONE, TWO),
        b'{"owner":"o","logStream":"s","log\\u0045vents" : [ %b , %b ] }' % (ONE, TWO),
    ],
)
def test_the_records_may_stand_anywhere_in_a_payload(data: bytes) -> None:
    assert every_way(data)[0] == [("o", 1, "s", "a", None), ("o", 2, "s", None, None)]


def test_records_may_be_deeper_within_a_payload_and_one_object_is_one_record() -> None:
    orders = table_of(source("detail.items"), column("sku", "string"), by("at", "bigint", "$.detail.at"))
    data = b'{"id":1,"detail":{"items":[{"sku":"a"},{"sku":"b"}],"at":5}}\n{"detail":{"items":{"sku":"c"}}}'
    assert every_way(data, orders) == ([("a", 5, '{"$":{"id":1}}'), ("b", 5, None), ("c", None, None)], [], 0)
    nested = table_of(source("a[1].b"), column("sku", "string"))
    assert every_way(b'{"a":[0,{"b":[{"sku":"a"}]}]}', nested)[0][0][0] == "a"


def test_what_no_column_reads_of_a_payload_is_kept_once_in_its_first_row() -> None:
    beside = b'"owner":"o", "z" : [1, 2] ,"logStream":"s","filters":{"a":1}'
    data = payload(b'{"id":1,"x":2}', TWO, beside=beside) + payload(b'"no"', TWO, TWO, beside=b'"owner":"p","z":0')
    rows, rejected, _ = every_way(data)
    assert rows == [
        ("o", 1, "s", None, '{"$":{"z":[1, 2],"filters":{"a":1}},"x":2}'),
        ("o", 2, "s", None, None),
        ("p", 2, None, None, '{"$":{"z":0}}'),
        ("p", 2, None, None, None),
    ]
    assert [each[0] for each in rejected] == ["not_an_object"]
    assert [row[-1] for row in every_way(data, replace(LOGS, rescue=False))[0]] == [None] * 4


def test_a_bad_record_is_quarantined_by_itself_where_it_stands() -> None:
    bad = [b'{"id":"x"}', b"5", b"null", b"[%b]" % ONE, b'{"id":1,"id":1}', b'{"message":"\xff"}']
    data = payload(ONE, *bad, TWO) + b"\n" + payload(TWO)
    rows, rejected, skipped = every_way(data)
    assert [row[1] for row in rows] == [1, 2, 2]
    assert [each[:3] for each in rejected] == [
        ("wrong_type", 'field "id": expected bigint, got string "x"', 1),
        ("not_an_object", "expected an object, got number 5", 2),
        ("not_an_object", "expected an object, got null", 3),
        ("not_an_object", "expected an object, got array", 4),
        ("duplicate_field", 'duplicate field "id"', 5),
        ("invalid_utf8", "invalid UTF-8 at byte 12 of the record", 6),
    ]
    assert [data[offset : offset + len(source)] for *_, offset, source in rejected] == bad
    assert [each[-1] for each in rejected] == bad
    assert skipped == 0


@pytest.mark.parametrize(
    ("bad", "reason", "message"),
    [
        (b'{"owner":"o"}', "missing_required", 'field "$.logEvents" is required but missing or null'),
        (b'{"owner":"o","logEvents":null}', "missing_required", 'field "$.logEvents" is required but missing or null'),
        (
            b'{"owner":"o","logEvents":"x"}',
            "wrong_type",
            'field "$.logEvents": expected an array of records or an object, got string "x"',
        ),
        (b'{"owner":"o","logEvents":7}', "wrong_type", None),
        (b'{"owner":5,"logEvents":[{"id":1}]}', "wrong_type", 'field "$.owner": expected string, got number 5'),
        (b'{"logEvents":[{"id":1}]}', "missing_required", 'field "$.owner" is required but missing or null'),
        (b'{"owner":"o","logEvents":[],"logEvents":[]}', "duplicate_field", 'duplicate field "logEvents"'),
        (b'{"owner":"\xff","logEvents":[{"id":1}]}', "invalid_utf8", None),
        (b'{"owner":"o","logEvents":[{"id":1},}', "invalid_json", None),
        (b'{"owner":"o","logEvents":' + b"[" * 400 + b"]" * 400 + b"}", "invalid_json", "nested more than 400 deep"),
        (b"7", "not_an_object", "expected an object, got number 7"),
    ],
)
def test_a_payload_that_cannot_be_taken_apart_is_one_reject(bad: bytes, reason: str, message: str | None) -> None:
    data = payload(ONE) + b"\n" + bad + b"\n" + payload(TWO)
    rows, rejected, skipped = every_way(data)
    assert [row[1] for row in rows] == [1, 2]
    assert [(each[0], each[2], each[3], each[4]) for each in rejected] == [(reason, 1, len(payload(ONE)) + 1, bad)]
    assert message in (None, rejected[0][1])
    assert skipped == 0


def test_what_is_on_the_way_to_the_records_must_be_an_object() -> None:
    orders = table_of(source("detail.items"), column("sku", "string"))
    data = b'{"detail":"x"}\n{"detail":{"items":[{"sku":"a"}]}}\n{"detail":null}\n{"detail":{"items":[],"items":[]}}'
    rows, rejected, _ = every_way(data, orders)
    assert rows == [("a", None)]
    assert [each[:2] for each in rejected] == [
        ("wrong_type", 'field "$.detail": expected an object, got string "x"'),
        ("missing_required", 'field "$.detail.items" is required but missing or null'),
        ("duplicate_field", 'field "$.detail": duplicate field "items"'),
    ]


def test_payloads_without_records_and_control_messages_are_skipped_and_have_no_number() -> None:
    control = b'{"messageType":"CONTROL_MESSAGE","owner":"c","logEvents":[{"id":9},{"id":8}]}'
    data = b"\n".join([control, payload(ONE), payload(), b'{"messageType":"CONTROL_MESSAGE"}', payload(b"1", TWO)])
    rows, rejected, skipped = every_way(data)
    assert ([row[1] for row in rows], [each[2] for each in rejected], skipped) == ([1, 2], [1], 3)
    assert every_way(control) == ([], [], 1), "an object in which all is skipped is not empty"
    near = control.replace(b"CONTROL_", b"DATA_")
    assert [row[1] for row in every_way(near)[0]] == [9, 8]


KINDS = table_of(
    source(None, {"kind": "ping", "meta.test": True, "level": 0}), column("id", "bigint"), column("kind", "string")
)


@pytest.mark.parametrize(
    ("record", "is_skipped"),
    [
        (b'{"id":1,"kind":"ping"}', True),
        (b'{"id":1,"k\\u0069nd":"p\\u0069ng"}', True),
        (b'{"id":1,"kind":"pong"}', False),
        (b'{"id":1,"kind":"Ping"}', False),
        (b'{"id":1,"kind":null}', False),
        (b'{"id":1}', False),
        (b'{"id":1,"meta":{"test":true}}', True),
        (b'{"id":1,"meta":{"test":1}}', False),
        (b'{"id":1,"meta":{"test":"true"}}', False),
        (b'{"id":1,"meta":5}', False),
        (b'{"id":1,"level":0}', True),
        (b'{"id":1,"level":false}', False),
        (b'{"id":1,"level":0.0}', False),
        (b'{"id":"x","kind":"ping"}', True),
        (b'{"id":"x","kind":"pong"}', False),
        (b'{"id":1,"kind":"ping","kind":"ping"}', False),
    ],
)
def test_records_of_a_skip_rule_are_skipped_and_their_neighbours_are_not(record: bytes, is_skipped: bool) -> None:
    data = b"\n".join([b'{"id":7}', record] * 20)
    rows, rejected, skipped = every_way(data, KINDS)
    assert skipped == 20 * is_skipped
    assert len(rows) + len(rejected) == 40 - skipped
    assert [row[0] for row in rows if row[0] == 7] == [7] * 20


def test_skipped_records_do_not_move_the_numbers_and_sources_of_others() -> None:
    data = b'{"id":1}\n{"kind":"ping"}\n{"id":"x"}\n{"id":2}'
    (block,) = json_blocks(iter([Chunk(data)]), KINDS, ReadOptions(keeps_sources=True))
    assert [(each.record, each.offset, each.payload) for each in block.sources] == [
        (0, 0, b'{"id":1}'),
        (2, 36, b'{"id":2}'),
    ]
    assert [(each.record, each.offset) for each in block.rejected] == [(1, 25)]
    (block,) = json_blocks(iter([Chunk(payload(ONE, b"5", TWO))]), LOGS, ReadOptions(keeps_sources=True))
    assert [(each.record, each.payload) for each in block.sources] == [(0, ONE), (2, TWO)]


@pytest.mark.skipif(SHARED is None, reason="LAKE_SHARED names no folder of recorded inputs")
def test_payloads_of_a_log_are_its_lines_and_control_messages_are_skipped() -> None:
    lines = table_of(
        source("logEvents", {"$.messageType": "CONTROL_MESSAGE"}),
        by("owner", "string", "$.owner"),
        by("log_group", "string", "$.logGroup"),
        by("log_stream", "string", "$.logStream"),
        column("id", "string", required=True),
        column("at", "timestamp", field="timestamp"),
        column("message", "string"),
    )
    data = (Path(SHARED or "") / "data" / "source_records" / "cloudwatch_gc.ndjson").read_bytes()
    payloads = [json.loads(line) for line in data.splitlines()]
    rows, rejected, skipped = every_way(data, lines)
    assert [row[:4] + row[5:] for row in rows] == [
        (
            *(each["owner"], each["logGroup"], each["logStream"], event["id"], event["message"]),
            '{"$":{"messageType":"DATA_MESSAGE","subscriptionFilters":["gc"]}}'
            if event is each["logEvents"][0]
            else None,
        )
        for each in payloads[1:]
        for event in each["logEvents"]
    ]
    assert str(rows[0][4]) == "2020-09-03 15:12:34.817000+00:00"
    assert (rejected, skipped, len(rows)) == ([], 1, 3)


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (b'{"owner":"o","z":{"logEvents":[5]},"logEvents":[%b]}', '{"$":{"z":{"logEvents":[5]}}}'),
        (b'{"owner":"o","z":"\\"logEvents\\":[","logEvents":[%b]}', '{"$":{"z":"\\"logEvents\\":["}}'),
        (b'{"logEvents":[%b],"owner":"o","z":["]"]}', '{"$":{"z":["]"]}}'),
        (b'{"logEvents" : [ %b ] ,"z":{"logEvents":[{"id":7}]},"owner":"o"}', '{"$":{"z":{"logEvents":[{"id":7}]}}}'),
    ],
)
def test_the_records_are_those_of_their_path_whatever_other_arrays_there_are(data: bytes, kept: str) -> None:
    assert every_way(b"\n".join([data % TWO, payload(ONE)])) == (
        [("o", 2, None, None, kept), ("o", 1, "s", "a", None)],
        [],
        0,
    )


def test_a_payload_cut_behind_another_in_its_line_is_one_reject() -> None:
    usual, cut = payload(ONE, TWO), b'{"owner":"o","logEvents":[{"id":3,"mess'
    rows, rejected, _ = every_way(usual + b"\n" + usual + cut + b"\n" + usual)
    assert [row[1] for row in rows] == [1, 2] * 3
    assert [(each[0], each[3], each[4]) for each in rejected] == [("invalid_json", 2 * len(usual) + 1, cut)]


def test_records_that_a_payload_has_twice_are_one_reject() -> None:
    bad = b'{"owner":"o","logEvents":[%b],"logEvents":[%b]}' % (ONE, TWO)
    rows, rejected, _ = every_way(bad + b"\n" + payload(ONE))
    assert [row[1] for row in rows] == [1]
    assert rejected == [("duplicate_field", 'duplicate field "logEvents"', 0, 0, bad)]


@pytest.mark.parametrize(("depth", "reasons"), [(397, []), (398, ["invalid_json"])])
def test_a_record_nested_too_deep_in_its_payload_costs_the_payload(depth: int, reasons: list[str]) -> None:
    deep = b'{"id":3,"x":%b}' % (b"[" * depth + b"]" * depth)
    data = b"\n".join([payload(b'{"id":1,"x":[]}', b'{"id":2,"x":1}')] * 30 + [payload(ONE, deep)])
    for _ in range(2):  # an unknown field is known when it comes again
        rows, rejected, _ = read(data)
        assert (rows, rejected, 0) == read(data, options=ReadOptions(is_single=True))
        assert [each[0] for each in rejected] == reasons
        assert [row[1] for row in rows] == [1, 2] * 30 + ([] if reasons else [1, 3])


def test_small_objects_of_payloads_are_not_joined() -> None:
    assert joined_rows([payload(ONE), payload(TWO)], LOGS) is None


@pytest.mark.parametrize(
    "odd", [b'{"id":"x"}', b"[]", b'{"id":3,"id":4}', b'{"id":3,"x":1}', b'{"message":"\xff"}', b'{"x":"\\ud800"}']
)
def test_an_odd_record_among_many_small_payloads_is_decided_as_it_is_alone(odd: bytes) -> None:
    usual = [payload(ONE, TWO, beside=b'"owner":"%d"' % number) for number in range(40)]
    data = b"\n".join([*usual[:20], payload(ONE, odd, TWO), *usual[20:]])
    rows, rejected, _ = read(data)
    assert read(data, options=ReadOptions(is_single=True)) == (rows, rejected, 0)
    assert len(rows) + len(rejected) == 83
    assert [row[:2] for row in rows[:40:2]] == [(str(number), 1) for number in range(20)]
    assert [row[:2] for row in rows[-40::2]] == [(str(number), 1) for number in range(20, 40)]


def test_a_large_payload_is_read_in_blocks_of_bounded_size() -> None:
    events = [b'{"id":%d,"message":"%b"}' % (number, b"m" * (number % 50)) for number in range(3000)]
    events[1500] = b'{"id":"x"}'
    data = payload(*events, beside=b'"owner":"o","z":1') + payload(ONE)
    blocks = list(json_blocks(iter([Chunk(data)]), LOGS, ReadOptions(block_bytes=16 << 10)))
    assert max(block.rows.num_rows for block in blocks) < 1000
    rows, rejected, _ = read(data, options=ReadOptions(block_bytes=16 << 10))
    assert rows == read(data, options=ReadOptions(is_single=True))[0]
    assert [row[1] for row in rows] == [number for number in range(3000) if number != 1500] + [1]
    assert [row[-1] for row in rows if row[-1]] == ['{"$":{"z":1}}']
    assert [(each[2], each[4]) for each in rejected] == [(1500, b'{"id":"x"}')]


def test_a_payload_whose_columns_would_be_repeated_too_often_is_one_reject() -> None:
    data = payload(*[b"{}"] * 3000, beside=b'"owner":"%b"' % (b"o" * 100_000)) + payload(ONE)
    rows, rejected, _ = read(data)
    assert [row[1] for row in rows] == [1]
    assert [(each[0], each[2]) for each in rejected] == [("record_too_large", 0)]


PARTS = [ONE, TWO, b"5", b'{"id":"x"}', b'{"x":[{"a":"}{"}]}', b"[]", b'{"id":3,"message":"},{"}', b'{"m":"\xff"}']
BESIDE = [
    b'"owner":"o"',
    b'"owner":"o","logStream":"s","z":{"y":1}',
    b'"owner":null',
    b'"messageType":"CONTROL_MESSAGE"',
    b'"owner":"o","logEvents":[]',
    b'"owner":"}{"',
]


@settings(max_examples=150, deadline=None)
@example([payload(b'{"m":"\xff"}', beside=b'"owner":"o","logEvents":[]')], b"")
@example([payload(beside=b'"owner":"o","logEvents":["\xff"]')], b"")
@example([payload(b'"\xff"', beside=b'"messageType":"CONTROL_MESSAGE","logEvents":[]')], b"")
@given(
    st.lists(
        st.one_of(
            st.tuples(st.lists(st.sampled_from(PARTS), max_size=4), st.sampled_from(BESIDE)).map(
                lambda parts: payload(*parts[0], beside=parts[1])
            ),
            st.sampled_from(
                [b"5", b"{", b'{"logEvents":{"id":4},"owner":"q"}', b"]", json.dumps({"owner": "é"}).encode()]
            ),
        ),
        max_size=6,
    ),
    st.sampled_from([b"\n", b"", b" ", b"\n\n"]),
)
def test_payloads_in_any_way_are_read_as_one_by_one(parts: list[bytes], gap: bytes) -> None:
    data = gap.join(parts)
    assert read(data) == read(data, options=ReadOptions(is_single=True))
