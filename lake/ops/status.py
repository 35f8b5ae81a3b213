"""State of a table's partitions: published, stale, refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lake.audit.verdict import Rejects, verdict_key
from lake.catalog import Partition
from lake.contract.model import Table
from lake.jobs.lake import Lake
from lake.objects import Store
from lake.plan.partition_plan import PartitionInputs, PartitionPlan
from lake.publish.run_report import PartitionReport, RunReport, recent

Audited = tuple[str, PartitionReport]
"""A run's id, and what it made of a partition."""


@dataclass(frozen=True)
class PartitionStatus:
    """One partition. Counts are None if nothing is published. records = rows + duplicates + quarantined + skipped.

    `warnings`, `rejects` and `page` are what the last run's audit found of what is published, or of what it refused:
    a line for each unmet expectation, the most frequent kinds of rejected records, the address of the verdict's page.
    Warnings and rejects are empty if that run is not among the last ones whose reports are read.
    """

    table: str
    partition: str
    state: Literal["current", "stale", "refused"]
    reason: str
    records: int | None = None
    rows: int | None = None
    duplicates: int | None = None
    quarantined: int | None = None
    skipped: int | None = None
    bytes: int | None = None
    run_id: str | None = None
    published_at: str | None = None
    verdict: str | None = None
    pinned: bool = False
    warnings: tuple[str, ...] = ()
    rejects: tuple[Rejects, ...] = ()
    page: str = ""


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
    by_dt: dict[str, list[Audited]] = {}
    for report in reports:
        for partition in report.partitions:
            by_dt.setdefault(partition.dt, []).append((report.run_id, partition))
    partitions = tuple(_partition(lake, table, each, by_dt.get(each.dt, [])) for each in plan.partitions)
    layout = table.source.layout if table.source else ""
    return TableStatus(table.full_name, partitions, plan.strays, _last_error(reports), table.upstream, layout)


def refused_runs(lake: Lake, table: Table) -> dict[str, str]:
    """Partitions that the last run which worked on them refused, and that run's id. Raises StorageError."""
    last: dict[str, tuple[str, str]] = {}
    for report in recent(lake.store, table):
        for partition in report.partitions:
            last.setdefault(partition.dt, (partition.outcome, report.run_id))
    return {dt: run_id for dt, (outcome, run_id) in last.items() if outcome == "refused"}


def _partition(
    lake: Lake, table: Table, plan: PartitionPlan[PartitionInputs], reports: Sequence[Audited]
) -> PartitionStatus:
    """The state of a partition; `reports` are what runs made of it, the newest first."""
    last = reports[0][1] if reports else None
    is_stale = plan.state == "stale"
    if is_stale and last and last.outcome == "refused" and last.input_digest == plan.input_digest:
        found = _audited(PartitionStatus(table.full_name, plan.dt, "refused", last.reason), last)
    else:
        found = PartitionStatus(table.full_name, plan.dt, plan.state, plan.reason)
        if plan.published is not None:
            found = _as_published(found, plan.published, reports, lake.store)
    published = plan.published
    if published is None:
        return found
    return replace(
        found,
        records=published.number("records"),
        rows=published.number("rows"),
        duplicates=published.number("duplicates"),
        quarantined=published.number("quarantined"),
        skipped=published.number("skipped"),
        bytes=published.number("bytes"),
        run_id=published.get("run_id"),
        published_at=published.get("published_at"),
        verdict=published.get("verdict"),
        pinned=published.is_pinned,
    )


def _audited(found: PartitionStatus, report: PartitionReport) -> PartitionStatus:
    rejects = tuple(Rejects(**kind) for kind in report.rejects)
    return replace(found, warnings=tuple(report.warnings), rejects=rejects, page=report.page)


def _as_published(
    found: PartitionStatus, published: Partition, reports: Sequence[Audited], store: Store
) -> PartitionStatus:
    """With what the audit of what is published found; the page's address is known however long ago that was."""
    audit_report = next((report for run_id, report in reports if run_id == published.get("audited_by")), None)
    if audit_report is not None:
        return _audited(found, audit_report)
    if published.get("verdict") != "warned" or not published.is_known("audited_by"):
        return found
    page = verdict_key(found.table, found.partition, published.get("audited_by"), "html")
    return replace(found, page=store.uri_of(page))


def _last_error(reports: list[RunReport]) -> RunReport | None:
    for report in reports:
        if report.state == "succeeded":
            return None
        if report.state in ("failed", "refused"):
            return report
    return None
