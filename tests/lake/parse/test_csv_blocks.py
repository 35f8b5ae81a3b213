"""CSV objects and what becomes of them: whole rows, whole rejects."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator

import pyarrow as pa
import pytest

from lake.contract.arrow import arrow_schema
from lake.contract.model import Column, Table
from lake.parse.block import ReadOptions, Rejected
from lake.parse.csv_blocks import csv_blocks
from lake.parse.gzip_stream import Chunk
from lake.parse.reasons import Reason
from tests.lake.parse.csv_reference import chunks, table_of, whole

ORDERS = table_of(Column("order_id", "orderId", "bigint"), Column("note", "note", "string"))
STRICT = table_of(Column("order_id", "orderId", "bigint", required=True), Column("note", "note", "string"))
LOOKAHEAD = ReadOptions().lookahead
UNCLOSED = "a quoted field does not end"
BROKEN = "a quote stands inside an unquoted field, or text follows a closing quote"
BOM = b"\xef\xbb\xbf"


def read(*parts: bytes | Chunk, table: Table = ORDERS) -> tuple[list[tuple[object, ...]], list[Rejected]]:
    """Rows as tuples and rejects; their types are checked against the contract's."""
    rows, rejected = whole(csv_blocks(iter([p if isinstance(p, Chunk) else Chunk(p) for p in parts]), table), table)
    return [tuple(row.values()) for row in rows.to_pylist()], rejected


def width(found: int) -> str:
    return f"expected 2 fields as in the header, got {found}"


@pytest.mark.parametrize(
    "data",
    [
        b"orderId,note\n1,a\n2,b\n",
        b"orderId,note\r\n1,a\r\n2,b\r\n",
        b"orderId,note\r1,a\r2,b\r",
        b"orderId,note\n1,a\n2,b",
        BOM + b"orderId,note\n1,a\n2,b\n",
        b"\n \n" + BOM + b"orderId,note\n\n1,a\n\r\n2,b\n\n",
        b'"orderId","note"\n"1","a"\n"2","b"\n',
        b"note,orderId\na,1\nb,2\n",
        b"orderId,note\n1,a\norderId,note\n2,b\n",
        b"orderId,note\n1,a\n" + BOM + b"orderId,note\r\n2,b\n",
    ],
    ids=("lf", "crlf", "cr", "no_last_end", "bom", "blank_lines", "quoted", "reordered", "header_again", "bom_again"),
)
def test_two_records_whatever_the_file_looks_like(data: bytes) -> None:
    assert read(data) == ([(1, "a", None), (2, "b", None)], [])
    assert read(*(data[i : i + 1] for i in range(len(data)))) == read(data)


def test_quoted_fields_hold_line_ends_commas_quotes_and_nothing() -> None:
    data = b'orderId,note\n1,"a\nb\r\nc,""d"""\n2,""\n"3",\n'
    assert read(data) == ([(1, 'a\nb\r\nc,"d"', None), (2, "", None), (3, None, None)], [])


def test_names_hold_quotes_spaces_slashes_and_emoji() -> None:
    table = table_of(Column("a", 'say "hi"/now', "string"), Column("b", "\U0001f600", "int"))
    data = '"say ""hi""/now",\U0001f600, padded\nx,1,y\n'.encode()
    assert read(data, table=table) == ([("x", 1, '{" padded":"y"}')], [])


def test_unknown_fields_are_rescued_as_text_and_empty_ones_say_nothing() -> None:
    data = b'b,orderId,"q""",b,\n1,7,"x\ny",,\n,8,,,\n,9,,,z\n'
    rows = [(7, None, '{"b":"1","q\\"":"x\\ny"}'), (8, None, None), (9, None, '{"":"z"}')]
    assert read(data) == (rows, [])


def test_a_table_without_rescue_keeps_no_unknown_field() -> None:
    table = table_of(*ORDERS.columns, rescue=False)
    assert read(b"orderId,x\n1,\xff\n", table=table) == ([(1, None, None)], [])


def test_a_column_that_the_header_lacks_is_null_or_missing_required() -> None:
    data = b"note\na\nb\n"
    assert read(data) == ([(None, "a", None), (None, "b", None)], [])
    message = 'field "orderId" is required but empty'
    rejected = [Rejected(Reason.MISSING_REQUIRED, message, i, 5 + 2 * i, b"ab"[i : i + 1]) for i in (0, 1)]
    assert read(data, table=STRICT) == ([], rejected)


