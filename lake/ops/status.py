"""State of a table's partitions: published, stale, refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lake.contract.model import Table
from lake.jobs.lake import Lake
from lake.plan.partition_plan import PartitionInputs, PartitionPlan
from lake.publish.run_report import PartitionReport, RunReport, recent


@dataclass(frozen=True)
class PartitionStatus:
    """One partition. Counts are None if nothing is published. records = rows + duplicates + quarantined."""

    table: str
    partition: str
    state: Literal["current", "stale", "refused"]
    reason: str
    records: int | None = None
    rows: int | None = None
    duplicates: int | None = None
    quarantined: int | None = None
    bytes: int | None = None
    run_id: str | None = None
    published_at: str | None = None
    verdict: str | None = None
    pinned: bool = False


@dataclass(frozen=True)
class TableStatus:
    """A table's partitions, oldest first, and the last run's error if no run has succeeded since.

    `upstream` is the full name of the table that this one is made from, None where it is made from raw objects;
    `layout` is how those lie.
    """

    table: str
    partitions: tuple[PartitionStatus, ...]
    strays: tuple[str, ...]
    last_error: RunReport | None
    upstream: str | None = None
    layout: str = ""


def table_status(lake: Lake, table: Table) -> TableStatus:
    """Compare inputs with what is published, without changing anything. Raises StorageError, CatalogError."""
    plan = lake.plan(table)
    reports = list(recent(lake.store, table))
    latest: dict[str, PartitionReport] = {}
    for report in reports:
        for partition in report.partitions:
            latest.setdefault(partition.dt, partition)
    partitions = tuple(_partition(table, partition, latest) for partition in plan.partitions)
    layout = table.source.layout if table.source else ""
    return TableStatus(table.full_name, partitions, plan.strays, _last_error(reports), table.upstream, layout)


def _partition(
    table: Table, plan: PartitionPlan[PartitionInputs], latest: Mapping[str, PartitionReport]
) -> PartitionStatus:
    state: Literal["current", "stale", "refused"] = plan.state
    reason = plan.reason
    last = latest.get(plan.dt)
    if state == "stale" and last and last.outcome == "refused" and last.input_digest == plan.input_digest:
        state, reason = "refused", last.reason
    published = plan.published
    if published is None:
        return PartitionStatus(table.full_name, plan.dt, state, reason)
    return PartitionStatus(
        table.full_name,
        plan.dt,
        state,
        reason,
        records=published.number("records"),
        rows=published.number("rows"),
        duplicates=published.number("duplicates"),
        quarantined=published.number("quarantined"),
        bytes=published.number("bytes"),
        run_id=published.get("run_id"),
        published_at=published.get("published_at"),
        verdict=published.get("verdict"),
        pinned=published.is_pinned,
    )


def _last_error(reports: list[RunReport]) -> RunReport | None:
    for report in reports:
        if report.state == "succeeded":
            return None
        if report.state in ("failed", "refused"):
            return report
    return None
