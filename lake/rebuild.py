"""What every job does around its own work on a table's stale partitions: say, report, and answer for the gate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from lake.errors import GateRefused, UsageError
from lake.lake import Lake
from lake.layout import hour_start, new_run_id
from lake.narrate import Narrator
from lake.plan import Plan
from lake.runs import RunReport, save


def rebuild_stale(
    lake: Lake, plan: Plan, job: str, narrator: Narrator, work: Callable[[Plan, RunReport], None]
) -> RunReport:
    """Do the work where the plan has stale partitions, and keep a report of the run, whatever comes of it.

    Raises what `work` raises, and GateRefused after the rest is published.
    """
    report = RunReport(new_run_id(datetime.now(UTC)), plan.table.full_name, job)
    narrator.planned(plan)
    if plan.stale:
        save(lake.store, plan.table, report)
        try:
            work(plan, report)
            report.state = "refused" if report.count(["refused"]) else "succeeded"
        except BaseException as error:
            report.state, report.error = "failed", f"{type(error).__name__}: {error}"
            raise
        finally:
            report.ended_at = datetime.now(UTC).isoformat()
            save(lake.store, plan.table, report)
    narrator.ended(plan, report)
    if report.state == "refused":
        refused = [partition for partition in report.partitions if partition.outcome == "refused"]
        raise GateRefused("\n\n".join(partition.reason for partition in refused))
    return report


def hour_option(name: str, text: str | None) -> str | None:
    """A job's option that names an hour. Raises UsageError, naming the option, where it is none."""
    if text is not None:
        try:
            hour_start(text)
        except UsageError as error:
            raise UsageError(f"--{name}: {error}") from error
    return text
