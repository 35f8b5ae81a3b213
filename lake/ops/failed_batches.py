"""Batches of a stream that a Lambda function gave up, from its on-failure queue to the table's error output.

A message of the queue names a range of a shard and holds no data (Lambda's Developer Guide, "Retain discarded
batches"): the records are read back from the stream, while it has them, 24 hours of a DynamoDB table and the retention
of a Kinesis stream. They become an error object in Firehose's form, so that `lake errors show` tells why each is there,
and `lake errors replay` lands them in the raw zone. A message that is read twice gives the same object.

A record of a Kinesis stream is landed as it was put; one of a DynamoDB table's stream as the function table_changes
would have put it (the contract dynamodb.changes_v1).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from lake.contract.model import Table
from lake.errors import StorageError, UsageError
from lake.objects import Store, aws
from lake.objects.layout import hour_of
from lake.ops.error_output import error_folder
from lake.parse.dynamodb import plain_members
from lake.parse.json_text import value_of
from lake.parse.refused import JsonNumber, Members, Refused

EXPIRED = "Stream.RecordsExpired"
"""Error code of records that the stream has no longer."""

_GONE = ("TrimmedDataAccessException", "ResourceNotFoundException", "InvalidArgumentException")
_EXPIRED_BY = "dynamodb.amazonaws.com"  # userIdentity of a removal by time to live
_EMPTY_PAGES = 20  # of an open shard that holds nothing more, one after the other


@dataclass(frozen=True)
class FailedBatch:
    """A range of a shard, both ends inclusive, that a function gave up; `size` is how many records it held."""

    kind: Literal["dynamodb", "kinesis"]
    stream_arn: str
    shard: str
    first: str
    last: str
    size: int
    arrived_at: datetime
    function: str
    condition: str


@dataclass(frozen=True)
class StreamRecord:
    """A record that was read back: its number, when it arrived, and the bytes of the record to land."""

    sequence_number: str
    arrived_at: datetime
    data: bytes


@dataclass(frozen=True)
class LandedBatch:
    """What became of a batch: records in its error object, and those that the stream has no longer."""

    batch: FailedBatch
    error_object: str
    records: int
    lost: int


def failed_batch(body: str) -> FailedBatch:
    """What a message of an on-failure queue says. Raises ValueError, KeyError or TypeError where it is no such."""
    message = json.loads(body)
    context = message["requestContext"]
    kind: Literal["dynamodb", "kinesis"] = "dynamodb" if "DDBStreamBatchInfo" in message else "kinesis"
    batch = message["DDBStreamBatchInfo" if kind == "dynamodb" else "KinesisBatchInfo"]
    return FailedBatch(
        kind,
        batch["streamArn"],
        batch["shardId"],
        batch["startSequenceNumber"],
        batch["endSequenceNumber"],
        int(batch["batchSize"]),
        datetime.fromisoformat(batch["approximateArrivalOfFirstRecord"]),
        context["functionArn"],
        context["condition"],
    )


def messages(queue: str) -> Iterator[tuple[str, str]]:
    """Body and receipt of each message of a queue, by its name or URL. Raises UsageError, StorageError."""
    sqs = aws.client("sqs")
    try:
        url = queue if "://" in queue else sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        while found := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=300, WaitTimeSeconds=1
        ).get("Messages"):
            yield from ((each["Body"], each["ReceiptHandle"]) for each in found)
    except aws.AWS_ERRORS as error:
        if "NonExistentQueue" in aws.error_code(error):
            raise UsageError(f"reading the queue {queue}: not found; expected its name, or its URL") from error
        raise StorageError(f"reading the queue {queue}: {aws.next_step(error)}") from error


def delete_message(queue: str, receipt: str) -> None:
    """Remove a message that was dealt with. Raises StorageError."""
    sqs = aws.client("sqs")
    try:
        url = queue if "://" in queue else sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)
    except aws.AWS_ERRORS as error:
        raise StorageError(f"deleting a message of the queue {queue}: {aws.next_step(error)}") from error


def land_batch(store: Store, table: Table, batch: FailedBatch) -> LandedBatch:
    """Read a batch back, and put its error object. Raises StorageError, and UsageError for a table without raw objects.

    Records that the stream has no longer are a line in the object, too: they are not dropped silently.
    """
    records = _read(batch)
    lost = max(batch.size - len(records), 0)
    lines = [_line(batch, record) for record in records]
    if lost:
        message = f"{lost} of {batch.size} records, {batch.first} to {batch.last}, are no longer in the stream"
        lines.append({**_about(batch, batch.arrived_at), "errorCode": EXPIRED, "errorMessage": message})
    named = "\n".join((batch.stream_arn, batch.shard, batch.first, batch.last))
    digest = hashlib.sha256(named.encode()).hexdigest()[:32]
    key = f"{error_folder(table)}/stream-failed/dt={hour_of(batch.arrived_at)}/{digest}"
    store.write(key, b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    return LandedBatch(batch, store.uri_of(key), len(records), lost)


def _line(batch: FailedBatch, record: StreamRecord) -> dict[str, Any]:
    return {
        **_about(batch, record.arrived_at),
        "errorCode": f"Lambda.{batch.condition}",
        "errorMessage": f"{batch.function} gave up the batch of {batch.size} records",
        "rawData": base64.b64encode(record.data).decode(),
        "sequenceNumber": record.sequence_number,
    }


def _about(batch: FailedBatch, arrived_at: datetime) -> dict[str, Any]:
    arrived = int(arrived_at.timestamp() * 1000)
    return {"arrivalTimestamp": arrived, "lambdaArn": batch.function, "shardId": batch.shard}


def _read(batch: FailedBatch) -> list[StreamRecord]:
    try:
        pages = _dynamodb_pages(batch) if batch.kind == "dynamodb" else _kinesis_pages(batch)
        found: list[StreamRecord] = []
        for page in pages:
            found += [record for record in page if int(record.sequence_number) <= int(batch.last)]
            if page and int(page[-1].sequence_number) >= int(batch.last):
                break
        return found
    except aws.AWS_ERRORS as error:
        if aws.error_code(error) in _GONE:
            return []
        doing = f"reading records {batch.first} to {batch.last} of {batch.stream_arn}, {batch.shard}"
        raise StorageError(f"{doing}: {aws.next_step(error)}") from error


def _dynamodb_pages(batch: FailedBatch) -> Iterator[list[StreamRecord]]:
    streams = aws.client("dynamodbstreams")
    where = {"StreamArn": batch.stream_arn, "ShardId": batch.shard, "SequenceNumber": batch.first}
    iterator = streams.get_shard_iterator(**where, ShardIteratorType="AT_SEQUENCE_NUMBER").get("ShardIterator")
    empty = 0
    while iterator and empty < _EMPTY_PAGES:
        answer = streams.get_records(ShardIterator=iterator)
        records = answer["Records"]
        empty = 0 if records else empty + 1
        yield [_changed(record, batch.stream_arn) for record in records]
        iterator = answer.get("NextShardIterator")


def _kinesis_pages(batch: FailedBatch) -> Iterator[list[StreamRecord]]:
    kinesis = aws.client("kinesis")
    where = {"StreamName": batch.stream_arn.rpartition("/")[2], "ShardId": batch.shard}
    iterator = kinesis.get_shard_iterator(
        **where, ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=batch.first
    ).get("ShardIterator")
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator)
        yield [
            StreamRecord(record["SequenceNumber"], record["ApproximateArrivalTimestamp"], record["Data"])
            for record in answer["Records"]
        ]
        iterator = answer.get("NextShardIterator")
        if not answer["Records"] and not answer.get("MillisBehindLatest"):
            return


def _changed(record: Mapping[str, Any], stream_arn: str) -> StreamRecord:
    changed = record["dynamodb"]
    at = changed["ApproximateCreationDateTime"]
    try:
        data = change_of(record, stream_arn)
    except (Refused, KeyError):
        data = json.dumps(record, default=_plain).encode()  # the table's job quarantines it with its reason
    return StreamRecord(changed["SequenceNumber"], at, data)


def change_of(record: Mapping[str, Any], stream_arn: str) -> bytes:
    """A record of a DynamoDB stream, as boto3 returns it, in the form of the contract dynamodb.changes_v1.

    Raises Refused where an attribute is none, and KeyError where a member is missing.
    """
    changed = record["dynamodb"]
    at = changed["ApproximateCreationDateTime"]
    fields = {
        "event_id": record["eventID"],
        "table_name": stream_arn.split("/")[1],
        "change": record["eventName"],
        "sequence_number": changed["SequenceNumber"],
        "changed_at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "expired": (record.get("userIdentity") or {}).get("PrincipalId") == _EXPIRED_BY,
        "item_key": _item(changed["Keys"]),
        "new_image": _item(changed.get("NewImage")),
        "old_image": _item(changed.get("OldImage")),
    }
    return _text(Members(fields.items())).encode()


def _item(item: Mapping[str, Any] | None) -> Members | None:
    if item is None:
        return None
    members = value_of(json.dumps(item, default=_plain))
    assert isinstance(members, Members)
    return plain_members(members)


def _text(value: object) -> str:
    """JSON text, members sorted by name but those of the change itself, numbers as they were written."""
    if isinstance(value, Members):
        return "{" + ",".join(f"{json.dumps(name)}:{_nested(member)}" for name, member in value) + "}"
    return _nested(value)


def _nested(value: object) -> str:
    if isinstance(value, Members):
        return _text(Members(sorted(value, key=lambda member: member[0])))
    if isinstance(value, list):
        return f"[{','.join(map(_nested, value))}]"
    return value.text if isinstance(value, JsonNumber) else json.dumps(value)


def _plain(value: Any) -> Any:
    """What boto3 makes of binary attributes and of times, as Lambda hands them over."""
    return value.timestamp() if isinstance(value, datetime) else base64.b64encode(bytes(value)).decode()
