"""From stale days of a derived table to published ones: read, derive, write, audit, publish; day by day, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from lake.audit.partition_audit import TableGate
from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.jobs.prefetch import ahead
from lake.objects import Store
from lake.objects.layout import partition_folder
from lake.plan.daily import DayPlan, input_digest, read_span, sources_of
from lake.plan.daily_rules import DayRules
from lake.plan.event_spans import Span, span_of_day
from lake.plan.raw import Hour
from lake.publish.partition import check_folder, content_digest, listed_files, publish_partition
from lake.publish.run_report import PartitionReport, RunReport
from lake.write.day_events import Reading, distinct_events, read_events
from lake.write.day_task import Target, Written, file_count, write_day
from lake.write.parquet import Part

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_LOOK_AHEAD_MS = 3 * 3_600_000
"""How far beyond a day's end its sessions are looked for at first; nearly all that cross midnight end by then."""

_AHEAD = 2
"""Days that are computed at a time: while one is collected and published, the cores have the next one's tasks."""


@dataclass
class DayRebuild:
    """One run over one derived table. `rows` are the table's rows of a day, given distinct events of what it reads."""

    table: Table
    upstream: Table
    rules: DayRules
    rows: Callable[[DataFrame, Span], DataFrame]
    session: SparkSession
    store: Store
    catalog: Catalog
    gate: TableGate
    report: RunReport
    on_partition: Callable[[PartitionReport], None] = lambda _: None

    def run(self, plan: DayPlan) -> None:
        """Bring every stale day of the plan up to date; what the gate refuses is reported, and the rest goes on."""
        with ahead(partial(self._written, plan), plan.stale, _AHEAD) as waiting:
            for day, written in waiting:
                self._settle(plan, day, written.result())

    def _written(self, plan: DayPlan, day: Hour) -> Written:
        """Read as far beyond the day as its rows reach, which nobody knows before they are made."""
        end = span_of_day(day.dt).until
        beyond = _LOOK_AHEAD_MS if self.rules.before_ms else 0
        while True:
            until = end + beyond
            written = self._attempt(plan, day, until)
            if written.reach_ms is None or written.reach_ms <= until or not plan.index.has_events_from(until):
                return written
            self.store.delete([part.key for part in written.parts])
            beyond = max(4 * beyond, written.reach_ms - end)

    def _attempt(self, plan: DayPlan, day: Hour, until: int) -> Written:
        index, span = plan.index, read_span(day.dt, self.rules, until)
        dated = tuple(index.partitions[dt] for dt in index.sources(span))
        undated = index.undated_of(day.dt) if self.rules.has_undated else {}
        reading = Reading(self.upstream, span, dated, tuple(index.partitions[dt] for dt in undated))
        events = distinct_events(read_events(self.session, self.store.uri, reading))
        own = span_of_day(day.dt)
        target = Target(self.table, self.store.uri, self._folder(day.dt), day.input_digest, file_count(index.rows(own)))
        return write_day(self.rows(events, own), target)

    def _folder(self, dt: str) -> str:
        folder = partition_folder(self.table.zone, self.table.database, self.table.name, dt)
        return f"{folder}/run={self.report.run_id}"

    def _settle(self, plan: DayPlan, day: Hour, written: Written) -> None:
        """Audit and publish a day; the gate's refusal is an outcome."""
        parts = written.parts
        check_folder(self.store, self._folder(day.dt), parts)
        candidate = self._candidate(plan, day, written)
        answer = self.gate.audit(candidate, [part.key for part in parts])
        if answer.state == "failed":
            self._report(candidate.with_parameters(input_digest=day.input_digest), "refused", answer.message)
            return
        outcome, published = publish_partition(
            self.catalog,
            self.store,
            self.table,
            self.table.name,
            candidate=candidate.with_parameters(verdict=answer.state),
            details=self._details(plan, day, written),
            is_forced=day.is_forced,
        )
        if published.location != candidate.location:
            self.store.delete([part.key for part in parts])
        self._report(published, outcome, answer.message or day.reason)

    def _candidate(self, plan: DayPlan, day: Hour, written: Written) -> Partition:
        sources = sources_of(plan.index, day.dt, self.rules, written.reach_ms)
        digest = input_digest(self.table.reading_digest(), self.rules, sources)
        return Partition(day.dt, self._folder(day.dt)).with_parameters(
            input_digest=digest,
            own_digest=digest,
            rules=self.rules.text,
            reached_ms=None if written.reach_ms is None else str(written.reach_ms),
            reading_digest=self.table.reading_digest(),
            columns=",".join(column.name for column in self.table.columns),
            contract_version=self.table.version,
            run_id=self.report.run_id,
            listed_at=plan.listed_at.isoformat(),
            **_counts(written.parts),
        )

    def _details(self, plan: DayPlan, day: Hour, written: Written) -> dict[str, Any]:
        return {
            "sources": sources_of(plan.index, day.dt, self.rules, written.reach_ms),
            "files": listed_files(written.parts),
        }

    def _report(self, partition: Partition, outcome: str, reason: str) -> None:
        numbers = {name: partition.number(name) for name in ("records", "rows", "bytes")}
        report = PartitionReport(partition.dt, outcome, reason, **numbers, input_digest=partition.get("input_digest"))
        self.report.partitions.append(report)
        self.on_partition(report)


def _counts(parts: Sequence[Part]) -> dict[str, str]:
    rows = str(sum(part.rows for part in parts))
    return {
        "content_digest": content_digest(parts),
        "records": rows,
        "rows": rows,
        "duplicates": "0",
        "quarantined": "0",
        "bytes": str(sum(part.bytes for part in parts)),
        "files": str(len(parts)),
    }
