"""Many records read at once are what the reader of single records makes of each; what it refuses is never a row."""

from __future__ import annotations

import struct
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lake.contract.model import Table
from lake.contract.value_rules import ValueRules
from lake.parse.json_pieces import Pieces
from lake.parse.json_structs import StructReader
from lake.parse.records import Coerced, RecordReader, Row
from lake.parse.refused import Refused
from tests.lake.parse.streams import column, table_of

# What a decoder may bend: numbers at every edge, other spellings, escapes, half pairs, duplicates, depth.
VALUES = """
null true false 0 -0 1 7 -1 127 128 -129 32768 -32769 2147483648 9223372036854775807 9223372036854775808
-9223372036854775809 18446744073709551615 18446744073709551616 123456789012345678901234567890 2.0 -0.0 0.5 1e2 1E+2 1e0
1.50 2.7 1e400 -1e400 1e-400 3.4028235677973366e38 3.5e38 9007199254740993 0.30000001192092896 16777217 1e22 1e23
12345.67 9999.99 99999.99 1.555 1234.5 0.000001 1763303441388 1763303441388.0 253402300800000 -62135596800001
01 1. .5 +1 - NaN Infinity nul "" "7" "-7" "+7" "007" "7.0" "1e3" "abc" "true" "TRUE" "t" "null" "NaN" "é" "😀"
"\\u00e9" "\\ud83d\\ude00" "\\ud800" "\\udc00\\ud800" "\\u0000" "a\\"b" "a\\\\" "\\\\\\"" "\\/" "}{" "\\x" "2026-01-01"
"2026-02-30" "0000-01-01" "10000-01-01" "2026-01-01T10:00:00Z" "2026-01-01T10:00:00.123456+02:00" "2026-01-01T10:00"
"2026-12-31T23:59:60Z" "2026-01-01T24:00:00Z" "0001-01-01T00:00:00+00:01" "1763303441388" "1763303441388999999999"
"AP8=" "AP8" "A P8=" [] {} [1] [null] [1,null,3] [[]] [true] ["x",null] ["\\ud800"] [1.5] [2,2.0] [[1],[],null]
{"a":1} {"a":null} {"a":2.0} {"a":1,"a":1} {"a":1,"z":2} {"z":{"a":1}} {"a":1,"b":"x"} {"b":"\\"","a":3} {"b":["x","y"]}
{"\\u0061":1} {"7":true} {"x":true} {"7":1,"8":2} {"7":1,"7":2} {"":null} {"a":[1]} {"a":{"a":1}} {"a":{"a":1,"q":1}}
[{"a":1},{"a":2}] [{"a":1,"b":"x"},null,{}] [{"a":1,"z":1}] [{"a":"1"}] [{"a":1},{"a":1,"a":2}]
""".split()  # noqa: SIM905 - one list of tokens, as JSON has them
DEEP = ["[" * 399 + "]" * 399, "[" * 400 + "]" * 400, '{"a":' * 500 + "1" + "}" * 500]
TYPES = """string boolean tinyint smallint int bigint float double decimal(6,2) decimal(38,0) timestamp date binary
array<int> array<string> array<double> array<array<int>> array<decimal(6,2)> array<timestamp> array<date>
struct<a:int> struct<a:double,b:string> struct<a:array<int>,b:array<string>> struct<a:struct<a:int>>
array<struct<a:int,b:string>> map<string,int> map<string,string> map<int,boolean> map<string,struct<a:int>>
map<string,array<int>>""".split()  # noqa: SIM905


def pieces(records: list[bytes]) -> Pieces:
    ends = np.cumsum([len(record) + 1 for record in records]) - 1
    return Pieces(b"\n".join(records), ends - [len(record) for record in records], ends)


def exactly(reader: RecordReader, record: bytes, coerced: Coerced | None = None) -> Row | None:
    try:
        return reader.row(record, coerced)
    except Refused:
        return None


