"""Raw objects to partitioned Parquet, for any table whose contract has a raw source; rebuilds what is stale.

Runs as a Glue 5.1 job, through `lake run raw_to_parquet --table …`, or by itself with --master spark://host:port.
Exit codes: 0 all is published (or there was nothing to do), 3 an audit refused a partition, 1 or 2 an error.
"""

from __future__ import annotations

from lake.jobs.lake import Lake
from lake.jobs.pipeline import run_job
from lake.jobs.raw import raw_table
from lake.jobs.runner import JobOptions, JobRuntime, main
from lake.publish.run_report import RunReport


class Args(JobOptions):
    """--table is required; --since and --until are hours, YYYY-MM-DD-HH in UTC, the latter exclusive."""


def run(lake: Lake, args: Args, runtime: JobRuntime) -> RunReport:
    """Bring the table's stale hours up to date. Raises GateRefused after all others are published."""
    return run_job(lake, raw_table(lake, args.table), args, runtime)


if __name__ == "__main__":
    main(run, Args)
