"""What Lambda does with a DynamoDB table's stream: it hands the records to a function, and the rest of them again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3

Record = dict[str, Any]


@dataclass
class Context:
    """What Lambda tells a function of the time it has left, at each asking; the last answer stays."""

    remaining_ms: list[int] = field(default_factory=lambda: [180_000])

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms.pop(0) if len(self.remaining_ms) > 1 else self.remaining_ms[0]


class TableStream:
    """A table's stream on moto, read up to a place; `function` deals with records, and answers as Lambda's do."""

    def __init__(self, table: str, function: Callable[[list[Record]], dict[str, Any]]):
        self.streams, self.read = boto3.client("dynamodbstreams"), 0
        self._table, self._function = table, function

    def records(self) -> tuple[str, str, list[Record]]:
        """The stream's ARN, its shard, and all its records as boto3 returns them."""
        arn = self.streams.list_streams(TableName=self._table)["Streams"][0]["StreamArn"]
        shard = self.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        at = self.streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        return arn, shard, self.streams.get_records(ShardIterator=at["ShardIterator"])["Records"]

    def new_records(self) -> list[Record]:
        """What the stream holds since the last asking, in the shape in which Lambda hands it to a function."""
        arn, _, records = self.records()
        new, self.read = records[self.read :], len(records)
        for record in new:
            record["eventSourceARN"] = arn
            created = record["dynamodb"]["ApproximateCreationDateTime"]
            record["dynamodb"]["ApproximateCreationDateTime"] = created.timestamp()
        return list(new)

    def deliver(self) -> None:
        """All that is new, until the function has dealt with it, as Lambda does with ReportBatchItemFailures."""
        records = self.new_records()
        while records:
            records = left_of(records, self._function(records))


def left_of(records: list[Record], answer: dict[str, Any]) -> list[Record]:
    """The records that Lambda delivers again."""
    failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return records[min(map(numbers.index, failed)) :] if failed else []
