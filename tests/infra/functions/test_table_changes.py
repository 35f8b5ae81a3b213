"""From writes into a DynamoDB table, through its stream and the function, to records in the raw zone."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.functions.table_changes import handler
from infra.functions.table_changes.attributes import TypedAttributeError, item_json
from infra.functions.table_changes.changes import change_line
from infra.functions.table_changes.handler import DeliveryError, SettingsError
from lake.cli.app import run_command
from lake.parse.dynamodb import plain_members
from lake.parse.json_text import value_of
from lake.parse.refused import Members
from lake.query.run import run_query
from tests.glue_jobs.harness import Trial
from tests.infra.functions.changing import STREAM, ChangingTable, invoke
from tests.infra.functions.faults import Faults, faulty
from tests.infra.functions.table_streams import Record

DONE: dict[str, Any] = {"batchItemFailures": []}


@pytest.fixture
def orders(s3_root: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChangingTable]:
    table = ChangingTable(s3_root)
    for name, value in table.environment.items():
        monkeypatch.setenv(name, value)
    handler.client_of.cache_clear()
    yield table
    handler.client_of.cache_clear()


def test_each_change_is_a_record_with_key_and_images(orders: ChangingTable) -> None:
    orders.put("o-1", total={"N": "12.50"}, tags={"SS": ["b", "a"]})
    orders.put("o-1", total={"N": "13"}, tags={"SS": ["c"]})
    orders.remove("o-1")
    records = orders.new_records()
    assert invoke(records) == DONE
    key, first, second = {"orderId": "o-1"}, {"total": 12.5, "tags": ["a", "b"]}, {"total": 13, "tags": ["c"]}
    shown = ("table_name", "change", "expired", "item_key", "new_image", "old_image")
    assert [tuple(change[name] for name in shown) for change in orders.delivered()] == [
        ("orders", "INSERT", False, key, {**key, **first}, None),
        ("orders", "MODIFY", False, key, {**key, **second}, {**key, **first}),
        ("orders", "REMOVE", False, key, None, {**key, **second}),
    ]
    assert [change["event_id"] for change in orders.delivered()] == [record["eventID"] for record in records]


def recorded_records(recorded: Path) -> list[Record]:
    files = sorted((recorded / "dynamodb_json").glob("*.json"))
    return [record for file in files for record in json.loads(file.read_text())["Records"]]


def test_recorded_events_are_changes_with_all_digits_and_sorted_sets(recorded: Path) -> None:
    lines = [json.loads(change_line(record), parse_float=Decimal) for record in recorded_records(recorded)]
    assert [(line["change"], line["changed_at"], line["table_name"]) for line in lines] == [
        ("INSERT", "2016-12-02T01:27:00Z", "Example-Table"),
        ("INSERT", "2016-12-02T01:27:00Z", "Example-Table"),
        ("INSERT", "2015-04-09T00:00:00Z", "ExampleTableWithStream"),
        ("MODIFY", "2021-11-01T02:40:07.123000Z", "ExampleTableWithStream"),
        ("REMOVE", "2015-04-09T00:00:00Z", "ExampleTableWithStream"),
    ]
    assert [line["expired"] for line in lines] == [True, False, True, False, False]
    assert lines[1]["item_key"] == {"key": "binary", "val": "data"}
    assert lines[1]["new_image"] == {
        **{"val": "data", "key": "binary", "asdf1": "AAEqQQ==", "asdf2": ["AAEqQQ==", "AAEqQQ==", "QSoBAA=="]},
        **{"b2": "test", "Binary": "AAEqQQ==", "Boolean": True, "BinarySet": ["AAEqQQ==", "AAEqQQ=="]},
        **{"List": ["Cookies", "Coffee", Decimal("3.14159")], "Map": {"Name": "Joe", "Age": 35}},
        **{"FloatNumber": Decimal("123.45"), "IntegerNumber": 123, "NumberSet": [Decimal("567.8"), 1234]},
        **{"Null": None, "String": "Hello", "StringSet": ["Giraffe", "Zebra"], "EmptyStringSet": []},
    }


_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=9, max_value=10**28, min_value=-(10**28)).map(
    lambda number: f"{number:f}"
)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_BYTES = st.binary(max_size=6).map(lambda value: base64.b64encode(value).decode())
_ATTRIBUTES = st.recursive(
    st.one_of(
        st.builds(lambda value: {"S": value}, _TEXTS),
        st.builds(lambda value: {"N": value}, _NUMBERS),
        st.builds(lambda value: {"B": value}, _BYTES),
        st.builds(lambda value: {"BOOL": value}, st.booleans()),
        st.just({"NULL": True}),
        st.builds(lambda value: {"SS": value}, st.lists(_TEXTS, max_size=4)),
        st.builds(lambda value: {"NS": value}, st.lists(_NUMBERS, max_size=4)),
        st.builds(lambda value: {"BS": value}, st.lists(_BYTES, max_size=4)),
    ),
    lambda inner: st.one_of(
        st.builds(lambda value: {"L": value}, st.lists(inner, max_size=3)),
        st.builds(lambda value: {"M": value}, st.dictionaries(_TEXTS, inner, max_size=3)),
    ),
    max_leaves=8,
)


@given(st.dictionaries(_TEXTS, _ATTRIBUTES, max_size=4))
def test_attributes_are_the_values_that_the_parser_of_raw_objects_reads_in_them(item: dict[str, Any]) -> None:
    by_parser = plain_members(value_of(json.dumps(item)))  # type: ignore[arg-type] # an object is Members
    assert json.loads(item_json(item), parse_float=Decimal, parse_int=Decimal) == comparable(by_parser)


def comparable(value: object) -> object:
    """Members as a dict, and every number as a Decimal."""
    if isinstance(value, Members):
        return {name: comparable(member) for name, member in value}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return value if value is None or isinstance(value, bool | str) else Decimal(str(value))


@pytest.mark.parametrize(
    "item",
    [
        {"a": 1},
        {"a": {}},
        {"a": {"S": "x", "N": "1"}},
        {"a": {"X": "x"}},
        {"a": {"N": 1}},
        {"a": {"N": "NaN"}},
        {"a": {"S": 1}},
        {"a": {"BOOL": "true"}},
        {"a": {"L": 1}},
        {"a": {"SS": [1]}},
        {"a": {"M": {"b": {"N": "one"}}}},
    ],
)
def test_what_is_no_attribute_is_refused(item: dict[str, Any]) -> None:
    with pytest.raises(TypedAttributeError):
        item_json(item)


def test_a_record_that_is_no_change_is_passed_on_as_it_came_and_holds_up_nothing(orders: ChangingTable) -> None:
    orders.put("o-1", total={"N": "1"})
    poison: Record = {"eventID": "p", "eventName": "INSERT", "dynamodb": {"SequenceNumber": "7", "Keys": {"a": 1}}}
    assert invoke([poison, *orders.new_records()]) == DONE
    delivered = orders.delivered()
    assert poison in delivered
    assert [change["new_image"]["total"] for change in delivered if "new_image" in change] == [1]


def test_a_change_that_is_too_large_for_firehose_is_an_object_of_its_own(orders: ChangingTable) -> None:
    content = random.Random(7).randbytes(390_000)
    for _ in range(2):  # the second change holds both images, a mebibyte and more as JSON
        orders.put("o-1", content={"B": content})
        content = content[::-1]
    records = orders.new_records()
    for record in records:
        for image in ("NewImage", "OldImage"):
            if image in record["dynamodb"]:  # boto3 has decoded what Lambda hands over as base64
                value = record["dynamodb"][image]["content"]["B"]
                record["dynamodb"][image]["content"]["B"] = base64.b64encode(value).decode()
    assert invoke(records) == DONE
    assert invoke(records) == DONE  # a second delivery puts the same object again
    large = {name: body for name, body in orders.objects().items() if "oversize" in name}
    assert len(large) == 1
    ((name, body),) = large.items()
    assert name.startswith(f"dt={orders.hour}/oversize-")
    assert len(body) > handler.MOST_BYTES
    change = json.loads(body)
    assert base64.b64decode(change["new_image"]["content"]) == content[::-1]
    assert len(orders.delivered()) == 3  # the small one twice


@pytest.fixture
def between(orders: ChangingTable, aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """A server between the function and Firehose."""
    with faulty(aws) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL_FIREHOSE", faults.endpoint)
        handler.client_of.cache_clear()
        yield faults


def refusing(orders: ChangingTable, times: int, is_refused: Callable[[Record], bool]) -> Callable[..., Any]:
    """Answers of a Firehose that does not take some changes, for so many calls."""
    left = [times]

    def answer(operation: str, body: bytes) -> tuple[int, bytes] | None:
        if operation != "PutRecordBatch" or not left[0]:
            return None
        left[0] -= 1
        sent = [base64.b64decode(record["Data"]) for record in json.loads(body)["Records"]]
        refused = [is_refused(json.loads(data)) for data in sent]
        taken = [{"Data": data} for data, no in zip(sent, refused, strict=True) if not no]
        if taken:
            orders.firehose.put_record_batch(DeliveryStreamName=STREAM, Records=taken)
        error = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
        outcomes = [error if no else {"RecordId": "1"} for no in refused]
        return 200, json.dumps({"FailedPutCount": sum(refused), "RequestResponses": outcomes}).encode()

    return answer


def test_changes_that_firehose_throttles_are_put_again_and_they_alone(orders: ChangingTable, between: Faults) -> None:
    for number in range(4):
        orders.put(f"o-{number}", n={"N": str(number)})
    between.answer = refusing(orders, 2, lambda change: change["new_image"]["n"] in (1, 3))
    assert invoke(orders.new_records()) == DONE
    assert sorted(change["new_image"]["n"] for change in orders.delivered()) == [0, 1, 2, 3]


def test_after_all_attempts_lambda_delivers_again_from_the_first_that_was_not_taken(
    orders: ChangingTable, between: Faults
) -> None:
    for number in range(4):
        orders.put(f"o-{number}", n={"N": str(number)})
    records = orders.new_records()
    between.answer = refusing(orders, 4, lambda change: change["new_image"]["n"] == 2)
    answer = invoke(records)
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[2]["dynamodb"]["SequenceNumber"]}]}
    assert sorted(change["new_image"]["n"] for change in orders.delivered()) == [0, 1, 3]
    assert invoke(records[2:]) == DONE
    assert sorted(change["new_image"]["n"] for change in orders.delivered()) == [0, 1, 2, 3, 3]


def test_where_not_even_the_first_is_taken_the_function_fails(orders: ChangingTable, between: Faults) -> None:
    orders.put("o-1", n={"N": "1"})
    records = orders.new_records()
    between.by_call = dict.fromkeys(range(3), "drop")
    with pytest.raises(DeliveryError, match=r"1 of 1 changes were not put into table-changes"):
        invoke(records)
    assert invoke(records) == DONE
    assert len(orders.delivered()) == 1


def test_a_batch_of_more_than_firehose_takes_at_once_is_put_in_several(orders: ChangingTable) -> None:
    orders.put("o-1", n={"N": "1"})
    (record,) = orders.new_records()
    records = [{**record, "eventID": f"{number:04d}"} for number in range(1001)]
    assert invoke(records) == DONE
    assert {change["event_id"] for change in orders.delivered()} == {record["eventID"] for record in records}
    assert len(orders.objects()) == 3  # moto makes an object of each call


@pytest.mark.parametrize("name", ["DELIVERY_STREAM", "RAW_FOLDER"])
def test_a_missing_setting_is_named(orders: ChangingTable, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match=f"reading the function's environment: {name} is not set"):
        invoke([])


@pytest.mark.nightly  # tests/sql asks the views; the records are compared above
def test_changes_become_the_tables_history_and_its_items_as_they_are_now(orders: ChangingTable) -> None:
    digits = "12345678901234567890.123456789012345678"
    orders.put("o-1", total={"N": "1"}, tags={"SS": ["b", "a"]})
    orders.put("o-2", total={"N": digits})
    orders.put("o-3", total={"N": "3"})
    orders.put("o-1", total={"N": "1.50"}, tags={"SS": ["c", "b"]})
    orders.remove("o-3")
    records = orders.new_records()
    assert invoke(records) == DONE
    assert invoke(records[2:]) == DONE  # as after a batch of which Lambda delivers a part again
    assert invoke([{"eventName": "INSERT", "dynamodb": {}}]) == DONE
    trial = Trial(orders.root, "dynamodb.changes_v1")
    trial.run()
    (partition,) = trial.lake.catalog.partitions("dynamodb", "changes_v1")
    counts = {name: partition.number(name) for name in ("records", "rows", "duplicates", "quarantined")}
    assert counts == {"records": 9, "rows": 5, "duplicates": 3, "quarantined": 1}
    assert run_command(["sql", "deploy", "dynamodb", "--root", orders.root]) == 0
    answer = "SELECT item_key, item FROM dynamodb.items WHERE table_name = 'orders' ORDER BY item_key"
    assert run_query(answer, orders.root).table.to_pylist() == [
        {"item_key": '{"orderId":"o-1"}', "item": '{"orderId":"o-1","tags":["b","c"],"total":1.50}'},
        {"item_key": '{"orderId":"o-2"}', "item": f'{{"orderId":"o-2","total":{digits}}}'},
    ]
    history = "SELECT change, length(sequence_number) AS digits FROM dynamodb.changes ORDER BY sequence_number"
    assert run_query(history, orders.root).table.to_pylist() == [
        {"change": change, "digits": 40} for change in ("INSERT", "INSERT", "INSERT", "MODIFY", "REMOVE")
    ]
