"""DynamoDB's typed attributes, each read as the value that it stands for."""

from __future__ import annotations

import base64
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lake.contract.model import Column, Table
from tests.lake.parse.streams import column
from tests.lake.parse.test_json_payloads import every_way, read, source, table_of
from tests.lake.parse.test_source_paths import by

DIGITS = "12345678901234567890123456789012345678"


def table(*columns: Column) -> Table:
    return table_of(source(encoding="dynamodb"), *columns)


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("hive_type", "attribute", "value"),
    [
        ("string", {"S": "x"}, "x"),
        ("string", {"S": ""}, ""),
        ("string", {"NULL": True}, None),
        ("string", {"S": "x", "N": None, "NULL": None}, "x"),
        ("bigint", {"N": "-7"}, -7),
        ("decimal(38,0)", {"N": DIGITS}, Decimal(DIGITS)),
        ("decimal(38,10)", {"N": "-1.0000000001"}, Decimal("-1.0000000001")),
        ("double", {"N": "1E+2"}, 100.0),
        ("boolean", {"BOOL": False}, False),
        ("binary", {"B": base64_of(b"\x00\xff")}, b"\x00\xff"),
        ("array<string>", {"SS": ["b", "a", "é"]}, ["a", "b", "é"]),
        ("array<bigint>", {"NS": ["10", "9", "-1"]}, [-1, 9, 10]),
        ("array<decimal(38,2)>", {"NS": ["10.5", "9"]}, [Decimal("9.00"), Decimal("10.50")]),
        ("array<binary>", {"BS": [base64_of(b"\xff"), base64_of(b"\x00\x01")]}, [b"\x00\x01", b"\xff"]),
        ("array<string>", {"L": [{"S": "b"}, {"S": "a"}, {"NULL": True}]}, ["b", "a", None]),
        ("struct<a:int,b:array<int>>", {"M": {"a": {"N": "1"}, "b": {"NS": ["2", "1"]}}}, {"a": 1, "b": [1, 2]}),
        ("map<string,bigint>", {"M": {"k": {"N": "1"}}}, [("k", 1)]),
        ("map<string,bigint>", {"M": {}}, []),
    ],
)
def test_an_attribute_is_read_as_its_value(hive_type: str, attribute: Any, value: Any) -> None:
    data = json.dumps({"v": attribute}).encode()
    assert every_way(data, table(column("v", hive_type))) == ([(value, None)], [], 0)


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("x", 'an attribute of one DynamoDB type (S, N, B, BOOL, NULL, L, M, SS, NS, BS), got string "x"'),
        ({}, "got object with no type"),
        ({"S": "a", "N": "1"}, 'got object with "S", "N"'),
        ({"X": "a"}, 'got object with "X"'),
        ({"N": 5}, "a number as text in the DynamoDB type N, got number 5"),
        ({"N": "0x5"}, 'a number as text in the DynamoDB type N, got string "0x5"'),
        ({"N": "NaN"}, 'a number as text in the DynamoDB type N, got string "NaN"'),
        ({"S": 5}, "text in the DynamoDB type S, got number 5"),
        ({"BOOL": "true"}, 'true or false in the DynamoDB type BOOL, got string "true"'),
        ({"NULL": False}, "true in the DynamoDB type NULL, got boolean false"),
        ({"SS": "a"}, 'an array in the DynamoDB type SS, got string "a"'),
        ({"NS": ["1", "x"]}, 'a number as text in the DynamoDB type NS, got string "x"'),
        ({"M": []}, "an object in the DynamoDB type M, got array"),
    ],
)
def test_what_is_no_attribute_is_the_wrong_type(attribute: Any, message: str) -> None:
    data = json.dumps({"v": attribute}).encode()
    _, ((reason, found, *_),), _ = every_way(data, table(column("v", "string")))
    assert (reason, found.startswith('field "v": expected ')) == ("wrong_type", True)
    assert found.endswith(message)


def test_a_fault_within_an_attribute_is_named_with_its_place() -> None:
    data = json.dumps({"v": {"L": [{"S": "a"}, {"M": {"k": {"N": "x"}}}]}}).encode()
    _, ((_, message, *_),), _ = every_way(data, table(column("v", "array<string>")))
    assert message.startswith('field "v": [1]: .k: expected a number as text in the DynamoDB type N')


def test_a_number_that_its_column_cannot_hold_is_out_of_range_and_one_in_a_string_the_wrong_type() -> None:
    data = json.dumps({"v": {"N": DIGITS + "9"}}).encode()
    assert [each[0] for each in every_way(data, table(column("v", "decimal(38,0)")))[1]] == ["out_of_range"]
    assert [each[0] for each in every_way(data, table(column("v", "string")))[1]] == ["wrong_type"]


def test_unknown_attributes_are_rescued_as_they_were_written_and_paths_lead_into_maps() -> None:
    items = table(by("a", "int", "m.a"), column("v", "string"))
    data = b'{"v":{"S":"x"},"m":{"M":{"a":{"N":"1"}}},"z":{"N": "2"}}{"m":{"M":{"a":{"N":"1"},"b":{"S":""}}}}'
    assert every_way(data, items)[0] == [
        (1, "x", '{"z":{"N": "2"}}'),
        (1, None, '{"m":{"M":{"a":{"N":"1"},"b":{"S":""}}}}'),
    ]


CHANGES = table_of(
    source("dynamodb.NewImage", {"$.eventName": "REMOVE"}, "dynamodb"),
    by("change", "string", "$.eventName"),
    by("key", "string", "$.dynamodb.Keys.Id.N", "$.dynamodb.Keys.key.S"),
    by("id", "decimal(38,0)", "Id"),
    by("message", "string", "Message"),
    by("data", "binary", "asdf1"),
    by("sets", "array<binary>", "asdf2"),
    rescue=False,
)
SHARED = os.environ.get("LAKE_SHARED")


@pytest.mark.skipif(SHARED is None, reason="LAKE_SHARED names no folder of recorded inputs")
def test_recorded_changes_of_tables_are_read_with_their_new_images() -> None:
    folder = Path(SHARED or "") / "data" / "dynamodb_json"
    java = read((folder / "aws-lambda-java-libs_dynamo_event_roundtrip.json").read_bytes(), CHANGES)
    assert java == (
        [
            ("INSERT", "101", Decimal(101), "New item!", None, None, None),
            ("MODIFY", "101", Decimal(101), "This item has changed", None, None, None),
        ],
        [],
        1,
    )
    rows, rejected, skipped = read((folder / "aws-lambda-go_dynamodb-event.json").read_bytes(), CHANGES)
    assert (len(rejected), skipped) == (0, 0)
    assert rows[0] == ("INSERT", "binary", None, None, b"\x00\x01*A", [b"\x00\x01*A", b"A*\x01\x00"], None)
