"""One partition's rows, written as a run writes them, and audited by a suite of a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake.audit.suite import Suite, suite_from
from lake.audit.suite_audit import audit
from lake.audit.verdict import ExpectationResult, Verdict
from lake.catalog.model import Partition
from lake.contract.arrow import arrow_schema
from lake.contract.model import Column, Source, Table
from lake.objects import Store, open_store

DT = "2026-11-21-09"
RUN = "20261121T100000Z-abc123"

READINGS = Table(
    database="demo",
    name="readings_v1",
    version="1.0.0",
    description="",
    columns=(
        Column("id", "id", "string", required=True),
        Column("number", "number", "bigint"),
        Column("share", "share", "double"),
        Column("amount", "amount", "decimal(10,2)"),
        Column("at", "at", "timestamp"),
        Column("day", "day", "date"),
        Column("status", "status", "string"),
        Column("parts", "parts", "array<struct<x:int>>"),
    ),
    source=Source("raw/demo/readings", "json"),
    event_time="at",
)


def expectation(kind: str, level: str = "fail", of: str = "rows", **kwargs: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "meta": {"level": level, "of": of}}


def suite(*expectations: dict[str, Any], name: str = "demo.readings_v1") -> Suite:
    return suite_from({"name": name, "expectations": list(expectations)}, "the test")


def rows_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = arrow_schema(table)
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)


def published(dt: str, rows: int) -> Partition:
    return Partition(dt, f"curated/demo/readings_v1/dt={dt}/run=x", {"lake.rows": str(rows)})


@dataclass(frozen=True)
class Candidate:
    """What an audit needs to know of a partition."""

    dt: str
    run_id: str
    keys: tuple[str, ...]
    records: int
    rows: int
    duplicates: int = 0
    quarantined: int = 0
    skipped: int = 0
    quarantine_keys: tuple[str, ...] = ()


class Written:
    """A root with one partition's files; `dt` is a day's where the table's partitions are days."""

    def __init__(self, root: Path, dt: str = DT) -> None:
        self.root, self.dt = root, dt
        self.store: Store = open_store(str(root))
        self.keys: list[str] = []

    def write(self, rows: pa.Table, row_group_size: int | None = None) -> str:
        key = f"curated/demo/readings_v1/dt={self.dt}/run={RUN}/part-{len(self.keys)}.parquet"
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, path, row_group_size=row_group_size)
        self.keys.append(key)
        return key

    def candidate(self, **counts: int) -> Candidate:
        rows = sum(pq.read_metadata(self.root / key).num_rows for key in self.keys)
        counts = {"rows": rows, "records": counts.get("rows", rows) + counts.get("quarantined", 0), **counts}
        return Candidate(self.dt, RUN, tuple(self.keys), **counts)

    def audited(
        self, judged_by: Suite, table: Table = READINGS, history: Sequence[Partition] = (), **counts: int
    ) -> Verdict:
        return audit(self.candidate(**counts), table, judged_by, history, self.store)


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-21T{time}+00:00")


def row(**values: Any) -> dict[str, Any]:
    """A row as a verdict shows it."""
    names = [*(column.name for column in READINGS.columns), "rescued"]
    return {name: values.get(name) for name in names}


def only(verdict: Verdict) -> ExpectationResult:
    (result,) = verdict.results
    return result