def compared(table: Table, records: list[bytes], structs: StructReader | None = None) -> int:
    """How many of the records are read at once; those are compared with the same records read one by one."""
    reader = RecordReader(table)
    structs = structs or StructReader(table, reader.schema)
    coerced: list[Coerced] = [Counter() for _ in records]
    rows = [exactly(reader, record, count) for record, count in zip(records, coerced, strict=True)]
    read = 0
    for places, found, counts in structs.rows(structs.decode(pieces(records))):
        expected = [rows[place] for place in places.tolist()]
        assert counts == sum((coerced[place] for place in places.tolist()), Counter())
        for place, row in zip(places.tolist(), expected, strict=True):
            assert row is not None, f"a row where none may be: {records[place]!r}"
        exact = reader.table([row for row in expected if row is not None])
        found.validate(full=True)
        assert found.equals(exact), [
            (records[place], ours, theirs)
            for place, ours, theirs in zip(places.tolist(), found.to_pylist(), exact.to_pylist(), strict=True)
            if ours != theirs
        ]
        assert signs(found) == signs(exact)
        read += len(places)
    return read


def signs(table: pa.Table) -> list[bytes]:
    """The bits of all floating numbers, in which 0.0 and -0.0 differ."""
    arrays = [table[name].combine_chunks() for name in table.schema.names]
    return [
        b"".join(struct.pack("<d", number) for number in array.drop_null().to_pylist())
        for array in arrays
        if pa.types.is_floating(array.type)
    ]


@pytest.mark.parametrize(
    ("hive", "accepts_text"),
    [(hive, False) for hive in TYPES] + [(hive, True) for hive in TYPES if "<" not in hive],
)
def test_a_value_of_any_kind_in_a_column_of_any_type(hive: str, accepts_text: bool) -> None:
    table = table_of(column("v", hive, accepts_text=accepts_text), column("w", "string"))
    records = [b'{"v":%b}' % value.encode() for value in [*VALUES, *DEEP]]
    compared(table, records)
    good = [record for record in records if exactly(RecordReader(table), record) is not None]
    for record in records:
        compared(table, [good[0], record, *good[:3]])
    known = [record for record in good if exactly(RecordReader(table), record)[-1] is None]  # type: ignore[index]
    assert compared(table, known) >= len(known) - 2, "good records are read at once, but for a few spellings"


@pytest.mark.parametrize("rule", [{"required": True}, {"allowed_values": ("7", "abc", "007", "true")}])
@pytest.mark.parametrize("hive", ["string", "int", "boolean", "double", "date"])
def test_rules_of_a_column_hold(hive: str, rule: dict[str, object]) -> None:
    table = table_of(column("v", hive, **rule), column("w", "string", derived_from="record_bytes"))
    compared(table, [b"{}", *(b'{"v":%b}' % value.encode() for value in VALUES)])


RULED_TYPES = """string boolean smallint bigint double decimal(6,2) timestamp date binary array<int> array<string>
array<timestamp> struct<a:int,b:string> array<struct<a:int,b:string>> map<string,string> map<int,boolean>
struct<a:timestamp,b:date>""".split()  # noqa: SIM905
RULED_VALUES = """
"2018/01/11 10:00:00" "11/Jan/2018:10:00:00 -0500" "2018/01/11" "01/11/2018" " 2018-01-11 " "2018-03-11 02:30:00"
"2018-11-04T01:30:00" "2018-11-04T01:30:00Z" "20180111" 20180111 1543534570 1543534570.5 "1543534570" "Y" "no" "Yes"
1.0 -2.0 1e0 5e-1 -0.0 1e30 12e-1 "NA" "-" " NA " "\\N" "\u004eA" " 7 " " " ["NA",1] ["NA"] [" x ","NA"] [2.0] [true]
{"a":"NA","b":1} {"a":1e1,"b":true} {"a":1,"b":-0} {"a":1,"b":[1]} {"x":-0,"y":1E5,"z":"NA"} {"a":"2018/01/11 00:00:00"}
[{"a":1,"b":"NA"},{"a":2,"b":3}] {"1":"Y","2":0} {"b":"01/11/2018"} {"a":"\"","b":"NA","c":1}
""".split()  # noqa: SIM905
RULED_VALUES += [
    '"2018/01/11 10:00:00"',
    '"11/Jan/2018:10:00:00 -0500"',
    '" 2018-01-11 "',
    '" NA "',
    '" 7 "',
    '[" x "]',
]
FORMATS = ("yyyy/MM/dd HH:mm:ss", "dd/MMM/yyyy:HH:mm:ss Z", "MM/dd/yyyy", "iso")


