"""What a root's objects are, and what every store of them can do, whichever kind it is."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

import pyarrow.fs as pafs


@dataclass(frozen=True, order=True)
class StoredObject:
    """An object below a root. `etag` changes whenever the bytes do (S3's ETag; size and mtime of a local file)."""

    key: str
    size: int
    etag: str
    modified_at: datetime


class Store(Protocol):
    """A root's objects, by key (relative, forward slashes). All methods raise StorageError, naming the URI."""

    uri: str

    def list(self, prefix: str) -> list[StoredObject]:
        """All objects below the folder `prefix`, at any depth, sorted by key; folder markers are left out."""

    def folders(self, prefix: str) -> builtins.list[str]:
        """Names of the folders right below the folder `prefix`, sorted; none where it does not exist."""

    def open(self, key: str) -> BinaryIO:
        """A stream to read the object from its beginning, without holding it in memory."""

    def read(self, key: str) -> bytes:
        """The object's bytes, whole."""

    def read_if_exists(self, key: str) -> bytes | None:
        """The object's bytes, None where there is no such object."""

    def write(self, key: str, data: bytes | memoryview) -> None:
        """Put the object whole: a reader, and a crash, leave either nothing (or the old object) or all of it."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are no error."""

    def uri_of(self, key: str) -> str:
        """Where the object lies: an absolute path, or an s3:// URI."""

    def arrow(self) -> tuple[pafs.FileSystem, str]:
        """A pyarrow file system, and the path in it that this root stands for."""
