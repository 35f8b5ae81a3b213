"""Shared entry point of all jobs: run, log, save the run's report, raise if an audit failed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from lake import logs
from lake.errors import GateRefused, LakeError, UsageError
from lake.jobs.lake import Lake
from lake.jobs.progress import Narrator
from lake.jobs.runtime import arguments, is_on_glue, run_as_glue_job
from lake.objects.layout import hour_start, new_run_id
from lake.plan.raw import Plan
from lake.publish.run_report import RunReport, save

_LOG = logging.getLogger(__name__)


def rebuild_stale(
    lake: Lake, plan: Plan, job: str, narrator: Narrator, work: Callable[[Plan, RunReport], None]
) -> RunReport:
    """Do the work where the plan has stale partitions, and keep a report of the run, whatever comes of it.

    Raises what `work` raises, and GateRefused after the rest is published.
    """
    report = RunReport(new_run_id(datetime.now(UTC)), plan.table.full_name, job)
    logs.bind(run_id=report.run_id, table=report.table)
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


class JobArgs(Protocol):
    """The options that decide where a job works, and how it speaks."""

    @property
    def root(self) -> str: ...
    @property
    def contracts(self) -> str | None: ...
    @property
    def json(self) -> bool: ...


Args = TypeVar("Args", bound=JobArgs)


def main(run: Callable[[Lake, Args, Narrator], object], kind: type[Args]) -> None:
    """Run a job as Glue does: options from the command line, errors logged, the process ends with the exit code."""

    def outcome() -> int:
        args = arguments(kind)
        narrator = Narrator(as_json=args.json)
        try:
            run(Lake.open(args.root, args.contracts), args, narrator)
        except LakeError as error:
            narrator.failed(error)
            return error.exit_code
        except Exception:
            # Python prints the traceback as well, but over many lines, and without the run's id.
            if is_on_glue():
                _LOG.exception("unexpected error")
            raise
        return 0

    logs.configure(debug="--debug" in sys.argv)
    # In a copy, so that what the run binds to its log lines ends with the run.
    if code := copy_context().run(run_as_glue_job, outcome):
        sys.exit(code)


def hour_option(name: str, text: str | None) -> str | None:
    """A job's option that names an hour. Raises UsageError, naming the option, where it is none."""
    if text is not None:
        try:
            hour_start(text)
        except UsageError as error:
            raise UsageError(f"--{name}: {error}") from error
    return text
