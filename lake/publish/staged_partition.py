"""The last steps of a staged partition of any kind of table: verify its files, audit, publish quarantine and rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from lake.audit.message import warnings
from lake.audit.partition_audit import PartitionAuditor
from lake.audit.verdict import Verdict
from lake.catalog import Catalog, Partition
from lake.catalog.model import NO_COLUMN
from lake.contract.model import Table
from lake.objects import Store
from lake.plan.partition_plan import PartitionInputs, PartitionPlan, utc_now
from lake.publish.partition import (
    Outcome,
    PublishOptions,
    content_digest,
    listed_files,
    publish_partition,
    quarantine_name,
    verify_staged_files,
)
from lake.publish.run_report import PartitionReport, listed_coerced
from lake.steps import OnStep, Step, ignore_step
from lake.write.staged import StagedFiles, StagedPartition

_COUNTS = ("records", "rows", "duplicates", "quarantined", "bytes")


@dataclass(frozen=True)
class PartitionPublisher:
    """Publishes staged partitions of one table, made from inputs that were listed at `listed_at`."""

    table: Table
    store: Store
    catalog: Catalog
    auditor: PartitionAuditor
    listed_at: datetime
    clock: Callable[[], datetime] = utc_now
    on_step: OnStep = ignore_step

    def audit_and_publish(self, plan: PartitionPlan[PartitionInputs], staged: StagedPartition) -> PartitionReport:
        """Publish what was staged, unless its audit failed; either is an outcome.

        The quarantine is published before the rows: a crash between the two shows a rejected record early, never a lost
        one. Raises StorageError, CatalogError.
        """
        for part in (staged.files, staged.quarantine):
            if part is not None:
                verify_staged_files(self.store, part.folder, part.files)
        self.on_step(Step.FILES_VERIFIED, plan.dt)
        verdict = self.auditor.audit(staged, plan.published)
        message = self.auditor.message(verdict, plan.published)
        self.on_step(Step.AUDITED, plan.dt)
        candidate = self._candidate(staged).with_parameters(
            verdict=verdict.state,
            audited_by=staged.run_id,
            null_columns=",".join(verdict.null_columns) or NO_COLUMN,
        )
        if verdict.state == "failed":
            return self._audited(_report(candidate, "refused", message, plan.input_digest), verdict, staged)
        if staged.quarantine is not None:
            if (blocking := self._newer_or_pinned(plan.dt)) is not None:
                return self._give_way(blocking, staged)
            location = self._publish_quarantine(staged, staged.quarantine, is_forced=plan.is_forced)
            candidate = candidate.with_parameters(quarantine_location=location)
            self.on_step(Step.QUARANTINE_PUBLISHED, plan.dt)
        manifest = {**staged.manifest, "files": listed_files(staged.files.files)}
        if staged.coerced:
            manifest["coerced"] = listed_coerced(staged.coerced)
        outcome, published = self._publish(self.table.name, candidate, manifest, is_forced=plan.is_forced)
        self._delete_unless_published(staged.files, published.location)
        self.on_step(Step.PARTITION_PUBLISHED, plan.dt)
        return self._audited(_report(published, outcome, message or plan.reason, staged.input_digest), verdict, staged)

    def _audited(self, report: PartitionReport, verdict: Verdict, staged: StagedPartition) -> PartitionReport:
        """The report with what the audit found, and what was coerced, if it is of what was audited."""
        if report.outcome in ("superseded", "pinned"):
            return report
        found = [asdict(rejects) for rejects in verdict.rejects]
        page = self.auditor.page(verdict)
        coerced = listed_coerced(staged.coerced)
        return replace(
            report, verdict=verdict.state, page=page, warnings=warnings(verdict), rejects=found, coerced=coerced
        )

    def update_inputs(self, plan: PartitionPlan[PartitionInputs]) -> PartitionReport:
        """Note that what is published is what the inputs of now make as well: its rows stay where they are."""
        current = self.catalog.partition(self.table.database, self.table.name, plan.dt)
        if current is not None and current == plan.published:
            wanted = current.with_parameters(input_digest=plan.input_digest, listed_at=self.listed_at.isoformat())
            if self.catalog.publish(self.table.database, self.table.name, wanted, expected=current):
                return _report(wanted, "unchanged", plan.reason, plan.input_digest)
        reason = "another run changed it meanwhile"
        return _report(current or Partition(plan.dt, ""), "superseded", reason, plan.input_digest)

    def _candidate(self, staged: StagedPartition) -> Partition:
        """The partition that readers would see, with the parameters that every kind of table has and its own."""
        return Partition(staged.dt, staged.files.folder).with_parameters(
            **{
                "input_digest": staged.input_digest,
                "own_digest": staged.input_digest,
                "reading_digest": self.table.reading_digest(),
                "columns": ",".join(column.name for column in self.table.columns),
                **self._of_files(staged, staged.files),
                "records": str(staged.records),
                "rows": str(staged.rows),
                "duplicates": str(staged.duplicates),
                "quarantined": str(staged.quarantined),
                **staged.parameters,
            }
        )

    def _of_files(self, staged: StagedPartition, files: StagedFiles) -> dict[str, str]:
        return {
            "content_digest": content_digest(files.files),
            "contract_version": self.table.version,
            "run_id": staged.run_id,
            "listed_at": self.listed_at.isoformat(),
            "bytes": str(files.bytes),
            "files": str(len(files.files)),
        }

    def _newer_or_pinned(self, dt: str) -> Partition | None:
        """Look once more before the quarantine is touched: a newer or pinned partition keeps its quarantine as well."""
        current = self.catalog.partition(self.table.database, self.table.name, dt)
        is_blocking = current is not None and (current.is_pinned or current.at("listed_at") > self.listed_at)
        return current if is_blocking else None

    def _give_way(self, current: Partition, staged: StagedPartition) -> PartitionReport:
        self._delete_unless_published(staged.files, current.location)
        if staged.quarantine is not None:
            self._delete_unless_published(staged.quarantine, current.get("quarantine_location"))
        outcome = "pinned" if current.is_pinned else "superseded"
        reason = "what is published was made from a later listing, or is pinned"
        return _report(current, outcome, reason, staged.input_digest)

    def _publish_quarantine(self, staged: StagedPartition, rejects: StagedFiles, *, is_forced: bool) -> str | None:
        """The location of the quarantine that belongs to the rows; None if no record was ever rejected."""
        name = quarantine_name(self.table)
        if not rejects.rows and self.catalog.partition(self.table.database, name, staged.dt) is None:
            return None
        candidate = Partition(staged.dt, rejects.folder).with_parameters(
            input_digest=staged.input_digest, rows=str(rejects.rows), **self._of_files(staged, rejects)
        )
        manifest = {"files": listed_files(rejects.files)}
        _, published = self._publish(name, candidate, manifest, is_forced=is_forced)
        self._delete_unless_published(rejects, published.location)
        return published.location

    def _publish(
        self, name: str, candidate: Partition, manifest: dict[str, Any], *, is_forced: bool
    ) -> tuple[Outcome, Partition]:
        return publish_partition(
            self.catalog,
            self.store,
            self.table,
            name,
            candidate=candidate,
            details=manifest,
            options=PublishOptions(is_forced, self.clock, self.on_step),
        )

    def _delete_unless_published(self, staged: StagedFiles, location: str) -> None:
        """Delete files of this run that no partition points to."""
        if staged.folder != location:
            self.store.delete(staged.keys)


def _report(partition: Partition, outcome: str, reason: str, input_digest: str) -> PartitionReport:
    counts: dict[str, Any] = {name: partition.number(name) for name in _COUNTS}
    return PartitionReport(partition.dt, outcome, reason, **counts, input_digest=input_digest)
