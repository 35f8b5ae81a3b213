"""Sessions of users and devices from click events: each event is in one session, late, or quarantined."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lake.flink.operators import Operators, Program, session_keys
from lake.flink.program import contracts_of, run
from lake.flink.properties import Properties
from lake.flink.rendered_contract import read_rendered
from lake.flink.sinks import QUARANTINE_COLUMNS, Sinks, sinks_of
from lake.flink.sources import Source

if TYPE_CHECKING:
    from pyflink.table import StreamTableEnvironment

APP = Path(__file__).resolve()
SINKS = ("kinesis", "firehose", "file")


def build(env: StreamTableEnvironment, properties: Properties, source: Source, sinks: Sinks) -> Program:
    """The application between a source and its sinks; nothing runs before it is executed."""
    events = read_rendered(contracts_of(APP), properties.table)
    sessions = read_rendered(contracts_of(APP), "clickstream.sessions_v1")
    source.declare(env, "raw_events")
    sinks.main.declare(env, "sessions_out", sessions.flink_columns)
    sinks.late.declare(env, "late_out", events.flink_columns)
    sinks.quarantine.declare(env, "quarantine_out", QUARANTINE_COLUMNS)
    operators = Operators(env, events, properties)
    operators.register_events("raw_events", source.hold, session_keys(events))
    operators.register_sessions(sessions)
    for sink, view, columns in (
        ("sessions_out", "sessions", sessions.flink_columns),
        ("late_out", "late", events.flink_columns),
        ("quarantine_out", "rejected", QUARANTINE_COLUMNS),
    ):
        operators.insert(sink, view, columns)
    return operators.program("sessions")


def assemble(env: StreamTableEnvironment, properties: Properties, source: Source) -> Program:
    """The application with the sinks that the properties name."""
    return build(env, properties, source, sinks_of(properties, "sessions", SINKS))


if __name__ == "__main__":
    sys.exit(run(APP, assemble))
