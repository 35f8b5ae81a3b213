"""Sessions of each day, from curated events; rebuilds the days of clickstream.sessions_by_day_v1 whose events changed.

Runs as a Glue 5.1 job, through `lake run sessions`, or by itself with --master spark://host:port.
Exit codes: 0 all is published (or there was nothing to do), 3 the gate refused a day, 1 or 2 an error.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as sf

from lake.days.job import DayJob, rebuild_days
from lake.days.rules import session_days
from lake.days.spans import Span
from lake.days.write import REACH
from lake.errors import LakeError
from lake.lake import Lake
from lake.narrate import Narrator
from lake.runs import RunReport
from lake.runtime import arguments, run_as_glue_job
from lake.sessions import DEFAULT_GAP, DEFAULT_TIMEZONE, SessionRules

KEY = ("user_id", "device_id")


@dataclass(frozen=True)
class Args:
    """Options: --since and --until are days, YYYY-MM-DD in UTC, the latter exclusive.

    The others are those of the stream: --gap (30 minutes), --cut_at_midnight in --timezone, or a --window of 30s or
    1m. Sessions made with other options than those given are made anew.
    """

    table: str = "clickstream.sessions_by_day_v1"
    root: str = ".lake"
    gap: str = DEFAULT_GAP
    cut_at_midnight: bool = False
    timezone: str = DEFAULT_TIMEZONE
    window: str | None = None
    since: str | None = None
    until: str | None = None
    master: str | None = None
    contracts: str | None = None
    expectations: str | None = None
    rebuild: bool = False
    json: bool = False


def sessions(events: DataFrame, rules: SessionRules) -> DataFrame:
    """Sessions of distinct events: one row each, with the columns of clickstream.sessions_v1.

    Events need event_id, user_id, device_id, client_event and client_timestamp; those without a user, a device or a
    time are in no session. Of events of one millisecond, the order of event_id decides (by its UTF-8 bytes), then that
    of client_event. Expects a session whose time zone is UTC.
    """
    placed = _keyed(events).withColumn("number", _number(rules))
    first, last = (extreme(sf.struct("at_ms", "event_id", "client_event")) for extreme in (sf.min, sf.max))
    made = placed.groupBy(*KEY, "number").agg(
        sf.min("at_ms").alias("started_ms"),
        sf.max("at_ms").alias("ended_ms"),
        sf.count("*").alias("events"),
        first.getField("client_event").alias("begin_navigation"),
        last.getField("client_event").alias("end_navigation"),
    )
    return made.select(
        _session_id(rules).alias("session_id"),
        *KEY,
        sf.expr("timestamp_millis(started_ms)").alias("started_at"),
        sf.expr("timestamp_millis(ended_ms)").alias("ended_at"),
        sf.expr("(ended_ms - started_ms) div 1000").alias("duration_sec"),
        "events",
        "begin_navigation",
        "end_navigation",
    )


def _keyed(events: DataFrame) -> DataFrame:
    has_key = sf.col("user_id").isNotNull() & sf.col("device_id").isNotNull() & sf.col("client_timestamp").isNotNull()
    return events.where(has_key).withColumn("at_ms", sf.expr("unix_millis(client_timestamp)"))


def _number(rules: SessionRules) -> Column:
    """What tells the sessions of one key apart: a count of the starts so far, or the window's own start."""
    if rules.window_ms is not None:
        return sf.expr(f"at_ms - pmod(at_ms, {rules.window_ms})")
    in_order = Window.partitionBy(*KEY).orderBy("at_ms")
    before = sf.lag("at_ms").over(in_order)
    is_start = before.isNull() | (sf.col("at_ms") - before > rules.gap_ms)
    if rules.cut_at_midnight:
        is_start |= _local_day(sf.col("at_ms"), rules) != _local_day(before, rules)
    # Events of one instant are one step: which of them comes first does not matter to where a session begins.
    return sf.sum(sf.when(is_start, 1).otherwise(0)).over(in_order.rowsBetween(Window.unboundedPreceding, 0))


def _local_day(at_ms: Column, rules: SessionRules) -> Column:
    return sf.to_date(sf.from_utc_timestamp(sf.timestamp_millis(at_ms), rules.timezone))


def _session_id(rules: SessionRules) -> Column:
    """As lake.sessions has it; `number` is the window's start there."""
    user = sf.col("user_id").cast("string")
    if rules.window_ms is not None:
        second = sf.expr("number div 1000").cast("string")
        return sf.upper(sf.concat(user, sf.lit("_"), sf.substring("device_id", 1, 3), second))
    return sf.concat_ws("_", user, "device_id", sf.col("started_ms").cast("string"))


def sessions_of_day(events: DataFrame, day: Span, rules: SessionRules) -> DataFrame:
    """The sessions that start on a day, and until when events would change each of them."""
    started, ended = sf.expr("unix_millis(started_at)"), sf.expr("unix_millis(ended_at)")
    starts_on_day = (started >= day.since) & (started < day.until)
    return sessions(events, rules).where(starts_on_day).withColumn(REACH, ended + rules.reach_ms + 1)


def run(lake: Lake, args: Args, narrator: Narrator) -> RunReport:
    """Bring the stale days up to date. Raises GateRefused after the rest is published."""
    rules = SessionRules.of(args.gap, args.window, args.cut_at_midnight, args.timezone)
    job = DayJob("sessions", session_days(rules), lambda events, day: sessions_of_day(events, day, rules))
    return rebuild_days(lake, job, args, narrator)


def main() -> int:
    """Run as Glue does: arguments from the command line, errors as one message, the exit code as the answer."""
    args = arguments(Args)
    narrator = Narrator(as_json=args.json)
    try:
        run(Lake.open(args.root, args.contracts), args, narrator)
    except LakeError as error:
        narrator.failed(error)
        return error.exit_code
    return 0


if __name__ == "__main__" and (code := run_as_glue_job(main)):
    sys.exit(code)
