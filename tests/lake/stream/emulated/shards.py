"""Shards of a stream: split, merged, and written to one by one."""

from __future__ import annotations

from typing import Any

from lake_local.emulators.streams import wait_until_active

Shard = dict[str, Any]


def open_shards(kinesis: Any, stream: str) -> list[Shard]:
    """Those that take records, by their range of keys."""
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    there = [shard for shard in shards if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]
    return sorted(there, key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))


def split(kinesis: Any, stream: str, shard: Shard) -> None:
    """Splits a shard in its middle, and waits until it is done."""
    begin, end = (int(shard["HashKeyRange"][side]) for side in ("StartingHashKey", "EndingHashKey"))
    kinesis.split_shard(StreamName=stream, ShardToSplit=shard["ShardId"], NewStartingHashKey=str((begin + end) // 2))
    wait_until_active(kinesis, stream)


def merge(kinesis: Any, stream: str, first: Shard, second: Shard) -> None:
    """Merges two shards that are next to each other, and waits until it is done."""
    kinesis.merge_shards(StreamName=stream, ShardToMerge=first["ShardId"], AdjacentShardToMerge=second["ShardId"])
    wait_until_active(kinesis, stream)


def put_into(kinesis: Any, stream: str, shard: Shard, data: bytes) -> None:
    """Writes a record into this very shard."""
    key = shard["HashKeyRange"]["StartingHashKey"]
    kinesis.put_record(StreamName=stream, Data=data, PartitionKey="any", ExplicitHashKey=key)


def arn(kinesis: Any, stream: str) -> str:
    """A stream's full name."""
    return str(kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"])
