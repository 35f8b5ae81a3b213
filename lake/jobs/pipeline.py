"""The one driver of all tables: plan, write, audit, publish.

Stale partitions are written in batches, ahead of their use, and then audited and published one by one, in order. A kind
of table brings what its partitions are made from and how they are written, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Thread
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from lake import logs
from lake.audit.partition_audit import PartitionAuditor, preload
from lake.catalog.view_routing import routed_afterwards
from lake.contract.model import Table
from lake.errors import GateRefused, StorageError
from lake.jobs import metrics
from lake.jobs.lake import Lake
from lake.jobs.prefetch import prefetch
from lake.jobs.runner import JobOptions, JobRuntime, partition_option
from lake.jobs.spark import Workers
from lake.objects.layout import new_run_id, partition_folder
from lake.plan.packing import Sized
from lake.plan.partition_plan import InputsT, PartitionPlan, PlanScope, TablePlan
from lake.publish.run_report import PartitionReport, RunReport, save
from lake.publish.staged_partition import PartitionPublisher
from lake.steps import OnStep, Step, ignore_step
from lake.write.parquet import DataFile
from lake.write.staged import StagedFiles, StagedPartition

UnitT = TypeVar("UnitT", bound=Sized)
ResultT = TypeVar("ResultT")

_AHEAD = 2
"""Batches that are written at a time: as one runs out of units the next has some, while the last is published."""


@dataclass(frozen=True)
class Batch(Generic[InputsT, UnitT]):
    """Consecutive stale partitions whose units run together; `earlier` are those of the batches before."""

    partitions: tuple[PartitionPlan[InputsT], ...]
    units: Mapping[str, Sequence[UnitT]]
    earlier: frozenset[str] = frozenset()

    def alone(self, partition: PartitionPlan[InputsT]) -> Batch[InputsT, UnitT]:
        """One of its partitions as a batch of its own."""
        return Batch((partition,), {partition.dt: self.units[partition.dt]}, self.earlier)


@dataclass(frozen=True)
class Run:
    """What a kind of table is given to write with."""

    run_id: str
    table: Table
    workers: Workers
    unit_bytes: int
    on_step: OnStep = ignore_step

    def folder(self, dt: str, zone: str | None = None) -> str:
        """Where this run's files of a partition go, in the table's zone or another one."""
        folder = partition_folder(zone or self.table.zone, self.table.database, self.table.name, dt)
        return f"{folder}/run={self.run_id}"

    def staged(self, dt: str, files: Iterable[DataFile], input_digest: str, **own: Any) -> StagedPartition:
        """Files of a partition as rows that were published before, each of them one record; `own` may say otherwise."""
        staged = StagedFiles(self.folder(dt), tuple(files))
        counts = {"records": staged.rows, "rows": staged.rows}
        return StagedPartition(dt, self.run_id, staged, input_digest, **{**counts, **own})


class TableKind(Protocol[InputsT, UnitT, ResultT]):
    """A kind of table: how its partitions are planned, written and staged."""

    job: str
    table: Table
    unit_bytes: int = 1
    """What a unit of work aims at; a batch has so many bytes for each worker."""
    partitions_in_batch: int = 48
    failures_in_a_row: int = 1
    """So many partitions that cannot be read or written end the run; if fewer, it goes on, and fails at its end."""

    def plan(self, scope: PlanScope) -> TablePlan[InputsT]:
        """Compare inputs with what is published. Raises UsageError, StorageError, CatalogError."""
        ...

    def units(self, _partition: PartitionPlan[InputsT], _run: Run, /) -> Sequence[UnitT]:
        """The partition's units of work, for its batch to be neither too small nor too large. Raises StorageError."""
        return ()

    def write(self, batch: Batch[InputsT, UnitT], run: Run) -> Mapping[str, Sequence[ResultT]]:
        """Write files of the batch's partitions, in a thread of its own; results by dt. Raises StorageError."""
        ...

    def stage(self, partition: PartitionPlan[InputsT], results: Sequence[ResultT], run: Run) -> StagedPartition | None:
        """What was written of a partition; None if what is published is what its inputs make. Raises StorageError."""
        ...


def run_job(
    lake: Lake, kind: TableKind[InputsT, UnitT, ResultT], options: JobOptions, runtime: JobRuntime
) -> RunReport:
    """Bring a table's stale partitions up to date. Raises GateRefused after all others are published."""
    grain = kind.table.grain
    since, until = (partition_option(name, getattr(options, name), grain) for name in ("since", "until"))
    scope = PlanScope(since, until, options.rebuild, runtime.clock(), runtime.on_step)
    return run_plan(lake, kind, kind.plan(scope), options, runtime)


def run_plan(
    lake: Lake,
    kind: TableKind[InputsT, UnitT, ResultT],
    plan: TablePlan[InputsT],
    options: JobOptions,
    runtime: JobRuntime,
) -> RunReport:
    """Carry out a plan, and save the run's report, whether it succeeds or fails.

    Raises what the work raises, and GateRefused after all other partitions are published.
    """
    began = runtime.clock()
    run_id = runtime.run_id or new_run_id(began)
    report = RunReport(run_id, plan.table.full_name, kind.job, started_at=began.isoformat())
    bound = logs.bound(run_id=report.run_id, table=report.table)
    is_whole = options.since is None and options.until is None
    measured = metrics.published_afterwards(options.metrics_namespace, plan, report, runtime.clock, is_whole=is_whole)
    with bound, measured, routed_afterwards(lake.catalog, plan.table.full_name):
        runtime.reporter.planned(plan)
        if plan.stale:
            save(lake.store, plan.table, report)
            try:
                _work(lake, kind, plan, report, options=options, runtime=runtime)
                report.state = "refused" if report.count(["refused"]) else "succeeded"
            except BaseException as error:
                report.state, report.error = "failed", f"{type(error).__name__}: {error}"
                raise
            finally:
                report.ended_at = runtime.clock().isoformat()
                save(lake.store, plan.table, report)
        runtime.reporter.ended(plan, report)
        if report.state == "refused":
            refused = [partition for partition in report.partitions if partition.outcome == "refused"]
            others = len(report.partitions) - len(refused)
            ending = [f"The other {others} partition(s) of the run were not refused."] if others else []
            raise GateRefused("\n\n".join([*(partition.reason for partition in refused), *ending]))
    return report


