"""Columns that are read by a path, by one of several names, and structs whose fields have other names in records."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.contract.model import Column, Table
from lake.contract.source_path import parse_path
from lake.contract.value_rules import ValueRules
from lake.parse.block import DEFAULT_OPTIONS, ReadOptions
from lake.parse.gzip_stream import Chunk
from lake.parse.json_blocks import json_blocks
from lake.parse.json_structs import StructReader
from lake.parse.records import RecordReader
from tests.lake.parse.streams import ONE_BY_ONE, column, read, table_of
from tests.lake.parse.test_json_structs import VALUES, compared


def by(name: str, hive_type: str, *paths: str, **rules: object) -> Column:
    return column(name, hive_type, paths[0], paths=tuple(map(parse_path, paths)), **rules)


USERS = table_of(
    column("id", "bigint"),
    by("user", "string", "userIdentity.userName"),
    by("mfa", "boolean", "userIdentity.session.mfa"),
    by("sku", "string", "items[0].sku"),
)
COUNT = 20  # of equal records, so that they are read at once


def outcome(record: bytes, table: Table) -> object:
    """The row, or reason and message, of a record among others; by either way."""
    for data in (record, b"\n".join([record] * COUNT)):
        rows, rejected = read(data, table)
        singly = read(data, table, options=ONE_BY_ONE)
        assert rows.equals(singly[0])
        assert rejected == singly[1]
    assert len({str(row) for row in rows.to_pylist()} | {reject.message for reject in rejected}) == 1
    return tuple(rows.to_pylist()[0].values()) if rows.num_rows else (str(rejected[0].reason), rejected[0].message)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            b'{"id":1,"userIdentity":{"userName":"ann","session":{"mfa":true}},"items":[{"sku":"a"}]}',
            (1, "ann", True, "a", None),
        ),
        (b'{"id":1}', (1, None, None, None, None)),
        (b'{"id":1,"userIdentity":null,"items":null}', (1, None, None, None, None)),
        (b'{"id":1,"userIdentity":{},"items":[]}', (1, None, None, None, None)),
        (b'{"id":1,"userIdentity":{"session":null,"userName":null},"items":[null]}', (1, None, None, None, None)),
        (b'{"userIdentity.userName":"literal","id":1}', (1, None, None, None, '{"userIdentity.userName":"literal"}')),
        (
            b'{"id":1,"userIdentity":{"userName":"ann", "arn": "x"},"z":0}',
            (1, "ann", None, None, '{"userIdentity":{"userName":"ann", "arn": "x"},"z":0}'),
        ),
        (
            b'{"id":1,"userIdentity":{"session":{"mfa":false,"at":null}}}',
            (1, None, False, None, '{"userIdentity":{"session":{"mfa":false,"at":null}}}'),
        ),
        (b'{"id":1,"items":[{"sku":"a"},{"sku":"b"}]}', (1, None, None, "a", '{"items":[{"sku":"a"},{"sku":"b"}]}')),
        (b'{"id":1,"items":[{"sku":"a","n":2}]}', (1, None, None, "a", '{"items":[{"sku":"a","n":2}]}')),
        (
            b'{"id":1,"userIdentity":"root"}',
            ("wrong_type", 'field "userIdentity": expected an object, got string "root"'),
        ),
        (b'{"id":1,"userIdentity":[]}', ("wrong_type", 'field "userIdentity": expected an object, got array')),
        (
            b'{"id":1,"userIdentity":{"session":1}}',
            ("wrong_type", 'field "userIdentity.session": expected an object, got number 1'),
        ),
        (b'{"id":1,"items":{"sku":"a"}}', ("wrong_type", 'field "items": expected an array, got object')),
        (b'{"id":1,"items":["a"]}', ("wrong_type", 'field "items[0]": expected an object, got string "a"')),
        (
            b'{"id":1,"userIdentity":{"userName":5}}',
            ("wrong_type", 'field "userIdentity.userName": expected string, got number 5'),
        ),
        (
            b'{"id":1,"userIdentity":{"userName":"a","userName":"a"}}',
            ("duplicate_field", 'field "userIdentity": duplicate field "userName"'),
        ),
        (b'{"id":1,"items":[],"items":[]}', ("duplicate_field", 'duplicate field "items"')),
        (
            b'{"id":1,"userIdentity":{"arn":1,"arn":2}}',
            (1, None, None, None, '{"userIdentity":{"arn":1,"arn":2}}'),
        ),
    ],
)
def test_a_path_reads_what_is_there_and_what_it_leaves_is_rescued(record: bytes, expected: object) -> None:
    assert outcome(record, USERS) == expected


def test_rules_of_a_column_hold_behind_a_path() -> None:
    table = table_of(
        by("n", "bigint", "a.n", accepts_text=True, required=True),
        by("t", "timestamp", "a.t", epoch_unit="seconds"),
        by("s", "string", "a.s", allowed_values=("x", "y")),
        by("d", "decimal(5,2)", "a.d"),
    )
    rows, rejected = read(b'{"a":{"n":"7","t":1543534570,"s":"x","d":1.50}}', table)
    assert rejected == []
    assert rows.drop_columns(["t"]).to_pylist() == [
        {"n": 7, "s": "x", "d": pa.scalar("1.50").cast(pa.decimal128(5, 2)).as_py(), "rescued": None}
    ]
    assert str(rows["t"][0]) == "2018-11-29 23:36:10+00:00"
    assert outcome(b'{"a":{"n":null}}', table) == (
        "missing_required",
        'field "a.n" is required but missing or null',
    )
    assert outcome(b"{}", table) == ("missing_required", 'field "a.n" is required but missing or null')
    assert outcome(b'{"a":{"n":1,"s":"z"}}', table) == (
        "value_not_allowed",
        'field "a.s": expected one of x, y, got string "z"',
    )


NAMED = table_of(by("user_id", "bigint", "userId", "user_id", "user.id", required=True), column("v", "int"))


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (b'{"userId":1}', (1, None, None)),
        (b'{"user_id":2}', (2, None, None)),
        (b'{"user":{"id":3}}', (3, None, None)),
        (b'{"userId":null,"user":{"id":3}}', (3, None, None)),
        (b'{"user_id":2,"userId":1}', (1, None, '{"user_id":2}')),
        (b'{"user":{"id":3},"user_id":2,"v":4}', (2, 4, '{"user":{"id":3}}')),
        (b'{"userId":1,"user_id":null}', (1, None, None)),
        (b'{"userId":"x","user_id":2}', ("wrong_type", 'field "userId": expected bigint, got string "x"')),
        (b'{"user_id":"x"}', ("wrong_type", 'field "user_id": expected bigint, got string "x"')),
        (
            b"{}",
            ("missing_required", 'field "userId" or "user_id" or "user.id" is required but missing or null'),
        ),
    ],
)
def test_the_first_name_that_is_present_gives_the_value(record: bytes, expected: object) -> None:
    assert outcome(record, NAMED) == expected


LINES = table_of(
    column(
        "lines",
        "array<struct<sku_id:string,price:struct<net_amount:double>>>",
        struct_names=(("sku_id", "skuId"), ("price.net_amount", "netAmount"), ("price", "unitPrice")),
    ),
    column("by_key", "map<string,struct<n_seen:int>>", struct_names=(("n_seen", "nSeen"),)),
)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            b'{"lines":[{"skuId":"a","unitPrice":{"netAmount":1.5}}],"by_key":{"k":{"nSeen":2}}}',
            ([{"sku_id": "a", "price": {"net_amount": 1.5}}], [("k", {"n_seen": 2})], None),
        ),
        (
            b'{"lines":[{"sku_id":"a"}]}',
            ([{"sku_id": None, "price": None}], None, '{"lines":[{"sku_id":"a"}]}'),
        ),
        (
            b'{"lines":[{"unitPrice":{"netAmount":1,"net_amount":2}}]}',
            (
                [{"sku_id": None, "price": {"net_amount": 1.0}}],
                None,
                '{"lines":[{"unitPrice":{"netAmount":1,"net_amount":2}}]}',
            ),
        ),
        (
            b'{"lines":[{"unitPrice":{"netAmount":"1"}}]}',
            ("wrong_type", 'field "lines": [0]: .unitPrice: .netAmount: expected double, got string "1"'),
        ),
        (
            b'{"lines":[{"skuId":"a","skuId":"b"}]}',
            ("duplicate_field", 'field "lines": [0]: duplicate field "skuId"'),
        ),
    ],
)
def test_fields_of_structs_are_read_by_their_raw_names(record: bytes, expected: object) -> None:
    assert outcome(record, LINES) == expected


def test_a_value_may_be_read_whole_and_within() -> None:
    table = table_of(column("user", "struct<id:int,name:string>"), by("user_id", "int", "user.id"))
    assert outcome(b'{"user":{"id":1,"name":"a"}}', table) == ({"id": 1, "name": "a"}, 1, None)
    with pytest.raises(ValueError, match="read as a whole"):
        StructReader(table, RecordReader(table).schema)


DEEP = table_of(
    column("v", "bigint"),
    by("w", "string", "o.w", "w"),
    by("s", "struct<a:int>", "o.p.s", struct_names=(("a", "A"),)),
    by("i", "int", "o.list[1].i", "l[0]"),
)
MEMBERS = ['"v"', '"w"', '"o"', '"p"', '"s"', '"list"', '"i"', '"l"', '"A"', '"x"', '"\\u0077"', '"é"']


@st.composite
def nested(draw: st.DrawFn, depth: int = 4) -> str:
    """Objects and arrays of the table's names, and of others, mostly in their usual shape."""
    if depth == 0 or not draw(st.integers(0, 4)):
        return draw(st.sampled_from(["1", '"t"', "null", "{}", "[]", *VALUES]))
    if not draw(st.integers(0, 3)):
        return "[" + ",".join(draw(st.lists(nested(depth - 1), max_size=3))) + "]"
    names = draw(st.lists(st.sampled_from(MEMBERS), max_size=4))
    return "{" + ", ".join(f"{name}:{draw(nested(depth - 1))}" for name in names) + "}"


