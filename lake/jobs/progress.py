"""What a job says while it works: lines for a log, a progress bar for a person, JSON for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lake.errors import LakeError
from lake.plan.raw import Plan
from lake.publish.run_report import PartitionReport, RunReport

_SHOWN = 10


class Narrator:
    """Speaks on standard error; with `as_json`, the run's report is one JSON document on standard output."""

    def __init__(self, as_json: bool = False) -> None:
        self._as_json = as_json
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)

    def planned(self, plan: Plan) -> None:
        """What will be rebuilt, and why."""
        name = plan.table.full_name
        for stray in plan.strays:
            self._say(f"{name}: {stray} lies in no hour dt=YYYY-MM-DD-HH and is not read")
        if plan.table.upstream and not plan.hours:
            self._say(f"{name}: nothing to do; {plan.table.upstream} has no published partitions in that range")
            return
        if not plan.stale:
            self._say(f"{name}: nothing to do; all {len(plan.hours)} partitions are current")
            return
        self._say(f"{name}: {len(plan.stale)} of {len(plan.hours)} partitions are stale")
        for hour in plan.stale[:_SHOWN]:
            self._say(f"  dt={hour.dt}: {hour.reason}" + (f" ({len(hour.objects)} objects)" if hour.objects else ""))
        if len(plan.stale) > _SHOWN:
            self._say(f"  … and {len(plan.stale) - _SHOWN} more")

    @contextmanager
    def progress(self, plan: Plan) -> Iterator[Callable[[PartitionReport], None]]:
        """A bar over the partitions where a person looks on; a line for each where nobody does."""
        if not self._console.is_terminal:
            yield self._partition
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task(plan.table.full_name, total=len(plan.stale))

            def settled(partition: PartitionReport) -> None:
                bar.advance(task)
                self._partition(partition)

            yield settled

    def _partition(self, partition: PartitionReport) -> None:
        if partition.outcome == "refused":
            self._say(f"  dt={partition.dt}: refused by the gate; what was published before stays")
            return
        self._say(f"  dt={partition.dt}: {partition.outcome}, {_sum(partition)}")

    def ended(self, plan: Plan, report: RunReport) -> None:
        """The account of the run."""
        if self._as_json:
            sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False) + "\n")
        if not plan.stale:
            return
        total = PartitionReport("", "")
        for name in ("records", "rows", "duplicates", "quarantined"):
            setattr(total, name, report.total(name))
        counts = {name: report.count([name]) for name in ("published", "unchanged", "refused", "superseded", "pinned")}
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        self._say(f"{plan.table.full_name}: {told} (run {report.run_id}); {_sum(total)}")

    def failed(self, error: LakeError) -> None:
        """An error, in words for whoever has to act on it."""
        self._say(f"error: {error}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False)


def _sum(counted: PartitionReport) -> str:
    return (
        f"{counted.records:,} records = {counted.rows:,} rows + {counted.duplicates:,} duplicates "
        f"+ {counted.quarantined:,} quarantined"
    )
