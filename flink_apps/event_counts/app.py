"""Running counts of events by name and hour: absolute numbers, so that a replay overwrites a count with itself."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from lake.flink.operators import Operators
from lake.flink.program import contracts_of, run
from lake.flink.properties import Properties, Resolution
from lake.flink.sinks import QUARANTINE_COLUMNS, Columns, Sinks, insertion, sinks_of
from lake.flink.sources import Source
from lake.flink.spec import read_spec

if TYPE_CHECKING:
    from pyflink.table import StatementSet, StreamTableEnvironment

APP = Path(__file__).resolve()
SINKS = ("dynamodb", "kinesis", "firehose", "file")
COLUMNS: Columns = (("EventName", "STRING"), ("EventHour", "STRING"), ("EventCount", "BIGINT"))
KEY = ("EventName", "EventHour")

LONGEST_OUTAGE = timedelta(days=30)
"""A count is kept for so long beyond the retention: state ages by the clock, and while the application is down, events
do not. A count that was forgotten too early would start again from 1."""

_SETTINGS = {
    "table.exec.mini-batch.enabled": "true",  # counts are written once a second, not once an event
    "table.exec.mini-batch.allow-latency": "1 s",
    "table.exec.mini-batch.size": "5000",
    "table.exec.sink.upsert-materialize": "NONE",  # a name and an hour are one text each: their texts are a key too
}


def build(env: StreamTableEnvironment, properties: Properties, source: Source, sinks: Sinks) -> StatementSet:
    """The application between a source and its sinks; nothing runs before the statements are executed."""
    for name, value in (*_SETTINGS.items(), ("table.exec.state.ttl", _seconds(properties.retention + LONGEST_OUTAGE))):
        env.get_config().set(name, value)
    events = read_spec(contracts_of(APP), "clickstream.events_v1")
    source.declare(env, "raw_events")
    sinks.main.declare(env, "counts_out", COLUMNS, KEY)
    sinks.late.declare(env, "late_out", events.flink_columns)
    sinks.quarantine.declare(env, "quarantine_out", QUARANTINE_COLUMNS)
    operators = Operators(env, events, properties)
    operators.register_events("raw_events", source.hold)
    operators.register_retained()
    statements = env.create_statement_set()
    for view, query in (("timed", timed_counts(properties.resolution)), ("timeless", timeless_counts())):
        env.execute_sql(f"CREATE TEMPORARY VIEW {view} AS {query}")
        if not sinks.main.replaces:
            operators.register_appended(view, f"{view}_states")
        counts = view if sinks.main.replaces else f"{view}_states"
        statements.add_insert_sql(insertion("counts_out", counts, COLUMNS))
    statements.add_insert_sql(insertion("late_out", "late", events.flink_columns))
    statements.add_insert_sql(insertion("quarantine_out", "rejected", QUARANTINE_COLUMNS))
    return statements


def timed_counts(resolution: Resolution) -> str:
    """Counts of the events that have a time. The hour is made a text after counting, which is seldom."""
    return f"""
        SELECT EventName, DATE_FORMAT(started, 'yyyy-MM-dd''T''HH:mm:ss') AS EventHour, EventCount
        FROM (
            SELECT EventName, started, COUNT(*) AS EventCount
            FROM (
                SELECT COALESCE(client_event, 'NULL') AS EventName,
                       FLOOR(client_timestamp TO {resolution.upper()}) AS started
                FROM retained
                WHERE client_timestamp IS NOT NULL
            )
            GROUP BY EventName, started
        )"""  # noqa: S608 # a word of two


def timeless_counts() -> str:
    """Counts of the events that have no time: never too old, so never forgotten."""
    return """
        SELECT /*+ STATE_TTL('named' = '36500d') */ EventName, 'NULL' AS EventHour, COUNT(*) AS EventCount
        FROM (
            SELECT COALESCE(client_event, 'NULL') AS EventName FROM retained WHERE client_timestamp IS NULL
        ) AS named
        GROUP BY EventName"""


def assemble(env: StreamTableEnvironment, properties: Properties, source: Source) -> StatementSet:
    """The application with the sinks that the properties name."""
    return build(env, properties, source, sinks_of(properties, "counts", SINKS))


def _seconds(length: timedelta) -> str:
    return f"{length // timedelta(seconds=1)} s"


if __name__ == "__main__":
    sys.exit(run(APP, assemble))
