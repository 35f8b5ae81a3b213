"""Where events come from: a table of raw records (payload BYTES, shard STRING), the same for every connector."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lake.errors import StorageError
from lake.flink.connectors import (
    FILE_SHARD,
    KINESIS_SHARD,
    Options,
    file_source,
    kinesis_source,
    with_clause,
)
from lake.flink.endpoints import parse_endpoint
from lake.flink.properties import Properties

if TYPE_CHECKING:
    from pyflink.table import StreamTableEnvironment

FOREVER = timedelta(days=36_500)
HOLD = timedelta(seconds=10)
"""From the first record on; by then, each shard's reader has had its turn."""


class Source(Protocol):
    """A source of raw records."""

    @property
    def is_bounded(self) -> bool:
        """Whether it ends."""

    @property
    def hold(self) -> timedelta:
        """For how long after a start no watermark may be made, so that every shard is read first."""

    def declare(self, env: StreamTableEnvironment, name: str) -> None:
        """Registers the table: payload BYTES, shard STRING."""


@dataclass(frozen=True)
class FileSource:
    """A folder of NDJSON, every line a record, every file a shard; it ends.

    Files are read one after the other, so where there are several, event time cannot move before all have been read:
    nothing is late, and every session closes at the end. One file alone is read in its order, as one shard.
    """

    folder: str

    @property
    def is_bounded(self) -> bool:
        return True

    @property
    def hold(self) -> timedelta:
        return FOREVER if self._files() != 1 else timedelta(0)

    def declare(self, env: StreamTableEnvironment, name: str) -> None:
        if self._files() == 0:
            raise StorageError(f"reading events from {self.folder}: no files found; expected a folder of NDJSON")
        env.execute_sql(_declaration(name, FILE_SHARD, file_source(self.folder)))

    def _files(self) -> int | None:
        """How many files there are, None where that cannot be said."""
        if "://" in self.folder:
            return None
        path = Path(self.folder)
        if path.is_file():
            return 1
        return sum(1 for file in path.rglob("*") if file.is_file() and not file.name.startswith((".", "_")))


@dataclass(frozen=True)
class KinesisSource:
    """A Kinesis data stream."""

    stream: str
    properties: Properties

    @property
    def is_bounded(self) -> bool:
        return False

    @property
    def hold(self) -> timedelta:
        return min(self.properties.idle_timeout or HOLD, HOLD)

    def declare(self, env: StreamTableEnvironment, name: str) -> None:
        env.execute_sql(_declaration(name, KINESIS_SHARD, kinesis_source(self.stream, self.properties)))


def source_of(properties: Properties) -> Source:
    """The source that the properties name. Raises PropertyError."""
    endpoint = parse_endpoint(properties.source, "source", ("kinesis", "file"))
    return FileSource(endpoint.name) if endpoint.kind == "file" else KinesisSource(endpoint.name, properties)


def _declaration(name: str, shard: str, options: Options) -> str:
    return (
        f"CREATE TEMPORARY TABLE {name} (\n"
        f"  payload BYTES,\n"
        f"  shard STRING NOT NULL METADATA FROM '{shard}' VIRTUAL\n"
        f") {with_clause(options)}"
    )
