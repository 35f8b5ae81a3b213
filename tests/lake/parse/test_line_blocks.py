"""Lines and records of several lines, and what becomes of them: whole rows, whole rejects."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.contract.model import Column, Source, Table, TextForm
from lake.contract.value_rules import ValueRules
from lake.parse.block import DEFAULT_OPTIONS, ReadOptions, Rejected
from lake.parse.gzip_stream import Chunk, plain_chunks
from lake.parse.line_blocks import line_blocks
from lake.parse.raw_object import read_object
from lake.parse.reasons import Reason
from tests.lake.parse.csv_reference import chunks, table_of, whole

PATTERN = r"(?P<level>[A-Z]+) (?P<code>\d+)(?: (?P<text>.*))?"


def table(*columns: Column, **form: Any) -> Table:
    form = {"pattern": PATTERN, **form}
    columns = columns or (
        Column("level", "level", "string"),
        Column("code", "code", "int"),
        Column("text", "text", "string"),
    )
    return replace(table_of(*columns), source=Source("raw/web/log", "lines", text=TextForm(**form)))


def read(
    data: bytes | list[Chunk], table: Table, options: ReadOptions = DEFAULT_OPTIONS
) -> tuple[list[tuple[object, ...]], list[Rejected]]:
    given = chunks(data) if isinstance(data, bytes) else iter(data)
    rows, rejected = whole(line_blocks(given, table, options), table)
    if isinstance(data, bytes):
        parts = [data[at : at + 1] for at in range(min(len(data), 5000))] + [data[5000:]]
        assert whole(line_blocks(chunks(*parts), table, options), table) == (rows, rejected)
    return [tuple(row.values()) for row in rows.to_pylist()], rejected


def mismatch(record: int, offset: int, payload: bytes, message: str) -> Rejected:
    return Rejected(Reason.MALFORMED_LINE, f"the line does not match linePattern {message}", record, offset, payload)


@pytest.mark.parametrize(
    "data",
    [
        b"WARN 1 a\nINFO 2\n",
        b"WARN 1 a\r\nINFO 2\r\n",
        b"\xef\xbb\xbf\n\nWARN 1 a\n\r\n\nINFO 2",
        b"WARN 1 a\nINFO 2 \n",
    ],
    ids=("lf", "crlf", "bom_and_blank_lines", "empty_group"),
)
def test_two_records_whatever_the_file_looks_like(data: bytes) -> None:
    assert read(data, table()) == ([("WARN", 1, "a", None), ("INFO", 2, None, None)], [])


def test_a_line_that_does_not_match_as_a_whole_says_where_it_stops() -> None:
    data = b"warn 1\nWARN x\nWARN 1x\nWARN 7 ok\n"
    rejected = [
        mismatch(0, 0, b"warn 1", "from character 1 on, where group 'level' was expected: \"warn 1\""),
        mismatch(1, 7, b"WARN x", "from character 5 on, where group 'code' was expected: \" x\""),
        mismatch(2, 14, b"WARN 1x", 'from character 7 on: "x"'),
    ]
    assert read(data, table()) == ([("WARN", 7, "ok", None)], rejected)


def test_alternatives_of_the_whole_pattern_end_where_it_ends() -> None:
    either = table(pattern=r"(?P<level>[A-Z]+)|(?P<code>\d+) (?P<text>[a-z]+)")
    rejected = [Rejected(Reason.MALFORMED_LINE, 'the line does not match linePattern: "AB7"', 2, 11, b"AB7")]
    assert read(b"WARN\n7 abc\nAB7\n", either) == ([("WARN", None, None, None), (None, 7, "abc", None)], rejected)


def test_values_are_those_of_csv() -> None:
    data = b"WARN 1 a\nWARN 99999999999 a\nINFO 2\n"
    strict = table(
        Column("level", "level", "string", allowed_values=("WARN", "INFO")),
        Column("code", "code", "int", required=True),
        Column("text", "text", "string", required=True),
    )
    rejected = [
        Rejected(
            Reason.OUT_OF_RANGE, 'field "code": string "99999999999" does not fit int', 1, 9, b"WARN 99999999999 a"
        ),
        Rejected(Reason.MISSING_REQUIRED, 'field "text" is required but empty', 2, 28, b"INFO 2"),
        Rejected(
            Reason.VALUE_NOT_ALLOWED, 'field "level": expected one of WARN, INFO, got string "OOPS"', 3, 35, b"OOPS 3 a"
        ),
    ]
    assert read(data + b"OOPS 3 a", strict) == ([("WARN", 1, "a", None)], rejected)


def test_a_line_that_is_not_utf8_is_rejected_and_one_that_is_may_hold_any_letter() -> None:
    message = "invalid UTF-8 at byte 7 of the record"
    rejected = [Rejected(Reason.INVALID_UTF8, message, 0, 0, b"WARN 1 \xff")]
    assert read("WARN 2 é😀".encode(), table()) == ([("WARN", 2, "é😀", None)], [])
    assert read(b"WARN 1 \xff\nWARN 2 b\n", table()) == ([("WARN", 2, "b", None)], rejected)


def test_comments_are_no_records_where_the_contract_has_a_prefix_for_them() -> None:
    data = b"#Version: 1.0\n#Fields: level\nWARN 1 #a\n#\n"
    assert read(data, table(comment="#")) == ([("WARN", 1, "#a", None)], [])
    assert [reject.payload for reject in read(data, table())[1]] == [b"#Version: 1.0", b"#Fields: level", b"#"]


@pytest.mark.parametrize("data", [b"", b"\n\r\n"])
def test_an_object_of_blank_lines_is_one_reject(data: bytes) -> None:
    message = f"expected lines, got {len(data)} bytes of blank ones"
    assert read(data, table()) == ([], [Rejected(Reason.EMPTY_OBJECT, message, 0, 0, data)])


EVENTS = {"pattern": r"(?s)(?P<level>[A-Z]+) (?P<code>\d+)(?P<text>.*)", "record_start": r"[A-Z]+ \d"}


def test_a_line_that_starts_no_record_belongs_to_the_record_before() -> None:
    data = b"WARN 1\n  at x\r\n\n  at y\r\nINFO 2\n\nINFO 3\n tail"
    rows = [("WARN", 1, "\n  at x\r\n\n  at y", None), ("INFO", 2, None, None), ("INFO", 3, "\n tail", None)]
    assert read(data, table(**EVENTS)) == (rows, [])
    single = table(pattern=EVENTS["pattern"])
    assert [reject.payload for reject in read(data, single)[1]] == [b"  at x", b"  at y", b" tail"]


def test_lines_before_the_first_record_are_one_reject() -> None:
    message = "no line before this one starts a record (recordStart)"
    rejected = [Rejected(Reason.MALFORMED_LINE, message, 0, 1, b"Java 8\n\nflags")]
    assert read(b"\nJava 8\n\nflags\nWARN 1\n", table(**EVENTS)) == ([("WARN", 1, None, None)], rejected)


def test_a_line_that_a_gap_cuts_is_truncated_and_a_record_of_several_lines_in_any_case() -> None:
    message = "a damaged stretch begins within the record"
    given = [Chunk(b"WARN 1\nWARN 2"), Chunk(b"WARN 3\n", after_gap=True)]
    rows = [("WARN", 1, None, None), ("WARN", 3, None, None)]
    assert read(list(given), table()) == (rows, [Rejected(Reason.TRUNCATED, message, 1, 7, b"WARN 2")])
    whole_line = [Chunk(b"WARN 1\nWARN 2\n"), Chunk(b"WARN 3\n", after_gap=True)]
    assert read(list(whole_line), table())[1] == []
    rejected = [Rejected(Reason.TRUNCATED, message, 1, 7, b"WARN 2")]
    assert read(list(whole_line), table(**EVENTS)) == (rows, rejected)


@pytest.mark.parametrize("block", [1, 64, 1 << 20])
def test_a_record_that_is_too_large_costs_itself_in_pieces(block: int) -> None:
    options = ReadOptions(block_bytes=block, max_record=16)
    message = "a record of lines may have 16 bytes; this is a piece of one of more"
    data = b"WARN 1 aaaaaaaaa\nWARN 2 " + b"b" * 10 + b"\nINFO 3\n" + b"c" * 20
    rejected = [
        Rejected(Reason.RECORD_TOO_LARGE, message, 1, 17, b"WARN 2 bbbbbbbbb"),
        Rejected(Reason.RECORD_TOO_LARGE, message, 2, 33, b"b"),
        Rejected(Reason.RECORD_TOO_LARGE, message, 4, 42, b"c" * 16),
        Rejected(Reason.RECORD_TOO_LARGE, message, 5, 58, b"c" * 4),
    ]
    assert read(data, table(), options) == ([("WARN", 1, "aaaaaaaaa", None), ("INFO", 3, None, None)], rejected)


@pytest.mark.parametrize("block", [1, 64, 1 << 20])
def test_a_record_of_many_lines_that_is_too_large_ends_where_the_next_one_starts(block: int) -> None:
    options = ReadOptions(block_bytes=block, max_record=16)
    message = "a record of lines may have 16 bytes; this is a piece of one of more"
    data = b"WARN 1\n a\nWARN 2\n bbbbbbb\n cc\n d\nINFO 3\n"
    rejected = [
        Rejected(Reason.RECORD_TOO_LARGE, message, 1, 10, b"WARN 2\n bbbbbbb"),
        Rejected(Reason.RECORD_TOO_LARGE, message, 2, 26, b" cc\n d"),
    ]
    assert read(data, table(**EVENTS), options) == ([("WARN", 1, "\n a", None), ("INFO", 3, None, None)], rejected)


@pytest.mark.parametrize("block", [1, 1 << 20])
def test_a_record_before_a_line_whose_end_is_not_in_sight_ends_where_that_line_starts(block: int) -> None:
    data = b"WARN 1\n a\nWARN 2 " + b"b" * 5000
    rows, rejected = read(data, table(**EVENTS), ReadOptions(block_bytes=block, max_record=40))
    assert rows == [("WARN", 1, "\n a", None)]
    assert {reject.reason for reject in rejected} == {Reason.RECORD_TOO_LARGE}
    assert b"".join(reject.payload for reject in rejected) == data[10:]


LINE = st.sampled_from(["WARN 1", "INFO 22 x", " at y", "", "oops", "WARN 300 aaaaaaaaaaaaaaaaaaa" * 3, "é\x00"])


@settings(max_examples=150, deadline=None)
@given(st.lists(LINE, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(1, 40))
def test_any_lines_are_read_alike_in_any_blocks_and_each_byte_of_text_is_in_one_record(
    lines: list[str], end: str, has_start: bool, block: int
) -> None:
    data = end.join(lines).encode()
    events = table(**EVENTS) if has_start else table()
    options = ReadOptions(block_bytes=block, max_record=40, keeps_sources=True)
    blocks = list(line_blocks(chunks(data), events, options))
    rows, rejected = whole(blocks, events)
    assert (rows, rejected) == whole(line_blocks(chunks(data), events, ReadOptions(max_record=40)), events)
    records = sorted([s for each in blocks for s in each.sources] + rejected, key=lambda record: record.record)
    if data.strip(b"\r\n"):
        assert [record.record for record in records] == list(range(len(records)))
        assert all(data.startswith(record.payload, record.offset) for record in records)
        payloads = b"".join(record.payload for record in records)
        assert b"".join(payloads.split()) == b"".join(data.split())


@pytest.mark.parametrize("pattern", [r"(?P<level>(?:a|a)*b)", r"(?P<level>(?:a*)*b)"])
def test_an_expression_that_backtracks_elsewhere_takes_linear_time(pattern: str) -> None:
    """With backtracking, each of these lines would take longer than the universe is old."""
    line = b"a" * 10_000
    rows, rejected = read(line + b"\n" + line + b"b\n", table(Column("level", "level", "string"), pattern=pattern))
    assert rows == [("a" * 10_000 + "b", None)]
    assert [reject.payload for reject in rejected] == [line]


def test_a_damaged_gzip_object_of_lines_gives_the_records_before_the_damage() -> None:
    sound, broken = gzip.compress(b"WARN 1\nWARN 2\n"), gzip.compress(b"WARN 3\n" * 99)
    stored = sound + broken[: len(broken) // 2]
    rows, rejected = read_object(lambda: io.BytesIO(stored), table(), lambda blocks: whole(blocks, table()))
    assert rows.column("code").to_pylist() == [1, 2]
    assert [(reject.reason, reject.payload) for reject in rejected] == [(Reason.DAMAGED_GZIP, stored[len(sound) :])]


ACCESS = (
    r'(?P<host>\S+) (?P<ident>\S+) (?P<user>\S+) \[(?P<at>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) '
    r'(?P<size>\d+|-)(?: "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)


def test_the_recorded_access_log_is_rows_but_for_the_line_that_is_cut(recorded: Path) -> None:
    names = ("host", "ident", "user", "at", "request", "status", "size", "referer", "agent")
    logs = table(*(Column(name, name, "int" if name == "status" else "string") for name in names), pattern=ACCESS)
    data = (recorded / "apache_access_log" / "apache_logs.log").read_bytes()
    rows, rejected = whole(line_blocks(chunks(data), logs), logs)
    expected = [re.fullmatch(ACCESS, line) for line in data.decode().splitlines()]
    found = [{**each.groupdict(), "status": int(each["status"]), "rescued": None} for each in expected if each]
    assert rows.to_pylist() == [{name: value or None for name, value in row.items()} for row in found]
    (cut,) = rejected
    assert (cut.record, cut.reason) == (8898, Reason.MALFORMED_LINE)
    assert cut.message == (
        'the line does not match linePattern from character 106 on: " \\"-\\" \\"Mozilla/5.0 (compatible; Googlebot"'
    )


def test_recorded_collections_of_java_8_are_a_record_each_with_their_lines(recorded: Path) -> None:
    columns = (
        Column("happened_at", "happened_at", "timestamp"),
        Column("uptime", "uptime", "double"),
        Column("kind", "kind", "string"),
        Column("detail", "detail", "string"),
    )
    form = {
        "pattern": r"(?s)(?P<happened_at>\S+): (?P<uptime>[\d.]+): \[(?P<kind>GC pause|GC|Full GC)\b(?P<detail>.*)",
        "record_start": r"\d{4}-\d\d-\d\dT",
    }
    data = (recorded / "gc_logs" / "kafka0-kafkaServer-gc.log").read_bytes()
    rows, rejected = whole(
        line_blocks(plain_chunks(io.BytesIO(data)), table(*columns, **form)), table(*columns, **form)
    )
    starts = [line for line in data.split(b"\n") if re.match(rb"\d{4}-\d\d-\d\dT", line)]
    assert len(starts) == rows.num_rows + len(rejected) - 1
    pauses = [line for line in starts if re.match(rb"\S+: [\d.]+: \[(GC pause|GC|Full GC)\b", line)]
    assert rows.num_rows == len(pauses) > 700
    assert rows["happened_at"][0].as_py() == datetime(2016, 12, 19, 15, 31, 46, 725_000, UTC)
    assert rows["detail"][0].as_py().count("\n") > 20
    assert rejected[0].payload == data[: data.index(b"\n2016-12-19")]


@pytest.mark.parametrize("packed", [zstd.compress, gzip.compress, bytes], ids=["zstd", "gzip", "plain"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_are_read_in_any_codec_and_encoding(packed: Callable[[bytes], bytes], encoding: str) -> None:
    stored = packed("WARN 1 é\r\nINFO 2\n".encode(encoding))
    rows, rejected = read_object(lambda: io.BytesIO(stored), table(), lambda blocks: whole(blocks, table()))
    assert [tuple(row.values()) for row in rows.to_pylist()] == [("WARN", 1, "é", None), ("INFO", 2, None, None)]
    assert rejected == []


def test_rules_on_how_values_are_written_hold_for_groups_too() -> None:
    logs = table(
        Column("at", "at", "timestamp", value_rules=ValueRules(time_formats=("dd/MMM/yyyy:HH:mm:ss Z",))),
        Column("size", "size", "bigint", value_rules=ValueRules(null_values=("-",))),
        pattern=r"\[(?P<at>[^\]]+)\] (?P<size>\S+)",
    )
    data = b"[20/May/2015:12:05:17 +0200] 7\n[20/May/2015:12:05:18 +0200] -\n[20/Mai/2015] 7\n"
    blocks = list(line_blocks(chunks(data), logs))
    rows, rejected = whole(blocks, logs)
    seconds = (datetime(2015, 5, 20, 10, 5, 17, tzinfo=UTC), datetime(2015, 5, 20, 10, 5, 18, tzinfo=UTC))
    assert [tuple(row.values()) for row in rows.to_pylist()] == [(seconds[0], 7, None), (seconds[1], None, None)]
    assert [(reject.reason, reject.payload) for reject in rejected] == [(Reason.WRONG_TYPE, b"[20/Mai/2015] 7")]
    assert [block.coerced for block in blocks] == [{("size", "nullValues"): 1}]
