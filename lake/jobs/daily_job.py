"""A job that derives days: from its plan to its report; what is its own is how rows are made of events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from lake.audit.partition_audit import TableGate, preload
from lake.errors import UsageError
from lake.jobs.daily import DayRebuild
from lake.jobs.lake import Lake
from lake.jobs.progress import Narrator
from lake.jobs.runner import rebuild_stale
from lake.jobs.runtime import spark_session
from lake.plan.daily import DayPlan, plan_days
from lake.plan.daily_rules import DayRules
from lake.plan.event_spans import Span, day_option
from lake.plan.raw import Plan
from lake.publish.run_report import RunReport

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class DayArgs(Protocol):
    """The options that every such job has."""

    @property
    def table(self) -> str: ...
    @property
    def since(self) -> str | None: ...
    @property
    def until(self) -> str | None: ...
    @property
    def master(self) -> str | None: ...
    @property
    def expectations(self) -> str | None: ...
    @property
    def rebuild(self) -> bool: ...


@dataclass(frozen=True)
class DayJob:
    """`rows` are the table's rows of a day, given the distinct events that the day is made from."""

    name: str
    rules: DayRules
    rows: Callable[[DataFrame, Span], DataFrame]


def rebuild_days(lake: Lake, job: DayJob, args: DayArgs, narrator: Narrator) -> RunReport:
    """Bring the stale days of the job's table up to date. Raises GateRefused after the rest is published."""
    table = lake.table(args.table)
    if table.made_by != job.name or table.upstream is None:
        raise UsageError(f"running {job.name} for {table.full_name}: its contract does not say madeBy: {job.name}")
    since, until = day_option("since", args.since), day_option("until", args.until)
    upstream = lake.table(table.upstream)
    plan = plan_days(
        table, upstream, lake.store, lake.catalog, rules=job.rules, since=since, until=until, rebuild=args.rebuild
    )

    def work(plan: Plan, report: RunReport) -> None:
        if not isinstance(plan, DayPlan):
            raise TypeError("a plan of days was made above")
        # Great Expectations takes seconds to import: while Spark starts, and while the first days are computed.
        loading = Thread(target=preload, daemon=True)
        loading.start()
        began = monotonic()
        session = spark_session(f"{job.name} {table.full_name}", args.master)
        session.conf.set("spark.sql.session.timeZone", "UTC")
        report.spark_start_seconds = round(monotonic() - began, 3)
        lake.declare(table)
        gate = TableGate(lake.store, lake.catalog, table, args.expectations, ready=loading.join)
        with narrator.progress(plan) as on_partition:
            DayRebuild(
                table=table,
                upstream=upstream,
                rules=job.rules,
                rows=job.rows,
                session=session,
                store=lake.store,
                catalog=lake.catalog,
                gate=gate,
                report=report,
                on_partition=on_partition,
            ).run(plan)

    return rebuild_stale(lake, plan, job.name, narrator, work)
