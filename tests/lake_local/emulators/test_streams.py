"""Streams are written within Kinesis's limits, and read whole, over a split and a merge too."""

from __future__ import annotations

from typing import Any

import pytest

from lake_local.emulators.errors import EmulatorError
from lake_local.emulators.streams import StreamReader, batches, create_stream, put, wait_until_active


def test_a_batch_is_at_most_500_records_and_5_mb() -> None:
    assert [len(batch) for batch in batches([("k", b"x")] * 1001)] == [500, 500, 1]
    assert [len(batch) for batch in batches([("k", b"x" * 1_000_000)] * 9)] == [4, 4, 1]
    assert list(batches([])) == []


class Refusing:
    """Takes every second record of a request, as Kinesis does where a shard is too busy."""

    def __init__(self, is_hopeless: bool = False) -> None:
        self.taken: list[bytes] = []
        self.is_hopeless = is_hopeless

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 # boto3's
        answers = []
        for at, record in enumerate(Records):
            if at % 2 or self.is_hopeless:
                answers.append({"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "too fast"})
            else:
                answers.append({"ShardId": "0"})
                self.taken.append(record["Data"])
        return {"Records": answers}


def test_what_is_refused_is_sent_again_and_nothing_twice() -> None:
    stream = Refusing()
    records = [str(at).encode() for at in range(50)]
    assert put(stream, "s", [("k", record) for record in records]) == 50
    assert sorted(stream.taken) == sorted(records)


def test_what_is_refused_for_ever_is_an_error() -> None:
    with pytest.raises(EmulatorError, match="writing to stream s: 1 records were refused 20 times: Provisioned"):
        put(Refusing(is_hopeless=True), "s", [("k", b"x")])


def test_requests_of_500_records_and_a_record_of_nearly_1_mb_arrive_whole(kinesis: Any, fresh: str) -> None:
    create_stream(kinesis, fresh, 4)
    sent = [(str(at), f"{at}".encode()) for at in range(1_000)] + [("large", b"x" * (2**20 - len("large")))]
    assert put(kinesis, fresh, sent) == 1_001
    assert sorted(StreamReader(kinesis, fresh).read()) == sorted(data for _, data in sent)


def test_a_stream_is_read_whole_over_a_split_and_a_merge(kinesis: Any, fresh: str) -> None:
    create_stream(kinesis, fresh, 2)
    reader = StreamReader(kinesis, fresh)
    put(kinesis, fresh, [(str(at), f"a{at}".encode()) for at in range(20)])
    assert sorted(reader.read()) == sorted(f"a{at}".encode() for at in range(20))
    assert reader.read() == []

    first, _ = kinesis.list_shards(StreamName=fresh)["Shards"]
    middle = str(int(first["HashKeyRange"]["EndingHashKey"]) // 2)
    kinesis.split_shard(StreamName=fresh, ShardToSplit=first["ShardId"], NewStartingHashKey=middle)
    wait_until_active(kinesis, fresh)
    put(kinesis, fresh, [(str(at), f"b{at}".encode()) for at in range(20)])
    *_, left, right = kinesis.list_shards(StreamName=fresh)["Shards"]
    kinesis.merge_shards(StreamName=fresh, ShardToMerge=left["ShardId"], AdjacentShardToMerge=right["ShardId"])
    wait_until_active(kinesis, fresh)
    put(kinesis, fresh, [(str(at), f"c{at}".encode()) for at in range(20)])
    assert sorted(reader.read()) == sorted(f"{run}{at}".encode() for run in "bc" for at in range(20))
    assert len(kinesis.list_shards(StreamName=fresh)["Shards"]) == 5
