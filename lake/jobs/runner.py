"""What surrounds a job: its options, what it is given of the world, and its start from the command line or by Glue."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeVar

from lake import logs
from lake.errors import GateRefused, LakeError, UsageError
from lake.jobs.lake import Lake
from lake.jobs.progress import JobReporter
from lake.jobs.runtime import arguments, is_on_glue, run_as_glue_job
from lake.jobs.spark import Workers, start_spark_workers
from lake.objects.layout import hour_start, new_run_id
from lake.plan.event_spans import span_of_day
from lake.plan.partition_plan import utc_now
from lake.steps import OnStep, ignore_step


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """The options of every job.

    --since and --until name partitions, the latter exclusive: YYYY-MM-DD-HH in UTC, or YYYY-MM-DD for tables of days.
    --metrics-namespace publishes what lake.jobs.metrics says of the run in CloudWatch. --on-refusal succeed ends a run
    whose only fault is that the gate refused partitions with exit code 0, so that Glue's triggers go on with what was
    published; the metric PartitionsRefused, the log and `lake status` say it.
    """

    table: str
    root: str = ".lake"
    since: str | None = None
    until: str | None = None
    master: str | None = None
    contracts: str | None = None
    expectations: str | None = None
    rebuild: bool = False
    json: bool = False
    metrics_namespace: str = ""
    on_refusal: str = "fail"


@dataclass(frozen=True)
class JobRuntime:
    """What a run is given of the world around it; `run_id` names it, a new one unless given.

    `start_workers` is called with the application's name and the Spark master once there is work to do; `on_step` after
    each step of the run. The sizes replace those of the kind of table: bytes of a unit of work, and of the units that a
    batch has for each worker.
    """

    reporter: JobReporter = field(default_factory=JobReporter)
    start_workers: Callable[[str, str | None], Workers] = start_spark_workers
    clock: Callable[[], datetime] = utc_now
    on_step: OnStep = ignore_step
    unit_bytes: int | None = None
    batch_bytes: int | None = None
    run_id: str = ""


_LOG = logging.getLogger(__name__)
_ON_REFUSAL = ("fail", "succeed")

Options = TypeVar("Options", bound=JobOptions)


def main(
    run: Callable[[Lake, Options, JobRuntime], object], kind: type[Options], runtime: JobRuntime | None = None
) -> None:
    """Run a job as Glue does: options from the command line, errors logged, the process ends with the exit code."""

    def outcome() -> int:
        options = arguments(kind)
        reporter = JobReporter(as_json=options.json)
        given = runtime or JobRuntime()
        surroundings = replace(given, reporter=reporter, run_id=given.run_id or new_run_id(given.clock()))
        logs.bind(run_id=surroundings.run_id, table=options.table)
        try:
            if options.on_refusal not in _ON_REFUSAL:
                raise UsageError(f"--on-refusal: expected {' or '.join(_ON_REFUSAL)}, got {options.on_refusal!r}")
            run(Lake.open(options.root, options.contracts), options, surroundings)
        except LakeError as error:
            reporter.failed(error)
            is_taken = isinstance(error, GateRefused) and options.on_refusal == "succeed"
            return 0 if is_taken else error.exit_code
        except Exception:
            # Python prints the traceback as well, but over many lines, and without the run's id.
            if is_on_glue():
                _LOG.exception("unexpected error")
            raise
        return 0

    logs.configure(debug="--debug" in sys.argv)
    # In a copy, so that what is bound to log lines ends with the run.
    if code := copy_context().run(run_as_glue_job, outcome):
        sys.exit(code)


def partition_option(name: str, text: str | None, grain: Literal["hour", "day"]) -> str | None:
    """A job's option that names a partition. Raises UsageError, naming the option, if it does not."""
    if text is not None:
        try:
            (hour_start if grain == "hour" else span_of_day)(text)
        except UsageError as error:
            raise UsageError(f"--{name}: {error}") from error
    return text
