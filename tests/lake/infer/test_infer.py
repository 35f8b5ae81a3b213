"""Contracts inferred from samples: of each kind of source, each reading the records that it was made of."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from lake.contract.load import load_contract
from lake.errors import UsageError
from lake.infer.contract_file import table_name, write_contract
from lake.infer.infer import InferOptions, Inferred, infer
from lake.infer.objects import MOST_OBJECTS, sample_objects
from lake.infer.sample import read_under

NESTED = "\n".join(
    json.dumps(
        {
            "eventID": f"1b2c3d4e-0000-4000-8000-{number:012}",
            "eventTime": f"2026-11-21T09:00:{number:02}Z",
            "userIdentity": {
                "userName": f"u{number}",
                "session": {"mfa": number % 2 == 0, "attributes": {"n": number}},
            },
            "items": [{"skuId": "a", "netPrice": 1.5}, {"skuId": "b", "netPrice": 2}],
            "tags": ["x", "y"],
            "user.name": None if number else "dotted",
            "extra": {"a": 1} if number else "none",
        }
    )
    for number in range(24)
)

FLIGHTS = """Year,Carrier ,DepDelay,ArrTime,TailNum,Cancelled,Fare
2008,WN,8,2008-01-03 22:11:00,N712SW,false,19.90
2008,WN,NA,NA,NA,true,0.00
2008,AA,-3,2008-01-03 10:02:00,N772SW,false,120.00
"""

CLOUDWATCH = (
    '{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logEvents":'
    '[{"id":"","timestamp":1599145954000,"message":"CWL CONTROL MESSAGE: Checking health of destination."}]}'
    '{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/aws/lambda/f","logEvents":['
    '{"id":"36000000000000000000000000000000000000000000000000000001","timestamp":1599145954817,"message":"one"},'
    '{"id":"36000000000000000000000000000000000000000000000000000002","timestamp":1599145955067,"message":"two"}]}'
)


def inferred(folder: Path, content: str | bytes, **options: Any) -> Inferred:
    path = folder / "sample"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return infer(sample_objects([str(path)]), "try", "events_v1", InferOptions(**options))


def columns(found: Inferred) -> dict[str, tuple[str, str]]:
    """Type and source of each column."""
    table = found.table
    return {
        column.name: (column.hive_type, str(column.paths[0]) if column.paths else column.field)
        for column in table.columns
    }


def rows(found: Inferred, folder: Path) -> list[dict[str, object]]:
    """What a job would read of the sample under the contract's text, written and loaded again."""
    path = table_name("try.events").path(folder)
    write_contract(path, found.text)
    assert load_contract(path).columns == found.table.columns
    return read_under(sample_objects([str(folder / "sample")])[0], load_contract(path)).rows.to_pylist()


def test_nested_records_are_columns_of_their_members_down_to_a_depth(tmp_path: Path) -> None:
    found = inferred(tmp_path, NESTED)
    assert columns(found) == {
        "event_id": ("string", "eventID"),
        "event_time": ("timestamp", "eventTime"),
        "user_identity_user_name": ("string", "userIdentity.userName"),
        "user_identity_session_mfa": ("boolean", "userIdentity.session.mfa"),
        "user_identity_session_attributes": ("struct<n:bigint>", "userIdentity.session.attributes"),
        "items": ("array<struct<sku_id:string,net_price:double>>", "items"),
        "tags": ("array<string>", "tags"),
        "user_name": ("string", "user.name"),
        "extra": ("string", "extra"),
    }
    assert (found.table.key, found.table.event_time, found.table.lookback_hours) == (("event_id",), "event_time", 1)
    assert found.table.column("extra").value_rules.holds_json
    assert found.account.lines() == ["Read with this contract, 24 of 24 records of the sample become rows."]
    first, second = rows(found, tmp_path)[:2]
    assert (first["items"], first["user_name"], first["extra"], first["rescued"]) == (
        [{"sku_id": "a", "net_price": 1.5}, {"sku_id": "b", "net_price": 2.0}],
        "dotted",
        '"none"',
        None,
    )
    assert (second["user_identity_session_attributes"], second["extra"]) == ({"n": 1}, '{"a": 1}')


