"""The catalog of a local root: one SQLite file, catalog.sqlite, in it.

Write-ahead logging lets any number of readers poll while a writer commits. Every call opens the file anew, so a
catalog can be shared between threads, forked and pickled.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from lake.catalog.model import Buckets, CatalogTable, CatalogView, Partition, check_location
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


class SqliteCatalog:
    """Tables, views and partitions in `<root>/catalog.sqlite`, made by the first write; empty where there is none."""

    def __init__(self, root: Path | str) -> None:
        self.path = Path(root) / "catalog.sqlite"

    def tables(self) -> list[tuple[str, str]]:
        def read(db: sqlite3.Connection) -> list[tuple[str, str]]:
            return [(row[0], row[1]) for row in db.execute("SELECT database, name FROM tables ORDER BY 1, 2")]

        return self._read(read, [])

    def table(self, database: str, table: str) -> CatalogTable | None:
        return self._read(lambda db: _table(db, database, table), None)

    def put_table(self, table: CatalogTable) -> None:
        check_location(table.location)
        if self.table(table.database, table.name) == table:
            return
        doing = f"putting the table {table.database}.{table.name}"
        row = (
            table.database,
            table.name,
            json.dumps(table.columns),
            json.dumps(table.partition_keys),
            table.location,
            json.dumps(table.parameters),
            None if table.buckets is None else json.dumps(asdict(table.buckets)),
        )

        def put(db: sqlite3.Connection) -> None:
            if _view(db, table.database, table.name) is not None:
                raise CatalogError(
                    f"{doing} in {self.path}: a view has that name; drop the view, or give the table another name in "
                    "its contract"
                )
            db.execute("INSERT OR REPLACE INTO tables VALUES (?, ?, ?, ?, ?, ?, ?)", row)

        self._write(doing, put)

    def views(self) -> list[tuple[str, str]]:
        def read(db: sqlite3.Connection) -> list[tuple[str, str]]:
            return [(row[0], row[1]) for row in db.execute("SELECT database, name FROM views ORDER BY 1, 2")]

        return self._read(read, [], since_version=2)

    def view(self, database: str, name: str) -> CatalogView | None:
        return self._read(lambda db: _view(db, database, name), None, since_version=2)

    def put_view(self, view: CatalogView) -> None:
        if self.view(view.database, view.name) == view:
            return
        doing = f"putting the view {view.database}.{view.name}"

        def put(db: sqlite3.Connection) -> None:
            if _table(db, view.database, view.name) is not None:
                raise CatalogError(f"{doing} in {self.path}: a table has that name; choose another for the view")
            _set_view(db, view)

        self._write(doing, put)

    def replace_view(self, view: CatalogView, expected: CatalogView) -> bool:
        def compare_and_set(db: sqlite3.Connection) -> bool:
            if _view(db, view.database, view.name) != expected:
                return False
            _set_view(db, view)
            return True

        return self._write(f"replacing the view {view.database}.{view.name}", compare_and_set)

    def drop_view(self, database: str, name: str) -> None:
        if self.view(database, name) is None:
            return
        statement = "DELETE FROM views WHERE database = ? AND name = ?"
        self._write(f"dropping the view {database}.{name}", lambda db: db.execute(statement, (database, name)))

    def partitions(
        self, database: str, table: str, since: str | None = None, until: str | None = None
    ) -> list[Partition]:
        query = """SELECT dt, location, parameters FROM partitions WHERE database = ? AND name = ?
            AND (? IS NULL OR dt >= ?) AND (? IS NULL OR dt < ?) ORDER BY dt"""
        values = (database, table, since, since, until, until)
        return self._read(lambda db: [_partition(row) for row in db.execute(query, values)], [])

    def partition(self, database: str, table: str, dt: str) -> Partition | None:
        return self._read(lambda db: _find_partition(db, database, table, dt), None)

    def publish(self, database: str, table: str, partition: Partition, expected: Partition | None) -> bool:
        check_location(partition.location)
        doing = f"publishing {database}.{table} dt={partition.dt}"

        def compare_and_set(db: sqlite3.Connection) -> bool:
            if _table(db, database, table) is None:
                raise CatalogError(f"{doing} in {self.path}: there is no such table; put the table first")
            if _find_partition(db, database, table, partition.dt) != expected:
                return False
            row = (database, table, partition.dt, partition.location, json.dumps(partition.parameters))
            db.execute("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?, ?, ?)", row)
            return True

        return self._write(doing, compare_and_set)

    def drop_partition(self, database: str, table: str, dt: str) -> None:
        if self.partition(database, table, dt) is None:
            return
        statement = "DELETE FROM partitions WHERE database = ? AND name = ? AND dt = ?"
        self._write(f"dropping {database}.{table} dt={dt}", lambda db: db.execute(statement, (database, table, dt)))

    def _read(self, read: Callable[[sqlite3.Connection], T], nothing: T, since_version: int = 1) -> T:
        """What is read, or `nothing` where the file is not there yet, or of a version that had no such thing."""

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

    def _write(self, doing: str, write: Callable[[sqlite3.Connection], T]) -> T:
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
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as db:
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
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return attempt()
            except (sqlite3.Error, OSError) as error:
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                if code in _PASSING and time.monotonic() < deadline:
                    time.sleep(0.01)
                    continue
                raise CatalogError(f"{doing} in {self.path}: {error}; {_next_step(error, code)}") from error


def _next_step(error: Exception, code: int) -> str:
    if code in _PASSING:
        return f"another process has held it for {BUSY_SECONDS:.0f} seconds: see which one has it open"
    if code in _NO_ROOM:
        is_sure = code == sqlite3.SQLITE_FULL
        return f"the disk is full{'' if is_sure else ' or fails'}: free space (`lake vacuum` removes what is not used)"
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return "it is no whole catalog: restore it, or move it away and run the jobs again (raw objects hold all)"
    if isinstance(error, OSError) or code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return "let this user write the folder and the file, or choose another root with --root"
    return "see the message before this, and run again"


def _table(db: sqlite3.Connection, database: str, table: str) -> CatalogTable | None:
    row = db.execute("SELECT * FROM tables WHERE database = ? AND name = ?", (database, table)).fetchone()
    if row is None:
        return None
    columns, keys = json.loads(row[2]), json.loads(row[3])
    buckets = json.loads(row[6] or "null") if len(row) > 6 else None  # a file of version 1 that is only read
    return CatalogTable(
        database,
        table,
        tuple((name, hive_type, comment) for name, hive_type, comment in columns),
        tuple((name, hive_type) for name, hive_type in keys),
        row[4],
        json.loads(row[5]),
        buckets and Buckets(tuple(buckets["columns"]), buckets["count"], tuple(buckets["sorted_by"])),
    )


def _view(db: sqlite3.Connection, database: str, name: str) -> CatalogView | None:
    query = "SELECT sql, columns, parameters FROM views WHERE database = ? AND name = ?"
    row = db.execute(query, (database, name)).fetchone()
    if row is None:
        return None
    columns = tuple((column, kind, comment) for column, kind, comment in json.loads(row[1]))
    return CatalogView(database, name, row[0], columns, json.loads(row[2]))


def _set_view(db: sqlite3.Connection, view: CatalogView) -> None:
    row = (view.database, view.name, view.sql, json.dumps(view.columns), json.dumps(view.parameters))
    db.execute("INSERT OR REPLACE INTO views VALUES (?, ?, ?, ?, ?)", row)


def _find_partition(db: sqlite3.Connection, database: str, table: str, dt: str) -> Partition | None:
    query = "SELECT dt, location, parameters FROM partitions WHERE database = ? AND name = ? AND dt = ?"
    row = db.execute(query, (database, table, dt)).fetchone()
    return None if row is None else _partition(row)


def _partition(row: tuple[str, str, str]) -> Partition:
    return Partition(row[0], row[1], json.loads(row[2]))
