"""One file of a partition: its bytes, its footer, and every row in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from lake.errors import StorageError
from lake.objects import Store, StoredObject
from lake.ops.verify.contents import Expected, RowChecks, footer_problems
from lake.ops.verify.findings import Problem
from lake.write.bucket_files import bucket_in_name

WHOLE_BYTES = 32 << 20
"""Bytes up to which an object is fetched once, into memory; a larger one is fetched twice, a row group at a time."""

_CHUNK = 1 << 20

# Hive's and Trino's rules of a bucket file's whole name (Trino's HiveBucketing and BackgroundHiveSplitLoader).


@dataclass(frozen=True)
class FileFacts:
    """Facts of a file, before they are compared with the manifest.

    `sha256` is empty if only the footer was read; `rows` is None, and `unreadable` says why, if reading failed.
    """

    name: str
    size: int
    sha256: str
    rows: int | None
    unreadable: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class FileReader:
    """Reads files of one root, those of up to `whole_bytes` at once; `quick` stops at the footer. For all threads."""

    store: Store
    system: pafs.FileSystem
    base: str
    quick: bool
    whole_bytes: int

    @classmethod
    def of(cls, store: Store, quick: bool, whole_bytes: int = WHOLE_BYTES) -> FileReader:
        return cls(store, *store.arrow(), quick, whole_bytes)

    def facts(self, stored: StoredObject, expected: Expected) -> FileFacts:
        """Read a file. Its problems, also that it cannot be read, are in the result; nothing is raised for them."""
        name = stored.key.rpartition("/")[2]
        bucket, problems = bucket_in(name, expected)
        sha256, unreadable, rows = "", "", None
        try:
            sha256, source = self._fetched(stored)
            with pq.ParquetFile(source) as file:
                problems += footer_problems(file, expected, name)
                if not self.quick:
                    problems += _row_problems(file, RowChecks(expected, name, bucket))
                rows = file.metadata.num_rows
        except (OSError, ValueError, KeyError, pa.ArrowException, StorageError) as error:
            # Besides Arrow's own errors: names that are no UTF-8, or are there twice, in a footer that was damaged.
            unreadable = str(error).strip() or type(error).__name__
        return FileFacts(name, stored.size, sha256, rows, unreadable, tuple(problems))

    def _fetched(self, stored: StoredObject) -> tuple[str, Any]:
        """The digest of the object's bytes, and what Parquet is read from."""
        if not self.quick and stored.size <= self.whole_bytes:
            data = self.store.read(stored.key)
            # In Arrow's memory: its threads must not be the ones that free a Python object (see lake.cli.main).
            copy = pa.BufferOutputStream()
            copy.write(data)
            return hashlib.sha256(data).hexdigest(), pa.BufferReader(copy.getvalue())
        sha256 = "" if self.quick else self._digest(stored.key)
        return sha256, self.system.open_input_file(f"{self.base}/{stored.key}")

    def _digest(self, key: str) -> str:
        digest = hashlib.sha256()
        with self.store.open(key) as stream:
            for chunk in iter(lambda: stream.read(_CHUNK), b""):
                digest.update(chunk)
        return digest.hexdigest()


def bucket_in(name: str, expected: Expected) -> tuple[int | None, list[Problem]]:
    """The bucket in a file's name; None if the table has no buckets, or the name has no valid one."""
    if expected.bucketing is None:
        return None, []
    bucket, count = bucket_in_name(name), expected.bucketing.count
    if bucket is None:
        message = "no bucket in its name (expected 000000_0-...); Athena and Trino fail on every query of the hour"
        return None, [Problem("file_name", message, name)]
    if bucket >= count:
        message = (
            f"bucket {bucket} in its name, expected less than {count}; Athena and Trino fail on every query of the hour"
        )
        return None, [Problem("file_name", message, name)]
    return bucket, []


def _row_problems(file: pq.ParquetFile, checks: RowChecks) -> Iterator[Problem]:
    for group in range(file.metadata.num_row_groups):
        checks.see(file.read_row_group(group))
    yield from checks.problems()
