"""The forms of CSV that a contract can name: each with a neighbour that is read otherwise, whole rows and rejects."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lake.contract.model import Column, Source, Table, TextForm
from lake.parse.block import ReadOptions, Rejected
from lake.parse.csv_blocks import csv_blocks
from lake.parse.gzip_stream import Chunk
from lake.parse.reasons import Reason
from tests.lake.parse.csv_reference import chunks, read_plainly, table_of, whole

ORDERS = table_of(Column("order_id", "orderId", "bigint"), Column("note", "note", "string"))


def formed(table: Table = ORDERS, **form: Any) -> Table:
    return replace(table, source=Source("raw/shop/orders", "csv", text=TextForm(**form)))


def read(data: bytes | list[Chunk], table: Table) -> tuple[list[tuple[object, ...]], list[Rejected]]:
    given = chunks(data) if isinstance(data, bytes) else iter(data)
    rows, rejected = whole(csv_blocks(given, table), table)
    if isinstance(data, bytes):
        parts = [data[at : at + 1] for at in range(len(data))]
        assert whole(csv_blocks(chunks(*parts), table), table) == (rows, rejected)
    return [tuple(row.values()) for row in rows.to_pylist()], rejected


def malformed(record: int, offset: int, payload: bytes, message: str) -> Rejected:
    return Rejected(Reason.MALFORMED_CSV, message, record, offset, payload)


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ({"delimiter": "\t"}, b"orderId\tnote\n1\ta,b\n2\t\n"),
        ({"delimiter": "|"}, b"orderId|note\n1|a,b\n2|\n"),
        ({"delimiter": ";"}, b'orderId;note\n1;"a,b"\n2;'),
        ({"delimiter": " "}, b'orderId note\n1 "a,b"\n2 \n'),
        ({"delimiter": "\x01"}, b"orderId\x01note\n1\x01a,b\n2\x01\n"),
        ({"quote": "'"}, b"orderId,note\n1,'a,b'\n2,\n"),
        ({"has_header": False}, b'1,"a,b"\n2,\n'),
        ({"has_header": False}, b'\xef\xbb\xbf\n\r\n1,"a,b"\n\n2,'),
        ({"comment": "#"}, b'#a "b\n\n#c\norderId,note\n#d,e\n1,"a,b"\r\n#"\r\n#\n2,\n#f'),
        ({"comment": "# "}, b'# orderId,note\norderId,note\n1,"a,b"\n2,'),
        ({"comment": "#", "has_header": False}, b'#x\n1,"a,b"\n#"\n2,\n'),
        ({"escape": "\\"}, b"orderId,note\n1,a\\,b\n2,\n"),
        ({"escape": "\\", "quote": None}, b"orderId,note\n\\1,a\\,b\n2,\n".replace(b"\\1", b"1")),
        ({"escape": "\\"}, b'orderId,note\n"1","a,b"\n2,\n'),
    ],
    ids=lambda given: "_".join(given) if isinstance(given, dict) else "",
)
def test_two_records_in_each_form(form: dict[str, Any], data: bytes) -> None:
    assert read(data, formed(**form)) == ([(1, "a,b", None), (2, None, None)], [])


def test_another_delimiter_makes_the_first_row_no_header() -> None:
    message = "expected a header row first, but it names none of the contract's fields (orderId, note): 'orderId;note'"
    rejected = [malformed(0, 0, b"orderId;note", message), malformed(1, 13, b"1;a", message)]
    assert read(b"orderId;note\n1;a\n", formed(delimiter="|")) == ([], rejected)


def test_without_a_header_the_order_is_that_of_the_contract_and_a_header_is_a_record() -> None:
    data = b"orderId,note\n1,a\n2\n"
    header = Rejected(
        Reason.WRONG_TYPE, 'field "orderId": expected bigint, got string "orderId"', 0, 0, b"orderId,note"
    )
    rejected = [header, malformed(2, 17, b"2", "expected 2 fields as in the contract, got 1")]
    assert read(data, formed(has_header=False)) == ([(1, "a", None)], rejected)
    assert read(data, formed(replace(ORDERS, columns=ORDERS.columns[::-1]), has_header=False))[0] == []


def test_without_a_header_a_derived_column_takes_no_place() -> None:
    table = table_of(Column("id", "id", "string", derived_from="record_bytes", required=True), *ORDERS.columns)
    assert read(b"7,a\n", formed(table, has_header=False)) == ([(hashlib.sha256(b"7,a").hexdigest(), 7, "a", None)], [])


def test_without_quotes_a_quote_is_a_letter() -> None:
    table = formed(quote=None, delimiter="\t")
    assert read(b'orderId\tnote\n1\tsay "hi"\n2\t"\n3\t""\n', table) == (
        [(1, 'say "hi"', None), (2, '"', None), (3, '""', None)],
        [],
    )
    broken = "a quote stands inside an unquoted field, or text follows a closing quote"
    rejected = [malformed(0, 13, b'1\tsay "hi"', broken)]
    assert read(b'orderId\tnote\n1\tsay "hi"\n2\ta\n', formed(delimiter="\t")) == ([(2, "a", None)], rejected)


def test_an_escape_makes_quotes_delimiters_and_line_ends_letters_and_stays_before_others() -> None:
    data = rb"""orderId,note