def _work(
    lake: Lake,
    kind: TableKind[InputsT, UnitT, ResultT],
    plan: TablePlan[InputsT],
    report: RunReport,
    *,
    options: JobOptions,
    runtime: JobRuntime,
) -> None:
    # Great Expectations takes seconds to import: while Spark starts, and while the first units are written.
    loading = Thread(target=preload)
    loading.start()
    began = monotonic()
    workers = runtime.start_workers(f"{report.job} {report.table}", options.master)
    report.spark_start_seconds = round(monotonic() - began, 3)
    lake.declare(plan.table)
    auditor = PartitionAuditor(lake.store, lake.catalog, plan.table, options.expectations, ready=loading.join)
    unit_bytes = runtime.unit_bytes or kind.unit_bytes
    with runtime.reporter.progress(plan) as on_partition:

        def reported(partition: PartitionReport) -> None:
            report.partitions.append(partition)
            on_partition(partition)

        Pipeline(
            kind,
            Run(report.run_id, plan.table, workers, unit_bytes, runtime.on_step),
            PartitionPublisher(
                plan.table, lake.store, lake.catalog, auditor, plan.listed_at, runtime.clock, runtime.on_step
            ),
            (runtime.batch_bytes or unit_bytes) * workers.parallelism,
            reported,
        ).rebuild(plan.stale)
    runtime.on_step(Step.PARTITIONS_DONE, report.run_id)


@dataclass
class Pipeline(Generic[InputsT, UnitT, ResultT]):
    """Writes, audits and publishes partitions of one kind; `batch_bytes` are those of the units of a batch."""

    kind: TableKind[InputsT, UnitT, ResultT]
    run: Run
    publisher: PartitionPublisher
    batch_bytes: int
    on_partition: Callable[[PartitionReport], None] = lambda _: None
    _failed: list[StorageError] = field(default_factory=list, init=False)

    def rebuild(self, stale: Sequence[PartitionPlan[InputsT]]) -> None:
        """Bring every partition up to date; one whose audit fails is reported, and the rest goes on.

        Raises StorageError once so many partitions in a row have failed as the kind allows, else at the end.
        """
        in_a_row = 0
        with prefetch(self._write, self._batches(stale), _AHEAD) as batches:
            for batch, written in batches:
                for partition in batch.partitions:
                    try:
                        self._settle(partition, self._results(batch, partition, written))
                        in_a_row = 0
                    except StorageError as error:
                        self._failed.append(error)
                        in_a_row += 1
                        if in_a_row >= self.kind.failures_in_a_row:
                            raise
        if self._failed:
            more = len(self._failed) - 1
            others = f"\n\n{more} more partition(s) failed likewise; all others are published" if more else ""
            raise StorageError(f"{self._failed[0]}{others}") from self._failed[0]

    def _batches(self, partitions: Iterable[PartitionPlan[InputsT]]) -> Iterator[Batch[InputsT, UnitT]]:
        """Consecutive partitions, enough to keep all workers busy and few enough to publish soon."""
        members: list[PartitionPlan[InputsT]] = []
        units: dict[str, Sequence[UnitT]] = {}
        earlier = frozenset[str]()
        for partition in partitions:
            try:
                units[partition.dt] = self.kind.units(partition, self.run)
            except StorageError as error:
                if self.kind.failures_in_a_row == 1:
                    raise
                self._failed.append(error)
                continue
            members.append(partition)
            cost = sum(unit.cost for packed in units.values() for unit in packed)
            if cost >= self.batch_bytes or len(members) == self.kind.partitions_in_batch:
                yield Batch(tuple(members), units, earlier)
                earlier |= units.keys()
                members, units = [], {}
        if members:
            yield Batch(tuple(members), units, earlier)

    def _write(self, batch: Batch[InputsT, UnitT]) -> Mapping[str, Sequence[ResultT]]:
        results = self.kind.write(batch, self.run)
        self.run.on_step(Step.BATCH_WRITTEN, batch.partitions[0].dt)
        return results

    def _results(
        self,
        batch: Batch[InputsT, UnitT],
        partition: PartitionPlan[InputsT],
        written: Future[Mapping[str, Sequence[ResultT]]],
    ) -> Sequence[ResultT]:
        """What was written of a partition. If a batch failed and the run may go on, each partition is tried alone."""
        if written.exception() is None or len(batch.partitions) == 1 or self.kind.failures_in_a_row == 1:
            return written.result()[partition.dt]
        return self._write(batch.alone(partition))[partition.dt]

    def _settle(self, partition: PartitionPlan[InputsT], results: Sequence[ResultT]) -> None:
        staged = self.kind.stage(partition, results, self.run)
        if staged is None:
            report = self.publisher.update_inputs(partition)
        else:
            report = self.publisher.audit_and_publish(partition, staged)
        self.on_partition(report)
        self.run.on_step(Step.PARTITION_REPORTED, partition.dt)