def test_csv_has_texts_for_null_where_another_column_proves_them(tmp_path: Path) -> None:
    found = inferred(tmp_path, FLIGHTS)
    assert columns(found) == {
        "year": ("int", "Year"),
        "carrier": ("string", "Carrier "),
        "dep_delay": ("int", "DepDelay"),
        "arr_time": ("timestamp", "ArrTime"),
        "tail_num": ("string", "TailNum"),
        "cancelled": ("boolean", "Cancelled"),
        "fare": ("decimal(18,2)", "Fare"),
    }
    assert {column.value_rules.null_values for column in found.table.columns} == {("NA",)}
    cancelled = rows(found, tmp_path)[1]
    assert [cancelled[name] for name in ("dep_delay", "arr_time", "tail_num", "rescued")] == [None] * 4
    assert "'NA' is NULL here as well" in found.text


def test_payloads_of_cloudwatch_are_a_row_for_each_event_without_control_messages(tmp_path: Path) -> None:
    found = inferred(tmp_path, gzip.compress(CLOUDWATCH.encode()))
    assert columns(found) == {
        "id": ("string", "id"),
        "timestamp": ("timestamp", "timestamp"),
        "message": ("string", "message"),
        "message_type": ("string", "$.messageType"),
        "owner": ("string", "$.owner"),
        "log_group": ("string", "$.logGroup"),
    }
    assert (found.table.key, found.table.event_time) == (("id",), "timestamp")
    assert (found.account.rows, found.account.skipped, found.account.rejected.total()) == (2, 1, 0)
    assert [(row["message"], row["log_group"]) for row in rows(found, tmp_path)] == [
        ("one", "/aws/lambda/f"),
        ("two", "/aws/lambda/f"),
    ]


def test_items_of_dynamodb_are_plain_columns(tmp_path: Path) -> None:
    image = '{"Id":{"N":"%d"},"Price":{"N":"9.99"},"Tags":{"SS":["b","a"]},"Note":{"NULL":true}}'
    changes = "".join(f'{{"eventName":"INSERT","dynamodb":{{"NewImage":{image % number}}}}}\n' for number in range(3))
    found = inferred(tmp_path, changes + '{"eventName":"REMOVE","dynamodb":{"Keys":{"Id":{"N":"1"}}}}')
    assert columns(found) == {
        "id": ("int", "Id"),
        "price": ("decimal(18,2)", "Price"),
        "tags": ("array<string>", "Tags"),
        "note": ("string", "Note"),
        "event_name": ("string", "$.eventName"),
    }
    assert (found.account.rows, found.account.skipped, found.account.rejected.total()) == (3, 1, 0)


@pytest.mark.parametrize(
    ("text", "expected", "rules"),
    [
        ("a;b\n1;x\n2;y\n", {"a": "int", "b": "string"}, "value: semicolon"),
        ("#a,b\n1,x\n2,y\n", {"a": "int", "b": "string"}, "value: csv"),
        ("1\tx\n2\ty\n", {"column_1": "int", "column_2": "string"}, "property: header"),
        (
            "#fields\tts\tid.orig_h\n1591367999.5\t192.0.2.1\n",
            {"ts": "timestamp", "id_orig_h": "string"},
            "value: none",
        ),
        (
            '192.0.2.1 - - [30/Nov/2018:02:49:30 -0500] "GET / HTTP/1.1" 200 12\n',
            {"client": "string", "user": "string", "requested_at": "timestamp", "request": "string", "status": "int"}
            | {"bytes": "int"},
            "property: linePattern",
        ),
    ],
    ids=["semicolon", "header behind a mark", "no header", "zeek", "common log"],
)
def test_text_of_other_forms(tmp_path: Path, text: str, expected: dict[str, str], rules: str) -> None:
    found = inferred(tmp_path, bz2.compress(text.encode()))
    assert {column.name: column.hive_type for column in found.table.columns} == expected
    assert rules in found.text
    assert found.account.rejected.total() == 0


def test_records_that_become_no_rows_are_said_with_their_reason(tmp_path: Path) -> None:
    found = inferred(tmp_path, '{"a": 1}\n{"a": 2}\n{"a": \n{"a": 3}\n')
    assert found.account.lines()[0] == "Read with this contract, 3 of 4 records of the sample become rows."
    assert found.account.lines()[1].startswith("truncated 1: ")


