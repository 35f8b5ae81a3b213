"""Running counts of events by name and hour: absolute numbers, so that a replay overwrites a count with itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lake.flink.operators import Operators, Program
from lake.flink.program import contracts_of, run
from lake.flink.properties import Properties
from lake.flink.rendered_contract import read_rendered
from lake.flink.sinks import QUARANTINE_COLUMNS, Columns, Sinks, sinks_of
from lake.flink.sources import Source

if TYPE_CHECKING:
    from pyflink.table import StreamTableEnvironment

APP = Path(__file__).resolve()
SINKS = ("dynamodb", "kinesis", "firehose", "file")
COLUMNS: Columns = (("EventName", "STRING"), ("EventHour", "STRING"), ("EventCount", "BIGINT"))
KEY = ("EventName", "EventHour")


def build(env: StreamTableEnvironment, properties: Properties, source: Source, sinks: Sinks) -> Program:
    """The application between a source and its sinks; nothing runs before it is executed."""
    # Rows of a key come from one task, in their order; they need no other operator to put them into one.
    env.get_config().set("table.exec.sink.upsert-materialize", "NONE")
    events = read_rendered(contracts_of(APP), properties.table)
    source.declare(env, "raw_events")
    sinks.main.declare(env, "counts_out", COLUMNS, KEY)
    sinks.late.declare(env, "late_out", events.flink_columns)
    sinks.quarantine.declare(env, "quarantine_out", QUARANTINE_COLUMNS)
    operators = Operators(env, events, properties)
    operators.register_events("raw_events", source.hold)
    operators.register_counts()
    for sink, view, columns in (
        ("counts_out", "counts", COLUMNS),
        ("late_out", "late", events.flink_columns),
        ("quarantine_out", "rejected", QUARANTINE_COLUMNS),
    ):
        operators.insert(sink, view, columns)
    return operators.program("event_counts")


def assemble(env: StreamTableEnvironment, properties: Properties, source: Source) -> Program:
    """The application with the sinks that the properties name."""
    return build(env, properties, source, sinks_of(properties, "counts", SINKS))


if __name__ == "__main__":
    sys.exit(run(APP, assemble, KEY))
