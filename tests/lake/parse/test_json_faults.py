"""What a fault costs: the bad record alone, its bytes kept whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.parse.reasons import Reason
from tests.lake.parse.streams import ONE_BY_ONE, Reject, column, pairs_and_rejects, read, rows_of, table_of

BAD, CUT, SHAPE = Reason.INVALID_JSON, Reason.TRUNCATED, Reason.NOT_AN_OBJECT


@pytest.mark.parametrize(
    ("data", "ids", "rejects"),
    [
        (b'{"id":1}#{}', [1, None], [(BAD, 1, 8, b"#")]),
        (b"{}}", [None], [(BAD, 1, 2, b"}")]),
        (b'{"id":1}junk{"id":2}', [1, 2], [(BAD, 1, 8, b"junk")]),
        (b'{"id":1}\nhello {\n{"id":2}', [1, 2], [(BAD, 1, 9, b"hello {")]),
        (b'{"id":1\n{"id":2}\n', [2], [(BAD, 0, 0, b'{"id":1')]),
        (b'{"id":1,,}\n{"id":2,,}\n{"id":3}', [3], [(BAD, 0, 0, b'{"id":1,,}'), (BAD, 1, 11, b'{"id":2,,}')]),
        (b'{"id":1,,}{"id":2,,}{"id":3}', [3], [(BAD, 0, 0, b'{"id":1,,}'), (BAD, 1, 10, b'{"id":2,,}')]),
        (b'{"id":1,,}\nhello\n{"id":3}', [3], [(BAD, 0, 0, b'{"id":1,,}'), (BAD, 1, 11, b"hello")]),
        (b'{\n "id": 1,,\n "x": {"y": 2}\n}\n{"id":2}', [2], [(BAD, 0, 0, b'{\n "id": 1,,\n "x": {"y": 2}\n}')]),
        (b'{"name":"a}\n{"id":2}', [2], [(BAD, 0, 0, b'{"name":"a}')]),
        (b'{"name":"a}{"id":2}', [2], [(BAD, 0, 0, b'{"name":"a}')]),
        (b'{"id":1}\x00{"id":2}', [1, 2], [(BAD, 1, 8, b"\x00")]),
        (b'{"name":"a\x00b"}\n{"id":2}', [2], [(BAD, 0, 0, b'{"name":"a\x00b"}')]),
        (b'{"id":1}\n{"id":2,"name":"b', [1], [(CUT, 1, 9, b'{"id":2,"name":"b')]),
        (b'{"x":[\n{"id":2}\n', [2], [(CUT, 0, 0, b'{"x":[')]),
        (
            b'{"id":1}\nnull\n7 "x"\n[1]\n{"id":2}',
            [1, 2],
            [(SHAPE, 1, 9, b"null"), (SHAPE, 2, 14, b"7"), (SHAPE, 3, 16, b'"x"'), (SHAPE, 4, 21, b"1")],
        ),
        (b'[{"id":1},{"id":,},{"id":3}]', [1, 3], [(BAD, 1, 10, b'{"id":,}')]),
        (b'[{"id":,},{"id":,},{"id":3}]', [3], [(BAD, 0, 1, b'{"id":,}'), (BAD, 1, 10, b'{"id":,}')]),
        (b'[{"id":1},{"id":,}]\n{"id":3}', [1, 3], [(BAD, 1, 10, b'{"id":,}')]),
        (
            b'[{"id":1},null,[{"id":2}],x,{"id":3}]',
            [1, 3],
            [(SHAPE, 1, 10, b"null"), (SHAPE, 2, 15, b'[{"id":2}]'), (BAD, 3, 26, b"x")],
        ),
        (b'[{"id":1},,{"id":2}]', [1, 2], [(BAD, 1, 10, b",")]),
        (b'[{"id":1},{"id":2', [1], [(CUT, 1, 10, b'{"id":2')]),
        (b'[{"id":1}', [1], [(CUT, 1, 0, b"[")]),
        (b'{"Records":[{"id":1}', [1], [(CUT, 1, 0, b'{"Records":[')]),
        (b'{"id":1},\n{"id":2},\n{"id":3}\n', [1, 2, 3], [(BAD, 1, 8, b",")]),
    ],
)
def test_one_fault_costs_itself_alone(data: bytes, ids: list[int | None], rejects: list[Reject]) -> None:
    pairs, rejected = pairs_and_rejects(data)
    assert ([pair[0] for pair in pairs], rejected) == (ids, rejects)
    assert pairs_and_rejects(data, ONE_BY_ONE) == (pairs, rejected)


REQUIRED = table_of(
    column("id", "int", required=True),
    column("size", "string", allowed_values=("S", "M")),
    column("spec", "struct<a:int>"),
)


@pytest.mark.parametrize(
    ("record", "reason", "message"),
    [
        (b"{}", Reason.MISSING_REQUIRED, 'field "id" is required but missing or null'),
        (b'{"id":null}', Reason.MISSING_REQUIRED, 'field "id" is required but missing or null'),
        (b'{"id":2.7}', Reason.WRONG_TYPE, 'field "id": expected int, got number 2.7'),
        (b'{"id":"7"}', Reason.WRONG_TYPE, 'field "id": expected int, got string "7"'),
        (b'{"id":3000000000}', Reason.OUT_OF_RANGE, 'field "id": number 3000000000 does not fit int'),
        (b'{"id":1,"size":"L"}', Reason.VALUE_NOT_ALLOWED, 'field "size": expected one of S, M, got string "L"'),
        (b'{"id":1,"size":5}', Reason.WRONG_TYPE, 'field "size": expected string, got number 5'),
        (b'{"id":1,"id":1}', Reason.DUPLICATE_FIELD, 'duplicate field "id"'),
        (b'{"id":1,"i\\u0064":1}', Reason.DUPLICATE_FIELD, 'duplicate field "id"'),
        (
            b'{"id":1,"spec":{"a":"x"}}',
            Reason.WRONG_TYPE,
            'field "spec": .a: expected int, got string "x"',
        ),
        (
            b'{"id":1,"spec":{"a":1,"a":1}}',
            Reason.DUPLICATE_FIELD,
            'field "spec": duplicate field "a"',
        ),
        (b'{"id":1,"size":"\xff"}', Reason.INVALID_UTF8, "invalid UTF-8 at byte 16 of the record"),
        (
            b'{"id":1,"size":"\\ud800"}',
            Reason.INVALID_UTF8,
            'field "size": unpaired surrogate in string "\\ud800"',
        ),
        (b'{"id":NaN}', Reason.INVALID_JSON, "expected a value at byte 6 of the record"),
    ],
)
def test_a_record_that_the_contract_does_not_allow(record: bytes, reason: Reason, message: str) -> None:
    data = b'{"id":1}\n' + record + b'\n{"id":2}'
    rows, rejected = read(data, REQUIRED)
    assert rows["id"].to_pylist() == [1, 2]
    (reject,) = rejected
    assert (reject.reason, reject.message, reject.record, reject.offset) == (reason, message, 1, 9)
    assert reject.payload == record


def test_unknown_fields_are_rescued_as_they_were_written() -> None:
    data = b'{"z":1.50,"id":1, "\xc3\xa9" : [1, {"z":"}"}],"z":"\\ud800","n":null}'
    (row,) = rows_of(data)
    assert row["id"] == 1
    assert row["rescued"] == '{"z":1.50,"é":[1, {"z":"}"}],"z":"\\ud800","n":null}'


def test_a_struct_with_unknown_fields_is_read_and_rescued_whole() -> None:
    table = table_of(column("r", "array<struct<x:int>>"))
    assert rows_of(b'{"r":[{"x":1},{"x":2, "y":3}]}\n{"r":[{"x":4}]}', table) == [
        {"r": [{"x": 1}, {"x": 2}], "rescued": '{"r":[{"x":1},{"x":2, "y":3}]}'},
        {"r": [{"x": 4}], "rescued": None},
    ]


def test_deep_nesting_crashes_nothing_and_costs_itself_alone() -> None:
    deep = b'{"id":1,"x":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}"
    data = b'{"id":1}\n' + deep + b"\n" + b"[" * 100_000 + b'\n{"id":2}\n{"id":3}\n'
    rows, rejected = read(data)
    assert rows["id"].to_pylist() == [1, 2, 3]
    assert [reject.reason for reject in rejected[:2]] == [BAD, BAD]
    assert rejected[0].payload == deep


def test_every_file_of_the_json_test_suite_between_good_neighbours(recorded: Path) -> None:
    table = table_of(column("id", "bigint", field="the id"))
    first, second, third = b'{"the id":1}\n', b'\n{"the id":2}', b'\n{"the id":3}\n'
    for file in sorted((recorded / "json_test_suite" / "test_parsing").iterdir()):
        data = file.read_bytes()
        alone = read(data, table)[1]
        if file.name.startswith("n_"):
            assert alone, file.name
        if file.name.startswith("y_"):
            assert {reject.reason for reject in alone} <= {SHAPE, Reason.EMPTY_OBJECT}, file.name
        rows, rejected = read(first + data + second + third, table)
        ids = [number for number in rows["id"].to_pylist() if number is not None]
        assert ids == [1, 2, 3], file.name
        exact_rows, exact_rejected = read(first + data + second + third, table, options=ONE_BY_ONE)
        assert (rows, rejected) == (exact_rows, exact_rejected), file.name
