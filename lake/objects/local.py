"""A root that is a local folder."""

# A listing of many small objects would spend most of its time in pathlib.
# ruff: noqa: PTH103, PTH105, PTH106, PTH108, PTH112, PTH116, PTH120, PTH123

from __future__ import annotations

import builtins
import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow.fs as pafs

from lake.errors import StorageError
from lake.objects.store import StoredObject

TEMPORARY = ".tmp"  # files being written lie here, below the root, so that the final rename stays on one disk
_ABANDONED_AFTER = 24 * 3600  # seconds; a writer that was killed leaves its temporary file behind
_MOVES = 100  # attempts to rename a file into a folder that others may be removing

_NEXT_STEP = {
    errno.ENOSPC: "the disk is full: free space on it (`lake vacuum` removes what no partition points to)",
    errno.EDQUOT: "the disk quota is used up: free space (`lake vacuum` removes what no partition points to)",
    errno.EROFS: "the disk is mounted read-only: choose another root with --root",
    errno.EACCES: "permission denied: grant this user access, or choose another root with --root",
    errno.EPERM: "not permitted: grant this user access, or choose another root with --root",
    errno.ENOENT: "file not found",
    errno.ENOTDIR: "a part of this path is a file, expected a folder: remove it, or choose another --root",
    errno.EEXIST: "a part of this path is a file, expected a folder: remove it, or choose another --root",
    errno.EISDIR: "expected an object, found a folder",
    errno.ENAMETOOLONG: "a name in this path is longer than the file system allows (255 bytes): shorten it",
}


def _refusal(doing: str, path: str, error: OSError) -> StorageError:
    if doing == "writing" and error.errno == errno.ENOENT:
        return StorageError(f"writing {path}: its folder cannot be created; choose another root with --root")
    step = _NEXT_STEP.get(error.errno or 0, error.strerror or str(error))
    return StorageError(f"{doing} {path}: {step}")


class LocalStore:
    """Objects in a folder, which the first write creates.

    A killed process never leaves half an object. Nothing is flushed to the disk itself, so a power cut may lose
    what was written in the seconds before it.
    """

    def __init__(self, root: Path) -> None:
        self.uri = str(root)
        self._swept = False

    def list(self, prefix: str) -> list[StoredObject]:
        found = list(self._below(prefix))
        return sorted(found, key=lambda stored: stored.key)  # by code point, which is S3's order of UTF-8 bytes

    def folders(self, prefix: str) -> builtins.list[str]:
        return sorted(entry.name for entry in self._entries(prefix) if entry.is_dir())

    def open(self, key: str) -> BinaryIO:
        path = self._path(key)
        try:
            return open(path, "rb")
        except OSError as error:
            raise _refusal("reading", path, error) from error

    def read(self, key: str) -> bytes:
        path = self._path(key)
        with self.open(key) as stream:
            try:
                return stream.read()
            except OSError as error:
                raise _refusal("reading", path, error) from error

    def read_if_exists(self, key: str) -> bytes | None:
        try:
            return self.read(key)
        except StorageError as error:
            if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError | IsADirectoryError):
                return None
            raise

    def write(self, key: str, data: bytes | memoryview) -> None:
        path = self._path(key)
        temporary = self._temporary()
        try:
            with open(temporary, "wb") as stream:
                stream.write(data)
            _move_into_place(temporary, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise _refusal("writing", path, error) from error

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects, and folders that become empty, since S3 has no empty folders."""
        emptied = set()
        for key in keys:
            path = self._path(key)
            try:
                os.unlink(path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise _refusal("deleting", path, error) from error
            emptied.add(os.path.dirname(path))
        for folder in emptied:
            self._remove_empty(folder)

    def uri_of(self, key: str) -> str:
        return self._path(key)

    def arrow(self) -> tuple[pafs.FileSystem, str]:
        return pafs.LocalFileSystem(), self.uri

    def _path(self, key: str) -> str:
        if "\0" in key or any(part in ("", ".", "..") for part in key.split("/")):
            raise StorageError(
                f"finding {key!r} below {self.uri}: expected names between single slashes, none of them '.' or '..'"
            )
        return f"{self.uri}/{key}"

    def _folder(self, prefix: str) -> str:
        prefix = prefix.strip("/")
        return self._path(prefix) if prefix else self.uri

    def _entries(self, prefix: str) -> Iterator[os.DirEntry[str]]:
        """Entries of a folder, without temporary files; none if the folder does not exist."""
        folder = self._folder(prefix)
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if folder != self.uri or entry.name != TEMPORARY:
                        yield entry
        except FileNotFoundError:
            return
        except OSError as error:
            if isinstance(error, NotADirectoryError) and os.path.isdir(self.uri):
                return  # the prefix names an object: nothing is below it
            raise _refusal("listing", folder, error) from error

    def _below(self, prefix: str) -> Iterator[StoredObject]:
        prefix = prefix.strip("/")
        for entry in self._entries(prefix):
            key = f"{prefix}/{entry.name}" if prefix else entry.name
            if entry.is_dir():
                yield from self._below(key)
            elif (stored := _stored(entry, key)) is not None:
                yield stored

    def _temporary(self) -> str:
        """A new name for a file being written; the first call also removes what killed writers left behind."""
        folder = f"{self.uri}/{TEMPORARY}"
        try:
            os.makedirs(folder, exist_ok=True)
            if not self._swept:
                self._swept = True
                with os.scandir(folder) as entries:
                    for entry in entries:
                        with contextlib.suppress(OSError):  # another process clears the same folder
                            if entry.stat().st_mtime < time.time() - _ABANDONED_AFTER:
                                os.unlink(entry.path)
        except OSError as error:
            raise _refusal("writing", folder, error) from error
        return f"{folder}/{secrets.token_hex(8)}"

    def _remove_empty(self, folder: str) -> None:
        while folder.startswith(self.uri + "/"):
            try:
                os.rmdir(folder)
            except OSError:  # not empty, or someone else's to remove
                return
            folder = os.path.dirname(folder)


def _stored(entry: os.DirEntry[str], key: str) -> StoredObject | None:
    try:
        status = entry.stat()
    except FileNotFoundError:  # removed since the folder was read
        return None
    except OSError as error:
        raise _refusal("listing", entry.path, error) from error
    try:
        key.encode()
    except UnicodeEncodeError as error:
        raise StorageError(f"listing {os.fsencode(entry.path)!r}: the name is not UTF-8; rename the file") from error
    modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
    return StoredObject(key, status.st_size, f"{status.st_size}-{status.st_mtime_ns}", modified_at)


def _move_into_place(temporary: str, path: str) -> None:
    """Rename over `path`, with a later modification time than what it replaces: the etag must change.

    The file system's clock ticks in milliseconds, and two writes can fall into one tick.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        replaced = os.stat(path).st_mtime_ns
        status = os.stat(temporary)
        if status.st_mtime_ns <= replaced:
            os.utime(temporary, ns=(status.st_atime_ns, replaced + 1))
    for attempt in range(_MOVES):
        try:
            os.replace(temporary, path)
            return
        except FileNotFoundError:  # the folder is not there yet, or a deletion beside us has just emptied it
            if attempt == _MOVES - 1:
                raise
            with contextlib.suppress(FileNotFoundError, FileExistsError):  # a folder may go while it is looked at
                os.makedirs(os.path.dirname(path), exist_ok=True)
