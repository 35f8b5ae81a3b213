"""Progress of a job: log lines, a progress bar on a terminal, the run's report as JSON on standard output."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lake import logs
from lake.errors import LakeError
from lake.plan.partition_plan import PartitionInputs, TablePlan
from lake.publish.run_report import PartitionReport, RunReport, most_coerced, most_rejected

_SHOWN = 10
_LOG = logging.getLogger(__name__)


class JobReporter:
    """Logs what a run does; with `as_json`, the run's report is one JSON document on standard output."""

    def __init__(self, as_json: bool = False) -> None:
        self._as_json = as_json

    def planned(self, plan: TablePlan[PartitionInputs]) -> None:
        """What will be rebuilt, and why."""
        name = plan.table.full_name
        for stray in plan.strays:
            layout = plan.table.source.layout if plan.table.source else ""
            _LOG.warning("%s: ignored %s, which is not under a %s folder", name, stray, layout)
        if plan.table.upstream and not plan.partitions:
            _LOG.info("%s: nothing to do; %s has no published partitions in that range", name, plan.table.upstream)
            return
        if not plan.stale:
            _LOG.info("%s: nothing to do; all %d partitions are current", name, len(plan.partitions))
            return
        _LOG.info("%s: %d of %d partitions are stale", name, len(plan.stale), len(plan.partitions))
        for partition in plan.stale[:_SHOWN]:
            summary = f" ({partition.inputs.summary})" if partition.inputs.summary else ""
            _LOG.info("dt=%s: %s%s", partition.dt, partition.reason, summary, extra={"partition": partition.dt})
        if len(plan.stale) > _SHOWN:
            _LOG.info("… and %d more", len(plan.stale) - _SHOWN)

    @contextmanager
    def progress(self, plan: TablePlan[PartitionInputs]) -> Iterator[Callable[[PartitionReport], None]]:
        """A bar over the partitions on a terminal; a line for each elsewhere."""
        if not logs.is_terminal():
            yield self._partition
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=logs.console, transient=True) as bar:
            task = bar.add_task(plan.table.full_name, total=len(plan.stale))

            def settled(partition: PartitionReport) -> None:
                bar.advance(task)
                self._partition(partition)

            yield settled

    def _partition(self, partition: PartitionReport) -> None:
        fields = {"partition": partition.dt, "outcome": partition.outcome}
        if partition.outcome == "refused":
            _LOG.warning("dt=%s: refused by the audit, and not published", partition.dt, extra=fields)
            return
        _LOG.info("dt=%s: %s, %s", partition.dt, partition.outcome, _sum(partition), extra=fields)
        if partition.verdict == "warned":
            what = "; ".join(partition.warnings)
            _LOG.warning("dt=%s: the audit warned: %s. The page: %s", partition.dt, what, partition.page, extra=fields)

    def ended(self, plan: TablePlan[PartitionInputs], report: RunReport) -> None:
        """The account of the run."""
        if self._as_json:
            sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False) + "\n")
        if not plan.stale:
            return
        total = PartitionReport("", "")
        for name in ("records", "rows", "duplicates", "quarantined", "skipped"):
            setattr(total, name, report.total(name))
        counts = {name: report.count([name]) for name in ("published", "unchanged", "refused", "superseded", "pinned")}
        outcomes = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        _LOG.info("%s: %s (run %s); %s", plan.table.full_name, outcomes, report.run_id, _sum(total))
        for rejects in most_rejected(report.partitions):
            _LOG.info("%s: rejected: %s", plan.table.full_name, rejects)
        for coerced in most_coerced(report.partitions):
            _LOG.info("%s: taken by a rule of the contract: %s", plan.table.full_name, coerced)

    def failed(self, error: LakeError) -> None:
        """An error that the user can act on: its message, and its traceback with --debug."""
        _LOG.error("%s", error, exc_info=error if _LOG.isEnabledFor(logging.DEBUG) else None)


def _sum(counted: PartitionReport) -> str:
    return (
        f"{counted.records:,} records = {counted.rows:,} rows + {counted.duplicates:,} duplicates "
        f"+ {counted.quarantined:,} quarantined{f' + {counted.skipped:,} skipped' if counted.skipped else ''}"
    )
