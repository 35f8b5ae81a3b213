"""A record that was cut off costs itself alone, also where the next one runs on with nothing between them."""

from __future__ import annotations

import json
import time
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.parse.json_text import extent_of_value
from lake.parse.reasons import Reason
from tests.lake.parse.streams import Reject, column, only_exactly, read, table_of

BAD, CUT = Reason.INVALID_JSON, Reason.TRUNCATED
ORDERS = table_of(
    column("id", "string"),
    column("n", "int"),
    column("spec", "struct<a:int,id:string>"),
    column("lines", "array<struct<a:int>>"),
)
B, C = b'{"id":"b","n":2}', b'{"id":"c"}'
WHOLE = b'{"id":"b","n":2,"spec":{"a":1},"lines":[{"a":2}]}'


def ids_and_rejects(data: bytes, size: int = 0) -> tuple[list[str | None], list[Reject]]:
    rows, rejected = read(data, ORDERS, size)
    return rows["id"].to_pylist(), [
        (reject.reason, reject.record, reject.offset, reject.payload) for reject in rejected
    ]


@pytest.mark.parametrize("between", [b"", b"\n", b"\r\n", b" "])
@pytest.mark.parametrize(
    ("cut", "following"),
    [
        (b"{", B),
        (b'{"i', B),
        (b'{"id"', B),
        (b'{"id":', B),
        (b'{"id":"a', B),
        (b'{"id":"a\\', B),
        (b'{"id":"a\\u00', B),
        (b'{"id":"a","n', B),
        (b'{"id":"a","n":1', B),
        (b'{"id":"a","n":-', B),
        (b'{"id":"a","n":1.', B),
        (b'{"id":"a","n":nul', B),
        (b'{"id":"a",', B),
        (b'{"id":"a","n": ', B),
        (b'{"id":"a","spec":{"a"', B),
        (b'{"id":"a","spec":{"a":1', B),
        (b'{"id":"a","spec":{"a":1}', B),
        (b'{"id":"a","spec":{"a":1},', WHOLE),
        (b'{"id":"a","spec":', WHOLE),
        (b'{"id":"a","lines":[', WHOLE),
        (b'{"id":"a","lines":[{"a":1},', WHOLE),
        (b'{"id":"a","other":', WHOLE),
    ],
)
def test_the_record_that_runs_on_after_a_cut_one_is_a_row(cut: bytes, following: bytes, between: bytes) -> None:
    expected = (["0", "b", "c"], [(BAD, 1, 10, cut.rstrip())])
    data = b'{"id":"0"}' + cut + following + between + C
    assert ids_and_rejects(data) == expected
    assert ids_and_rejects(data, 3) == expected
    with only_exactly():
        assert ids_and_rejects(data) == expected


@pytest.mark.parametrize(
    ("data", "ids", "rejects"),
    [
        (b'{"id":"a","n":1{"id":"b","n":{"id":"c"}', ["c"], [(BAD, 0, 0, b'{"id":"a","n":1{"id":"b","n":')]),
        (b'{"id":"a","n":' + B, ["b"], [(CUT, 0, 0, b'{"id":"a","n":')]),
        (b'{"id":"a","n":1' + B, ["b"], [(BAD, 0, 0, b'{"id":"a","n":1')]),
        (b'{"id":"a","n":1{"id":"b","n"', [], [(BAD, 0, 0, b'{"id":"a","n":1{"id":"b","n"')]),
        (b'{"new":1,"id":"a","n":{"new":1,"id":"b"}' + C, ["b", "c"], [(BAD, 0, 0, b'{"new":1,"id":"a","n":')]),
        (b'{"new":1,"id":"a"\n' + C, ["c"], [(BAD, 0, 0, b'{"new":1,"id":"a"')]),
        (b'{"ne{"new":1,"id":"b"}' + C, ["b", "c"], [(BAD, 0, 0, b'{"ne')]),
        (b'{"id":"a","n":1\t{ "id" : "b" }x' + C, ["b", "c"], [(BAD, 0, 0, b'{"id":"a","n":1'), (BAD, 2, 30, b"x")]),
    ],
)
def test_cuts_of_more_kinds(data: bytes, ids: list[str], rejects: list[Reject]) -> None:
    assert ids_and_rejects(data) == (ids, rejects)
    assert ids_and_rejects(data, 1) == (ids, rejects)
    with only_exactly():
        assert ids_and_rejects(data) == (ids, rejects)