USUAL = [
    '{"v":%d,"o":{"w":"a","p":{"s":{"A":1}},"list":[{"i":1},{"i":2}]}}',
    '{"v":%d,"w":"b","l":[5]}',
    '{"o":{"p":{"s":{"A":1,"z":2}},"more":{"v":"\\""}},"v":%d}',
    '{"v":%d,"w":"b","o":{"w":"a"}}',
    '{"v":%d,"l":[5,6],"new":[{}]}',
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(USUAL), nested().map(lambda text: text.replace("%", ""))), max_size=8),
    st.integers(1, 8),
)
def test_nested_values_read_at_once_are_those_read_one_by_one(texts: list[str], times: int) -> None:
    compared(DEEP, [(text % 7 if "%d" in text else text).encode() for text in texts * times])


LEARNT = StructReader(DEEP, RecordReader(DEEP).schema)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(USUAL),
    st.lists(st.one_of(st.sampled_from(USUAL), nested().map(lambda text: text.replace("%", ""))), max_size=4),
)
def test_a_reader_that_has_learnt_what_is_unread_in_objects_reads_them_as_one_by_one(
    usual: str, texts: list[str]
) -> None:
    records = [(text % 7 if "%d" in text else text).encode() for text in [*[usual] * 8, *texts]]
    compared(DEEP, records, LEARNT)
    compared(DEEP, records, LEARNT)


