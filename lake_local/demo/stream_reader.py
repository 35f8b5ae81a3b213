"""Reads a stream from its beginning, in the order of arrival."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class StreamRecord:
    """A record's bytes, and when it arrived."""

    data: bytes
    at: datetime


class StreamReader:
    """Reads a stream from its beginning. `kinesis` is a client; the stream keeps its shards."""

    def __init__(self, kinesis: Any, stream: str) -> None:
        self._kinesis = kinesis
        shards = kinesis.list_shards(StreamName=stream)["Shards"]
        self._iterators = {shard["ShardId"]: self._beginning(stream, shard["ShardId"]) for shard in shards}

    def more(self, is_last: bool = False) -> Iterator[StreamRecord]:
        """Records since the last call, shard by shard; if `is_last`, until every shard is read to its end."""
        for shard in self._iterators:
            while True:
                answer = self._kinesis.get_records(ShardIterator=self._iterators[shard])
                self._iterators[shard] = answer["NextShardIterator"]
                for record in answer["Records"]:
                    yield StreamRecord(record["Data"], record["ApproximateArrivalTimestamp"])
                if not answer["Records"] or not (is_last or answer.get("MillisBehindLatest")):
                    break

    def _beginning(self, stream: str, shard: str) -> str:
        answer = self._kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        return str(answer["ShardIterator"])
