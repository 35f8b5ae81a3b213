"""Payloads as AWS services hand them over: records of Kinesis and Firehose, log events, notifications of S3."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.written_contracts import write_contract
from tests.recorded.lakes import BothEngines, RecordedLake

FOLDER = "aws_event_payloads"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Record = dict[str, Any]


def column(kind: str, source: str | list[str], **rules: object) -> Record:
    return {"physicalType": kind, "sourceName": source, **rules}


def seconds(number: object) -> datetime:
    return EPOCH + timedelta(microseconds=int(Decimal(str(number)) * 1_000_000))


def rest(record: Record, *names: str) -> Record | None:
    """What no column reads of a record."""
    return {name: value for name, value in record.items() if name not in names} or None


KINESIS: Record = {
    "partition_key": column("string", "kinesis.partitionKey"),
    "sequence_number": column("string", "kinesis.sequenceNumber"),
    "data": column("binary", "kinesis.data"),
    "arrived_at": column("timestamp", "kinesis.approximateArrivalTimestamp", epochUnit="seconds"),
    "stream": column("string", "eventSourceARN"),
}
FIREHOSE: Record = {
    "invocation": column("string", "$.invocationId"),
    "record": column("string", "recordId", required=True),
    "arrived_at": column("timestamp", "approximateArrivalTimestamp"),
    "shard": column("string", "kinesisRecordMetadata.shardId"),
    "data": column("binary", "data"),
}
S3: Record = {
    "happened_at": column("timestamp", "eventTime"),
    "bucket": column("string", "s3.bucket.name", required=True),
    "key": column("string", ["s3.object.urlDecodedKey", "s3.object.key"]),
    "bytes": column("bigint", "s3.object.size"),
    "etag": column("string", "s3.object.eTag"),
}
EVENT_BUS: Record = {
    "happened_at": column("timestamp", "time"),
    "kind": column("string", "detail-type"),
    "bucket": column("string", "detail.bucket.name"),
    "key": column("string", "detail.object.key"),
    "bytes": column("bigint", "detail.object.size"),
    "requester": column("string", "detail.source-ip-address"),
}


def kinesis_row(payload: Record, record: Record) -> Record:
    own = record["kinesis"]
    return {
        "partition_key": own["partitionKey"],
        "sequence_number": own["sequenceNumber"],
        "data": base64.b64decode(own["data"]),
        "arrived_at": seconds(own["approximateArrivalTimestamp"]),
        "stream": record["eventSourceARN"],
        "rescued": rest(record, "eventSourceARN"),
    }


def firehose_row(payload: Record, record: Record) -> Record:
    beside = rest(payload, "invocationId", "records") if record is payload["records"][0] else None
    unread = rest(record, "recordId", "approximateArrivalTimestamp", "data") or {}
    return {
        "invocation": payload["invocationId"],
        "record": record["recordId"],
        "arrived_at": seconds(Decimal(record["approximateArrivalTimestamp"]) / 1000),
        "shard": record.get("kinesisRecordMetadata", {}).get("shardId"),
        "data": base64.b64decode(record["data"]),
        "rescued": ({"$": beside} if beside else {}) | unread or None,
    }


def s3_row(payload: Record, record: Record) -> Record:
    own = record["s3"]["object"]
    return {
        "happened_at": datetime.fromisoformat(record["eventTime"]),
        "bucket": record["s3"]["bucket"]["name"],
        "key": own.get("urlDecodedKey") or own["key"],
        "bytes": own["size"],
        "etag": own["eTag"],
        "rescued": rest(record, "eventTime"),
    }


def event_bus_row(payload: Record, record: Record) -> Record:
    detail = record["detail"]
    return {
        "happened_at": datetime.fromisoformat(record["time"]),
        "kind": record["detail-type"],
        "bucket": detail["bucket"]["name"],
        "key": detail["object"]["key"],
        "bytes": detail["object"]["size"],
        "requester": detail["source-ip-address"],
        "rescued": rest(record, "time", "detail-type"),
    }


CASES: dict[str, tuple[Record, str | None, tuple[str, ...], Callable[[Record, Record], Record]]] = {
    "payloads.kinesis_v1": (
        KINESIS,
        "Records",
        ("kinesisStreamEvent", "kinesisStreamEventOneRecord", "kinesisStreamCloudWatchLogsEvent"),
        kinesis_row,
    ),
    "payloads.firehose_v1": (
        FIREHOSE,
        "records",
        ("kinesisFirehosePutEvent", "kinesisFirehoseKinesisEvent", "kinesisFirehoseSQSEvent"),
        firehose_row,
    ),
    "payloads.s3_v1": (S3, "Records", ("s3Event", "s3EventDecodedKey"), s3_row),
    "payloads.event_bus_v1": (EVENT_BUS, None, ("s3EventBridgeNotificationObjectCreatedEvent",), event_bus_row),
}
"""By table: columns, where records are, the files, and the row that a payload's record is to be."""


