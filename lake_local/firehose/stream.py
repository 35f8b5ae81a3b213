"""A delivery stream: its settings, as Firehose has them, and the objects that it writes."""

from __future__ import annotations

import hashlib
import uuid
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
from isal import igzip

from lake.errors import UsageError
from lake.objects import Store
from lake.objects.layout import hour_of
from lake_local.firehose.prefix import PROCESSING_FAILED, check_prefixes, evaluate

LARGEST_RECORD = 1000 * 1024  # bytes; PutRecord refuses more
_MEGABYTE = 1 << 20
_GZIP_LEVEL = 2  # isal's own default scale, 0 to 3


@dataclass(frozen=True)
class Stream:
    """A Firehose stream's configuration. Raises UsageError for one that Firehose refuses.

    `newlines` is its AppendDelimiterToRecord; None appends one unless records are compressed before they are put,
    since a line feed between gzip members is no help to any reader. `gzip` is its own compression, of whole objects.
    """

    name: str
    prefix: str
    error_prefix: str | None
    buffer_mb: int = 5
    buffer_seconds: int = 300
    gzip: bool = False
    newlines: bool | None = None
    compress_records: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.buffer_mb <= 128:
            raise UsageError(f"buffering {self.buffer_mb} MB: Firehose buffers from 1 to 128 MB")
        if not 60 <= self.buffer_seconds <= 900:
            raise UsageError(f"buffering {self.buffer_seconds} seconds: Firehose buffers from 60 to 900 seconds")
        check_prefixes(self.prefix, self.error_prefix)
        if "!{partitionKeyFrom" in self.prefix:
            raise UsageError(
                f"reading the prefix {self.prefix!r}: `lake land` has no dynamic partitioning; "
                "leave partition keys out of the prefix"
            )

    @property
    def delimiter(self) -> bytes:
        newlines = not self.compress_records if self.newlines is None else self.newlines
        return b"\n" if newlines else b""


@dataclass(frozen=True)
class Landed:
    """An object that was written; `records` of them, `size` bytes as stored."""

    key: str
    records: int
    size: int
    hour: str


@dataclass
class Delivered:
    """What became of everything that was read: records = delivered + refused.

    A file that is delivered whole is one record, as Firehose sees it, and one of `whole_files`.
    """

    records: int = 0
    delivered: int = 0
    refused: int = 0
    blank_lines: int = 0
    whole_files: int = 0
    objects: list[Landed] = field(default_factory=list)
    error_objects: list[Landed] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(landed.size for landed in self.objects)


class Buffer:
    """Records on their way to one object; `write` is called with it when it is full, or has waited long enough."""

    def __init__(self, stream: Stream, delimiter: bytes, write: Callable[[bytes, int, datetime], None]) -> None:
        self._most_bytes = stream.buffer_mb * _MEGABYTE
        self._most_seconds = stream.buffer_seconds
        self._delimiter = delimiter
        self._write = write
        self._clear()

    def add(self, data: bytes, arrived_at: datetime) -> None:
        size = len(data) + len(self._delimiter)
        if self._parts and (self._size + size > self._most_bytes or self._has_waited(arrived_at)):
            self.flush()
        self._parts.append(data)
        self._parts.append(self._delimiter)
        self._records += 1
        self._size += size
        if self._records == 1:
            self._opened_at = self._oldest_at = arrived_at
        elif arrived_at is not self._opened_at and arrived_at < self._oldest_at:
            self._oldest_at = arrived_at

    def flush(self) -> None:
        if self._parts:
            data, records, oldest_at = b"".join(self._parts), self._records, self._oldest_at
            self._clear()
            self._write(data, records, oldest_at)

    def _has_waited(self, arrived_at: datetime) -> bool:
        if arrived_at is self._opened_at:
            return False
        # In either direction: where arrivals are not in order, hours apart must not share an object.
        return abs((arrived_at - self._opened_at).total_seconds()) >= self._most_seconds

    def _clear(self) -> None:
        self._parts: list[bytes] = []
        self._records = 0
        self._size = 0
        self._opened_at = self._oldest_at = datetime.min.replace(tzinfo=UTC)


