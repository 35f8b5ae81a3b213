"""The two sides of a comparison, as tables of DuckDB: what an application's zip wrote, and what the jobs published."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from lake.contract.model import Table
from lake.flink.sinks import QUARANTINE_COLUMNS
from lake_local.flink.run import run_package
from tests.glue_jobs.day_lakes import COUNTS, EVENTS, SESSIONS, STREAMED, DayLake

_TYPES = {"string": "VARCHAR", "bigint": "BIGINT", "timestamp": "TIMESTAMP"}
_STATES = {"EventName": "VARCHAR", "EventHour": "VARCHAR", "EventCount": "BIGINT"}
SHOWN = 5
"""Of rows that only one side has, so many are shown."""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Sides:
    """A lake, and the folder below which each run of the stream has one of its own."""

    lake: DayLake
    packages: dict[str, Path]
    folder: Path

    @cached_property
    def db(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(":memory:", config={"threads": 2})
        connection.execute("SET TimeZone = 'UTC'")
        return connection

    def stream(self, app: str, source: Path, name: str, **properties: str) -> Path:
        """Runs an application over a file or folder to its end; returns its sink."""
        out = self.folder / name
        run_package(app, self.packages[app], {"source": str(source), "sink": str(out), **properties})
        return out

    def sessions_of_stream(self, out: Path) -> str:
        return _lines(out / "sessions", _columns(self.lake.lake.table(STREAMED)))

    def late_of_stream(self, out: Path) -> str:
        return _lines(out / "late", _columns(self.lake.lake.table(EVENTS)))

    def rejects_of_stream(self, out: Path) -> str:
        names = dict.fromkeys((name for name, _ in QUARANTINE_COLUMNS), "VARCHAR")
        return f"SELECT * REPLACE (from_base64(payload) AS payload) FROM ({_lines(out / 'quarantine', names)})"

    def counts_of_stream(self, out: Path) -> str:
        """The last state of each count, which is its highest."""
        states = _lines(out / "counts", _STATES)
        return f"SELECT EventName, EventHour, max(EventCount) AS EventCount FROM ({states}) GROUP BY ALL"

    def sessions_of_batch(self) -> str:
        columns = _columns(self.lake.lake.table(SESSIONS))
        shown = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in columns.items())
        return f"SELECT {shown} FROM {self._files(SESSIONS)}"

    def counts_of_batch(self) -> str:
        return f"SELECT event_name, event_hour, event_count FROM {self._files(COUNTS)}"

    def rejects_of_batch(self) -> str:
        return f"SELECT reason, payload FROM {self._files(f'{EVENTS}_quarantine')}"

    def events_of_batch(self) -> str:
        """Events, and `dt`, the hour of their arrival."""
        columns = {**_columns(self.lake.lake.table(EVENTS)), "dt": "VARCHAR"}
        shown = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in columns.items())
        return f"SELECT {shown} FROM {self._files(EVENTS)}"

    def only_on_one_side(self, one: str, other: str) -> dict[str, Rows]:
        """Some rows that the first has and the second has not, and the other way; a row that is there twice is two."""
        sides = {"only in the first": (one, other), "only in the second": (other, one)}
        found = {name: self.rows(f"({a}) EXCEPT ALL ({b}) LIMIT {SHOWN}") for name, (a, b) in sides.items()}
        return {name: rows for name, rows in found.items() if rows}

    def rows(self, sql: str) -> Rows:
        return self.db.execute(sql).fetchall()

    def number(self, sql: str) -> int:
        """The one number that a query gives, 0 for a sum of nothing."""
        return int(self.rows(sql)[0][0] or 0)

    def _files(self, table: str) -> str:
        store = self.lake.lake.store
        keys = [one.key for part in self.lake.partitions(table).values() for one in store.list(part.location)]
        paths = [f"'{self.lake.root}/{key}'" for key in sorted(keys) if key.endswith(".parquet")]
        assert paths, f"{table} has no rows"
        return f"read_parquet([{', '.join(paths)}], hive_partitioning = true)"


def _columns(table: Table) -> dict[str, str]:
    return {column.name: _TYPES[column.hive_type] for column in table.columns}


def _lines(folder: Path, columns: dict[str, str]) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    shown = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    if not files:
        nothing = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns.items())
        return f"SELECT {nothing} WHERE false"
    paths = ", ".join(f"'{path}'" for path in files)
    return f"SELECT * FROM read_json([{paths}], format = 'newline_delimited', columns = {{{shown}}})"
