"""The SQLite file of a local catalog: opened, waited for, read, written, and brought to this release's schema.

Write-ahead logging lets any number of readers poll while a writer commits. Every call opens the file again, so a
catalog can be shared between threads, forked and pickled.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from lake.errors import CatalogError

SCHEMA_VERSION = 2
BUSY_SECONDS = 30.0

# By version, what brings a file of the version before to it. A new file goes through all of them.
_MIGRATIONS = {
    1: (
        """CREATE TABLE tables (
            database TEXT NOT NULL, name TEXT NOT NULL, columns TEXT NOT NULL, partition_keys TEXT NOT NULL,
            location TEXT NOT NULL, parameters TEXT NOT NULL, PRIMARY KEY (database, name)) WITHOUT ROWID""",
        """CREATE TABLE partitions (
            database TEXT NOT NULL, name TEXT NOT NULL, dt TEXT NOT NULL, location TEXT NOT NULL,
            parameters TEXT NOT NULL, PRIMARY KEY (database, name, dt))""",
    ),
    2: (
        "ALTER TABLE tables ADD COLUMN buckets TEXT",
        """CREATE TABLE views (
            database TEXT NOT NULL, name TEXT NOT NULL, sql TEXT NOT NULL, columns TEXT NOT NULL,
            parameters TEXT NOT NULL, PRIMARY KEY (database, name)) WITHOUT ROWID""",
    ),
}
# Other than SQLITE_BUSY, which the connection's own timeout waits for: a file whose last writer was killed, or is
# just leaving, can answer with these for a moment.
_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
# What a full disk answers: to a write, and, where the log's shared memory does not fit, to any access.
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}

T = TypeVar("T")


class SqliteFile:
    """One database file, made by the first write. Every method raises CatalogError, saying what to do next."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self.busy_seconds = busy_seconds

    def read(self, read: Callable[[sqlite3.Connection], T], nothing: T, since_version: int = 1) -> T:
        """What is read, or `nothing` where the file is not there yet, or is of a version without it."""

        def attempt() -> T:
            if not self.path.exists():
                return nothing
            try:
                with self._connection("rw") as db:
                    return read(db) if self._version(db) >= since_version else nothing
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in _NO_ROOM or self._has_log():
                    raise
            # A full disk has no room for a log's shared-memory file. Vacuum, which makes room, has to read, too.
            with self._connection("immutable") as db:
                return read(db) if self._version(db) >= since_version else nothing

        return self._patiently("reading", attempt)

    def write(self, doing: str, write: Callable[[sqlite3.Connection], T]) -> T:
        def attempt() -> T:
            if not self.path.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._connection("rwc") as db:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("BEGIN IMMEDIATE")  # rolled back where the connection closes without a commit
                self._migrate(db)
                result = write(db)
                db.execute("COMMIT")
                return result

        return self._patiently(doing, attempt)

    @contextlib.contextmanager
    def _connection(self, mode: str) -> Iterator[sqlite3.Connection]:
        if mode == "rw" and not os.access(self.path.parent, os.W_OK):
            # A reader who may not write the folder cannot make the shared-memory file that a log is read through;
            # without a log nobody is writing, and the file can be read as it lies.
            mode = "ro" if self._has_log() else "immutable"
        options = "mode=ro&immutable=1" if mode == "immutable" else f"mode={mode}"
        uri = f"{self.path.absolute().as_uri()}?{options}"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=self.busy_seconds, isolation_level=None)) as db:
            yield db

    def _has_log(self) -> bool:
        """Whether there are writes that are not in the file yet."""
        with contextlib.suppress(FileNotFoundError):
            return self.path.with_name(f"{self.path.name}-wal").stat().st_size > 0
        return False

    def _version(self, db: sqlite3.Connection) -> int:
        """The file's schema version, 0 where nothing has been written yet; refuses one that is newer than ours."""
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise CatalogError(
                f"opening {self.path}: it has schema version {version}, and this release knows up to "
                f"{SCHEMA_VERSION}: use the newer release that wrote it"
            )
        return version

    def _migrate(self, db: sqlite3.Connection) -> None:
        """Bring the file to this release's version, within the transaction of a write: readers may lack the right."""
        for version in range(self._version(db) + 1, SCHEMA_VERSION + 1):
            for statement in _MIGRATIONS[version]:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {version}")

    def _patiently(self, doing: str, attempt: Callable[[], T]) -> T:
        deadline = time.monotonic() + self.busy_seconds
        while True:
            try:
                return attempt()
            except (sqlite3.Error, OSError) as error:
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                if code in _PASSING and time.monotonic() < deadline:
                    time.sleep(0.01)
                    continue
                raise CatalogError(
                    f"{doing} in {self.path}: {error}; {_next_step(error, code, self.busy_seconds)}"
                ) from error


def _next_step(error: Exception, code: int, busy_seconds: float) -> str:
    if code in _PASSING:
        return f"another process has held it for {busy_seconds:.0f} seconds: see which one has it open"
    if code in _NO_ROOM:
        is_sure = code == sqlite3.SQLITE_FULL
        return f"the disk is full{'' if is_sure else ' or fails'}: free space (`lake vacuum` removes what is not used)"
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return "it is no whole catalog: restore it, or move it away and run the jobs again (raw objects hold all)"
    if isinstance(error, OSError) or code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return "let this user write the folder and the file, or choose another root with --root"
    return "see the message before this, and run again"
