"""Tables of days: rows of a day of event time, computed on Spark from the events that it is made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lake.contract.model import Table
from lake.errors import UsageError
from lake.jobs.lake import Lake
from lake.jobs.pipeline import Batch, Run, TableKind
from lake.plan.daily import DayInputs, DayPlan, plan_days
from lake.plan.daily_rules import DayRules
from lake.plan.event_spans import Span, span_of_day
from lake.plan.packing import WorkUnit
from lake.plan.partition_plan import PartitionPlan, PlanScope
from lake.write.day_events import Reading, distinct_events, read_events
from lake.write.day_task import DayResult, Target, file_count, write_day
from lake.write.staged import StagedPartition

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_LOOK_AHEAD_MS = 3 * 3_600_000
"""How far beyond a day's end its sessions are looked for at first; nearly all that cross midnight end by then."""


@dataclass
class DailyTable(TableKind[DayInputs, WorkUnit, DayResult]):
    """Days of one table. `rows` are its rows of a day, computed from the distinct events of the upstream table.

    Two days are computed at a time: while one is collected and published, the cores have the next one's tasks.
    """

    lake: Lake
    job: str
    table: Table
    upstream: Table
    rules: DayRules
    rows: Callable[[DataFrame, Span], DataFrame]
    partitions_in_batch: int = 1

    def plan(self, scope: PlanScope) -> DayPlan:
        return plan_days(self.table, self.upstream, self.lake.store, self.lake.catalog, scope, rules=self.rules)

    def write(self, batch: Batch[DayInputs, WorkUnit], run: Run) -> dict[str, list[DayResult]]:
        return {day.dt: [self._write_day(day, run)] for day in batch.partitions}

    def stage(self, partition: PartitionPlan[DayInputs], results: Sequence[DayResult], run: Run) -> StagedPartition:
        (result,) = results
        inputs = replace(partition.inputs, reach_ms=result.reach_ms)
        return run.staged(
            partition.dt,
            result.files,
            inputs.digest(),
            parameters={
                "rules": self.rules.text,
                "reached_ms": None if result.reach_ms is None else str(result.reach_ms),
            },
            manifest={"sources": inputs.sources},
        )

    def _write_day(self, day: PartitionPlan[DayInputs], run: Run) -> DayResult:
        """Read as far beyond the day as its rows reach, which is not known before they are computed."""
        end = span_of_day(day.dt).until
        beyond = _LOOK_AHEAD_MS if self.rules.before_ms else 0
        while True:
            until = end + beyond
            result = self._attempt(day, until, run)
            if result.reach_ms is None or result.reach_ms <= until or not day.inputs.index.has_events_from(until):
                return result
            self.lake.store.delete([file.key for file in result.files])
            beyond = max(4 * beyond, result.reach_ms - end)

    def _attempt(self, day: PartitionPlan[DayInputs], until: int, run: Run) -> DayResult:
        inputs = replace(day.inputs, reach_ms=until)
        index, root, own = inputs.index, self.lake.store.uri, span_of_day(day.dt)
        dated, undated = ([index.partitions[dt] for dt in hours] for hours in (inputs.dated, inputs.undated))
        reading = Reading(self.upstream, inputs.span, tuple(dated), tuple(undated))
        events = distinct_events(read_events(self._session(run), root, reading))
        target = Target(self.table, root, run.folder(day.dt), day.input_digest, file_count(index.rows(own)))
        return write_day(self.rows(events, own), target)

    def _session(self, run: Run) -> SparkSession:
        session = run.workers.session
        if session is None:
            raise UsageError(f"computing {self.table.full_name}: expected workers with a Spark session")
        session.conf.set("spark.sql.session.timeZone", "UTC")
        return session


def daily_table(
    lake: Lake, name: str, job: str, rules: DayRules, rows: Callable[[DataFrame, Span], DataFrame]
) -> DailyTable:
    """The table `name`, whose contract names `job`. Raises UsageError if it does not, TableNotFound."""
    table = lake.table(name)
    if table.made_by != job or table.upstream is None:
        raise UsageError(f"running {job} for {table.full_name}: its contract does not say madeBy: {job}")
    return DailyTable(lake, job, table, lake.table(table.upstream), rules, rows)