def test_a_key_needs_values_that_differ_where_rows_differ(tmp_path: Path) -> None:
    lines = [f'{{"order_id": {number}, "v": 1}}\n' for number in range(30)]
    assert inferred(tmp_path, "".join([*lines, lines[0]])).table.key == ()  # of events, order_id is no key by its name
    path = tmp_path / "sample"
    orders = sample_objects([str(path)])
    assert infer(orders, "try", "orders_v1").table.key == ("order_id",)
    path.write_text("".join([*lines, '{"order_id": 0, "v": 2}\n']))
    assert infer(orders, "try", "orders_v1").table.key == ()


def test_an_array_of_a_record_is_exploded_only_where_that_is_asked_for(tmp_path: Path) -> None:
    order = '{"orderId": 7, "detail": {"items": [{"sku": "a"}, {"sku": "b"}]}}'
    assert columns(inferred(tmp_path, order)) == {
        "order_id": ("int", "orderId"),
        "detail_items": ("array<struct<sku:string>>", "detail.items"),
    }
    exploded = inferred(tmp_path, order, record_path="detail.items")
    assert columns(exploded) == {"sku": ("string", "sku"), "order_id": ("int", "$.orderId")}
    with pytest.raises(UsageError, match="no object holds any there"):
        inferred(tmp_path, order, record_path="items")


@pytest.mark.parametrize("content", [b"", b"   \n", b"hello\nworld\n", b"PK\x05\x06junk"])
def test_what_holds_no_records_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match=r"reading samples from .*sample: "):
        inferred(tmp_path, content)


def test_names_that_yaml_or_a_reader_could_misunderstand_are_kept(tmp_path: Path) -> None:
    names = ["yes", "null", "a: b", "# c", "it's", 'say "x"', "a\\b", "é", "tab\there", "dt", "[0]", "1", "- x", "&a"]
    record = dict.fromkeys(names, "v")
    found = inferred(tmp_path, json.dumps(record))
    (row,) = rows(found, tmp_path)
    assert len(found.table.columns) == len(names)
    assert {row[column.name] for column in found.table.columns} == {"v"}


def test_many_objects_are_sampled_evenly_and_markers_are_none(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number:03}.json").write_text("{}")
    (tmp_path / "_SUCCESS").write_text("x")
    (tmp_path / ".hidden").write_text("x")
    names = [sampled.uri.rpartition("/")[2] for sampled in sample_objects([str(tmp_path)])]
    assert (len(names), names[0], names[-1]) == (MOST_OBJECTS, "000.json", "099.json")


RECORDED = {
    "source_records/access_logs.ndjson": (3, 0),
    "source_records/api_traces.ndjson": (30, 0),
    "source_records/clicks_iso.ndjson": (60, 0),
    "source_records/cloudwatch_gc.ndjson": (3, 1),
    "source_records/device_message.json": (1, 0),
    "source_records/firehose_errors.ndjson": (2, 0),
    "source_records/iot.ndjson": (20, 0),
    "source_records/kdg_sensors.json": (50, 0),
    "source_records/tickers.ndjson": (20, 0),
    "source_records/web_events.ndjson": (42, 0),
    "aws_event_payloads/kinesisStreamCloudWatchLogsEvent.json": (2, 0),
    "aws_event_payloads/kinesisFirehosePutEvent.json": (2, 0),
    "aws_event_payloads/s3Event.json": (1, 0),
    "aws_event_payloads/s3EventBridgeNotificationObjectCreatedEvent.json": (1, 0),
    "nyc_taxi_2018/yellow_tripdata_sample_2018-01.csv.gz": (10_000, 0),
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_source_is_read_whole_by_the_contract_inferred_of_it(recorded: Path, name: str) -> None:
    found = infer(sample_objects([str(recorded / name)]), "try", "events_v1")
    assert (found.account.rows, found.account.skipped) == RECORDED[name]
    assert (dict(found.account.rejected), found.account.rescued) == ({}, 0)


def test_types_of_recorded_taxi_trips_are_those_of_the_contract_written_by_hand(recorded: Path) -> None:
    found = infer(
        sample_objects(map(str, sorted((recorded / "nyc_taxi_2018").glob("*.gz")))),
        "try",
        "trips_v1",
        InferOptions(most=2_000),
    )
    types = {column.name: column.hive_type for column in found.table.columns}
    assert [types[name] for name in ("vendor_id", "pickup_datetime", "passenger_count", "total_amount")] == [
        "int",
        "timestamp",
        "int",
        "decimal(18,2)",
    ]
    assert found.table.event_time == "pickup_datetime"
