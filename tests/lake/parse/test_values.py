"""One value, at every type's edge."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from lake.contract.arrow import arrow_type
from lake.parse.reasons import Reason
from lake.parse.refused import JsonNumber, Members, Refused
from lake.parse.text_values import text_value
from lake.parse.values import json_value, unknown_names

WRONG, RANGE, TWICE = Reason.WRONG_TYPE, Reason.OUT_OF_RANGE, Reason.DUPLICATE_FIELD


def outcome(read: object, value: object, kind: pa.DataType) -> object:
    """What Arrow holds of the value, or the reason why it is refused."""
    try:
        return pa.array([read(value)], kind)[0].as_py()  # type: ignore[operator]
    except Refused as refused:
        return refused.reason


@pytest.mark.parametrize(
    ("hive", "value", "expected"),
    [
        ("tinyint", 127, 127),
        ("tinyint", -128, -128),
        ("tinyint", 128, RANGE),
        ("tinyint", -129, RANGE),
        ("smallint", 32767, 32767),
        ("smallint", 32768, RANGE),
        ("smallint", -32769, RANGE),
        ("int", 2**31 - 1, 2**31 - 1),
        ("int", -(2**31), -(2**31)),
        ("int", 2**31, RANGE),
        ("bigint", 2**63 - 1, 2**63 - 1),
        ("bigint", -(2**63), -(2**63)),
        ("bigint", 2**63, RANGE),
        ("bigint", JsonNumber("9" * 5000), RANGE),
        ("bigint", Decimal("2.0"), WRONG),
        ("bigint", Decimal("1e2"), WRONG),
        ("bigint", 2.7, WRONG),
        ("bigint", "7", WRONG),
        ("bigint", True, WRONG),
        ("bigint", [], WRONG),
        ("double", 5, 5.0),
        ("double", Decimal("0.1"), 0.1),
        ("double", JsonNumber("1e400"), RANGE),
        ("double", 10**400, RANGE),
        ("double", JsonNumber("1e99999999999999999999"), RANGE),
        ("double", JsonNumber("1e-400"), 0.0),
        ("double", "1.5", WRONG),
        ("double", False, WRONG),
        ("float", Decimal("0.5"), 0.5),
        ("float", Decimal("3.5e38"), RANGE),
        ("float", Decimal("-3.4e38"), -3.3999999521443642e38),
        ("boolean", True, True),
        ("boolean", 1, WRONG),
        ("boolean", "true", WRONG),
        ("string", "", ""),
        ("string", "a\0b", "a\0b"),
        ("string", 5, WRONG),
        ("string", "\ud800", Reason.INVALID_UTF8),
        ("decimal(5,2)", Decimal("123.45"), Decimal("123.45")),
        ("decimal(5,2)", Decimal("1.450"), Decimal("1.45")),
        ("decimal(5,2)", 7, Decimal("7.00")),
        ("decimal(5,2)", Decimal("1.455"), RANGE),
        ("decimal(5,2)", 1000, RANGE),
        ("decimal(38,0)", JsonNumber("9" * 38), Decimal("9" * 38)),
        ("decimal(38,0)", JsonNumber("9" * 39), RANGE),
        ("decimal(5,2)", JsonNumber("1e99999999999999999999"), RANGE),
        ("decimal(5,2)", "1.5", WRONG),
        ("binary", "AP8=", b"\x00\xff"),
        ("binary", "AP8", WRONG),
        ("binary", "é", WRONG),
        ("binary", 5, WRONG),
        ("timestamp", "0001-01-01T00:00:00+00:01", RANGE),
        ("timestamp", 253402300800000, RANGE),
        ("timestamp", "now", WRONG),
        ("timestamp", "1763303441388", WRONG),
        ("timestamp", Decimal("1.5"), WRONG),
        ("timestamp", True, WRONG),
        ("date", "2026-02-30", WRONG),
        ("date", 5, WRONG),
        ("array<int>", [1, None, 3], [1, None, 3]),
        ("array<int>", [1, "x"], WRONG),
        ("array<int>", Members(), WRONG),
        ("struct<a:int,b:string>", Members([("b", "x"), ("z", 1)]), {"a": None, "b": "x"}),
        ("struct<a:int>", Members([("a", 1), ("a", 1)]), TWICE),
        ("struct<a:int>", Members([("z", 1), ("z", 2)]), {"a": None}),
        ("map<string,int>", Members([("k", 1), ("", None)]), [("k", 1), ("", None)]),
        ("map<string,int>", Members([("k", 1), ("k", 1)]), TWICE),
        ("map<int,boolean>", Members([("7", True)]), [(7, True)]),
        ("map<int,boolean>", Members([("x", True)]), WRONG),
    ],
)
def test_a_json_value_is_held_exactly_or_refused(hive: str, value: object, expected: object) -> None:
    kind = arrow_type(hive)
    assert outcome(json_value(kind), value, kind) == expected


@pytest.mark.parametrize(
    ("hive", "text", "expected"),
    [
        ("int", "7", 7),
        ("int", "-007", -7),
        ("int", "7.0", WRONG),
        ("int", "", WRONG),
        ("int", " 7", WRONG),
        ("int", "9" * 5000, RANGE),
        ("int", "\u0667", WRONG),
        ("bigint", "9223372036854775808", RANGE),
        ("double", "1e3", 1000.0),
        ("double", "NaN", WRONG),
        ("double", "inf", WRONG),
        ("double", "1_0", WRONG),
        ("decimal(5,2)", "1.50", Decimal("1.50")),
        ("boolean", "TRUE", True),
        ("boolean", "f", False),
        ("boolean", "1", True),
        ("string", "7", "7"),
        ("date", "x", WRONG),
        ("array<int>", "[1]", WRONG),
    ],
)
def test_a_text_is_held_exactly_or_refused(hive: str, text: str, expected: object) -> None:
    kind = arrow_type(hive)
    assert outcome(text_value(kind), text, kind) == expected


def test_only_a_column_that_accepts_text_takes_a_number_in_quotes() -> None:
    kind = arrow_type("timestamp")
    read = json_value(kind, accepts_text=True)
    assert (read("1763303441388"), read(1763303441388), read("2025-11-16")) == (
        1763303441388000,
        1763303441388000,
        1763251200000000,
    )
    assert outcome(json_value(pa.int32(), accepts_text=True), "7", pa.int32()) == 7
    assert outcome(json_value(pa.int32()), "7", pa.int32()) is WRONG


def test_fields_that_no_struct_knows_are_seen_at_any_depth() -> None:
    names_of = unknown_names(arrow_type("map<string,array<struct<a:struct<b:int>>>>"))
    assert names_of is not None

    def value(**inner: object) -> object:
        return Members([("k", [None, Members([("a", Members(inner.items()))])])])

    assert [list(names_of(each)) for each in (value(b=1), value(b=1, c=2), 5)] == [[], ["c"], []]
    assert unknown_names(arrow_type("array<int>")) is None