def test_a_header_that_names_a_column_twice_rejects_every_record() -> None:
    message = "the header names note more than once"
    rejected = [Rejected(Reason.DUPLICATE_FIELD, message, i, 18 + 6 * i, b"1,a,b") for i in (0, 1)]
    assert read(b"orderId,note,note\n1,a,b\n1,a,b\n") == ([], rejected)


def test_a_first_row_that_names_no_column_is_rejected_with_all_below_it() -> None:
    message = "expected a header row first, but it names none of the contract's fields (orderId, note): '1,a'"
    rejected = [Rejected(Reason.MALFORMED_CSV, message, i, 4 * i, b"%d,a" % (i + 1)) for i in range(3)]
    assert read(b"1,a\n2,a\n3,a\n") == ([], rejected)


def test_a_header_with_a_broken_quote_is_rejected_with_all_below_it() -> None:
    rows, rejected = read(b'orderId,"no"te\n1,a\n')
    assert rows == []
    assert [(r.reason, r.record, r.offset, r.payload) for r in rejected] == [
        (Reason.MALFORMED_CSV, 0, 0, b'orderId,"no"te'),
        (Reason.MALFORMED_CSV, 1, 15, b"1,a"),
    ]


def test_a_header_alone_gives_nothing() -> None:
    assert read(b"orderId,note\n") == ([], [])
    assert read(BOM + b"orderId,note") == ([], [])


@pytest.mark.parametrize("data", [b"", b"\n", b" \r\n\t\n"])
def test_an_object_of_white_space_is_one_reject(data: bytes) -> None:
    message = f"expected a header row and records, got {len(data)} bytes of white space"
    expected = [Rejected(Reason.EMPTY_OBJECT, message, 0, 0, data)]
    assert whole(csv_blocks(chunks(data), ORDERS), ORDERS) == (arrow_schema(ORDERS).empty_table(), expected)


def test_a_record_with_too_few_or_many_fields_costs_itself_alone() -> None:
    data = b"orderId,note\n1,a\n2\n3,b,c\n \n4,d"
    rejected = [
        Rejected(Reason.MALFORMED_CSV, width(1), 1, 17, b"2"),
        Rejected(Reason.MALFORMED_CSV, width(3), 2, 19, b"3,b,c"),
        Rejected(Reason.MALFORMED_CSV, width(1), 3, 25, b" "),
    ]
    assert read(data) == ([(1, "a", None), (4, "d", None)], rejected)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b'2,"b', UNCLOSED),
        (b'2,b"', BROKEN),
        (b'2,"b"c', BROKEN),
        (b'2,b"c', BROKEN),
        (b'2,"b\nc"d', BROKEN),
        (b'2,"""', UNCLOSED),
    ],
)
@pytest.mark.parametrize("last", [b"3,c", b'3,"c"', b'3,"c"\n'])
def test_a_broken_quote_costs_its_own_record_alone(bad: bytes, message: str, last: bytes) -> None:
    rows, (reject,) = read(b"orderId,note\n1,a\n" + bad + b"\n" + last)
    assert rows == [(1, "a", None), (3, "c", None)]
    assert (reject.reason, reject.record, reject.offset, reject.payload) == (Reason.MALFORMED_CSV, 1, 17, bad)
    assert reject.message in (message, BROKEN)


def test_an_unclosed_quote_at_the_end_is_malformed() -> None:
    rejected = [Rejected(Reason.MALFORMED_CSV, UNCLOSED, 1, 17, b'2,"b')]
    assert read(b'orderId,note\n1,a\n2,"b') == ([(1, "a", None)], rejected)


def test_what_no_record_follows_within_sight_is_one_reject() -> None:
    junk = b'x"\n' * 10
    rejected = [Rejected(Reason.MALFORMED_CSV, BROKEN, 1, 17, junk.rstrip(b"\n"))]
    assert read(b"orderId,note\n1,a\n" + junk + b"2,b\n") == ([(1, "a", None), (2, "b", None)], rejected)


def test_a_record_that_a_gap_cuts_is_truncated_even_if_it_seems_whole() -> None:
    message = "a damaged stretch begins within the record"
    after = Chunk(b"3,c\norderId,note\n4,d", after_gap=True)
    rejected = [Rejected(Reason.TRUNCATED, message, 1, 17, b"2,b")]
    assert read(b"orderId,note\n1,a\n2,b", after) == ([(1, "a", None), (3, "c", None), (4, "d", None)], rejected)
    rejected = [Rejected(Reason.TRUNCATED, message, 1, 17, b'2,"b\n')]
    assert read(b'orderId,note\n1,a\n2,"b\n', Chunk(b"", after_gap=True))[1] == [
        Rejected(Reason.TRUNCATED, message, 1, 17, b'2,"b')
    ]


