"""Where a JSON value ends, however much of it has arrived."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lake.parse.json_scanner import MAX_DEPTH, TOO_DEEP, Extent, Extents, extent_of_value, is_too_deep
from lake.parse.json_skip import Skipper

RECORD = (
    b'{"a":[1,-2.5e-10,{"b":null}],"c\\u00e9\\n":"\xc3\xa9}{\\"\\\\",'
    b'"d":{"e":true,"f":false},"g":[[],{}],"h":1.25E+7 , "i" : 0}'
)


# What is long is scanned strictly, what is short is first shown to a faster parser.
@pytest.mark.parametrize("record", [RECORD, RECORD[:-1] + b',"j":"' + b"x" * 5000 + b'"}'], ids=["short", "long"])
def test_a_value_ends_where_it_ends_and_is_cut_before(record: bytes) -> None:
    assert extent_of_value(b"xx" + record + b'{"next":1}', 2) == Extent(2 + len(record))
    for cut in range(1, len(record)):
        extent = extent_of_value(record[:cut], 0)
        assert (extent.end, extent.is_cut) == (None, True), record[:cut]


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,,',
        b'{"a" 1',
        b"{a",
        b"{,",
        b'{"a":NaN',
        b'{"a":-Infinity',
        b'{"a":01',
        b'{"a":+',
        b'{"a":tru}',
        b'{"a":"\n',
        b'{"a":"\\x',
        b'{"a":"\\u12g',
        b"[1 2",
        b"nul ",
        b"}",
        b"x",
    ],
)
def test_what_no_bytes_can_complete_is_not_cut(data: bytes) -> None:
    for rest in (b"", b" " * 20):
        extent = extent_of_value(data + rest, 0)
        assert (extent.end, extent.is_cut) == (None, False)


def test_depth_has_one_limit_wherever_the_stack_stands() -> None:
    def nested(depth: int) -> bytes:
        return b"[" * depth + b'"]["' + b"]" * depth

    assert (is_too_deep(nested(MAX_DEPTH)), is_too_deep(nested(MAX_DEPTH + 1))) == (False, True)
    for depth in (5_000, 100_000):
        assert extent_of_value(nested(depth), 0) == Extent(None, False, TOO_DEEP)


@pytest.mark.parametrize("padding", [b"", b" " * 5000], ids=["short", "long"])
def test_a_value_exactly_as_deep_as_allowed_ends_and_one_deeper_does_not(padding: bytes) -> None:
    def nested(depth: int) -> bytes:
        return b"[" * (depth - 1) + padding + b"[1],1" + b"]" * (depth - 1)

    for extent in (extent_of_value, Extents().at):
        assert extent(nested(MAX_DEPTH), 0) == Extent(len(nested(MAX_DEPTH)))
        assert extent(nested(MAX_DEPTH + 1), 0) == Extent(None, False, TOO_DEEP)


@pytest.mark.parametrize(
    ("record", "rest"),
    [
        (RECORD, b'{"x":1}'),
        (b'{"a":"\\\\"}', b"}"),
        (b'{"a":"\\""}', b'"'),
        (b"[[{]", b'\n{"x":1}'),
        (b"junk", b'\n{"x":1}'),
    ],
)
def test_a_record_too_large_to_hold_is_followed_to_its_end_through_any_pieces(record: bytes, rest: bytes) -> None:
    data = record + rest
    for size in (1, 2, 3, 5, len(data)):
        skipper = Skipper()
        at = 0
        while (end := skipper.end(data[at : at + size])) is None:
            at += size
            assert at < len(data), f"the record never ends, in pieces of {size}"
        assert data[: at + end].rstrip(b"\n") == record, f"in pieces of {size}"


def test_junk_too_large_to_hold_ends_before_an_object() -> None:
    assert Skipper().end(b'a{b{"x":1}') == 3


TOKENS = b'{ [ } ] , : " "a" "a": 1 1. tr true \\ x {"a": {} [1] [1, {"a":[ ,"b":{ "}{" {"a":{"b":1}},'.split(b" ")


@given(st.lists(st.sampled_from([*TOKENS, b"\n"]), min_size=1).map(b"".join), st.sampled_from([1, 60, 500]))
@example(b"[[\n", 300)
@example(b'{"a":\n', 900)
@example(b'[{"a":{}},', 900)
def test_what_one_scan_has_found_holds_for_each_value_within(data: bytes, times: int) -> None:
    data *= times
    extents = Extents()
    for start in range(min(len(data), 4000)):
        if data[start] not in b" \n" and start % (1 + times // 20) == 0:
            assert extents.at(data, start) == extent_of_value(data, start), (data, start)
