"""What would accept a rejected record: types and properties that a contract can have, and none where none would."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lake.audit.remedies import remedy
from lake.contract.columns import COLUMN_PROPERTIES
from lake.contract.model import Column, Source, Table
from lake.parse.epoch import epoch_micros
from lake.parse.refused import JsonNumber, Refused

ORDERS = Table(
    database="demo",
    name="orders_v1",
    version="1.0.0",
    description="",
    columns=(
        Column("order_id", "order_id", "string", required=True),
        Column("customer_id", "customerId", "bigint"),
        Column("paid", "paid", "boolean", accepts_text=True),
        Column("amount", "amount", "decimal(10,2)"),
        Column("ordered_at", "ordered_at", "timestamp"),
        Column("day", "day", "date"),
        Column("lines", "lines", "array<struct<sku:int>>"),
    ),
    source=Source("raw/demo/orders", "json"),
)


def _refusal(field: str, number: str) -> str:
    """What the reader says of a number in a column of timestamps."""
    with pytest.raises(Refused) as refused:
        epoch_micros(Decimal(number), None, JsonNumber(number))
    return f'field "{field}": {refused.value.message}'


NUMBER = "set acceptsNumber: true"
DECLARE_DOUBLE, ADD_VALUE = "declare double, or a decimal", "add it to validValues, if it is meant"
RENAME = (
    "set header: false, if there is none; delimiter, if it is another one; sourceName, if the header spells columns "
    "otherwise"
)
LACKING = "set required: false, if records may lack it; sourceName, if they spell it otherwise"


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    [
        ("wrong_type", 'field "order_id": expected string, got number 276', f"{NUMBER}; or declare bigint"),
        ("wrong_type", 'field "order_id": expected string, got number 2.5', f"{NUMBER}; or {DECLARE_DOUBLE}"),
        (
            "wrong_type",
            'field "order_id": expected string, got number 12345678901234567890',
            f"{NUMBER}; or declare double, or a decimal",
        ),
        (
            "wrong_type",
            'field "order_id": expected string, got boolean true',
            "set acceptsScalar: true; or declare boolean",
        ),
        (
            "wrong_type",
            'field "order_id": expected string, got object',
            "set holdsJson: true; or declare a struct<…> or a map<string,…>",
        ),
        (
            "wrong_type",
            'field "order_id": expected string, got array',
            "set holdsJson: true; or declare an array<…>",
        ),
        (
            "wrong_type",
            'field "lines": [0]: .sku: expected int, got number 2.0',
            "set acceptsWholeFloat: true; or declare double, or a decimal",
        ),
        ("wrong_type", 'field "lines": [0]: .sku: expected int, got number 2.5', DECLARE_DOUBLE),
        (
            "wrong_type",
            'field "customerId": expected bigint, got string "NA"',
            'set nullValues: ["NA"]; or declare string',
        ),
        (
            "wrong_type",
            'field "paid": expected boolean, got string "Y"',
            "set acceptsBooleanText: true; or declare string",
        ),
        ("wrong_type", 'field "paid": expected boolean, got string " t"', "set trim: true; or declare string"),
        (
            "wrong_type",
            'field "paid": expected boolean, got number 1',
            "set acceptsBooleanText: true; or declare bigint",
        ),
        (
            "wrong_type",
            'field "paid": expected boolean (true, false, 1, 0, yes, no, y or n), got number 2',
            "declare bigint",
        ),
        (
            "wrong_type",
            'field "ordered_at": expected timestamp, got string "2018/11/30 02:49:30"',
            "set timeFormat: yyyy/MM/dd HH:mm:ss; or declare string",
        ),
        (
            "wrong_type",
            'field "ordered_at": expected timestamp (yyyy/MM/dd HH:mm:ss), got string "30/Nov/2018:02:49:30 +0000"',
            "set timeFormat: dd/MMM/yyyy:HH:mm:ss Z; or declare string",
        ),
        ("wrong_type", 'field "customerId": expected bigint, got string "80"', "set acceptsText: true"),
        ("wrong_type", 'field "customerId": expected bigint, got string "eighty"', "declare string"),
        ("wrong_type", f'field "customerId": expected bigint, got string "{"8" * 59}…', "declare string"),
        ("wrong_type", 'field "amount": expected decimal(10,2), got string "1.50"', "set acceptsText: true"),
        ("wrong_type", 'field "paid": expected boolean, got string "perhaps"', "declare string"),
        (
            "wrong_type",
            'field "ordered_at": expected timestamp, got string "yesterday"',
            "a timestamp is ISO 8601 text, or a number in its epochUnit; else set timeFormat, or declare string",
        ),
        (
            "wrong_type",
            'field "day": expected date, got number 20261121',
            "a date is text, YYYY-MM-DD; else set timeFormat, or declare bigint",
        ),
        # acceptsText does not reach into a column's parts
        ("wrong_type", 'field "lines": [0]: .sku: expected int, got string "7"', "declare string"),
        ("out_of_range", 'field "lines": [0]: .sku: number 3000000000 does not fit int', "declare bigint"),
        (
            "out_of_range",
            'field "amount": number 1.234 does not fit decimal(10,2)',
            "declare a decimal with more digits",
        ),
        (
            "wrong_type",
            'field "ordered_at": expected timestamp, got string "1543534570"',
            "set acceptsText: true and epochUnit: seconds",
        ),
        ("wrong_type", 'field "ordered_at": expected timestamp, got number 1543534570.5', "set epochUnit: seconds"),
        ("out_of_range", _refusal("ordered_at", "1543534570"), "set epochUnit: seconds"),
        ("out_of_range", _refusal("ordered_at", "7"), ""),
        (
            "value_not_allowed",
            'field "order_id": expected one of a, got string "b"',
            "add it to validValues, if it is meant",
        ),
        ("missing_required", 'field "order_id" is required but missing or null', LACKING),
        (
            "malformed_csv",
            "expected a header row first, but it names none of the contract's fields (a): 'b'",
            RENAME,
        ),
        ("malformed_csv", "expected 2 fields as in the header, got 1", ""),
        (
            "malformed_line",
            'the line does not match linePattern: "x"',
            "change linePattern, if the line is as it is meant",
        ),
        ("malformed_csv", "a quoted field never ends", ""),
        ("invalid_json", "expected a value at byte 0 of the record", ""),
        ("conflicting_duplicate", "another record came first with the same order_id and other values", ""),
    ],
)
def test_a_remedy_is_what_would_accept_the_record(reason: str, message: str, expected: str) -> None:
    assert remedy(reason, message, ORDERS) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"orderId": "a", "amount": 1}', "records have 'orderId': set sourceName to that, if it is meant"),
        (b'{"order": {"Id": "a"}}', "records have 'order.Id': set sourceName to that, if it is meant"),
        (b'{"orders": "a"}', LACKING),
        (b'{"orderId": ', LACKING),
        (b"a,b", LACKING),
    ],
)
def test_a_required_field_that_the_record_has_under_another_name_is_named(payload: bytes, expected: str) -> None:
    assert remedy("missing_required", 'field "order_id" is required but missing or null', ORDERS, payload) == expected


def test_properties_that_remedies_name_exist() -> None:
    assert {"sourceName", "acceptsText"} <= set(COLUMN_PROPERTIES)
