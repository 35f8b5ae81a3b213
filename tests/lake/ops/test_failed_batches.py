"""From the on-failure queue of a function behind a stream back to records that can be shown and landed."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.functions.table_changes.changes import change_line
from lake.cli.app import run_command
from lake.ops.failed_batches import change_of
from tests.infra.functions.changing import ChangingTable
from tests.infra.functions.faults import faulty

CHANGES, CLICKS = "dynamodb.changes_v1", "clickstream.events_v1"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:table_changes"


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "lake")


class Queue:
    """An on-failure queue."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        self.url = self.sqs.create_queue(QueueName="failed")["QueueUrl"]

    def give_up(self, kind: str, arn: str, shard: str, numbers: list[str], size: int | None = None) -> None:
        """What Lambda sends of a batch that it gives up."""
        batch = {
            **{"shardId": shard, "startSequenceNumber": numbers[0], "endSequenceNumber": numbers[-1]},
            "approximateArrivalOfFirstRecord": "2026-11-21T09:00:00.000Z",
            "approximateArrivalOfLastRecord": "2026-11-21T09:00:01.000Z",
            **{"batchSize": size or len(numbers), "streamArn": arn},
        }
        context = {
            **{"requestId": "r", "functionArn": FUNCTION, "condition": "RetryAttemptsExhausted"},
            "approximateInvokeCount": 4,
        }
        body = {"requestContext": context, "responseContext": {}, "version": "1.0", kind: batch}
        self.send(json.dumps(body))

    def send(self, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def waiting(self) -> int:
        """Messages that are not deleted."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(count) for count in found.values())


@pytest.fixture
def queue(aws: str) -> Queue:
    return Queue()


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    capsys.readouterr()
    ended = run_command([*words, "--json"])
    printed = capsys.readouterr()
    assert ended == code, printed.err
    assert printed.out, printed.err
    return json.loads(printed.out)


@pytest.fixture
def orders(s3_root: str, queue: Queue) -> ChangingTable:
    return ChangingTable(s3_root)


def test_a_range_of_a_tables_stream_is_read_back_shown_and_landed_once(
    orders: ChangingTable, queue: Queue, root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        orders.put(f"o-{number}", total={"N": f"{number}.50"}, tags={"SS": ["b", "a"]}, content={"B": b"\x00\xff"})
    arn, shard, records = orders.records()
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records[1:4]]
    queue.give_up("DDBStreamBatchInfo", arn, shard, numbers)
    queue.give_up("DDBStreamBatchInfo", arn, shard, numbers)  # Lambda's queue delivers at least once
    found = answer(capsys, "stream", "replay-failed", "failed", CHANGES, "--root", root)
    assert (found["records"], found["lost"], found["left"], queue.waiting()) == (6, 0, 0, 0)
    assert len({batch["error_object"] for batch in found["batches"]}) == 1

    shown = answer(capsys, "errors", "show", CHANGES, "--root", root)
    assert {each["code"] for each in shown} == {"Lambda.RetryAttemptsExhausted"}
    assert {each["message"] for each in shown} == {f"{FUNCTION} gave up the batch of 3 records"}
    changes = [json.loads(each["payload_text"]) for each in shown]
    assert [change["sequence_number"] for change in changes] == numbers
    assert changes[0]["new_image"] == {"orderId": "o-1", "total": 1.5, "tags": ["a", "b"], "content": "AP8="}

    for landed in ((3, 0), (0, 3)):
        replayed = answer(capsys, "errors", "replay", CHANGES, "--root", root)
        assert (replayed["landed"], replayed["landed_before"]) == landed


def test_what_is_read_back_is_what_the_function_would_have_put(orders: ChangingTable, queue: Queue) -> None:
    digits = "12345678901234567890.123456789012345678"
    orders.put("o-1", n={"N": digits}, m={"M": {"b": {"NULL": True}, "a": {"BOOL": False}}}, l={"L": [{"S": "é\n"}]})
    orders.put("o-1", ns={"NS": ["10", "9", "-1.5"]}, bs={"BS": [b"\xff", b"\x00"]})
    orders.remove("o-1")
    arn, _, read_back = orders.records()
    lambdas = orders.new_records()
    for record in lambdas:
        record["dynamodb"] = json.loads(json.dumps(record["dynamodb"], default=as_base64))
    assert len(read_back) == 3
    assert [change_of(record, arn) + b"\n" for record in read_back] == [change_line(record) for record in lambdas]


def as_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def test_a_range_of_a_kinesis_stream_is_landed_as_it_was_put(
    queue: Queue, root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="clicks")["StreamDescription"]["StreamARN"]
    put = [
        kinesis.put_record(StreamName="clicks", Data=b'{"event_id":"%d"}' % number, PartitionKey="k")
        for number in range(4)
    ]
    numbers = [each["SequenceNumber"] for each in put[1:3]]
    queue.give_up("KinesisBatchInfo", arn, put[0]["ShardId"], numbers)
    found = answer(capsys, "stream", "replay-failed", queue.url, CLICKS, "--root", root)
    assert (found["records"], found["lost"]) == (2, 0)
    shown = answer(capsys, "errors", "show", CLICKS, "--root", root)
    assert [each["payload_text"] for each in shown] == ['{"event_id":"1"}', '{"event_id":"2"}']
    arrived = [datetime.fromisoformat(each["arrived_at"]) for each in shown]
    assert all(abs(time.time() - at.astimezone(UTC).timestamp()) < 600 for at in arrived)


def test_what_the_stream_has_no_longer_is_counted_and_stays_to_be_seen(
    queue: Queue, aws: str, root: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-11-20T09:00:00.000"
    first, last = "700000000000000000007", "700000000000000000009"
    queue.give_up("DDBStreamBatchInfo", arn, "shardId-00000001763629200000-abcdef01", [first, last], 3)
    trimmed = json.dumps({"__type": "TrimmedDataAccessException", "message": "beyond the horizon"}).encode()
    with faulty(aws) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", faults.endpoint)
        faults.answer = lambda *_: (400, trimmed)
        found = answer(capsys, "stream", "replay-failed", "failed", CHANGES, "--root", root, code=1)
    assert (found["records"], found["lost"], queue.waiting()) == (0, 3, 0)
    (shown,) = answer(capsys, "errors", "show", CHANGES, "--root", root)
    assert (shown["code"], shown["message"], shown["problem"]) == (
        "Stream.RecordsExpired",
        f"3 of 3 records, {first} to {last}, are no longer in the stream",
        "rawData is missing",
    )


def test_a_message_that_is_of_no_stream_stays_in_the_queue(
    queue: Queue, root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for body in ("hello", "[]", '{"requestContext": {}}'):
        queue.send(body)
    found = answer(capsys, "stream", "replay-failed", "failed", CHANGES, "--root", root)
    assert (found["left"], found["batches"], queue.waiting()) == (3, [], 3)


def test_a_queue_that_is_not_there_is_named(queue: Queue, root: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["stream", "replay-failed", "failing", CHANGES, "--root", root]) == 2
    assert "reading the queue failing: not found; expected its name, or its URL" in capsys.readouterr().err
