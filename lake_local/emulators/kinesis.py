"""Kinesis on this machine: kinesis-mock, which splits, merges and lists shards as Kinesis does, and stores nothing.

A put is slower the more records its shard holds (half a microsecond for each: PutRecords hashes them all). So for tens
of thousands of records, use many shards and small requests: about 0.3 ms a record with 32 shards that hold 200 each,
2 ms with one that holds 4,000.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lake_local.emulators.node import Say, kinesis_local, node
from lake_local.emulators.servers import free_port, serving

_SOON = "50ms"  # how long making, splitting and merging take; on Kinesis about half a minute
_SETTINGS = {
    "SHARD_LIMIT": "500",  # of all streams together
    "ON_DEMAND_STREAM_COUNT_LIMIT": "100",
    "CREATE_STREAM_DURATION": _SOON,
    "DELETE_STREAM_DURATION": _SOON,
    "REGISTER_STREAM_CONSUMER_DURATION": _SOON,
    "DEREGISTER_STREAM_CONSUMER_DURATION": _SOON,
    "SPLIT_SHARD_DURATION": _SOON,
    "MERGE_SHARDS_DURATION": _SOON,
    "UPDATE_SHARD_COUNT_DURATION": _SOON,
}


@dataclass(frozen=True)
class KinesisMock:
    """A kinesis-mock that answers at `endpoint`, without encryption; it accepts any credentials."""

    endpoint: str
    log: Path


@contextmanager
def kinesis_mock(
    folder: Path, *, port: int = 0, settings: Mapping[str, str] | None = None, say: Say = lambda _: None
) -> Iterator[KinesisMock]:
    """Kinesis as a process until the end of the block; its log is in `folder`.

    Account 000000000000, region us-east-1. `port` 0 is a free one; `settings` are kinesis-mock's own. The first time,
    npm installs it; `say` receives messages. Raises EmulatorSetupError (no Node.js, no npm), EmulatorError, CacheError.
    """
    program, package = node(), kinesis_local(say)
    log = folder / "kinesis.log"
    plain = port or free_port()
    environment = {
        **os.environ,
        **_SETTINGS,
        "AWS_REGION": "us-east-1",
        "KINESIS_MOCK_PLAIN_PORT": str(plain),
        "KINESIS_MOCK_TLS_PORT": str(free_port()),
        **(settings or {}),
    }
    # It reads its certificate from the folder it is started in.
    with serving(
        "kinesis-mock", [program, "main.js"], plain, log=log, folder=package, environment=environment
    ) as endpoint:
        yield KinesisMock(endpoint, log)
