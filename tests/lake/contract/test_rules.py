"""Each rule that a contract can break: refused with the file, the line, and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.load import load_contract
from lake.errors import ContractError
from tests.lake.contract.orders import bent, line_of, write_contract

COLUMN = "      - name: ordered_at\n"
TABLE_PROPERTIES = "    customProperties:\n      - property: sourceFormat\n"
AMOUNT_TYPE = "        physicalType: decimal(10,2)\n"
EVENT_TIME = "eventTime\n        value: ordered_at"
LOOKBACK = "        value: 1\n"
STATE = "        description: How far it is.\n"
ORDER = "        description: Names the order.\n"


def refusal(tmp_path: Path, text: str) -> list[str]:
    """What a contract is refused with, a line each, without the first line and the path."""
    path = write_contract(tmp_path, text)
    with pytest.raises(ContractError) as refused:
        load_contract(path)
    first, *problems = str(refused.value).splitlines()
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    assert first == f"reading the contract {path}: {count}; the table is not used"
    return [problem.removeprefix(f"{path}:") for problem in problems]


@pytest.mark.parametrize(
    ("old", "new", "snippet", "message"),
    [
        # the standard
        ("status: active", "statsu: active", "statsu", "'statsu'; did you mean 'status'? (at the top level)"),
        (AMOUNT_TYPE, "        physicaltype: int\n", "physicaltype", "'physicalType'? (in schema[0].properties[1])"),
        ("    unit: d", "    units: d", "units: d", "unknown key 'units'; did you mean 'unit'? (in slaProperties[0])"),
        ("kind: DataContract", "kind: Contract", "kind:", "kind is 'Contract'; expected DataContract"),
        ("v3.1.0", "v2.2.0", "apiVersion", "apiVersion is 'v2.2.0'; expected one of v3.1.0, v3.0.2"),
        ("version: 1.0.0", "version: 1.0", "version: 1.0", "version: Input should be a valid string, found 1.0"),
        ("required: true", "required: perhaps", "perhaps", "required: Input should be a valid boolean"),
        # names
        ("id: shop.orders_v1", "id: shop.order_v1", "id:", "id is 'shop.order_v1'; expected shop.orders_v1"),
        ("name: orders_v1", "name: orders_v2", "orders_v2", "the table's name is 'orders_v2'; expected orders_v1"),
        ("1.0.0", "1.0.0-beta", "beta", "version is '1.0.0-beta'; expected MAJOR.MINOR.PATCH"),
        ("1.0.0", "2.0.0", "2.0.0", "version is 2.0.0; expected 1.x.y, for the file is orders_v1"),
        ("    description: One row per order.\n", "", "- name: orders_v1", "the table has no description"),
        ("    physicalType: table\n", "    physicalName: t\n", "physicalName", "a table's name is its only name"),
        # the table's properties
        ("eventTime", "eventime", "eventime", "unknown customProperty 'eventime'; did you mean 'eventTime'?"),
        ("eventTime", "wibble", "wibble", "'wibble'; expected one of sourcePrefix, sourceFormat, eventTime"),
        ("lookbackHours", "eventTime", 15, "duplicate customProperty 'eventTime'"),
        ("value: ordered_at", "value: orderd_at", "orderd_at", "expected a timestamp column (ordered_at) or arrival"),
        ("value: ordered_at", "value: amount", 14, "eventTime is 'amount'; expected a timestamp column"),
        ("        value: ordered_at\n", "", "property: eventTime", "customProperty 'eventTime' has no value"),
        ("        value: 1\n", "        value: -1\n", "-1", "lookbackHours is -1; expected whole hours from 0 to 744"),
        ("        value: 1\n", "        value: 1.5\n", "1.5", "lookbackHours is 1.5; expected whole hours"),
        ("        value: 1\n", "        value: 745\n", "745", "lookbackHours is 745; expected whole hours"),
        ("        value: 1\n", "        value: true\n", "value: true", "lookbackHours is True; expected whole hours"),
        ("value: json", "value: xml", "xml", "sourceFormat is 'xml'; expected json, csv or lines"),
        ("sourceFormat", "sourcePrefix", 12, "sourcePrefix without sourceFormat"),
        (EVENT_TIME, "sourcePrefix\n        value: s3://b/orders", "s3://b", "expected a folder below"),
        (EVENT_TIME, "sourcePrefix\n        value: raw/shop/../orders", "raw/", "e.g. raw/shop/orders"),
        (EVENT_TIME, "sourceLayout\n        value: dt=yyyy-MM-dd", "yyyy", "each once and in this order; e.g. dt=YYYY"),
        (EVENT_TIME, "sourceLayout\n        value: 20261121", "2026", "sourceLayout is 20261121: expected YYYY, MM"),
        ("sourceFormat", "sourceLayout", 12, "sourceLayout without sourceFormat"),
        ("lookbackHours", "rescueUnknownFields", 16, "rescueUnknownFields is 1; expected true or false"),
        # columns
        ("- name: state", "- name: amount", 30, "duplicate column 'amount', first on line 24"),
        ("- name: state", "- name: State", "State", "column name 'State'; expected a-z, 0-9 and _, in lower case"),
        ("- name: state", "- name: rescued", "rescued", "column 'rescued': the lake adds one of that name"),
        (STATE, "", "- name: state", "column 'state' has no description"),
        ("decimal(10,2)", "decimals(10,2)", "decimals", "column 'amount': physicalType 'decimals(10,2)': unknown type"),
        (AMOUNT_TYPE, "", "- name: amount", "column 'amount': physicalType '' ends too early"),
        (AMOUNT_TYPE, AMOUNT_TYPE + "        logicalType: string\n", 26, "is not what physicalType decimal"),
        ("amountPaid", "state", "- name: state", "columns 'amount' and 'state' both read the field 'state'"),
        ("amountPaid", "7", "value: 7", "sourceName is 7; expected the field's name"),
        ("sourceName", "sourcename", "sourcename", "unknown customProperty 'sourcename'; did you mean 'sourceName'?"),
        ("amountPaid", "payment.", "value: payment.", "sourceName is 'payment.': expected a path such as userId"),
        ("amountPaid", "[state, paid]", "- name: state", "columns 'amount' and 'state' both read the field 'state'"),
        ("amountPaid", "[paid, paid]", "paid, paid", "expected each name once"),
        ("amountPaid", "[paid, 7]", "paid, 7", "sourceName is ['paid', 7]; expected the field's name in raw records"),
        ("amountPaid", "[a.b, 'a[0]']", "- name: amount", "expected a to be an array or an object"),
        ("value: amountPaid\n", "value: a\n          - {property: fieldNames, value: {net: Net}}\n", "fieldNames",
         "fieldNames has 'net', no field of decimal(10,2)"),
        (STATE, STATE + "        customProperties: [{property: fieldNames, value: skuId}]\n", 33, "expected a mapping"),
        ("decimal(10,2)\n        description: What was paid.\n        customProperties:\n",
         "struct<unit_price:int,tax:int>\n        description: What was paid.\n        customProperties:\n"
         "          - {property: fieldNames, value: {unit_prise: U}}\n",
         "fieldNames", "fieldNames has 'unit_prise', no field of struct<unit_price:int,tax:int>; did you mean 'unit"),
        ("decimal(10,2)\n        description: What was paid.\n        customProperties:\n",
         "struct<unit_price:int,tax:int>\n        description: What was paid.\n        customProperties:\n"
         "          - {property: fieldNames, value: {unit_price: tax}}\n",
         "fieldNames", "fieldNames: unit_price and tax are both 'tax' in raw records"),
        ("sourceName", "acceptsText", "amountPaid", "acceptsText is 'amountPaid'; expected true or false"),
        (STATE, STATE + "        unique: true\n", "unique", "unique: not read; uniqueness comes from primaryKey"),
        (STATE, STATE + "        physicalName: s\n", "physicalName", "physicalName: not read"),
        (STATE, STATE + "        partitioned: true\n", 33, "column 'state' is partitioned; expected that of dt alone"),
        (STATE, STATE + "        classification: persnal\n", "persnal", "expected one of public, internal"),
        (STATE, STATE + "        classification: persnal\n", 33, "; did you mean 'personal'?"),
        # custom properties and their types
        (STATE, STATE + "        customProperties: [{property: acceptsText, value: true}]\n", 33, "of type string"),
        (STATE, STATE + "        customProperties: [{property: epochUnit, value: second}]\n", 33,
         "epochUnit is 'second'; expected one of seconds, millis, micros, nanos; did you mean 'seconds'?"),
        (STATE, STATE + "        customProperties: [{property: epochUnit, value: millis}]\n", 33,
         "epochUnit on a column of type string; expected it where there is a timestamp"),
        (STATE, STATE + "        customProperties: [{property: derivedFrom, value: row}]\n", 33, "record_bytes"),
        ("value: amountPaid\n", "value: a\n          - {property: derivedFrom, value: record_bytes}\n",
         "derivedFrom", "expected it on a string column of a table with a source"),
        # records as a whole
        (LOOKBACK, LOOKBACK + "      - {property: recordPath, value: 'a..b'}\n", "recordPath",
         "recordPath is 'a..b': expected a path such as userId"),
        (LOOKBACK, LOOKBACK + "      - {property: recordPath, value: [a]}\n", "recordPath",
         "e.g. Records or detail.items"),
        (LOOKBACK, LOOKBACK + "      - {property: recordPaths, value: a}\n", "recordPaths",
         "did you mean 'recordPath'?"),
        (LOOKBACK, LOOKBACK + "      - {property: skipRecords, value: ping}\n", "skipRecords",
         "expected a list of rules"),
        (LOOKBACK, LOOKBACK + "      - {property: skipRecords, value: [{equals: a}]}\n", "skipRecords",
         "expected field and equals, e.g. [{field: messageType, equals: CONTROL_MESSAGE}]"),
        (LOOKBACK, LOOKBACK + "      - {property: skipRecords, value: [{field: a, equal: b}]}\n", "skipRecords",
         "skipRecords has the unknown key 'equal'; did you mean 'equals'?"),
        (LOOKBACK, LOOKBACK + "      - {property: skipRecords, value: [{field: a, equals: 1.5}]}\n", "skipRecords",
         "equals is 1.5; expected a text, whole number or boolean"),
        (LOOKBACK, LOOKBACK + "      - {property: skipRecords, value: [{field: a., equals: b}]}\n", "skipRecords",
         "skipRecords' field is 'a.': expected a path"),
        (LOOKBACK, LOOKBACK + "      - {property: recordEncoding, value: avro}\n", "recordEncoding",
         "recordEncoding is 'avro'; expected dynamodb"),
        ("        value: json", "        value: csv\n      - {property: recordPath, value: a}", "recordPath",
         "recordPath with sourceFormat csv; expected json"),
        ("        value: json", "        value: csv\n      - {property: skipRecords, value: [{field: a, equals: 7}]}",
         "equals", "skipRecords: equals is 7; expected texts, for every field is text here (quote numbers)"),
        ("        value: json", "        value: csv\n      - {property: header, value: false}\n"
         "      - {property: skipRecords, value: [{field: amountpaid, equals: a}]}", "skipRecords",
         "skipRecords' field 'amountpaid' is no column's field; did you mean 'amountPaid'?; a rule of it would skip"),
        ("sourceFormat", "recordPath", 12, "recordPath without sourceFormat"),
        (LOOKBACK + "    properties:\n      - name: order_id\n", LOOKBACK
         + "      - {property: recordPath, value: order}\n    properties:\n      - name: order_id\n"
         + "        customProperties: [{property: sourceName, value: $.order.id}]\n", "$.order.id",
         "sourceName $.order.id and recordPath $.order lead into each other"),
        (LOOKBACK + "    properties:\n      - name: order_id\n", LOOKBACK
         + "      - {property: recordPath, value: order.lines}\n    properties:\n      - name: order_id\n"
         + "        customProperties: [{property: sourceName, value: [id, $.id]}]\n", "$.id",
         "sourceName has names within the record and others from its payload ($); expected all of one kind"),
        # allowed values
        ("invalidValues", "duplicateValues", "duplicateValues", "only the rule invalidValues is read from here"),
        ("mustBe: 0", "mustBe: 5", "invalidValues", "invalidValues must be 5; expected mustBe: 0"),
        ("string\n" + STATE, "int\n" + STATE, "metric", "invalidValues on a column of type int; expected"),
        ("[OPEN, PAID]", "[]", "metric", "validValues is []; expected a list of texts"),
        ("[OPEN, PAID]", "[1, 2]", "metric", "validValues is [1, 2]; expected a list of texts (quote numbers"),
        ("[OPEN, PAID]", "[OPEN]\n              pattern: P", "metric", "invalidValues has arguments pattern"),
        ("    properties:\n", "    quality: [{metric: rowCount, mustBeGreaterThan: 0}]\n    properties:\n", "rowCount",
         "quality rules of a whole table are not read from here"),
        # the key
        ("primaryKeyPosition: 1", "primaryKeyPosition: 2", "- name: order_id", "order_id 2; expected 1 to 1"),
        ("        primaryKeyPosition: 1\n", "", "- name: order_id", "order_id none; expected 1 to 1, each once"),
        ("        required: true\n", "", "- name: order_id", "key column 'order_id'; expected required: true"),
        (ORDER, ORDER + "        classification: 5\n", "classification", "Input should be a valid string"),
        ("        primaryKey: true\n        primaryKeyPosition: 1\n", "", 16, "expected a primaryKey column"),
        # the partition column
        ("- name: dt", "- name: day", "    properties:", "the partition column dt is missing"),
        ("        partitioned: true\n", "", "- name: dt", "expected physicalType string, partitioned: true"),
        ("partitionKeyPosition: 1", "partitionKeyPosition: 2", "- name: dt", "partitionKeyPosition: 1"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, snippet: str | int, message: str
) -> None:
    text = bent((old, new))
    line = snippet if isinstance(snippet, int) else line_of(text, snippet)
    problems = refusal(tmp_path, text)
    assert any(problem.startswith(f"{line}: ") and message in problem for problem in problems), problems
