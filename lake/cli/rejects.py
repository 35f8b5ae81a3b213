"""Records of a table's quarantine, read with a query."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lake.catalog import open_catalog
from lake.contract.arrow import quarantine_schema
from lake.contract.model import Table
from lake.contract.quarantine import QUARANTINE_COLUMNS, QUARANTINE_SUFFIX
from lake.jobs.lake import Lake
from lake.objects import Store, open_store
from lake.objects.layout import hour_of, hour_start
from lake.ops.status import refused_runs
from lake.query.run import run_query


@dataclass(frozen=True)
class Wanted:
    """Which rejected records: hours with since <= dt < until, one reason; None means all.

    With `run`, what that run rejected, whether it was published or not (the gate may have refused it). `refused` has
    partitions of which a run's rejects are wanted in place of the published ones, and that run.
    """

    since: str | None = None
    until: str | None = None
    reason: str | None = None
    run: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> list[Wanted]:
        """The same as single questions: of what is published, and of each run that was refused."""
        own = [replace(self, since=dt, until=_after(dt), run=run, refused={}) for dt, run in self.refused.items()]
        return [self, *own]

    def has(self, dt: str) -> bool:
        """Whether the hour is among those wanted."""
        return (self.since or "") <= dt and (self.until is None or dt < self.until)


def reject_counts(table: Table, root: str, wanted: Wanted) -> dict[str, int]:
    """Records in quarantine by reason, the most frequent first."""
    counts: Counter[str] = Counter()
    for source in wanted.sources:
        for row in _asked("reason, count(*) AS records", table, root, source, "GROUP BY reason ORDER BY 1"):
            counts[row["reason"]] += row["records"]
    return dict(sorted(counts.items(), key=lambda count: (-count[1], count[0])))


def rejects(table: Table, root: str, wanted: Wanted, limit: int | None) -> list[dict[str, Any]]:
    """Whole records of the quarantine, in order of arrival; at most `limit`, None means all."""
    columns = ", ".join(f'"{name}"' for name, _, _ in QUARANTINE_COLUMNS)
    end = 'ORDER BY dt, source_object, record, "offset"' + ("" if limit is None else f" LIMIT {limit}")
    rows = [row for source in wanted.sources for row in _asked(f"dt, {columns}", table, root, source, end)]
    if wanted.refused:
        rows.sort(key=lambda row: tuple(row[name] for name in ("dt", "source_object", "record", "offset")))
    return rows if limit is None else rows[:limit]


def refused_within(lake: Lake, table: Table, wanted: Wanted) -> dict[str, str]:
    """Refused partitions among the hours wanted, with the run that has rejects of them still; others are left out."""
    return {
        dt: run
        for dt, run in sorted(refused_runs(lake, table).items())
        if wanted.has(dt) and _files(lake.store, table, dt, run)
    }


def hour_ranges(hours: Iterable[str]) -> list[tuple[str, str]]:
    """Hours as (first, first after) ranges, neighbours joined: a run over a range touches those hours and no others."""
    ranges: list[tuple[str, str]] = []
    for dt in sorted(hours):
        after = _after(dt)
        if ranges and ranges[-1][1] == dt:
            ranges[-1] = (ranges[-1][0], after)
        else:
            ranges.append((dt, after))
    return ranges


def _asked(columns: str, table: Table, root: str, wanted: Wanted, end: str) -> list[dict[str, Any]]:
    name = f"{table.name}{QUARANTINE_SUFFIX}"
    for hour in (wanted.since, wanted.until):
        if hour is not None:
            hour_start(hour)
    bounds = (("dt >= ", wanted.since), ("dt < ", wanted.until), ("reason = ", wanted.reason))
    conditions = [f"{what}{_literal(value)}" for what, value in bounds if value is not None]
    if wanted.refused:
        conditions.append(f"dt NOT IN ({', '.join(map(_literal, wanted.refused))})")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    if wanted.run is not None:
        written = _written_by(table, root, wanted.run, wanted)
        sql = f"SELECT {columns} FROM written {where} {end}"  # noqa: S608 (columns are ours, values quoted)
        with duckdb.connect() as connection:
            connection.register("written", written)
            return list(connection.sql(sql).to_arrow_table().to_pylist())
    if open_catalog(root).table(table.database, name) is None:
        return []  # nothing was published yet, so nothing was rejected
    sql = f'SELECT {columns} FROM "{table.database}"."{name}" {where} {end}'  # noqa: S608 (names of contracts, quoted)
    return list(run_query(sql, root).table.to_pylist())


def _written_by(table: Table, root: str, run: str, wanted: Wanted) -> pa.Table:
    """The rejects that a run wrote for the hours wanted, with their hour in a column dt, from its own folders."""
    store = open_store(root)
    schema = quarantine_schema()
    found = [schema.empty_table().append_column("dt", pa.array([], pa.string()))]
    for folder in store.folders(f"quarantine/{table.database}/{table.name}"):
        dt = folder.removeprefix("dt=")
        for key in _files(store, table, dt, run) if wanted.has(dt) else ():
            rows = pq.read_table(io.BytesIO(store.read(key)), schema=schema)
            found.append(rows.append_column("dt", pa.repeat(pa.scalar(dt, pa.string()), rows.num_rows)))
    return pa.concat_tables(found)


def _files(store: Store, table: Table, dt: str, run: str) -> list[str]:
    """Keys of the files of rejects that a run wrote for a partition, whether it was published or not."""
    stored = store.list(f"quarantine/{table.database}/{table.name}/dt={dt}/run={run}")
    return [each.key for each in stored if each.key.endswith(".parquet")]


def _after(dt: str) -> str:
    return hour_of(hour_start(dt) + timedelta(hours=1))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
