"""From stale hours of a bucketed table to published partitions: sort, prove, audit, publish; hour by hour, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from lake.audit.partition_audit import TableGate
from lake.catalog import Buckets, Catalog, Partition
from lake.contract.catalog_tables import catalog_table
from lake.contract.model import Table
from lake.digest import digest_of
from lake.errors import ContractError, StorageError
from lake.jobs.prefetch import ahead
from lake.jobs.raw import Workers
from lake.objects import Store
from lake.objects.layout import partition_folder
from lake.plan.bucketed import BUCKETING_VERSION
from lake.plan.raw import Hour, Plan, manifest_of
from lake.publish.partition import check_folder, content_digest, listed_files, publish_partition
from lake.publish.run_report import PartitionReport, RunReport
from lake.write.bucket_packing import UNIT_BYTES, BucketUnit, units_of_partition
from lake.write.bucket_task import BucketJob, BucketResult, ProofJob, proven, run_bucket_unit
from lake.write.parquet import Part

_HOURS_IN_BATCH = 48
_FAILED_IN_A_ROW = 3
_AHEAD = 2
"""Batches that are sorted at a time: as one runs out of units the next has some, while the last is published."""


@dataclass
class _Batch:
    """Hours whose units run together."""

    hours: list[tuple[Hour, Partition]] = field(default_factory=list)
    units: dict[str, list[BucketUnit]] = field(default_factory=dict)

    @property
    def cost(self) -> int:
        return sum(unit.cost for units in self.units.values() for unit in units)

    def alone(self, hour: Hour) -> _Batch:
        """One of its hours as a batch of its own."""
        return _Batch([one for one in self.hours if one[0] is hour], {hour.dt: self.units[hour.dt]})


def refuse_other_buckets(table: Table, catalog: Catalog) -> None:
    """Raises ContractError where partitions are published with other buckets than the contract's.

    Readers take a partition's buckets for the table's: a change half way through would hide rows, or fail queries.
    """
    before = catalog.table(table.database, table.name)
    wanted = catalog_table(table).buckets
    if before is None or before.buckets is None or wanted is None:
        return
    if (before.buckets.columns, before.buckets.count) == (wanted.columns, wanted.count):
        return
    if catalog.partitions(table.database, table.name):
        base, _, version = table.name.rpartition("_v")
        raise ContractError(
            f"bucketing {table.full_name}: its contract says {_told(wanted)}, and what is published has "
            f"{_told(before.buckets)}. Readers prune by the table's buckets, so another number is another table: write "
            f"the contract of {base}_v{int(version) + 1}, run the job for it, and let the view read it"
        )


def _told(buckets: Buckets) -> str:
    return f"{buckets.count} buckets by {', '.join(buckets.columns)}"


@dataclass
class Rebucket:
    """One run over one bucketed table."""

    table: Table
    root: str
    store: Store
    catalog: Catalog
    gate: TableGate
    workers: Workers
    report: RunReport
    on_partition: Callable[[PartitionReport], None] = lambda _: None

    def run(self, plan: Plan) -> None:
        """Bring every stale hour of the plan up to date; what the gate refuses is reported, and the rest goes on.

        Likewise an hour whose source is damaged, or whose files could not be proven: its StorageError is raised once
        the others are published. What fails hour after hour is no hour's fault, and ends the run.
        """
        failed: list[StorageError] = []
        in_a_row = 0
        with ahead(self._written, self._batches(plan.stale, failed), _AHEAD) as waiting:
            for batch, written in waiting:
                for hour, source in batch.hours:
                    try:
                        self._settle(plan, hour, source, self._results(batch, hour, written))
                        in_a_row = 0
                    except StorageError as error:
                        failed.append(error)
                        in_a_row += 1
                        if in_a_row == _FAILED_IN_A_ROW:
                            raise
        if failed:
            more = f"\n\nSo it is with {len(failed) - 1} more hours; all others are published" if failed[1:] else ""
            raise StorageError(f"{failed[0]}{more}") from failed[0]

    def _results(self, batch: _Batch, hour: Hour, written: Future[dict[str, list[BucketResult]]]) -> list[BucketResult]:
        """What the hour's units wrote. Where one of the batch failed, each hour is tried alone."""
        if written.exception() is None or len(batch.hours) == 1:
            return written.result()[hour.dt]
        return self._written(batch.alone(hour))[hour.dt]

    def _batches(self, hours: Iterable[Hour], failed: list[StorageError]) -> Iterator[_Batch]:
        """Consecutive hours, enough to keep all workers busy and little enough to publish soon.

        An hour whose files cannot be looked at is left out, and its error put into `failed`.
        """
        batch = _Batch()
        rules = digest_of([self.table.reading_digest(), BUCKETING_VERSION])
        for hour in hours:
            if hour.upstream is None:
                continue
            columns = len(self.table.columns) + 1
            try:
                batch.units[hour.dt] = units_of_partition(self.store, hour.upstream, columns, rules)
            except StorageError as error:
                failed.append(error)
                continue
            batch.hours.append((hour, hour.upstream))
            if batch.cost >= UNIT_BYTES * self.workers.parallelism or len(batch.hours) == _HOURS_IN_BATCH:
                yield batch
                batch = _Batch()
        if batch.hours:
            yield batch

    def _written(self, batch: _Batch) -> dict[str, list[BucketResult]]:
        """Sort and write the units of a batch, then prove from what lies there that each row is in its bucket."""
        folders = {hour.dt: self._folder(hour.dt) for hour, _ in batch.hours}
        units = [unit for units in batch.units.values() for unit in units]
        jobs = [BucketJob(unit, self.table, self.root, folders[unit.dt]) for unit in units]
        results = self.workers.run(run_bucket_unit, jobs) if jobs else []
        proofs = [ProofJob(result, self.table, self.root) for result in results]
        by_unit = {one.unit.version: one for one in (self.workers.run(proven, proofs) if proofs else [])}
        return {dt: [by_unit[unit.version] for unit in units] for dt, units in batch.units.items()}

    def _folder(self, dt: str) -> str:
        folder = partition_folder(self.table.zone, self.table.database, self.table.name, dt)
        return f"{folder}/run={self.report.run_id}"

    def _settle(self, plan: Plan, hour: Hour, source: Partition, results: Sequence[BucketResult]) -> None:
        """Audit and publish an hour. The gate's refusal is an outcome; rows that got lost are an error."""
        parts = [part for result in results for part in result.parts]
        check_folder(self.store, self._folder(hour.dt), parts)
        candidate = self._candidate(plan, hour, source, parts)
        if candidate.number("rows") != source.number("rows"):
            raise StorageError(
                f"bucketing {self.table.full_name} dt={hour.dt}: {candidate.number('rows'):,} rows were read from "
                f"{self.store.uri_of(source.location)}, and the catalog says that it has {source.number('rows'):,}"
                f"{_gone(self.store, source)}. Nothing of the hour was published; see `lake verify "
                f"{self.table.upstream} --since {hour.dt}`, and `lake run` it with --rebuild"
            )
        answer = self.gate.audit(candidate, [part.key for part in parts])
        candidate = candidate.with_parameters(verdict=answer.state)
        if answer.state == "failed":
            self._report(candidate, "refused", answer.message, hour)
            return
        outcome, published = publish_partition(
            self.catalog,
            self.store,
            self.table,
            self.table.name,
            candidate=candidate,
            details=_details(source, parts),
            is_forced=hour.is_forced,
        )
        if published.location != candidate.location:
            self.store.delete([part.key for part in parts])
        self._report(published, outcome, answer.message or hour.reason, hour)

    def _candidate(self, plan: Plan, hour: Hour, source: Partition, parts: Sequence[Part]) -> Partition:
        rows = str(sum(part.rows for part in parts))
        return Partition(hour.dt, self._folder(hour.dt)).with_parameters(
            input_digest=hour.input_digest,
            own_digest=hour.own_digest,
            upstream_digest=source.get("content_digest"),
            reading_digest=self.table.reading_digest(),
            columns=",".join(column.name for column in self.table.columns),
            content_digest=content_digest(parts),
            contract_version=self.table.version,
            run_id=self.report.run_id,
            listed_at=plan.listed_at.isoformat(),
            records=rows,
            rows=rows,
            duplicates="0",
            quarantined="0",
            bytes=str(sum(part.bytes for part in parts)),
            files=str(len(parts)),
        )

    def _report(self, partition: Partition, outcome: str, reason: str, hour: Hour) -> None:
        numbers = {name: partition.number(name) for name in ("records", "rows", "bytes")}
        report = PartitionReport(hour.dt, outcome, reason, **numbers, input_digest=hour.input_digest)
        self.report.partitions.append(report)
        self.on_partition(report)


def _gone(store: Store, source: Partition) -> str:
    """Which of a partition's files are no longer there, by its manifest; empty where all are."""
    there = {one.key.rsplit("/", 1)[-1] for one in store.list(source.location)}
    named = {str(file["key"]).rsplit("/", 1)[-1] for file in manifest_of(store, source.location).get("files", [])}
    gone = sorted(named - there)
    return f"; {len(gone)} of its files are gone, the first of them {gone[0]}" if gone else ""


def _details(source: Partition, parts: Sequence[Part]) -> dict[str, Any]:
    return {
        "upstream": {"location": source.location, "run_id": source.get("run_id")},
        "files": listed_files(parts),
    }
