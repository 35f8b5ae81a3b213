"""Published partitions to bucketed ones, for any table whose contract has a source table and buckets.

Runs as a Glue 5.1 job, through `lake run bucket_by_key --table …`, or by itself with --master spark://host:port.
Exit codes: 0 all is published (or there was nothing to do), 3 the gate refused a partition, 1 or 2 an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import Thread
from time import monotonic

from lake.audit.partition_audit import TableGate, preload
from lake.catalog.view_routing import routed_afterwards
from lake.contract.model import Table
from lake.errors import TableNotFound, UsageError
from lake.jobs.bucketed import Rebucket, refuse_other_buckets
from lake.jobs.lake import Lake
from lake.jobs.progress import Narrator
from lake.jobs.runner import hour_option, main, rebuild_stale
from lake.jobs.runtime import spark_session
from lake.jobs.spark import SparkWorkers
from lake.plan.raw import Plan
from lake.publish.run_report import RunReport


@dataclass(frozen=True)
class Args:
    """Options: --table is required; --since and --until are hours, YYYY-MM-DD-HH in UTC, the latter exclusive."""

    table: str
    root: str = ".lake"
    since: str | None = None
    until: str | None = None
    master: str | None = None
    contracts: str | None = None
    expectations: str | None = None
    rebuild: bool = False
    json: bool = False


def run(lake: Lake, args: Args, narrator: Narrator) -> RunReport:
    """Bring the table's stale partitions up to date. Raises GateRefused after the rest is published."""
    table = lake.table(args.table)
    if table.bucketing is None:
        raise UsageError(
            f"bucketing {table.full_name}: its contract has no bucketColumns; raw tables are made by raw_to_parquet"
        )
    refuse_other_buckets(table, lake.catalog)
    _refuse_lone(lake, table)
    plan = lake.plan(table, hour_option("since", args.since), hour_option("until", args.until), args.rebuild)
    with routed_afterwards(lake.catalog, table.full_name):
        return rebuild_stale(lake, plan, "bucket_by_key", narrator, partial(_bucket, lake, args, narrator))


def _refuse_lone(lake: Lake, table: Table) -> None:
    try:
        lake.table(table.upstream or "")
    except TableNotFound as error:
        raise TableNotFound(
            f"bucketing {table.full_name}: the table that its contract names as sourceTable has none itself. {error}"
        ) from error


def _bucket(lake: Lake, args: Args, narrator: Narrator, plan: Plan, report: RunReport) -> None:
    # Great Expectations takes seconds to import: while Spark starts, and while the first units are sorted.
    loading = Thread(target=preload, daemon=True)
    loading.start()
    began = monotonic()
    session = spark_session(f"bucket_by_key {plan.table.full_name}", args.master)
    report.spark_start_seconds = round(monotonic() - began, 3)
    lake.declare(plan.table)
    gate = TableGate(lake.store, lake.catalog, plan.table, args.expectations, ready=loading.join)
    with narrator.progress(plan) as on_partition:
        rebucket = Rebucket(
            table=plan.table,
            root=lake.store.uri,
            store=lake.store,
            catalog=lake.catalog,
            gate=gate,
            workers=SparkWorkers(session),
            report=report,
            on_partition=on_partition,
        )
        rebucket.run(plan)


if __name__ == "__main__":
    main(run, Args)
