"""Changes of DynamoDB's tables, as its streams send them: new images as rows, each typed attribute as its value."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.written_contracts import write_contract
from tests.recorded.lakes import BothEngines, RecordedLake

TABLE = "changes.items_v1"
FILES = ("aws-lambda-java-libs_dynamo_event_roundtrip.json", "aws-lambda-go_dynamodb-event.json")
RULES = {
    "recordPath": "dynamodb.NewImage",
    "recordEncoding": "dynamodb",
    "skipRecords": [{"field": "$.eventName", "equals": "REMOVE"}],
}
COLUMNS: dict[str, Any] = {
    "change": {"physicalType": "string", "sourceName": "$.eventName"},
    "changed_at": {
        **{"physicalType": "timestamp", "epochUnit": "seconds"},
        "sourceName": "$.dynamodb.ApproximateCreationDateTime",
    },
    "id": {"physicalType": "decimal(38,0)", "sourceName": "Id"},
    "message": {"physicalType": "string", "sourceName": "Message"},
    "key": "string",
    "val": "string",
    "asdf1": "binary",
    "asdf2": "array<binary>",
    "b2": "binary",
    "binary": {"physicalType": "binary", "sourceName": "Binary"},
    "boolean": {"physicalType": "boolean", "sourceName": "Boolean"},
    "binary_set": {"physicalType": "array<binary>", "sourceName": "BinarySet"},
    "list": {"physicalType": "array<string>", "sourceName": "List", "acceptsNumber": True},
    "map": {
        **{"physicalType": "struct<name:string,age:int>", "sourceName": "Map"},
        "fieldNames": {"name": "Name", "age": "Age"},
    },
    "float_number": {"physicalType": "decimal(38,10)", "sourceName": "FloatNumber"},
    "integer_number": {"physicalType": "bigint", "sourceName": "IntegerNumber"},
    "number_set": {"physicalType": "array<decimal(10,1)>", "sourceName": "NumberSet"},
    "null": {"physicalType": "string", "sourceName": "Null"},
    "string": {"physicalType": "string", "sourceName": "String"},
    "string_set": {"physicalType": "array<string>", "sourceName": "StringSet"},
    "empty_set": {"physicalType": "array<string>", "sourceName": "EmptyStringSet"},
}
BYTES, REVERSED = b"\x00\x01*A", b"A*\x01\x00"
IN_2016, IN_2015 = datetime(2016, 12, 2, 1, 27, tzinfo=UTC), datetime(2015, 4, 9, tzinfo=UTC)
# Worked out by hand from the files; what is not named is null.
EXPECTED = [
    {"change": "INSERT", "changed_at": IN_2015, "id": Decimal(101), "message": "New item!"},
    {
        **{"change": "MODIFY", "changed_at": datetime(2021, 11, 1, 2, 40, 7, 123_000, UTC)},
        **{"id": Decimal(101), "message": "This item has changed"},
    },
    {
        **{"change": "INSERT", "changed_at": IN_2016, "key": "binary", "val": "data"},
        **{"asdf1": BYTES, "asdf2": [BYTES, REVERSED]},
    },
    {
        **{"change": "INSERT", "changed_at": IN_2016, "key": "binary", "val": "data"},
        **{"asdf1": BYTES, "asdf2": [BYTES, BYTES, REVERSED], "b2": b"\xb5\xeb\x2d"},
        **{"binary": BYTES, "boolean": True, "binary_set": [BYTES, BYTES], "list": ["Cookies", "Coffee", "3.14159"]},
        **{"map": {"name": "Joe", "age": 35}, "float_number": Decimal("123.45"), "integer_number": 123},
        **{"number_set": [Decimal("567.8"), Decimal(1234)], "string": "Hello", "string_set": ["Giraffe", "Zebra"]},
        **{"empty_set": []},
    },
]


@pytest.fixture(scope="session")
def changes(recorded_lake: RecordedLake, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    contracts = write_contract(tmp_path_factory.mktemp("contracts"), TABLE, COLUMNS, **RULES)
    for minute, name in enumerate(FILES):
        arrived = f"2026-11-21T09:{minute:02d}:00Z"
        recorded_lake.land(TABLE, f"dynamodb_json/{name}", arrived, contracts=contracts)
    return recorded_lake.made(TABLE, contracts)


def test_new_images_are_rows_of_their_attributes_values(changes: Trial, recorded: Path) -> None:
    rows = changes.rows(9).to_pylist()
    beside = [json.loads(row.pop("rescued")) for row in rows]
    assert rows == [{**dict.fromkeys(COLUMNS), **expected} for expected in EXPECTED]
    sent = [each for name in FILES for each in json.loads((recorded / "dynamodb_json" / name).read_text())["Records"]]
    for each in sent:
        each["dynamodb"]["NewImage"] = None  # a record, which has a row of its own
    assert beside == [{"$": each} for each in sent if each.pop("eventName") != "REMOVE"]


def test_a_removal_is_a_skipped_record(changes: Trial) -> None:
    assert changes.counts(("records", "rows", "duplicates", "quarantined", "skipped")) == {
        **{"records": 5, "rows": 4, "duplicates": 0, "quarantined": 0, "skipped": 1}
    }
    assert_all_accounted_for(changes)


def test_a_nested_attribute_and_a_set_can_be_asked(changes: Trial, both_engines: BothEngines) -> None:
    sql = (
        f"SELECT change, map.name AS name, cardinality(number_set) AS numbers, contains(string_set, 'Zebra') AS has "
        f"FROM {TABLE} WHERE dt = '2026-11-21-09' AND map.age > 30"
    )
    assert both_engines.sql(sql) == [{"change": "INSERT", "name": "Joe", "numbers": 2, "has": True}]