def test_usual_records_with_paths_are_all_read_at_once() -> None:
    records = [(text % number).encode() for text in [*USUAL[:3], USUAL[4]] for number in range(30)]
    assert compared(DEEP, records) == len(records)
    assert (
        compared(USERS, [b'{"id":1,"userIdentity":{"userName":"a","arn":"x"},"items":[{"sku":"a"},{"sku":"b"}]}'] * 50)
        == 50
    )


def rules(**given: Any) -> dict[str, Any]:
    return {"value_rules": ValueRules(**given)}


RULED = table_of(
    by("at", "timestamp", "meta.at", **rules(time_formats=("yyyy/MM/dd HH:mm:ss",))),
    by("n", "int", "meta.n", **rules(null_values=("-",))),
    by("any", "string", "meta.any", **rules(holds_json=True)),
    by("kept", "int", "meta.more.kept", **rules(rescues_wrong_type=True)),
    by("s", "struct<a_b:string>", "s", struct_names=(("a_b", "aB"),), **rules(trim=True)),
)
NOON = datetime(2018, 10, 30, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("record", "expected", "counted"),
    [
        (
            b'{"meta":{"at":"2018/10/30 12:00:00","n":"-","any":{"a": [1]},"more":{"kept":5}},"s":{"aB":" x "}}',
            (NOON, None, '{"a": [1]}', 5, {"a_b": "x"}, None),
            {("meta.n", "nullValues"): 1, ("s", "trim"): 1},
        ),
        (
            b'{"meta":{"more":{"kept":"five"}}}',
            (None, None, None, None, None, '{"meta":{"more":{"kept":"five"}}}'),
            {("meta.more.kept", "onWrongType"): 1},
        ),
        (b'{"s":{"aB":"x","a_b":"y"}}', (None, None, None, None, {"a_b": "x"}, '{"s":{"aB":"x","a_b":"y"}}'), {}),
        (b'{"meta":{"any":null,"n":7}}', (None, 7, None, None, None, None), {}),
        (b'{"meta":{"any":"null"}}', (None, None, '"null"', None, None, None), {}),
        (b'{"meta":{"n":"--"}}', ("wrong_type", 'field "meta.n": expected int, got string "--"'), {}),
        (b'{"meta":{"at":"2018-10-30 12:00:00"}}', ("wrong_type", None), {}),
    ],
)
def test_rules_on_values_hold_behind_paths_and_with_raw_names(
    record: bytes, expected: object, counted: dict[tuple[str, str], int]
) -> None:
    found = outcome(record, RULED)
    assert found == expected or (expected[-1] is None and found[0] == expected[0])  # type: ignore[index]
    for times, options in ((1, DEFAULT_OPTIONS), (COUNT, DEFAULT_OPTIONS), (COUNT, ONE_BY_ONE)):
        assert coerced(record, RULED, times, options) == {rule: count * times for rule, count in counted.items()}


