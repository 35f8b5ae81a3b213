"""The Java operators (flink_apps/src, lake.flink.Pipeline), which register views. Nothing runs before execute()."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lake.durations import millis
from lake.flink.jvm import java
from lake.flink.properties import Properties
from lake.flink.rendered_contract import RenderedContract
from lake.flink.sinks import Columns, insertion

if TYPE_CHECKING:
    from pyflink.common import JobClient
    from pyflink.table import StreamTableEnvironment

LONGEST_OUTAGE = timedelta(days=30)
"""A count is kept for so long beyond the retention: state expires by the clock, and while the application is down, no
events are read. A count that expired too early would start again from 1."""

KEYS_IN_MEMORY = 100_000
"""Users and devices whose open sessions a task keeps in memory beside the state: some 300 bytes each."""


def session_keys(events: RenderedContract) -> tuple[str, str, str]:
    """The columns without which an event belongs to no session.

    Raises ContractError where the table lacks a column that sessions are made from.
    """
    for column, kind in (
        ("event_id", "string"),
        ("user_id", "bigint"),
        ("device_id", "string"),
        ("client_event", "string"),
    ):
        events.require(column, kind, "a session")
    return "user_id", "device_id", events.require_event_time()


class Operators:
    """The operators of one job, for events of one contract."""

    def __init__(self, env: StreamTableEnvironment, events: RenderedContract, properties: Properties) -> None:
        self._properties = properties
        self._events = events
        self._pipeline = java("lake.flink.Pipeline")(env._j_tenv, _contract(events))

    def register_events(self, raw: str, hold: timedelta, keys: Sequence[str] = ()) -> None:
        """Registers `events` (the contract's columns, each key once) and `rejected` from a view of raw records.

        `keys` are columns that an event must have; `hold` is the source's. Comes before the other methods. Raises
        ContractError for a table without a time, or without a key by which repeats can be dropped.
        """
        properties = self._properties
        self._events.require_event_time()
        options = {
            "keys": list(keys),
            "dedup_key": self._events.require_one_key() if properties.dedup_window else "",
            "watermark_delay": millis(properties.watermark_delay),
            "idle_timeout": millis(properties.idle_timeout),
            "hold": millis(hold),
            "dedup_window": millis(properties.dedup_window),
        }
        self._pipeline.events(raw, java("lake.flink.EventOptions").parse(json.dumps(options)))

    def register_sessions(self, sessions: RenderedContract) -> None:
        """Registers `sessions` (the columns of their contract) and `late`: events too late for any session."""
        properties, rules = self._properties, java("lake.flink.SessionRules")
        if properties.window is not None:
            chosen = rules.byWindow(millis(properties.window))
        else:
            chosen = rules.byGap(millis(properties.gap), properties.timezone if properties.cut_at_midnight else None)
        self._pipeline.sessions(_contract(sessions), chosen, KEYS_IN_MEMORY)

    def register_counts(self) -> None:
        """Registers `counts` (EventName, EventHour, EventCount: each new count is a row) and `late`: older events.

        Raises ContractError where the events lack the column that is counted by.
        """
        self._events.require(self._properties.count_by, "string", "count_by")
        properties = self._properties
        retention, memory = millis(properties.retention), millis(properties.retention + LONGEST_OUTAGE)
        self._pipeline.counts(properties.count_by, properties.resolution, retention, memory)

    def insert(self, sink: str, view: str, columns: Columns) -> None:
        """Adds a statement to the job that writes a view's rows to a sink."""
        self._pipeline.insert(sink, insertion(sink, view, columns))

    def program(self, name: str) -> Program:
        """The job of all statements, under a name."""
        return Program(self._pipeline, name)


class Program:
    """Statements that run as one job; what SQL plans for them has uids of ours (flink_apps/src, OperatorUids)."""

    def __init__(self, pipeline: Any, name: str) -> None:
        self._pipeline = pipeline
        self._name = name

    def execute(self) -> Running:
        """Starts the job."""
        from pyflink.common import JobClient

        return Running(JobClient(self._pipeline.execute(self._name)))


class Running:
    """A job that was started."""

    def __init__(self, client: JobClient) -> None:
        self.client = client

    def wait(self) -> None:
        """Waits for the job's end. Raises the error that it failed with."""
        self.client.get_job_execution_result().result()


def _contract(rendered: RenderedContract) -> Any:
    return java("lake.flink.Contract").parse(rendered.json)
