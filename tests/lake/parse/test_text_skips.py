"""Records of CSV and of lines that a contract skips: they are no rows, have no number, and are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from lake.contract.model import Column, SkipRule, Source, Table, TextForm
from lake.contract.source_path import SourcePath
from lake.parse.block import DEFAULT_OPTIONS, Block, ReadOptions
from lake.parse.csv_blocks import csv_blocks
from lake.parse.gzip_stream import Chunk
from lake.parse.line_blocks import line_blocks
from tests.lake.parse.csv_reference import chunks, table_of

READERS: dict[str, Callable[[Iterator[Chunk], Table, ReadOptions], Iterator[Block]]] = {
    "csv": csv_blocks,
    "lines": line_blocks,
}
PATTERN = r"(?P<level>[A-Z]+) (?P<code>\d+)(?: (?P<text>(?s:.*)))?"
EVENTS = table_of(Column("code", "code", "int"), Column("note", "note", "string"))
LINES = table_of(Column("level", "level", "string"), Column("code", "code", "int"), Column("text", "text", "string"))


def skipping(table: Table, form: str, *rules: tuple[str, tuple[str, ...]], **text: Any) -> Table:
    """The table, with records skipped where a field (by its name) is one of the texts."""
    skip = tuple(SkipRule(SourcePath((field,)), texts) for field, texts in rules)
    return replace(table, source=Source("raw/shop/events", form, text=TextForm(**text), skip=skip))


def read(data: bytes, table: Table) -> tuple[list[tuple[object, ...]], list[tuple[int, int, bytes]], int]:
    """Rows, rejected records (number, offset, payload) and the number of those skipped, however the bytes arrive."""
    assert table.source is not None
    found = []
    small = replace(DEFAULT_OPTIONS, block_bytes=16)
    for pieces, options in (
        ([data], DEFAULT_OPTIONS),
        ([data], small),
        ([data[at : at + 1] for at in range(len(data))], small),
    ):
        blocks = list(READERS[table.source.format](chunks(*pieces), table, options))
        rows = [tuple(row.values()) for block in blocks for row in block.rows.to_pylist()]
        rejected = [(each.record, each.offset, each.payload) for block in blocks for each in block.rejected]
        found.append((rows, rejected, sum(block.skipped for block in blocks)))
    assert found[1:] == found[:1] * 2
    return found[0]


CSV = b'code,kind,note\n1,view,a\n2,ping,b\n3,"ping",c\n4,PING,d\nx,ping,e\n6,ping\ny,view,f\n7,test,g\n'


def test_records_of_csv_are_skipped_by_the_text_of_any_field_of_the_header() -> None:
    assert read(CSV, skipping(EVENTS, "csv", ("kind", ("ping", "test")))) == (
        [(1, "a", '{"kind":"view"}'), (4, "d", '{"kind":"PING"}')],
        [(2, 62, b"6,ping"), (3, 69, b"y,view,f")],
        4,
    )


def test_without_the_rule_they_are_rows() -> None:
    rows, rejected, skipped = read(CSV, skipping(EVENTS, "csv"))
    assert ([row[0] for row in rows], [each[0] for each in rejected], skipped) == ([1, 2, 3, 4, 7], [4, 5, 6], 0)


@pytest.mark.parametrize(
    ("rules", "rows", "skipped"),
    [
        ([("code", ("2", "3"))], [1, 4, 7], 2),
        ([("code", ("2",)), ("kind", ("test",))], [1, 3, 4], 2),
        ([("note", ("",))], [1, 2, 3, 4, 7], 0),
        ([("nothing", ("ping",))], [1, 2, 3, 4, 7], 0),
    ],
    ids=["of a column, as text", "by either rule", "no empty text", "of a field that the header has not"],
)
def test_which_records_of_csv_are_skipped(
    rules: list[tuple[str, tuple[str, ...]]], rows: list[int], skipped: int
) -> None:
    found = read(CSV, skipping(EVENTS, "csv", *rules))
    assert ([row[0] for row in found[0]], found[2]) == (rows, skipped)


def test_an_escaped_field_is_compared_as_it_is_read() -> None:
    data = b"code,note\n1,a\\,b\n2,a\\ b\n3,a\\\\b\n"
    table = skipping(EVENTS, "csv", ("note", ("a,b", "a b")), escape="\\")
    assert read(data, table) == ([(2, "a\\ b", None), (3, "a\\b", None)], [], 1)


def test_records_below_no_header_are_skipped_by_the_columns_field() -> None:
    assert read(b"1,a\n2,ping\n", skipping(EVENTS, "csv", ("note", ("ping",)), has_header=False)) == (
        [(1, "a", None)],
        [],
        1,
    )


def test_an_object_of_which_all_is_skipped_is_not_empty() -> None:
    assert read(b"code,note\n1,ping\n", skipping(EVENTS, "csv", ("note", ("ping",)))) == ([], [], 1)
    assert read(b"DEBUG 1\n", skipping(LINES, "lines", ("level", ("DEBUG",)), pattern=PATTERN)) == ([], [], 1)


def test_lines_are_skipped_by_the_text_of_a_group_and_others_keep_their_reasons() -> None:
    data = b"INFO 1 a\nDEBUG 2 b\nnothing\nDEBUG 3\nDEBUGX 4\nDEBUG x\n"
    assert read(data, skipping(LINES, "lines", ("level", ("DEBUG",)), pattern=PATTERN)) == (
        [("INFO", 1, "a", None), ("DEBUGX", 4, None, None)],
        [(1, 19, b"nothing"), (3, 44, b"DEBUG x")],
        2,
    )


def test_records_of_several_lines_are_skipped_whole() -> None:
    data = b"INFO 1 a\n  b\nDEBUG 2 c\n  d\n  e\nINFO 3\n"
    table = skipping(LINES, "lines", ("level", ("DEBUG",)), pattern=PATTERN, record_start=r"[A-Z]+ \d")
    assert read(data, table) == ([("INFO", 1, "a\n  b", None), ("INFO", 3, None, None)], [], 1)


@pytest.mark.parametrize("text", ["a/b", 'say "x"', " a ", "😀", "a,b", "a|b", "C:\\x", "%s {}"])
def test_texts_of_any_characters_are_compared_whole(text: str) -> None:
    rows = f'code,note\n1,"{text.replace(chr(34), chr(34) * 2)}"\n2,"{text.replace(chr(34), chr(34) * 2)}x"\n'
    assert read(rows.encode(), skipping(EVENTS, "csv", ("note", (text,)))) == ([(2, f"{text}x", None)], [], 1)
    lines = skipping(LINES, "lines", ("text", (text,)), pattern=PATTERN)
    assert read(f"INFO 1 {text}\nINFO 2 {text}x\n".encode(), lines) == ([("INFO", 2, f"{text}x", None)], [], 1)


def test_a_field_that_is_not_utf8_skips_nothing_and_costs_its_record_alone() -> None:
    data = b"code,kind,note\n1,p\xffng,a\n2,ping,\xff\n3,view,c\n"
    assert read(data, skipping(EVENTS, "csv", ("kind", ("ping",)))) == (
        [(3, "c", '{"kind":"view"}')],
        [(0, 15, b"1,p\xffng,a")],
        1,
    )
