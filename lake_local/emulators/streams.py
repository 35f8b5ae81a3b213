"""Streams of an emulator: made, written to with what Kinesis refused sent again, and read whole."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lake_local.emulators.errors import EmulatorError

MOST_RECORDS = 500  # of one PutRecords; Amazon Kinesis Data Streams API Reference, "PutRecords"
MOST_BYTES = 5_000_000

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.05
_ATTEMPTS = 20

Record = tuple[str, bytes]
"""A partition key and what the record holds."""


def create_stream(kinesis: Any, name: str, shards: int = 1) -> None:
    """Create a stream and wait until it is active. Raises EmulatorError after a minute."""
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    wait_until_active(kinesis, name)


def wait_until_active(kinesis: Any, name: str) -> None:
    """Waits until a stream is not being made, split or merged. Raises EmulatorError after a minute."""
    deadline = time.monotonic() + _READY_SECONDS
    while kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"] != "ACTIVE":
        if time.monotonic() > deadline:
            raise EmulatorError(f"making stream {name}: not there after {_READY_SECONDS:.0f} s; start again")
        time.sleep(_POLL_SECONDS)


def put(kinesis: Any, stream: str, records: Iterable[Record]) -> int:
    """Writes records in their order, in as few requests as may be; returns how many.

    What a request could not take is sent again, alone; so order is kept only where nothing was refused. Raises
    EmulatorError where a record is refused time and again.
    """
    count = 0
    for batch in batches(records):
        waiting = [{"Data": data, "PartitionKey": key} for key, data in batch]
        for _ in range(_ATTEMPTS):
            results = kinesis.put_records(StreamName=stream, Records=waiting)["Records"]
            refused = [at for at, result in enumerate(results) if "ErrorCode" in result]
            if not refused:
                break
            result = results[refused[0]]
            waiting = [waiting[at] for at in refused]
            time.sleep(_POLL_SECONDS)
        else:
            raise EmulatorError(
                f"writing to stream {stream}: {len(waiting)} records were refused {_ATTEMPTS} times: "
                f"{result['ErrorCode']}: {result.get('ErrorMessage', '')}"
            )
        count += len(batch)
    return count


def batches(records: Iterable[Record]) -> Iterator[Sequence[Record]]:
    """Records in runs that one PutRecords takes: 500 records, 5 MB with their keys."""
    batch: list[Record] = []
    size = 0
    for key, data in records:
        more = len(key.encode()) + len(data)
        if batch and (len(batch) == MOST_RECORDS or size + more > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((key, data))
        size += more
    if batch:
        yield batch


class StreamReader:
    """All records of a stream, from its beginning on, shards that come later among them; each is given once."""

    def __init__(self, kinesis: Any, stream: str) -> None:
        self._kinesis = kinesis
        self._stream = stream
        self._iterators: dict[str, str | None] = {}

    def read(self) -> list[bytes]:
        """What has come since the last call, shard by shard; of one shard in order."""
        found: list[bytes] = []
        for shard in self._kinesis.list_shards(StreamName=self._stream)["Shards"]:
            name = shard["ShardId"]
            if name not in self._iterators:
                self._iterators[name] = self._kinesis.get_shard_iterator(
                    StreamName=self._stream, ShardId=name, ShardIteratorType="TRIM_HORIZON"
                )["ShardIterator"]
            found += self._read(name)
        return found

    def _read(self, shard: str) -> Iterator[bytes]:
        while iterator := self._iterators[shard]:
            answer = self._kinesis.get_records(ShardIterator=iterator)
            self._iterators[shard] = answer.get("NextShardIterator")
            yield from (record["Data"] for record in answer["Records"])
            if not answer["Records"]:
                return
