"""Stored objects, and the interface of every store."""

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
        """All objects below the folder `prefix`, at any depth, sorted by key; without folder markers."""

    def folders(self, prefix: str) -> builtins.list[str]:
        """Names of the folders directly below the folder `prefix`, sorted; none if it does not exist."""

    def open(self, key: str) -> BinaryIO:
        """A stream over the object from its beginning, not held in memory."""

    def read(self, key: str) -> bytes:
        """The object's bytes, whole."""

    def read_if_exists(self, key: str) -> bytes | None:
        """The object's bytes, None if it does not exist."""

    def write(self, key: str, data: bytes | memoryview) -> None:
        """Write the object atomically: after a crash, and for readers, it is the old one (or missing) or complete."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; missing ones are ignored."""

    def uri_of(self, key: str) -> str:
        """The object's absolute path or s3:// URI."""

    def arrow(self) -> tuple[pafs.FileSystem, str]:
        """A pyarrow file system, and this root's path in it."""