@pytest.fixture(scope="session")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contracts")


@pytest.mark.parametrize("table", CASES)
def test_each_record_of_a_payload_is_a_row(
    table: str, contracts: Path, recorded: Path, recorded_lake: RecordedLake
) -> None:
    columns, path, files, row_of = CASES[table]
    folder = write_contract(contracts, table, columns, **({} if path is None else {"recordPath": path}))
    expected = []
    for minute, name in enumerate(files):
        file = f"{FOLDER}/{name}.json"
        recorded_lake.land(table, file, f"2026-11-21T09:{minute:02d}:00Z", "--whole", contracts=folder)
        payload = json.loads((recorded / file).read_text(), parse_float=Decimal)
        expected += [row_of(payload, record) for record in (payload[path] if path else [payload])]
    trial = recorded_lake.made(table, folder)
    assert [with_parsed(row) for row in trial.rows(9).to_pylist()] == expected
    assert trial.counts() == {"records": len(expected), "rows": len(expected), "duplicates": 0, "quarantined": 0}
    assert_all_accounted_for(trial)


def with_parsed(row: Record) -> Record:
    rescued = row["rescued"]
    return {**row, "rescued": None if rescued is None else json.loads(rescued, parse_float=Decimal)}


LOG_EVENTS: Record = {
    "owner": column("string", "$.owner"),
    "log_group": column("string", "$.logGroup"),
    "log_stream": column("string", "$.logStream"),
    "id": {"physicalType": "string", "required": True, "primaryKey": True, "primaryKeyPosition": 1},
    "logged_at": column("timestamp", "timestamp"),
    "message": "string",
}
LOGS = "payloads.log_events_v1"


def packed_logs(recorded: Path) -> list[bytes]:
    """What CloudWatch Logs sends, gzip each: to a function, and to a stream."""
    direct = json.loads((recorded / FOLDER / "cloudWatchLogEvent.json").read_text())
    streamed = json.loads((recorded / FOLDER / "kinesisStreamCloudWatchLogsEvent.json").read_text())
    texts = [direct["awslogs"]["data"], *(each["kinesis"]["data"] for each in streamed["Records"])]
    return [base64.b64decode(text) for text in texts]


@pytest.fixture(scope="session")
def log_events(
    contracts: Path, recorded: Path, recorded_lake: RecordedLake, tmp_path_factory: pytest.TempPathFactory
) -> Trial:
    """One object as Firehose makes it of these: gzip members, one behind the other."""
    folder = write_contract(contracts, LOGS, LOG_EVENTS, recordPath="logEvents")
    file = tmp_path_factory.mktemp("logs") / "logs"
    file.write_bytes(b"".join(packed_logs(recorded)))
    recorded_lake.land(LOGS, str(file), "2026-11-21T09:00:00Z", "--whole", contracts=folder)
    return recorded_lake.made(LOGS, folder)


def test_log_events_within_gzip_members_are_rows(log_events: Trial, recorded: Path) -> None:
    payloads = [json.loads(gzip.decompress(data)) for data in packed_logs(recorded)]
    expected = [
        {
            "owner": payload["owner"],
            "log_group": payload["logGroup"],
            "log_stream": payload["logStream"],
            "id": event["id"],
            "logged_at": seconds(Decimal(event["timestamp"]) / 1000),
            "message": event["message"],
            "rescued": {"$": rest(payload, "owner", "logGroup", "logStream", "logEvents")}
            if event is payload["logEvents"][0]
            else None,
        }
        for payload in payloads
        for event in payload["logEvents"]
    ]
    assert [with_parsed(row) for row in log_events.rows(9).to_pylist()] == expected
    assert log_events.counts() == {"records": 8, "rows": 8, "duplicates": 0, "quarantined": 0}
    assert_all_accounted_for(log_events)


def test_log_events_by_their_group(log_events: Trial, both_engines: BothEngines) -> None:
    sql = (
        "SELECT log_group, count(*) AS events, max(logged_at) AS last_at, count_if(message LIKE 'REPORT%') AS reports "
        f"FROM {LOGS} WHERE dt = '2026-11-21-09' GROUP BY log_group ORDER BY log_group"
    )
    assert [
        (row["log_group"], row["events"], row["last_at"].isoformat(), row["reports"]) for row in both_engines.sql(sql)
    ] == [
        ("/aws/lambda/pt-1488-DummyLogDataFunction-gnWXPvL6jJyG", 6, "2022-11-10T15:10:27.024000", 2),
        ("testLogGroup", 2, "2015-08-24T19:03:07.001000", 0),
    ]
