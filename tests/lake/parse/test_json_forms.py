"""Every form that a stream of JSON may have, and where its records begin and end."""

from __future__ import annotations

import pytest

from lake.parse.block import ReadOptions
from lake.parse.gzip_stream import Chunk
from lake.parse.reasons import Reason
from tests.lake.parse.streams import ONE_BY_ONE, PAIRS, column, pairs_and_rejects, read, rows_of, table_of

BOM = b"\xef\xbb\xbf"
ONE, TWO, THREE = b'{"id":1,"name":"a"}', b'{"id":2}', b'{"name":"c"}'
ROWS = [(1, "a"), (2, None), (None, "c")]


@pytest.mark.parametrize(
    "data",
    [
        b"\n".join([ONE, TWO, THREE]),
        b"\r\n".join([ONE, TWO, THREE, b""]),
        b"\n\n  \n".join([b"", ONE, TWO, THREE, b"\t"]),
        ONE + TWO + THREE,
        ONE + b" " + TWO + b"\t\r" + THREE,
        ONE + TWO + b"\n" + THREE + b"\n",
        b'{\n  "id": 1,\n  "name": "a"\n}\n{\n  "id": 2\n}\n{\n  "name": "c"\n}\n',
        b'{\n"id":1,"name":\n"a"}{"id"\n:2}{"name":"c"}',
        b"[" + b",".join([ONE, TWO, THREE]) + b"]",
        b"[\n  " + b",\n  ".join([ONE, TWO, THREE]) + b"\n]\n",
        b"[" + ONE + b"][" + TWO + b", " + THREE + b"]",
        b"[]" + ONE + b"[" + TWO + b"]\n" + THREE,
        b'{"Records":[' + b",".join([ONE, TWO, THREE]) + b"]}",
        b'{ "Records" : [' + ONE + b']}{"Records":[]}\n{"Records":[' + TWO + b"," + THREE + b"]}\n",
        BOM + ONE + b"\n" + TWO + b"\n" + THREE,
        BOM + ONE + b"\n" + BOM + TWO + BOM + b"\n" + THREE + BOM,
        BOM + b"[" + ONE + b"]" + BOM + b"\n[" + TWO + b"," + THREE + b"]",
    ],
)
def test_a_stream_of_any_form_gives_its_records_in_order(data: bytes) -> None:
    assert pairs_and_rejects(data) == (ROWS, [])
    assert pairs_and_rejects(data, ONE_BY_ONE) == (ROWS, [])
    for size in (1, 2, 7):
        rows, rejected = read(data, PAIRS, size, ReadOptions(block_bytes=5))
        assert (rows.num_rows, rejected) == (3, [])
        assert rows["id"].to_pylist() == [1, 2, None]


def test_what_looks_like_a_boundary_within_a_string_is_text() -> None:
    texts = ["}{", "},{", "}\\n{", "[{", '\\"}{\\"', "]}"]
    data = "".join(f'{{"name":"{text}"}}' for text in texts).encode()
    expected = [text.replace("\\n", "\n").replace('\\"', '"') for text in texts]
    assert [row["name"] for row in rows_of(data)] == expected
    assert [row["name"] for row in rows_of(b"[" + data.replace(b'"}{"n', b'"},{"n') + b"]")] == expected


@pytest.mark.parametrize(
    ("data", "payload"),
    [(b"", b""), (b" \r\n\t", b" \r\n\t"), (b"[]", b"[]"), (b"[ ][]\n", b"[ ][]\n"), (BOM, BOM)],
)
def test_an_object_without_any_record_is_one_reject(data: bytes, payload: bytes) -> None:
    assert pairs_and_rejects(data) == ([], [(Reason.EMPTY_OBJECT, 0, 0, payload)])


def test_members_beside_the_records_of_an_envelope_are_kept_as_a_reject() -> None:
    data = b'{"Records":[{"id":1}],"source":"x"}{"id":2}'
    reject = (Reason.NOT_AN_OBJECT, 1, 21, b',"source":"x"}')
    assert pairs_and_rejects(data) == ([(1, None), (2, None)], [reject])


def test_an_object_whose_records_do_not_come_first_is_a_record() -> None:
    (row,) = rows_of(b'{"id":1,"Records":[{"id":2}]}')
    assert row == {"id": 1, "name": None, "rescued": '{"Records":[{"id":2}]}'}


def test_no_envelope_is_seen_where_the_contract_has_a_field_of_that_name() -> None:
    table = table_of(column("records", "array<struct<id:int>>", field="Records"))
    assert rows_of(b'{"Records":[{"id":1},{"id":2}]}', table) == [{"records": [{"id": 1}, {"id": 2}], "rescued": None}]


def test_after_a_gap_what_was_open_is_truncated() -> None:
    chunks = [Chunk(b'{"id":1}\n{"id":2,"na'), Chunk(b'me":"b"}\n{"id":3}', after_gap=True)]
    assert pairs_and_rejects(chunks) == (
        [(1, None), (3, None)],
        [(Reason.TRUNCATED, 1, 9, b'{"id":2,"na'), (Reason.INVALID_JSON, 2, 20, b'me":"b"}')],
    )


def test_after_a_gap_the_rest_of_an_array_costs_one_reject() -> None:
    chunks = [Chunk(b'[{"id":1},{"id":2}'), Chunk(b',{"id":3},{"id":4}]', after_gap=True)]
    assert pairs_and_rejects(chunks) == (
        [(1, None), (2, None), (3, None), (4, None)],
        [(Reason.TRUNCATED, 2, 0, b"["), (Reason.INVALID_JSON, 3, 18, b",")],
    )