@st.composite
def value_rules(draw: st.DrawFn) -> ValueRules:
    """Any rules together; a contract would refuse some of these, which are read all the same."""
    return ValueRules(
        time_formats=draw(st.sampled_from([(), FORMATS[:1], FORMATS])),
        time_zone=draw(st.sampled_from([None, "America/New_York"])),
        null_values=draw(st.sampled_from([(), ("NA", "-", ""), ("7", "abc", "\\N")])),
        accepts_number=draw(st.booleans()),
        accepts_scalar=draw(st.booleans()),
        accepts_whole_float=draw(st.booleans()),
        accepts_boolean_text=draw(st.booleans()),
        trim=draw(st.booleans()),
        rescues_wrong_type=draw(st.booleans()),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(RULED_TYPES),
    value_rules(),
    st.booleans(),
    st.sampled_from([None, "seconds", "micros"]),
    st.lists(st.sampled_from([*VALUES, *DEEP, *RULED_VALUES, *RULED_VALUES]), min_size=1, max_size=30),
)
def test_values_of_a_column_with_rules(
    hive: str, rules: ValueRules, accepts_text: bool, epoch_unit: str | None, values: list[str]
) -> None:
    ruled = column("v", hive, accepts_text=accepts_text, epoch_unit=epoch_unit, value_rules=rules)
    table = table_of(ruled, column("é", "int", value_rules=rules), column("w", "string"))
    compared(table, [b'{"v":%b,"w":"\\""}' % value.encode() for value in values])
    compared(table, [b'{"w":"x","v":%b,"\xc3\xa9":"x","v2":{"q":1}}' % value.encode() for value in values] * 3)


@pytest.mark.parametrize(
    "rules", [{}, {"required": True}, {"derived_from": "record_bytes"}, {"allowed_values": ("7",)}]
)
def test_null_texts_are_nulls_for_every_rule_of_a_column(rules: dict[str, object]) -> None:
    nulls = ValueRules(null_values=("NA",), trim=True)
    table = table_of(column("v", "string", value_rules=nulls, **rules), column("w", "string"))
    compared(table, [b"{}", *(b'{"v":%b}' % value.encode() for value in [*VALUES, *RULED_VALUES])])


def test_values_of_any_shape_are_held_as_they_were_sent() -> None:
    table = table_of(column("v", "string", value_rules=ValueRules(holds_json=True)), column("w", "string"))
    values = [*VALUES, *RULED_VALUES, *DEEP, ' { "a" : [ 1 ,"\\"" ] } ']
    compared(table, [b'{"v":%b,"w":"x"}' % value.encode() for value in values])
    reader = RecordReader(table)
    records = {value: b'{"w":"x","v":%b}' % value.encode() for value in values if "ud800" not in value}
    rows = {value: row for value, record in records.items() if (row := exactly(reader, record)) is not None}
    assert compared(table, [records[value] for value in rows]) == len(rows)
    assert all(row == (None if value == "null" else value.strip(), "x", None) for value, row in rows.items())


def test_drifted_types_that_are_rescued_are_all_read_at_once() -> None:
    table = table_of(column("v", "bigint", value_rules=ValueRules(rescues_wrong_type=True)), column("w", "string"))
    records = [b'{"x":%d,"v":"%d", "y":{"z":"\\""},"w":"\\u00e9"}' % (number, number) for number in range(100)]
    assert compared(table, records) == 100
    assert exactly(RecordReader(table), records[7]) == (None, "é", '{"x":7,"v":"7","y":{"z":"\\""}}')


def test_a_value_kept_under_a_name_that_is_not_plain_is_left_to_the_reader_of_single_records() -> None:
    table = table_of(column("é", "int", value_rules=ValueRules(rescues_wrong_type=True)), column("w", "string"))
    kept, plain = b'{"w":"x","\xc3\xa9":"x"}', b'{"w":"x","\xc3\xa9":1}'
    assert compared(table, [kept] * 5) == 0
    assert compared(table, [kept, plain] * 5) == 5
    assert exactly(RecordReader(table), kept) == (None, "x", '{"é":"x"}')