class Firehose:
    """Takes records, and writes objects into a store as a delivery stream does. Close it to flush what is left."""

    def __init__(self, stream: Stream, store: Store) -> None:
        self.stream = stream
        self.store = store
        self.delivered = Delivered()
        self._names: Counter[bytes] = Counter()
        self._rows = Buffer(stream, stream.delimiter, self._write_rows)
        self._errors = Buffer(stream, b"\n", self._write_errors)

    def put(self, data: bytes, arrived_at: datetime) -> None:
        """One record. One that is larger than Firehose takes goes to the error output, whole."""
        self.delivered.records += 1
        if self.stream.compress_records:
            data = igzip.compress(data, _GZIP_LEVEL, mtime=0)
        if len(data) <= LARGEST_RECORD:
            self.delivered.delivered += 1
            self._rows.add(data, arrived_at)
        else:
            self.delivered.refused += 1
            self._errors.add(_too_large(data, arrived_at), arrived_at)

    def put_whole(self, data: bytes | memoryview, arrived_at: datetime) -> None:
        """A file that becomes an object of its own, byte for byte, whatever its size."""
        self.delivered.records += 1
        self.delivered.delivered += 1
        self.delivered.whole_files += 1
        self._write_rows(data, 1, arrived_at)

    def close(self) -> Delivered:
        self._rows.flush()
        self._errors.flush()
        return self.delivered

    def _write_rows(self, data: bytes | memoryview, records: int, oldest_at: datetime) -> None:
        suffix = ""
        if self.stream.gzip:
            data, suffix = igzip.compress(data, _GZIP_LEVEL, mtime=0), ".gz"
        prefix = evaluate(self.stream.prefix, oldest_at)
        self.delivered.objects.append(self._write(prefix, data, records, oldest_at, suffix))

    def _write_errors(self, data: bytes, records: int, oldest_at: datetime) -> None:
        prefix = evaluate(self.stream.error_prefix or self.stream.prefix, oldest_at, PROCESSING_FAILED)
        self.delivered.error_objects.append(self._write(prefix, data, records, oldest_at, ""))

    def _write(self, prefix: str, data: bytes | memoryview, records: int, oldest_at: datetime, suffix: str) -> Landed:
        key = f"{prefix}{self._object_name(data, oldest_at)}{suffix}"
        self.store.write(key, data)
        return Landed(key, records, len(data), hour_of(oldest_at))

    def _object_name(self, data: bytes | memoryview, oldest_at: datetime) -> str:
        """Firehose's name, its uuid taken from the content.

        The same delivery made again writes the same objects, so a demonstration can be repeated; two equal objects
        within one delivery differ by a count, since both must stay.
        """
        digest = hashlib.sha256(data)
        time = oldest_at.astimezone(UTC)
        digest.update(f"{self.stream.name} {time.isoformat()}".encode())
        self._names[digest.digest()] += 1
        digest.update(str(self._names[digest.digest()]).encode())
        identity = uuid.UUID(bytes=digest.digest()[:16], version=4)
        return f"{self.stream.name}-1-{time:%Y-%m-%d-%H-%M-%S}-{identity}"


def _too_large(data: bytes, arrived_at: datetime) -> bytes:
    """A line of Firehose's error output: the fields that it documents for records whose processing failed."""
    milliseconds = int(arrived_at.timestamp() * 1000)
    return orjson.dumps(
        {
            "attemptsMade": 1,
            "arrivalTimestamp": milliseconds,
            "errorCode": "Record.TooLarge",
            "errorMessage": f"The record has {len(data)} bytes; a record can have {LARGEST_RECORD} at most. "
            "Compress it before it is put, or deliver the file as a whole.",
            "attemptEndingTimestamp": milliseconds,
            "rawData": b64encode(data).decode(),
        }
    )
