"""Sessions of each day, from curated events; rebuilds the days of clickstream.sessions_by_day_v1 whose events changed.

Runs as a Glue 5.1 job, through `lake run sessions`, or by itself with --master spark://host:port.
Exit codes: 0 all is published (or there was nothing to do), 3 an audit refused a day, 1 or 2 an error.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as sf

from lake.jobs.daily import daily_table
from lake.jobs.lake import Lake
from lake.jobs.pipeline import run_job
from lake.jobs.runner import JobOptions, JobRuntime, main
from lake.plan.daily_rules import session_days
from lake.plan.event_spans import Span
from lake.publish.run_report import RunReport
from lake.session_rules import DEFAULT_TIMEZONE, SessionRules
from lake.write.day_task import REACH

KEY = ("user_id", "device_id")


@dataclass(frozen=True, kw_only=True)
class Args(JobOptions):
    """--since and --until are days, YYYY-MM-DD in UTC, the latter exclusive.

    The others are those of the stream: --gap (30 minutes), --cut_at_midnight in --timezone, or a --window of 30s or
    1m. Sessions made with other options are computed again.
    """

    table: str = "clickstream.sessions_by_day_v1"
    gap: str | None = None
    cut_at_midnight: bool = False
    timezone: str = DEFAULT_TIMEZONE
    window: str | None = None


def sessions(events: DataFrame, rules: SessionRules) -> DataFrame:
    """Sessions of distinct events: one row each, with the columns of clickstream.sessions_v1.

    Events need event_id, user_id, device_id, client_event and client_timestamp; those without a user, a device or a
    time are in no session. Of events of one microsecond, the order of event_id decides (by its UTF-8 bytes), then that
    of client_event. Expects a session whose time zone is UTC.
    """
    in_order = Window.partitionBy(*KEY).orderBy("at", "event_id", "client_event")
    at, before, after = sf.col("at"), sf.lag("at").over(in_order), sf.lead("at").over(in_order)
    placed = _keyed(events).select(
        *(*KEY, "at", "event_id", "client_event"),
        (before.isNull() | ~_are_in_one_session(before, at, rules)).alias("is_start"),
        (after.isNull() | ~_are_in_one_session(at, after, rules)).alias("is_end"),
        sf.row_number().over(in_order).alias("place"),
    )
    # A session is its first event and its last, which come next to each other once those between them are left out.
    # They lie sorted already: an aggregate, for whose first and last by (time, id) Spark sorts once more, takes half as
    # much time again.
    edges = placed.where("is_start OR is_end")
    ends = [
        sf.when(sf.col("is_end"), sf.col(name)).otherwise(sf.lead(name).over(in_order)).alias(f"last_{name}")
        for name in ("at", "place", "client_event")
    ]
    return (
        edges.select("*", *ends)
        .where("is_start")
        .select(
            _session_id(rules).alias("session_id"),
            *KEY,
            sf.timestamp_micros("at").alias("started_at"),
            sf.timestamp_micros("last_at").alias("ended_at"),
            sf.expr("(last_at - at) div 1000000").alias("duration_sec"),
            sf.expr("CAST(last_place - place + 1 AS bigint)").alias("events"),
            sf.col("client_event").alias("begin_navigation"),
            sf.col("last_client_event").alias("end_navigation"),
        )
    )


def _keyed(events: DataFrame) -> DataFrame:
    has_key = sf.col("user_id").isNotNull() & sf.col("device_id").isNotNull() & sf.col("client_timestamp").isNotNull()
    return events.where(has_key).withColumn("at", sf.unix_micros("client_timestamp"))


def _are_in_one_session(earlier: Column, later: Column, rules: SessionRules) -> Column:
    """As lake.session_rules has it: whether two events that follow each other belong together."""
    if rules.window_ms is not None:
        return _window_start(earlier, rules.window_ms) == _window_start(later, rules.window_ms)
    is_near = later - earlier <= rules.gap_ms * 1000
    return is_near & (_local_day(earlier, rules) == _local_day(later, rules)) if rules.cut_at_midnight else is_near


def _window_start(at: Column, window_ms: int) -> Column:
    return at - sf.pmod(at, sf.lit(window_ms * 1000))


def _local_day(at: Column, rules: SessionRules) -> Column:
    return sf.to_date(sf.from_utc_timestamp(sf.timestamp_micros(at), rules.timezone))


def _session_id(rules: SessionRules) -> Column:
    """As lake.session_rules has it."""
    user = sf.col("user_id").cast("string")
    if rules.window_ms is not None:
        start = sf.timestamp_micros(_window_start(sf.col("at"), rules.window_ms))
        name = sf.upper(sf.concat(user, sf.lit("_"), sf.substring("device_id", 1, 3)))
        return sf.concat(name, sf.unix_seconds(start).cast("string"))
    # Not divided but converted: before 1970 a division would not go towards the past, as the stream's does.
    millisecond = sf.unix_millis(sf.timestamp_micros("at")).cast("string")
    return sf.concat_ws("_", user, "device_id", millisecond)


def sessions_of_day(events: DataFrame, day: Span, rules: SessionRules) -> DataFrame:
    """The sessions that start on a day, and until when events would change each of them."""
    started, ended = sf.unix_millis("started_at"), sf.unix_millis("ended_at")
    starts_on_day = (started >= day.since) & (started < day.until)
    return sessions(events, rules).where(starts_on_day).withColumn(REACH, ended + rules.reach_ms + 1)


def run(lake: Lake, args: Args, runtime: JobRuntime) -> RunReport:
    """Bring the stale days up to date. Raises GateRefused after all others are published."""
    rules = SessionRules.of(args.gap, args.window, args.cut_at_midnight, args.timezone)
    by_day = daily_table(
        lake, args.table, "sessions", session_days(rules), lambda events, day: sessions_of_day(events, day, rules)
    )
    return run_job(lake, by_day, args, runtime)


if __name__ == "__main__":
    main(run, Args)
