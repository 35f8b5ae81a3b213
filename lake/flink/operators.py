"""The Java operators (flink_apps/src), which register views. Nothing runs before statements over them do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lake.durations import millis
from lake.flink.jvm import java
from lake.flink.properties import Properties
from lake.flink.rendered_contract import Spec
from lake.flink.sinks import Columns, insertion

if TYPE_CHECKING:
    from pyflink.common import JobClient
    from pyflink.table import StreamTableEnvironment

LONGEST_OUTAGE = timedelta(days=30)
"""A count is kept for so long beyond the retention: state ages by the clock, and while the application is down, events
do not. A count that was forgotten too early would start again from 1."""

KEYS_IN_MEMORY = 100_000
"""Users and devices whose open sessions a task keeps in memory beside the state: some 300 bytes each."""


class Operators:
    """The operators of one program, for events of one contract."""

    def __init__(self, env: StreamTableEnvironment, spec: Spec, properties: Properties) -> None:
        self._properties = properties
        self._views = java("lake.flink.Views")(env._j_tenv, _contract(spec))

    def register_events(self, raw: str, hold: timedelta, keys: Sequence[str] = ()) -> None:
        """Registers `events` (the contract's columns, each event_id once) and `rejected` from a view of raw records.

        `keys` are columns that an event must have; `hold` is the source's. Comes before the other methods.
        """
        properties = self._properties
        lengths = (properties.watermark_delay, properties.idle_timeout, hold, properties.dedup_window)
        self._views.events(raw, "events", "rejected", list(keys), *map(millis, lengths))

    def register_sessions(self) -> None:
        """Registers `sessions` and `late`: what becomes of the events."""
        properties, rules = self._properties, java("lake.flink.SessionRules")
        if properties.window is not None:
            chosen = rules.byWindow(millis(properties.window))
        else:
            chosen = rules.byGap(millis(properties.gap), properties.timezone if properties.cut_at_midnight else None)
        self._views.sessions("sessions", "late", chosen, KEYS_IN_MEMORY)

    def register_counts(self) -> None:
        """Registers `counts` (EventName, EventHour, EventCount: each new count is a row) and `late`: older events."""
        properties = self._properties
        retention, memory = millis(properties.retention), millis(properties.retention + LONGEST_OUTAGE)
        self._views.counts("counts", "late", properties.resolution, retention, memory)

    def insert(self, sink: str, view: str, columns: Columns) -> None:
        """Adds a statement to the program: a view's rows go into a sink."""
        self._views.insert(sink, insertion(sink, view, columns))

    def program(self, name: str) -> Program:
        """The program of all statements, under a name; nothing runs before it is executed."""
        return Program(self._views, name)


class Program:
    """Statements that run as one job; what SQL plans for them has uids of ours (flink_apps/src, Uids)."""

    def __init__(self, views: Any, name: str) -> None:
        self._views = views
        self._name = name

    def execute(self) -> Running:
        """Starts the job."""
        from pyflink.common import JobClient

        return Running(JobClient(self._views.execute(self._name)))


class Running:
    """A job that was started."""

    def __init__(self, client: JobClient) -> None:
        self.client = client

    def wait(self) -> None:
        """Waits for its end. Raises what it failed with."""
        self.client.get_job_execution_result().result()


def _contract(spec: Spec) -> Any:
    contract = java("lake.flink.Contract")()
    for column in spec.columns:
        contract.column(
            column.name,
            column.field,
            column.hive_type,
            column.required,
            column.accepts_text,
            column.derived,
            list(column.allowed_values),
        )
    return contract.eventTime(spec.event_time)