@pytest.mark.parametrize(
    "bad",
    [
        b'{"id":"a",,"spec":{"id":"x","n":1}}',
        b'{"id":"a",,"spec":{"id":"x","n":1},"lines":[{"a":1},{"id":"y"}]}',
        b'{"id":"a" "spec":{"a":1,"id":"x"}',
        b'{"id":"a","n":1,"spec":{"a":1,"id":"x"}',
        b'{"id":"a","n":1,"other":{"id":"x","n":1}',
        b'{"id":"a","n":1,"lines":[{"id":"x"}',
        b'{"id":"a","n":1,"lines":[{"a":1},{"id":"x"}',
        b'{"id":"a","n":1,{"a":1,"x":2}',
        b'{"id":"a",,"spec":\n {"id":"x"}\n}',
        b'{"id":"a",,"other":{"id":"x","n":1,"lines":[]}}',
        b'{"id":"a",,"other":[{"id":"x","n":1,"lines":[]} , 5]}',
    ],
)
def test_a_nested_object_within_a_bad_record_is_no_record(bad: bytes) -> None:
    expected = (["0", "c"], [(BAD, 1, 11, bad)])
    assert ids_and_rejects(b'{"id":"0"}\n' + bad + b"\n" + C) == expected
    with only_exactly():
        assert ids_and_rejects(b'{"id":"0"}\n' + bad + b"\n" + C) == expected


def test_many_unclosed_objects_in_one_stretch_are_not_all_looked_at_to_its_end() -> None:
    data = b"{," + b'{"id":[' * 300 + b"1," * 1000
    with patch("lake.parse.json_cuts.extent_of_value", wraps=extent_of_value) as looks:
        assert ids_and_rejects(data) == ([], [(BAD, 0, 0, data)])
    assert looks.call_count == 16


TEXTS = st.text(st.sampled_from('ab\\"é😀{}[],:\n '), max_size=5)


@st.composite
def orders(draw: st.DrawFn) -> bytes:
    """A record that names more than half of the fields, so that it is known wherever it stands."""
    record: dict[str, object] = {"id": draw(TEXTS), "n": draw(st.sampled_from([None, 0, -12]))}
    if draw(st.booleans()):
        record["other"] = draw(st.sampled_from([True, 1.5e7, {"id": "x"}, ["}{"]]))
    record["spec"] = draw(st.sampled_from([None, {"a": 1}, {"id": "x", "a": 2}]))
    if draw(st.booleans()):
        record["lines"] = [{"a": 1}] * draw(st.integers(0, 2))
    return json.dumps(record, ensure_ascii=draw(st.booleans())).encode()


@settings(max_examples=25, deadline=None)
@given(st.lists(orders(), min_size=2, max_size=4), st.data(), st.sampled_from([b"", b"", b"\n"]))
def test_of_records_one_after_the_other_all_but_the_one_that_is_cut_anywhere_are_rows(
    records: list[bytes], data: st.DataObject, between: bytes
) -> None:
    """No cut record and its successor are an object together: after the successor, no bracket closes the cut one."""
    place = data.draw(st.integers(0, len(records) - 2))
    expected = [json.loads(record)["id"] for number, record in enumerate(records) if number != place]
    for cut in range(1, len(records[place])):
        part = records[place][:cut]
        before, after = records[:place], records[place + 1 :]
        stream = b"".join(record + between for record in before) + part + between.join(after)
        rows, rejected = read(stream, ORDERS)
        assert rows["id"].to_pylist() == expected, stream
        assert b"".join(reject.payload for reject in rejected) == part.rstrip(), stream


@pytest.mark.parametrize(
    "junk",
    [
        b'{"id":{"n":',
        b'{"id":1 {"n":2} ',
        b'{"x"1 {"id":"b"} ',
        b'{"x"1 {"id":"b"} {"id":["a',
        b'{"id":[1,{"n":2},',
        b'{"id":{"id":{"id":[1,\n',
    ],
)
def test_twice_the_cut_records_take_no_more_than_about_twice_the_time(junk: bytes) -> None:
    def seconds(size: int) -> float:
        began = time.process_time()
        read(junk * (size // len(junk)) + b'\n{"id":"a"}\n{"id":"b"}', ORDERS)
        return time.process_time() - began

    seconds(1 << 14)
    assert seconds(1 << 18) < 8 * seconds(1 << 16) + 0.5
