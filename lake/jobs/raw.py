"""From stale hours to published partitions: run units, settle duplicates, audit, publish; hour by hour, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from lake.audit.partition_audit import TableGate
from lake.catalog import Catalog
from lake.contract.model import Table
from lake.jobs.prefetch import ahead
from lake.jobs.spark import Job, Result
from lake.objects import Store
from lake.objects.layout import partition_folder
from lake.plan.packing import UNIT_BYTES, Unit, units_of
from lake.plan.raw import Hour, Plan
from lake.publish.raw_hour import HourWork, Written, settle
from lake.publish.run_report import PartitionReport, RunReport
from lake.write.deduplicate import Decisions, decisions, decisions_digest
from lake.write.key_index import index_key
from lake.write.raw_task import UnitJob, UnitResult, run_unit
from lake.write.rewrite import AmendJob, amended, is_amendable

_HOURS_IN_BATCH = 48
_AMENDED_HERE = 16
_AHEAD = 2
"""Batches that are parsed at a time: as one runs out of units the next has some, while the last is published."""


class Workers(Protocol):
    """Runs unit jobs somewhere: on Spark's executors, or, for a test, right here."""

    parallelism: int

    def run(self, work: Callable[[Job], Result], jobs: Sequence[Job]) -> list[Result]: ...


@dataclass
class _Batch:
    """Hours whose units run together; `own` are the units by hour, `lookback` those of the hours looked back on.

    `earlier` are the hours of the batches before, which leave the key indexes that this one needs.
    """

    hours: list[Hour] = field(default_factory=list)
    own: dict[str, list[Unit]] = field(default_factory=dict)
    earlier: frozenset[str] = frozenset()
    lookback: dict[str, list[Unit]] = field(default_factory=dict)

    @property
    def cost(self) -> int:
        return sum(unit.cost for units in self.own.values() for unit in units)


