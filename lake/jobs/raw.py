"""Raw tables: hours of raw objects to rows, with duplicates of a key dropped, and rejected records in quarantine."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate

from lake.contract.model import Table
from lake.errors import UsageError
from lake.jobs.lake import Lake
from lake.jobs.pipeline import Batch, Run, TableKind
from lake.plan.packing import UNIT_BYTES, WorkUnit, pack
from lake.plan.partition_plan import PartitionPlan, PlanScope, TablePlan
from lake.plan.raw import RawInputs, plan_raw_hours
from lake.write.deduplicate import Decisions, decisions_digest, duplicate_decisions
from lake.write.key_index import index_key
from lake.write.raw_task import UnitJob, UnitResult, write_unit
from lake.write.rewrite import RewriteJob, can_rewrite, rewrite_without_duplicates
from lake.write.staged import StagedFiles, StagedPartition

_REWRITTEN_HERE = 16
"""So many small files are rewritten in this process: the workers are busy, and it would be a long wait."""

_NO_DECISIONS = Decisions()

_COUNTS = ("records", "rows", "duplicates", "quarantined")

RawHour = PartitionPlan[RawInputs]


@dataclass
class RawTable(TableKind[RawInputs, WorkUnit, UnitResult]):
    """Hours of one table that has a raw source."""

    lake: Lake
    table: Table
    job: str = "raw_to_parquet"
    unit_bytes: int = UNIT_BYTES
    _packed: dict[str, list[WorkUnit]] = field(default_factory=dict, init=False)

    def plan(self, scope: PlanScope) -> TablePlan[RawInputs]:
        return plan_raw_hours(self.table, self.lake.store, self.lake.catalog, self.lake.rules_version, scope)

    def units(self, partition: RawHour, run: Run) -> list[WorkUnit]:
        """Of the hour; those of the hours that it looks back on are kept as well."""
        rules = self.lake.rules(self.table)
        for dt, objects in {**partition.inputs.lookback, partition.dt: partition.inputs.objects}.items():
            if dt not in self._packed:
                self._packed[dt] = pack(dt, objects, rules, run.unit_bytes)
        return self._packed[partition.dt]

    def write(self, batch: Batch[RawInputs, WorkUnit], run: Run) -> dict[str, list[UnitResult]]:
        """Run the units of a batch, and build the key indexes that it needs of other hours.

        An hour of which only the look-back changed is not parsed again here: its keys decide whether it has to be.
        """
        whole: list[WorkUnit] = []
        indexes: list[WorkUnit] = []
        for hour in batch.partitions:
            if self._keys_suffice(hour):
                indexes += self._without_index(hour.dt)
            else:
                whole += batch.units[hour.dt]
        for dt in sorted({dt for hour in batch.partitions for dt in hour.inputs.lookback}):
            if dt not in batch.units and dt not in batch.earlier:
                indexes += self._without_index(dt)
        written = {unit.version for unit in whole}
        jobs = [self._job(unit, run) for unit in whole]
        jobs += [UnitJob(unit, self.table, self.lake.store.uri, "", "") for unit in indexes]
        results = {result.unit.version: result for result in self._run(jobs, run)}
        return {
            dt: [results[unit.version] for unit in units if unit.version in written]
            for dt, units in batch.units.items()
        }

    def stage(self, partition: RawHour, results: Sequence[UnitResult], run: Run) -> StagedPartition | None:
        own = self._packed[partition.dt]
        decided = self._decide(partition, own)
        digest = decisions_digest(decided)
        if not results and own and partition.published is not None:
            if digest == partition.published.get("decisions_digest"):
                return None
            results = self._run([self._job(unit, run, decided.get(unit.name, _NO_DECISIONS)) for unit in own], run)
        else:
            results = self._without_duplicates(results, decided, run)
        return self._staged(partition, results, decided, run)

    def _keys_suffice(self, hour: RawHour) -> bool:
        """Whether only the look-back of the hour changed, so that its rows can differ by duplicates alone."""
        is_same = hour.published is not None and hour.published.get("own_digest") == hour.inputs.own_digest()
        return bool(self.table.key) and is_same and not hour.is_forced

    def _without_index(self, dt: str) -> list[WorkUnit]:
        if not self.table.key:
            return []
        stored = self.lake.store.list(f"keys/{self.table.database}/{self.table.name}/dt={dt}")
        indexed = {index.key for index in stored}
        return [unit for unit in self._packed[dt] if index_key(self.table, unit) not in indexed]

    def _job(self, unit: WorkUnit, run: Run, decisions: Decisions | None = None) -> UnitJob:
        folders = run.folder(unit.dt), run.folder(unit.dt, "quarantine")
        return UnitJob(unit, self.table, self.lake.store.uri, *folders, decisions, on_step=run.on_step)

    def _run(self, jobs: Sequence[UnitJob], run: Run) -> list[UnitResult]:
        return run.workers.run(write_unit, jobs) if jobs else []

    def _decide(self, hour: RawHour, own: Sequence[WorkUnit]) -> dict[str, Decisions]:
        if not self.table.key or not own:
            return {}
        before = [unit for dt in sorted(hour.inputs.lookback) for unit in self._packed[dt]]
        return duplicate_decisions(self.table, self.lake.store, before, own)

    def _without_duplicates(
        self, results: Sequence[UnitResult], decided: Mapping[str, Decisions], run: Run
    ) -> list[UnitResult]:
        """Results after duplicates that a unit could not see itself have been left out, or false ones put back."""
        root = self.lake.store.uri
        rewrites: list[RewriteJob] = []
        reruns: list[UnitJob] = []
        for result in results:
            decisions = decided.get(result.unit.name, _NO_DECISIONS)
            if not decisions.conflicts and list(decisions.duplicates) == result.dropped:
                continue
            if can_rewrite(result, decisions):
                rewrites.append(RewriteJob(result, self.table, root, decisions.duplicates))
            else:
                reruns.append(self._job(result.unit, run, decisions))
        again = {result.unit.name: result for result in [*self._rewrite(rewrites, run), *self._run(reruns, run)]}
        final = [again.get(result.unit.name, result) for result in results]
        kept = {key for result in final for key in result.keys}
        self.lake.store.delete(sorted({key for result in results for key in result.keys} - kept))
        return final

    def _rewrite(self, jobs: Sequence[RewriteJob], run: Run) -> list[UnitResult]:
        if len(jobs) > _REWRITTEN_HERE:
            return run.workers.run(rewrite_without_duplicates, jobs)
        with ThreadPoolExecutor() as pool:
            return list(pool.map(rewrite_without_duplicates, jobs))

    def _staged(
        self, hour: RawHour, results: Sequence[UnitResult], decided: dict[str, Decisions], run: Run
    ) -> StagedPartition:
        objects = [count for result in results for count in _accounts(result, decided.get(result.unit.name))]
        counts = {name: sum(int(account[name]) for account in objects) for name in _COUNTS}
        rejects = [file for result in results for file in result.quarantine_files]
        coerced = sum((result.coerced for result in results), Counter[tuple[str, str]]())
        inputs = hour.inputs
        return run.staged(
            hour.dt,
            [file for result in results for file in result.files],
            hour.input_digest,
            **counts,
            quarantine=StagedFiles(run.folder(hour.dt, "quarantine"), tuple(rejects)),
            parameters={
                "own_digest": inputs.own_digest(),
                "decisions_digest": decisions_digest(decided),
                "objects": str(len(objects)),
            },
            manifest={
                "objects_read": {stored.key: stored.etag for stored in inputs.objects},
                "lookback_read": {stored.key: stored.etag for back in inputs.lookback.values() for stored in back},
                "objects": objects,
            },
            coerced=coerced,
        )


def _accounts(result: UnitResult, decisions: Decisions | None) -> list[dict[str, str | int]]:
    """What became of the records of each raw object: records = rows + duplicates + quarantined."""
    decisions = decisions or _NO_DECISIONS
    rows = [count.rows for count in result.objects]
    duplicates, conflicts = _by_object(rows, decisions.duplicates), _by_object(rows, decisions.conflicts)
    return [
        {
            "key": count.key,
            "records": count.rows + count.rejected,
            "rows": count.rows - duplicates[number] - conflicts[number],
            "duplicates": duplicates[number],
            "quarantined": count.rejected + conflicts[number],
        }
        for number, count in enumerate(result.objects)
    ]


def _by_object(rows: Sequence[int], numbers: Sequence[int]) -> list[int]:
    """How many of these row numbers of a unit fall to each object, given the rows of each in order."""
    ends = list(accumulate(rows))
    counts = [0] * len(rows)
    for number in numbers:
        counts[bisect_right(ends, number)] += 1
    return counts


def raw_table(lake: Lake, name: str) -> RawTable:
    """The table `name`. Raises UsageError if its contract has no raw source, TableNotFound."""
    table = lake.table(name)
    if table.source is None:
        raise UsageError(
            f"reading raw objects of {table.full_name}: its contract names no raw source; it is made from "
            f"{table.upstream} by another job of glue_jobs/ (docs/choose-buckets.md)"
        )
    return RawTable(lake, table)
