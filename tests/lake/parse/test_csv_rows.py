"""The three readings of CSV records agree, on every spelling that Arrow's reader bends and any mixture of them."""

from __future__ import annotations

import io
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from lake.contract.load import table_named
from lake.contract.model import Column
from lake.contract.value_rules import ValueRules
from lake.parse.block import ReadOptions
from lake.parse.csv_blocks import csv_blocks
from lake.parse.csv_header import header_of
from lake.parse.csv_rows import RowReader
from lake.parse.gzip_stream import plain_chunks
from lake.parse.refused import Refused
from lake.parse.text_values import BOOLEANS
from tests.conftest import REPOSITORY
from tests.lake.parse.csv_reference import chunks, read_plainly, table_of, whole

# fmt: off
KINDS = (
    "string", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(6,2)", "decimal(38,0)",
    "boolean", "timestamp", "date", "binary",
)
NUMBERS = (
    "7", "+7", "-7", "-0", "007", "0x10", "0X1F", "2.0", "2.7", "1e3", "1E+2", "1e400", "-1e400", "1e39",
    "1e-400", ".5", "5.", ".", "-", "+", "1.234", "1.230", "1.5f", "1_0", "12345.6", "9999.99", "99999.9",
    "127", "128", "-128", "-129", "32767", "32768", "2147483647", "2147483648", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "99999999999999999999999999999999999999", "1e38", "1e37", "0e999999999", "0.1", "1.17549e-38", "NaN",
    "nan", "inf", "-inf", "Infinity", "null", "NULL", "N/A", "NA", "none", "16777217.000000001", "\u0667",
)
TIMES = (
    "2018-01-11T18:24:44Z", "2018-01-11T18:24:44+02:00", "2018-01-11T18:24:44+0200", "2018-01-11",
    "2018-01-11T18", "2018-01-11T18:24", "2018-01-11T18:24:60", "2018-01-11T24:00:00", "2018-02-30T00:00:00",
    "2018-02-30", "2018-13-01", "0000-01-01", "0000-01-01T00:00:00", "0001-01-01", "0001-01-01T00:00:00",
    "9999-12-31T23:59:59.999999", "1515695084000", "20180111", "2018", "2018-01-11T18:24:44.1",
    "2018-01-11T18:24:44.123456", "2018-01-11T18:24:44.1234567", "2018-01-11T18:24:44.1234567899", "2018-1-1",
)
SPACED = (
    "", " ", " 7", "7 ", "\t7", "7\t", " 2018-01-11", "2018-01-11 18:24:44", "2018-01-11 18", "2018-01-11 18:24:44 UTC",
    "2018-01-11 18:24:44+00", "2018-01-11 18:24:44.5+00:00", "2018-01-11 18:24+01", "a\x00b", "\x00", "\u00e9",
    "foo, bar",
)
ZONED = ["2018-01-11 18:24:44" + zone for zone in ("-00", "-00:00", "+0000", "z", " Z", "+14:00", "+24:00")]
TEXTS = [
    text.encode()
    for text in [*NUMBERS, *TIMES, *SPACED, *ZONED, *BOOLEANS, "TRUE", "False", "F", "tRUE", "yes", "aGk=", "aG"]
]
TEXTS += [b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xef\xbb\xbf7", b'a"b', b"a\nb", b"a\r\nb", b"a,b"]
# fmt: on

ANY_FIELD = st.tuples(st.sampled_from(TEXTS), st.booleans())


def field(text: bytes, is_quoted: bool) -> bytes:
    must = any(byte in text for byte in b'",\r\n')
    return b'"' + text.replace(b'"', b'""') + b'"' if is_quoted or must else text


@pytest.mark.parametrize("kind", KINDS)
def test_the_typed_reading_bends_no_spelling(kind: str) -> None:
    table = table_of(Column("v", "v", kind), Column("n", "n", "bigint"))
    reader = RowReader(table, header_of(b"v,n", table), ReadOptions())
    for text in TEXTS:
        for is_quoted in (False, True):
            record = field(text, is_quoted) + b",1"
            rows = reader.typed_rows(record + b"\n")
            if rows is not None:
                assert rows == reader.rows_of([reader.exact_row(record)]), text


@pytest.mark.parametrize("kind", KINDS)
def test_all_spellings_together_are_read_alike(kind: str) -> None:
    table = table_of(Column("v", "v", kind), Column("n", "n", "bigint"))
    data = b"v,n\n" + b"".join(field(text, q) + b",1\n" for text in TEXTS for q in (False, True))
    assert whole(csv_blocks(chunks(data), table), table) == read_plainly(data, table, ReadOptions().lookahead)


RULED_TEXTS = [
    text.encode()
    for text in (
        *("2018/01/11 10:00:00", "01/11/2018", "2018-03-11 02:30:00", "2018-11-04 01:30:00", "1543534570.5", "Y", "no"),
        *("2.0", "1e2", "1e99", " NA ", "-", "\\N", "  ", " 7 ", " true"),
    )
]
RULES = st.builds(
    ValueRules,
    time_formats=st.sampled_from([(), ("yyyy/MM/dd HH:mm:ss", "MM/dd/yyyy", "iso")]),
    time_zone=st.sampled_from([None, "America/New_York"]),
    null_values=st.sampled_from([(), ("NA", "-", ""), ("7", "\\N")]),
    accepts_whole_float=st.booleans(),
    accepts_boolean_text=st.booleans(),
    trim=st.booleans(),
    rescues_wrong_type=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(KINDS),
    RULES,
    st.sampled_from([None, "seconds"]),
    st.lists(st.tuples(st.sampled_from([*TEXTS, *RULED_TEXTS, *RULED_TEXTS]), st.booleans()), min_size=1, max_size=30),
    st.sampled_from([{}, {"required": True}, {"allowed_values": ("7",)}]),
)
def test_fields_of_columns_with_rules_are_read_alike_at_once_and_one_by_one(
    kind: str, rules: ValueRules, unit: str | None, texts: list[tuple[bytes, bool]], others: dict[str, Any]
) -> None:
    others = {} if kind == "binary" else others
    assume(kind not in ("timestamp", "date", "boolean") or "allowed_values" not in others)
    column = Column("v", "v", kind, epoch_unit=unit, value_rules=rules, **others)
    table = table_of(column, Column("n", "n", "bigint", value_rules=rules))
    for chosen in (texts, texts[:1] * 3):
        data = b"x,v,n\n" + b"".join(b"1," + field(*text) + b",1\n" for text in chosen)
        blocks = list(csv_blocks(chunks(data), table))
        rows, rejected = read_plainly(data, table, ReadOptions().lookahead)
        assert whole(blocks, table) == (rows, rejected)
        coerced: Counter[tuple[str, str]] = Counter()
        reader = RowReader(table, header_of(b"x,v,n", table), ReadOptions())
        for text in chosen:
            with suppress(Refused):
                reader.exact_row(b"1," + field(*text) + b",1", coerced)
        assert sum((Counter(block.coerced) for block in blocks), Counter()) == coerced


MIXED = table_of(
    Column("id", "ID", "string", derived_from="record_bytes", key_position=1),
    Column("amount", "amount", "decimal(6,2)", required=True),
    Column("state", "state", "string", allowed_values=("OK", "7")),
    Column("level", "level", "int", allowed_values=("7", "128")),
    Column("ratio", "ratio", "double"),
    Column("at", "at", "timestamp"),
    Column("absent", "absent", "date"),
)
HEADER = b'at,new "one",ratio,level,state,amount,ID'.replace(b'new "one"', b'"new ""one"""')
GOOD_FIELDS = [
    [b"2018-01-11 18:24:44", b""],
    [b"", b"x", b"\xff"],
    [b"1.5", b""],
    [b"7", b"128", b""],
    [b"OK", b""],
    [b"1.25", b"3"],
    [b"k", b""],
]
LINE = st.tuples(*(st.sampled_from(fields) for fields in GOOD_FIELDS)).map(b",".join)
ODD_LINE = st.lists(ANY_FIELD.map(lambda pair: field(*pair)), min_size=7, max_size=7).map(b",".join)
BENT_LINE = st.tuples(LINE, st.integers(0, 6), ANY_FIELD).map(
    lambda t: b",".join([*t[0].split(b",")[: t[1]], field(*t[2]), *t[0].split(b",")[t[1] + 1 :]])
)
TORN_LINE = st.lists(st.sampled_from([b"a", b'"', b'""', b",", b",,,,,,", b"\r", b"\xff"]), max_size=8).map(b"".join)
OBJECT = st.lists(
    st.tuples(
        st.one_of(LINE, LINE, BENT_LINE, ODD_LINE, TORN_LINE, st.sampled_from([HEADER, b"\xef\xbb\xbf" + HEADER])),
        st.sampled_from([b"\n", b"\n", b"\r\n", b"\n\n"]),
    ).map(b"".join),
    max_size=12,
).map(b"".join)


@settings(max_examples=120, deadline=None)
@given(OBJECT, st.integers(1, 60), st.booleans())
@example(b'x,"y\n' + b",,,,,1,\n" * 3, 7, True)
@example(b',,,,,"7",\n', 7, False)
def test_any_object_is_read_alike_in_any_chunks(data: bytes, size: int, has_end: bool) -> None:
    data = HEADER + b"\n" + (data if has_end else data.rstrip(b"\r\n"))
    expected = read_plainly(data, MIXED, ReadOptions().lookahead)
    assert whole(csv_blocks(chunks(data), MIXED), MIXED) == expected
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    assert whole(csv_blocks(chunks(*parts), MIXED), MIXED) == expected


@settings(max_examples=80, deadline=None)
@given(data=OBJECT, block=st.integers(16, 200), part=st.integers(1, 100))
def test_any_object_is_read_alike_in_any_blocks_and_parts(data: bytes, block: int, part: int) -> None:
    data = HEADER + b"\n" + data
    options = ReadOptions(block_bytes=block, lookahead=64, part_bytes=part)
    expected = read_plainly(data, MIXED, 64)
    assert whole(csv_blocks(chunks(data), MIXED, options), MIXED) == expected
    with_sources = list(csv_blocks(chunks(data), MIXED, replace(options, keeps_sources=True)))
    assert whole(with_sources, MIXED) == expected
    sources = [source for item in with_sources for source in item.sources]
    assert len(sources) == expected[0].num_rows
    assert all(data[source.offset :].startswith(source.payload) for source in sources)
    numbers = [item.record for item in (*sources, *expected[1])]
    assert sorted(numbers) == list(range(len(numbers)))


@given(st.lists(LINE.filter(lambda line: b"\xff" not in line), min_size=1, max_size=6))
def test_common_records_take_the_typed_reading(lines: list[bytes]) -> None:
    assert RowReader(MIXED, header_of(HEADER, MIXED), ReadOptions()).typed_rows(b"\n".join(lines) + b"\n") is not None


def test_a_header_that_comes_again_is_no_record_where_all_columns_are_text() -> None:
    table = table_of(Column("a", "a", "string"), Column("b", "b", "string"))
    data = b"a,b\n1,2\na,b\n3,4\n\xef\xbb\xbfa,b"
    rows, rejected = whole(csv_blocks(chunks(data), table), table)
    assert (rows.select(["a", "b"]).to_pylist(), rejected) == ([{"a": "1", "b": "2"}, {"a": "3", "b": "4"}], [])


def test_a_float_is_rounded_once() -> None:
    table = table_of(Column("v", "v", "float"))
    text = "1.00000017881393432617187499"  # through 64 bits it becomes the neighbour above
    rows, _ = whole(csv_blocks(chunks(f"v\n{text}\n".encode()), table), table)
    assert rows.column("v").to_pylist() == [1.0000001192092896]
    assert RowReader(table, header_of(b"v", table), ReadOptions()).exact_row(text.encode())[0] == 1.0000001192092896


def test_all_twelve_taxi_exports_are_rows(recorded: Path) -> None:
    table = table_named("taxi.trips_v1", REPOSITORY / "contracts")
    for path in sorted((recorded / "nyc_taxi_2018").glob("*.csv.gz")):
        rows, rejected = whole(csv_blocks(plain_chunks(io.BytesIO(path.read_bytes())), table), table)
        assert (rows.num_rows, rejected) == (10_000, [])
