"""How often what happened, hour by hour, from curated events; rebuilds clickstream.event_counts_by_day_v1's stale days.

Runs as a Glue 5.1 job, through `lake run event_counts`, or by itself with --master spark://host:port.
Exit codes: 0 all is published (or there was nothing to do), 3 an audit refused a day, 1 or 2 an error.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from lake.jobs.daily import daily_table
from lake.jobs.lake import Lake
from lake.jobs.pipeline import run_job
from lake.jobs.runner import JobOptions, JobRuntime, main
from lake.plan.daily_rules import RESOLUTIONS, count_days
from lake.publish.run_report import RunReport

NOTHING = "NULL"
"""What stands for a name or a time that an event does not have: DynamoDB's keys can be neither null nor empty."""

MOST_CHARACTERS = 512
"""Of a name; what is longer counts under its beginning, since DynamoDB's keys have 2,048 bytes at most."""


@dataclass(frozen=True, kw_only=True)
class Args(JobOptions):
    """--since and --until are days, YYYY-MM-DD in UTC, the latter exclusive; --resolution is hour, 15m or minute.

    Days that were counted with another resolution are counted again.
    """

    table: str = "clickstream.event_counts_by_day_v1"
    resolution: str = "hour"


def event_counts(events: DataFrame, resolution: str) -> DataFrame:
    """Distinct events counted by name and hour (or 15m, or minute): event_name, event_hour, event_count.

    The hour is a text, e.g. 2015-10-31T12:00:00, as the counters in DynamoDB have it. Expects a session whose time
    zone is UTC.
    """
    micros = sf.unix_micros("client_timestamp")
    start = sf.timestamp_micros(micros - sf.pmod(micros, sf.lit(RESOLUTIONS[resolution] * 1_000_000)))
    hour = sf.date_format(start, "yyyy-MM-dd'T'HH:mm:ss")
    name = sf.substring("client_event", 1, MOST_CHARACTERS)
    named = events.select(
        sf.when(name != "", name).otherwise(NOTHING).alias("event_name"),  # of no name, != "" is null, not true
        sf.coalesce(hour, sf.lit(NOTHING)).alias("event_hour"),
    )
    return named.groupBy("event_name", "event_hour").agg(sf.count("*").alias("event_count"))


def run(lake: Lake, args: Args, runtime: JobRuntime) -> RunReport:
    """Bring the stale days up to date. Raises GateRefused after all others are published."""
    rules = count_days(args.resolution)
    counts = daily_table(
        lake, args.table, "event_counts", rules, lambda events, _: event_counts(events, args.resolution)
    )
    return run_job(lake, counts, args, runtime)


if __name__ == "__main__":
    main(run, Args)