def test_which_of_several_names_gave_a_value_is_counted() -> None:
    records = [
        b'{"userId":1}',
        b'{"user":{"id":3}}',
        b'{"userId":1,"user_id":2}',
        b'{"userId":null,"user_id":2}',
        b'{"v":1}',
    ]
    expected = {
        ("userId", "sourceName userId"): 2,
        ("userId", "sourceName user_id"): 1,
        ("userId", "sourceName user.id"): 1,
    }
    optional = table_of(by("user_id", "bigint", "userId", "user_id", "user.id"), column("v", "int"))
    for times, options in ((1, DEFAULT_OPTIONS), (COUNT, DEFAULT_OPTIONS), (COUNT, ONE_BY_ONE)):
        found = coerced(b"\n".join(records), optional, times, options)
        assert found == {rule: count * times for rule, count in expected.items()}


def test_a_null_text_in_the_first_of_several_names_is_the_columns_null() -> None:
    table = table_of(by("v", "string", "a", "b", **rules(null_values=("-",))))
    assert outcome(b'{"a":"-","b":"x"}', table) == (None, '{"b":"x"}')


def coerced(record: bytes, table: Table, times: int, options: ReadOptions) -> dict[tuple[str, str], int]:
    """What was counted of records read that many times."""
    blocks = list(json_blocks(iter([Chunk(b"\n".join([record] * times))]), table, options))
    return dict(sum((Counter(block.coerced) for block in blocks), Counter[tuple[str, str]]()))