@dataclass
class Ingest:
    """One run over one table. `rules` is the digest of what decides rows besides the objects."""

    table: Table
    root: str
    store: Store
    catalog: Catalog
    gate: TableGate
    workers: Workers
    report: RunReport
    rules: str
    on_partition: Callable[[PartitionReport], None] = lambda _: None

    def run(self, plan: Plan) -> None:
        """Bring every stale hour of the plan up to date; what the gate refuses is reported, and the rest goes on."""
        with ahead(self._parse, self._batches(plan.stale), _AHEAD) as parsed:
            for batch, results in parsed:
                for hour in batch.hours:
                    self._finish(plan, hour, batch, results.result())

    def _batches(self, hours: Iterable[Hour]) -> Iterator[_Batch]:
        """Consecutive hours, enough to keep all workers busy and little enough to publish soon."""
        batch, earlier = _Batch(), frozenset[str]()
        for hour in hours:
            batch.hours.append(hour)
            batch.own[hour.dt] = units_of(hour.dt, hour.objects, self.rules)
            for dt, objects in hour.lookback.items():
                batch.lookback.setdefault(dt, units_of(dt, objects, self.rules))
            if batch.cost >= UNIT_BYTES * self.workers.parallelism or len(batch.hours) == _HOURS_IN_BATCH:
                yield batch
                earlier |= batch.own.keys()
                batch = _Batch(earlier=earlier)
        if batch.hours:
            yield batch

    def _parse(self, batch: _Batch) -> dict[str, UnitResult]:
        """Run the units of a batch, and the key indexes that it needs of other hours; results by unit name.

        An hour of which only the look-back changed is not parsed again here: its keys decide whether it has to be.
        """
        whole, indexes = [], []
        for hour in batch.hours:
            units = batch.own[hour.dt]
            if self._keys_suffice(hour):
                indexes += self._without_index(hour.dt, units)
            else:
                whole += units
        for dt, units in batch.lookback.items():
            if dt not in batch.own and dt not in batch.earlier:
                indexes += self._without_index(dt, units)
        jobs = [self._job(unit) for unit in whole] + [self._index_job(unit) for unit in indexes]
        return {result.unit.name: result for result in self._run(jobs) if result.unit in set(whole)}

    def _run(self, jobs: Sequence[UnitJob]) -> list[UnitResult]:
        return self.workers.run(run_unit, jobs) if jobs else []

    def _keys_suffice(self, hour: Hour) -> bool:
        return bool(self.table.key) and hour.only_lookback_changed and hour.state == "stale" and not hour.is_forced

    def _without_index(self, dt: str, units: Sequence[Unit]) -> list[Unit]:
        if not self.table.key:
            return []
        there = {one.key for one in self.store.list(f"keys/{self.table.database}/{self.table.name}/dt={dt}")}
        return [unit for unit in units if index_key(self.table, unit) not in there]

    def _job(self, unit: Unit, decided: Decisions | None = None) -> UnitJob:
        rows, quarantine = self._folders(unit.dt)
        return UnitJob(unit, self.table, self.root, rows, quarantine, decided)

    def _index_job(self, unit: Unit) -> UnitJob:
        return UnitJob(unit, self.table, self.root, "", "")

    def _folders(self, dt: str) -> tuple[str, str]:
        rows, quarantine = (
            f"{partition_folder(zone, self.table.database, self.table.name, dt)}/run={self.report.run_id}"
            for zone in ("curated", "quarantine")
        )
        return rows, quarantine

    def _finish(self, plan: Plan, hour: Hour, batch: _Batch, results: dict[str, UnitResult]) -> None:
        own = batch.own[hour.dt]
        decided = self._decide(hour, own, batch)
        done = [results[unit.name] for unit in own if unit.name in results]
        if not done and own and hour.published is not None:
            if decisions_digest(decided) == hour.published.get("decisions_digest"):
                written = None
            else:
                written = self._written(
                    self._run([self._job(u, decided.get(u.name, Decisions())) for u in own]), decided
                )
        else:
            written = self._written(self._rewritten(done, decided), decided)
        rows, quarantine = self._folders(hour.dt)
        work = HourWork(
            self.table,
            hour,
            plan.listed_at.isoformat(),
            self.report.run_id,
            rows,
            quarantine,
            decisions_digest(decided),
        )
        self._report(settle(work, written, self.store, self.catalog, self.gate))

    def _decide(self, hour: Hour, own: Sequence[Unit], batch: _Batch) -> dict[str, Decisions]:
        if not self.table.key or not own:
            return {}
        before = [unit for dt in sorted(hour.lookback) for unit in batch.lookback[dt]]
        return decisions(self.table, self.store, before, own)

    def _rewritten(self, done: Sequence[UnitResult], decided: dict[str, Decisions]) -> list[UnitResult]:
        """Results after duplicates that were not where they were looked for first have been taken out, or put back."""
        wrong = [
            (result, one)
            for result in done
            if (one := decided.get(result.unit.name, Decisions())).conflicts or list(one.duplicates) != result.dropped
        ]
        amends = [AmendJob(r, self.table, self.root, one.duplicates) for r, one in wrong if is_amendable(r, one)]
        anew = [self._job(result.unit, one) for result, one in wrong if not is_amendable(result, one)]
        again = [*self._amended(amends), *self._run(anew)]
        by_name = {result.unit.name: result for result in again}
        final = [by_name.get(result.unit.name, result) for result in done]
        kept = {part.key for result in final for part in [*result.parts, *result.quarantine_parts]}
        written = {part.key for result in done for part in [*result.parts, *result.quarantine_parts]}
        self.store.delete(sorted(written - kept))
        return final

    def _amended(self, jobs: Sequence[AmendJob]) -> list[UnitResult]:
        """Few small files are written again right here: the workers have units in hand, and it would be a long wait."""
        if len(jobs) > _AMENDED_HERE:
            return self.workers.run(amended, jobs)
        with ThreadPoolExecutor() as pool:
            return list(pool.map(amended, jobs))

    def _written(self, results: Sequence[UnitResult], decided: dict[str, Decisions]) -> Written:
        written = Written()
        for result in results:
            written.add(result, decided.get(result.unit.name, Decisions()))
        return written

    def _report(self, partition: PartitionReport) -> None:
        self.report.partitions.append(partition)
        self.on_partition(partition)