NAMES = [
    '"v"',
    '"w"',
    '"s"',
    '"x"',
    '"y"',
    '"long name"',
    '"\\u0078"',
    '"\\u0076"',
    '"é"',
    '"x\\"y"',
    '"Records"',
    '""',
    '"a"',
]
RESCUING = table_of(
    column("v", "bigint", value_rules=ValueRules(rescues_wrong_type=True, accepts_whole_float=True)),
    column("w", "string", value_rules=ValueRules(holds_json=True)),
    column("s", "struct<a:int>", value_rules=ValueRules(null_values=("t",), rescues_wrong_type=True)),
)
DRIFT = table_of(column("v", "bigint"), column("w", "string"), column("s", "struct<a:int>"))
NOT_KEPT = table_of(*DRIFT.columns, rescue=False)


@st.composite
def drifting(draw: st.DrawFn) -> list[bytes]:
    """Records that mostly have the same members, known and unknown, in some order, with some white space."""
    usual = draw(st.lists(st.sampled_from(NAMES), max_size=5))
    values = st.sampled_from(
        ["1", "-2", '"t"', '"\\""', '{"a":1}', "null", *draw(st.lists(st.sampled_from([*VALUES, *DEEP]), max_size=3))]
    )

    def record() -> bytes:
        names = list(usual) if draw(st.integers(0, 5)) else draw(st.lists(st.sampled_from(NAMES), max_size=4))
        if not draw(st.integers(0, 5)):
            names = draw(st.permutations(names))
        space = draw(st.sampled_from(["", "", "", " ", "\t", "\r\n"]))
        members = [f"{space}{name}{space}:{space}{draw(values)}{space}" for name in names]
        text = ("{" + ",".join(members) + "}").encode()
        return text if draw(st.integers(0, 9)) else text.replace(b"t", b"\xff")

    return [record() for _ in range(draw(st.integers(1, 12)))] * draw(st.sampled_from([1, 1, 8]))


LEARNED = {table: StructReader(table, RecordReader(table).schema) for table in (DRIFT, NOT_KEPT, RESCUING)}


@settings(max_examples=250, deadline=None)
@given(drifting(), st.booleans(), st.sampled_from([DRIFT, NOT_KEPT, RESCUING]))
@example([b'{"v":1,"x":"\xff"}'] * 4, True, NOT_KEPT)
@example([b'{"v":1,"x":1,"\\u0078":2}', b'{"\\u0078":1,"o":{"x":2}}', b'{"x":3}', b'{"x":4}'], True, DRIFT)
def test_unknown_members_are_rescued_as_one_by_one(records: list[bytes], is_fresh: bool, table: Table) -> None:
    compared(table, records, None if is_fresh else LEARNED[table])


@pytest.mark.parametrize(
    "member",
    [
        b'"extra":5',
        b'"extra":{"a":[1,{"b":"\\""}], "c" : null}',
        b'"extra":"\\\\", "more":[1, 2]',
        b'"s":{"a":1,"z":{"q":2}}',
        b'"s":{"z":"\\"","a":3},"extra":1',
    ],
)
def test_records_that_all_have_unknown_members_are_all_read_at_once(member: bytes) -> None:
    records = [b'{"v":%d,%b,"w":"\\u00e9"}' % (number, member) for number in range(100)]
    assert compared(DRIFT, records) == 100
    assert compared(NOT_KEPT, records) == 100


def test_one_record_in_many_is_left_to_the_reader_of_single_records_not_all() -> None:
    records = [b'{"v":%d}' % number for number in range(100)]
    for other in (b'{"v":1,"v":1}', b'{"v":2.0}', b'{"v":1,"once":1}', b'{"v":1,"x":"\xff"}', b"null", b""):
        assert compared(DRIFT, [*records[:50], other, *records[50:]]) == 100


def test_where_most_records_are_refused_the_rest_is_not_tried() -> None:
    reader = StructReader(DRIFT, RecordReader(DRIFT).schema)
    decoded = reader.decode(pieces([b"x"] * 1000 + [b"{}"]))
    assert not decoded.is_read.any()
    assert reader.rows(decoded) == []


def test_a_name_that_no_decoder_takes_is_refused() -> None:
    table = table_of(column("v", "int", field='a"b'))
    with pytest.raises(ValueError, match="field names"):
        StructReader(table, RecordReader(table).schema)