1,"a\"b"
2,a\"b\\
3,\N
4,"c:\dir"
5,a\
b
6,"a""b"
7,"\\"
"""
    notes = ['a"b', 'a"b\\', "\\N", "c:\\dir", "a\nb", 'a"b', "\\"]
    rows = [(at, note, None) for at, note in enumerate(notes, start=1)]
    assert read(data, formed(escape="\\")) == (rows, [])
    rows, rejected = read(data, formed())
    assert rows == [(3, "\\N", None), (4, "c:\\dir", None), (5, "a\\", None), (6, 'a"b', None), (7, "\\\\", None)]
    assert [reject.payload for reject in rejected] == [b'1,"a\\"b"\n2,a\\"b\\\\', b"b"]


def test_a_comment_is_no_record_and_a_line_within_quotes_is_no_comment() -> None:
    data = b'orderId,note\n#1,x\n2,"a\n#b"\n#\n3\n# "\nx,y\n4,c#d\n'
    rejected = [
        malformed(1, 29, b"3", "expected 2 fields as in the header, got 1"),
        Rejected(Reason.WRONG_TYPE, 'field "orderId": expected bigint, got string "x"', 2, 35, b"x,y"),
    ]
    assert read(data, formed(comment="#")) == ([(2, "a\n#b", None), (4, "c#d", None)], rejected)
    assert [reject.payload for reject in read(data, formed())[1]] == [b"#1,x", b"#", b"3", b'# "', b"x,y"]


def test_a_comment_behind_a_broken_record_is_no_part_of_it() -> None:
    message = "a quoted field does not end"
    rejected = [malformed(0, 13, b'1,"a', message)]
    assert read(b'orderId,note\n1,"a\n#c\n2,b\n', formed(comment="#")) == ([(2, "b", None)], rejected)


@pytest.mark.parametrize("data", [b"#only\n#comments", b"\n#only\n\n"])
@pytest.mark.parametrize("has_header", [True, False])
def test_an_object_of_comments_holds_nothing(data: bytes, has_header: bool) -> None:
    assert read(data, formed(comment="#", has_header=has_header)) == ([], [])


def test_an_object_of_blank_lines_without_header_is_one_reject() -> None:
    message = "expected records, got 3 bytes of white space"
    assert read(b"\n\r\n", formed(has_header=False)) == ([], [Rejected(Reason.EMPTY_OBJECT, message, 0, 0, b"\n\r\n")])


def test_records_behind_a_gap_have_the_order_of_the_contract_too() -> None:
    given = [Chunk(b"1,a\n2,"), Chunk(b"3,c\n", after_gap=True)]
    rejected = [Rejected(Reason.TRUNCATED, "a damaged stretch begins within the record", 1, 4, b"2,")]
    assert read(given, formed(has_header=False)) == ([(1, "a", None), (3, "c", None)], rejected)


def test_a_header_is_matched_without_blanks_and_case_where_that_is_one_field_of_one_name() -> None:
    assert read(b" ORDERID , Note\n1,a\n", ORDERS) == ([(1, "a", None)], [])
    assert read(b"orderId,ORDERID,note\n1,2,a\n", ORDERS) == ([(1, "a", '{"ORDERID":"2"}')], [])
    assert read(b"order_id,note\n1,a\n", ORDERS) == ([(None, "a", '{"order_id":"1"}')], [])


def test_a_header_that_may_be_a_field_twice_rejects_its_records() -> None:
    message = "the header has 'NOTE' and ' note', and each may be note; expected one of them, or 'note'"
    rejected = [Rejected(Reason.DUPLICATE_FIELD, message, 0, 19, b"1,a,b")]
    assert read(b"orderId,NOTE, note\n1,a,b\n", ORDERS) == ([], rejected)


def test_a_header_that_may_be_two_fields_rejects_its_records() -> None:
    table = table_of(Column("a", "id", "string"), Column("b", "ID", "string"))
    message = "the header has 'Id', which may be id, ID; expected their spelling"
    assert read(b"Id\n1\n", table) == ([], [Rejected(Reason.DUPLICATE_FIELD, message, 0, 3, b"1")])
    assert read(b"ID,id\n1,2\n", table) == ([("2", "1", None)], [])


NUMBERS = table_of(
    Column("n", "n", "bigint"), Column("x", "x", "double"), Column("t", "t", "string"), Column("d", "d", "date")
)
FORMS = [
    TextForm(delimiter="\t", quote=None, comment="#", has_header=False),
    TextForm(delimiter="\t", comment="#"),
    TextForm(escape="\\", comment="#"),
    TextForm(delimiter="|", quote=None, escape="\\", has_header=False, comment="#"),
    TextForm(delimiter=" ", quote="'", has_header=False),
]
PIECES = [
    "1",
    "2.5",
    " 3",
    "4\t",
    "0x10",
    "a",
    "#",
    "#z",
    '"',
    '""',
    "'",
    "\\",
    "\\\\",
    "\\N",
    "\n",
    "\r\n",
    "2018-01-11",
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(FORMS),
    st.lists(st.lists(st.sampled_from(PIECES), max_size=9), max_size=8),
    st.sampled_from(["\n", "\r\n", "\n#c\n"]),
    st.integers(8, 90),
)
@example(FORMS[2], [["1", "\\", "\n", "#", "a"], ["2"]], "\n", 9)
@example(FORMS[2], [["\\", '"']], "\n", 8)
@example(FORMS[1], [["1", "2.5", '"', "\n", "#", '"', "2018-01-11"]], "\n#c\n", 12)
def test_any_object_of_a_form_is_read_as_record_by_record(
    form: TextForm, lines: list[list[str]], end: str, block: int
) -> None:
    table = replace(NUMBERS, source=Source("raw/shop/orders", "csv", text=form))
    header = form.delimiter.join("nxtd") + "\n" if form.has_header else ""
    text = header + end.join(form.delimiter.join(line) for line in lines) + f"\n1{form.delimiter * 3}"
    data = text.encode()
    options = ReadOptions(block_bytes=block, lookahead=64, part_bytes=block)
    expected = read_plainly(data, table, 64)
    assert whole(csv_blocks(chunks(data), table, options), table) == expected
    assert whole(csv_blocks(chunks(data), table, replace(options, keeps_sources=True)), table) == expected
    whole_at_once = read_plainly(data, table, ReadOptions().lookahead)
    assert whole(csv_blocks(chunks(data), table), table) == whole_at_once
