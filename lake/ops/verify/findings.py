"""Findings of `lake verify`, and their repair commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lake.catalog import Partition
from lake.contract.model import Table
from lake.jobs.lake import Lake
from lake.objects.layout import partition_span, partition_value
from lake.plan.manifest import MANIFEST
from lake.plan.raw_listing import has_raw_objects

Level = Literal["error", "information"]

Code = Literal[
    # of a table
    "table_missing",
    "table_buckets",
    # of a partition
    "location_missing",
    "location_elsewhere",
    "manifest_missing",
    "manifest_damaged",
    "subfolder",
    "accounting",
    "rows",
    "bytes",
    "digest",
    "older_than_source",
    "other_contract",
    # of a file
    "missing",
    "extra",
    "truncated",
    "altered",
    "unreadable",
    "schema",
    "file_name",
    "wrong_bucket",
    "not_sorted",
    "row_group",
    "null_in_required",
]


@dataclass(frozen=True)
class Problem:
    """A problem, before its repair is known. `file` is a name, or empty."""

    code: Code
    message: str
    file: str = ""
    level: Level = "error"


@dataclass(frozen=True)
class Finding:
    """A problem of a published table. `partition` is an hour and `file` a name in its folder, or empty.

    `next_step` is what to type, or to do.
    """

    level: Level
    code: Code
    table: str
    partition: str
    file: str
    message: str
    next_step: str

    @property
    def order(self) -> tuple[str, ...]:
        """Sort key: table, hour and file."""
        return self.table, self.partition, self.file, self.code, self.message


def run_command(table: Table, dt: str = "", *, rebuild: bool = False) -> str:
    """The command that runs a table's job, for one hour if `dt` is given."""
    job = table.made_by or ("bucket_by_key" if table.bucketing is not None else "raw_to_parquet")
    words = f"lake run {job} --table {table.full_name}"
    if dt:
        words += f" --since {dt} --until {partition_value(partition_span(dt)[1], like=dt)}"
    return f"{words} --rebuild" if rebuild else words


def repair(lake: Lake, table: Table, rows: Partition) -> str:
    """The repair of a damaged hour: rebuild if its inputs remain, else roll back, else restore."""
    if _has_inputs(lake, table, rows.dt):
        return _let_go(table, rows, run_command(table, rows.dt, rebuild=True))
    previous = rows.get("previous_location")
    if previous and lake.store.read_if_exists(f"{previous}/{MANIFEST}") is not None:
        return f"lake rollback {table.full_name} {rows.dt} (its inputs are gone, so it cannot be rebuilt)"
    return (
        "restore the folder from a backup, or from earlier versions of the bucket's objects: the inputs of the hour "
        "are gone, and so is everything published before"
    )


def bring_up_to_date(table: Table, rows: Partition) -> str:
    """The command that rebuilds a stale hour without errors."""
    return _let_go(table, rows, run_command(table, rows.dt))


def _let_go(table: Table, rows: Partition, command: str) -> str:
    """The command, after an unpin if the hour is pinned, since jobs skip pinned hours."""
    return f"lake unpin {table.full_name} {rows.dt}; then {command}" if rows.is_pinned else command


def _has_inputs(lake: Lake, table: Table, dt: str) -> bool:
    if table.source is not None:
        return has_raw_objects(lake.store, table.source, dt)
    database, _, name = (table.upstream or "").partition(".")
    if table.grain == "day":
        return bool(lake.catalog.partitions(database, name))  # the job keeps a day of which hours are gone
    return lake.catalog.partition(database, name, dt) is not None
