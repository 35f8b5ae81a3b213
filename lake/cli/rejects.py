"""Records of a table's quarantine, read with a query."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lake.catalog import open_catalog
from lake.contract.arrow import quarantine_schema
from lake.contract.model import Table
from lake.contract.quarantine import QUARANTINE_COLUMNS, QUARANTINE_SUFFIX
from lake.objects import open_store
from lake.objects.layout import hour_of, hour_start
from lake.query.run import run_query


@dataclass(frozen=True)
class Wanted:
    """Which rejected records: hours with since <= dt < until, one reason; None means all.

    With `run`, what that run rejected, whether it was published or not (the gate may have refused it).
    """

    since: str | None = None
    until: str | None = None
    reason: str | None = None
    run: str | None = None


def reject_counts(table: Table, root: str, wanted: Wanted) -> dict[str, int]:
    """Records in quarantine by reason, the most frequent first."""
    rows = _asked("reason, count(*) AS records", table, root, wanted, "GROUP BY reason ORDER BY 2 DESC, 1")
    return {row["reason"]: row["records"] for row in rows}


def rejects(table: Table, root: str, wanted: Wanted, limit: int | None) -> list[dict[str, Any]]:
    """Whole records of the quarantine, in order of arrival; at most `limit`, None means all."""
    columns = ", ".join(f'"{name}"' for name, _, _ in QUARANTINE_COLUMNS)
    end = 'ORDER BY dt, source_object, record, "offset"' + ("" if limit is None else f" LIMIT {limit}")
    return _asked(f"dt, {columns}", table, root, wanted, end)


def hour_ranges(hours: Iterable[str]) -> list[tuple[str, str]]:
    """Hours as (first, first after) ranges, neighbours joined: a run over a range touches those hours and no others."""
    ranges: list[tuple[str, str]] = []
    for dt in sorted(hours):
        after = hour_of(hour_start(dt) + timedelta(hours=1))
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
    conditions = " AND ".join(f"{what}{_literal(value)}" for what, value in bounds if value is not None)
    where = f"WHERE {conditions}" if conditions else ""
    if wanted.run is not None:
        written = _written_by(table, root, wanted.run)
        sql = f"SELECT {columns} FROM written {where} {end}"  # noqa: S608 (columns are ours, values quoted)
        with duckdb.connect() as connection:
            connection.register("written", written)
            return list(connection.sql(sql).to_arrow_table().to_pylist())
    if open_catalog(root).table(table.database, name) is None:
        return []  # nothing was published yet, so nothing was rejected
    sql = f'SELECT {columns} FROM "{table.database}"."{name}" {where} {end}'  # noqa: S608 (names of contracts, quoted)
    return list(run_query(sql, root).table.to_pylist())


def _written_by(table: Table, root: str, run: str) -> pa.Table:
    """The rejects that a run wrote, with their hour in a column dt, from its own folders."""
    store = open_store(root)
    base = f"quarantine/{table.database}/{table.name}"
    schema = quarantine_schema()
    found = [schema.empty_table().append_column("dt", pa.array([], pa.string()))]
    for folder in store.folders(base):
        for stored in store.list(f"{base}/{folder}/run={run}"):
            if stored.key.endswith(".parquet"):
                rows = pq.read_table(io.BytesIO(store.read(stored.key)), schema=schema)
                hour = pa.repeat(pa.scalar(folder.removeprefix("dt="), pa.string()), rows.num_rows)
                found.append(rows.append_column("dt", hour))
    return pa.concat_tables(found)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
