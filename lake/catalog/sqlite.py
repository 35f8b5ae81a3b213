"""The catalog of a local root: one SQLite file, catalog.sqlite, in it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

from lake.catalog.model import Buckets, CatalogTable, CatalogView, Partition, check_location
from lake.catalog.sqlite_file import BUSY_SECONDS, SqliteFile
from lake.errors import CatalogError


class SqliteCatalog:
    """Tables, views and partitions in `<root>/catalog.sqlite`, created by the first write; empty before.

    A write waits `busy_seconds` for those of other processes.
    """

    def __init__(self, root: Path | str, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = Path(root) / "catalog.sqlite"
        self._file = SqliteFile(self.path, busy_seconds)

    def tables(self) -> list[tuple[str, str]]:
        def read(db: sqlite3.Connection) -> list[tuple[str, str]]:
            return [(row[0], row[1]) for row in db.execute("SELECT database, name FROM tables ORDER BY 1, 2")]

        return self._file.read(read, [])

    def table(self, database: str, table: str) -> CatalogTable | None:
        return self._file.read(lambda db: _table(db, database, table), None)

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

        self._file.write(doing, put)

    def views(self) -> list[tuple[str, str]]:
        def read(db: sqlite3.Connection) -> list[tuple[str, str]]:
            return [(row[0], row[1]) for row in db.execute("SELECT database, name FROM views ORDER BY 1, 2")]

        return self._file.read(read, [], since_version=2)

    def view(self, database: str, name: str) -> CatalogView | None:
        return self._file.read(lambda db: _view(db, database, name), None, since_version=2)

    def put_view(self, view: CatalogView) -> None:
        if self.view(view.database, view.name) == view:
            return
        doing = f"putting the view {view.database}.{view.name}"

        def put(db: sqlite3.Connection) -> None:
            if _table(db, view.database, view.name) is not None:
                raise CatalogError(f"{doing} in {self.path}: a table has that name; choose another for the view")
            _set_view(db, view)

        self._file.write(doing, put)

    def replace_view(self, view: CatalogView, expected: CatalogView) -> bool:
        def compare_and_set(db: sqlite3.Connection) -> bool:
            if _view(db, view.database, view.name) != expected:
                return False
            _set_view(db, view)
            return True

        return self._file.write(f"replacing the view {view.database}.{view.name}", compare_and_set)

    def drop_view(self, database: str, name: str) -> None:
        if self.view(database, name) is None:
            return
        statement = "DELETE FROM views WHERE database = ? AND name = ?"
        self._file.write(f"dropping the view {database}.{name}", lambda db: db.execute(statement, (database, name)))

    def partitions(
        self, database: str, table: str, since: str | None = None, until: str | None = None
    ) -> list[Partition]:
        query = """SELECT dt, location, parameters FROM partitions WHERE database = ? AND name = ?
            AND (? IS NULL OR dt >= ?) AND (? IS NULL OR dt < ?) ORDER BY dt"""
        values = (database, table, since, since, until, until)
        return self._file.read(lambda db: [_partition(row) for row in db.execute(query, values)], [])

    def partition(self, database: str, table: str, dt: str) -> Partition | None:
        return self._file.read(lambda db: _find_partition(db, database, table, dt), None)

    def publish(self, database: str, table: str, partition: Partition, expected: Partition | None) -> bool:
        check_location(partition.location)
        doing = f"publishing {database}.{table} dt={partition.dt}"

        def compare_and_set(db: sqlite3.Connection) -> bool:
            if _table(db, database, table) is None:
                raise CatalogError(f"{doing} in {self.path}: table not found; put the table first")
            if _find_partition(db, database, table, partition.dt) != expected:
                return False
            row = (database, table, partition.dt, partition.location, json.dumps(partition.parameters))
            db.execute("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?, ?, ?)", row)
            return True

        return self._file.write(doing, compare_and_set)

    def drop_partition(self, database: str, table: str, dt: str) -> None:
        if self.partition(database, table, dt) is None:
            return
        statement = "DELETE FROM partitions WHERE database = ? AND name = ? AND dt = ?"
        self._file.write(
            f"dropping {database}.{table} dt={dt}", lambda db: db.execute(statement, (database, table, dt))
        )


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