def test_a_header_behind_a_gap_is_read_where_the_first_was_lost() -> None:
    rejected = [Rejected(Reason.TRUNCATED, "a damaged stretch begins within the header", 0, 0, b"orderId,no")]
    behind = Chunk(b"note,orderId\na,1\n", after_gap=True)
    assert read(b"orderId,no", behind) == ([(1, "a", None)], rejected)


def test_ids_are_derived_from_the_record_without_its_line_end() -> None:
    table = table_of(Column("id", "id", "string", derived_from="record_bytes", required=True), *ORDERS.columns)
    digest = hashlib.sha256(b",7").hexdigest()
    assert read(b"id,orderId\n,7\r\n,7\nx,7\n,x7", table=table)[0] == [
        (digest, 7, None, None),
        (digest, 7, None, None),
        ("x", 7, None, None),
    ]
    assert read(b'orderId\n7\n"8"', table=table)[0] == [
        (hashlib.sha256(b"7").hexdigest(), 7, None, None),
        (hashlib.sha256(b'"8"').hexdigest(), 8, None, None),
    ]


def test_one_bad_value_among_many_costs_its_record_alone() -> None:
    lines = [b"%d,n%d" % (i, i) for i in range(10_000)]
    lines[7_000], lines[8_000] = b"9223372036854775808,x", b"+8000,n8000"
    rows, rejected = read(b"orderId,note\n" + b"\n".join(lines))
    assert rows == [(i, f"n{i}", None) for i in range(10_000) if i != 7_000]
    assert [(r.reason, r.record, r.payload) for r in rejected] == [(Reason.OUT_OF_RANGE, 7_000, lines[7_000])]


def endless(start: bytes, middle: bytes, count: int, end: bytes) -> Iterator[Chunk]:
    yield Chunk(start)
    for _ in range(count):
        yield Chunk(middle)
    yield Chunk(end)


def test_a_line_beyond_the_largest_record_is_rejected_in_pieces() -> None:
    options = ReadOptions(max_record=2 * LOOKAHEAD, block_bytes=LOOKAHEAD)
    long = b"x" * LOOKAHEAD
    rows, rejected = whole(csv_blocks(endless(b"note\na\n", long, 5, b"y\nb\n"), ORDERS, options), ORDERS)
    assert rows.column("note").to_pylist() == ["a", "b"]
    payload = long * 5 + b"y"
    cut = 2 * LOOKAHEAD
    assert [(r.reason, r.record, r.offset, r.payload) for r in rejected] == [
        (Reason.RECORD_TOO_LARGE, 1 + i, 7 + i * cut, payload[i * cut : (i + 1) * cut]) for i in range(3)
    ]


def test_an_unclosed_quote_swallows_no_more_than_its_line_of_a_long_object() -> None:
    options = ReadOptions(max_record=2 * LOOKAHEAD)
    many = b"1,a\n" * LOOKAHEAD
    rows, rejected = whole(csv_blocks(endless(b'orderId,note\n0,"b\n', many, 4, b""), ORDERS, options), ORDERS)
    assert rows.num_rows == 4 * LOOKAHEAD
    assert rejected == [Rejected(Reason.MALFORMED_CSV, UNCLOSED, 0, 13, b'0,"b')]


def test_a_record_of_20_megabytes_is_a_row() -> None:
    note = b"x\n" * 10_000_000
    rows, rejected = whole(csv_blocks(chunks(b'orderId,note\n1,"' + note + b'"\n2,b\n'), ORDERS), ORDERS)
    assert (rows.column("note").to_pylist(), rejected) == ([note.decode(), "b"], [])


def test_memory_is_bounded_by_the_block_not_by_the_object() -> None:
    tracemalloc.start()
    try:
        many = b"1,abcdefghij\n" * 80_000
        count = sum(b.records for b in csv_blocks(endless(b"orderId,note\n", many, 200, b""), ORDERS))
        assert count == 80_000 * 200
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_the_schema_is_the_contracts_in_every_block() -> None:
    blocks = list(csv_blocks(chunks(b"orderId,note\n1,a\nx,b\n"), ORDERS))
    assert [block.rows.schema for block in blocks] == [arrow_schema(ORDERS)]
    assert blocks[0].rows.equals(pa.table({"order_id": [1], "note": ["a"], "rescued": [None]}, arrow_schema(ORDERS)))
