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
from lake.sessions import DEFAULT_TIMEZONE, SessionRules

KEY = ("user_id", "device_id")


@dataclass(frozen=True)
class Args:
    """Options: --since and --until are days, YYYY-MM-DD in UTC, the latter exclusive.

    The others are those of the stream: --gap (30 minutes), --cut_at_midnight in --timezone, or a --window of 30s or
    1m. Sessions made with other options than those given are made anew.
    """

    table: str = "clickstream.sessions_by_day_v1"
    root: str = ".lake"
    gap: str | None = None
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
    time are in no session. Of events of one microsecond, the order of event_id decides (by its UTF-8 bytes), then that
    of client_event. Expects a session whose time zone is UTC.
    """
    placed = _keyed(events).withColumn("number", _number(rules))
    first, last = (extreme(sf.struct("at", "event_id", "client_event")) for extreme in (sf.min, sf.max))
    made = placed.groupBy(*KEY, "number").agg(
        sf.min("at").alias("started"),
        sf.max("at").alias("ended"),
        sf.count("*").alias("events"),
        first.getField("client_event").alias("begin_navigation"),
        last.getField("client_event").alias("end_navigation"),
    )
    return made.select(
        _session_id(rules).alias("session_id"),
        *KEY,
        sf.timestamp_micros("started").alias("started_at"),
        sf.timestamp_micros("ended").alias("ended_at"),
        sf.expr("(ended - started) div 1000000").alias("duration_sec"),
        "events",
        "begin_navigation",
        "end_navigation",
    )


def _keyed(events: DataFrame) -> DataFrame:
    has_key = sf.col("user_id").isNotNull() & sf.col("device_id").isNotNull() & sf.col("client_timestamp").isNotNull()
    return events.where(has_key).withColumn("at", sf.unix_micros("client_timestamp"))


def _number(rules: SessionRules) -> Column:
    """What tells the sessions of one key apart: a count of the starts so far, or the window's own start."""
    if rules.window_ms is not None:
        return sf.expr(f"at - pmod(at, {rules.window_ms * 1000})")
    in_order = Window.partitionBy(*KEY).orderBy("at")
    before = sf.lag("at").over(in_order)
    is_start = before.isNull() | (sf.col("at") - before > rules.gap_ms * 1000)
    if rules.cut_at_midnight:
        is_start |= _local_day(sf.col("at"), rules) != _local_day(before, rules)
    # Events of one instant are one step: which of them comes first does not matter to where a session begins.
    return sf.sum(sf.when(is_start, 1).otherwise(0)).over(in_order.rowsBetween(Window.unboundedPreceding, 0))


def _local_day(at: Column, rules: SessionRules) -> Column:
    return sf.to_date(sf.from_utc_timestamp(sf.timestamp_micros(at), rules.timezone))


def _session_id(rules: SessionRules) -> Column:
    """As lake.sessions has it; `number` is the window's start there."""
    user = sf.col("user_id").cast("string")
    if rules.window_ms is not None:
        second = sf.expr("number div 1000000").cast("string")  # a window begins with a whole second
        return sf.concat(sf.upper(sf.concat(user, sf.lit("_"), sf.substring("device_id", 1, 3))), second)
    # Divided as the stream does, towards the past: before 1970, `div` would not.
    millisecond = sf.expr("unix_millis(timestamp_micros(started))").cast("string")
    return sf.concat_ws("_", user, "device_id", millisecond)


def sessions_of_day(events: DataFrame, day: Span, rules: SessionRules) -> DataFrame:
    """The sessions that start on a day, and until when events would change each of them."""
    started, ended = sf.unix_millis("started_at"), sf.unix_millis("ended_at")
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
