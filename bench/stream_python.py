"""The rival of `sessions`: the same logic as a Python KeyedProcessFunction of PyFlink's DataStream API.

As its documentation has one write it: lines, json.loads, a timestamp assigner, key_by, keyed state, timers. Like ours
it makes sessions of a user and device by a gap, merges those that an out-of-order event joins, and finds the first and
the last event by (time, event_id, name). Unlike ours it keeps no quarantine, no late rows and no distinct events.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyflink.common import Duration, Row, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import DataStream, KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSource, StreamFormat
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.table import Schema

if TYPE_CHECKING:
    from pyflink.table import StreamTableEnvironment, Table

_EVENT = Types.TUPLE([Types.LONG(), Types.STRING(), Types.LONG(), Types.STRING(), Types.STRING()])
_COLUMNS = (
    ("session_id", Types.STRING(), "STRING"),
    ("user_id", Types.LONG(), "BIGINT"),
    ("device_id", Types.STRING(), "STRING"),
    ("started_at", Types.LONG(), "BIGINT"),
    ("ended_at", Types.LONG(), "BIGINT"),
    ("duration_sec", Types.LONG(), "BIGINT"),
    ("events", Types.LONG(), "BIGINT"),
    ("begin_navigation", Types.STRING(), "STRING"),
    ("end_navigation", Types.STRING(), "STRING"),
)
COLUMNS = tuple((name, sql) for name, _, sql in _COLUMNS)

Session = tuple[int, tuple[int, str, str], tuple[int, str, str]]
"""Events, the first (milliseconds, event_id, name), the last."""


def python_sessions(env: StreamTableEnvironment, source: StreamExecutionEnvironment, folder: Path, gap: int) -> Table:
    """Sessions of the clicks of a folder; `gap` is in milliseconds, times of the rows too."""
    lines = FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(folder)).build()
    in_order = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5)).with_timestamp_assigner(_Time())
    events: DataStream = source.from_source(lines, WatermarkStrategy.no_watermarks(), "lines")
    sessions = (
        events.map(_event, _EVENT)
        .assign_timestamps_and_watermarks(in_order)
        .key_by(_key, Types.TUPLE([Types.LONG(), Types.STRING()]))
        .process(_Sessions(gap), Types.ROW_NAMED([name for name, _, _ in _COLUMNS], [kind for _, kind, _ in _COLUMNS]))
    )
    schema = Schema.new_builder()
    for name, _, sql in _COLUMNS:
        schema.column(name, sql)
    return env.from_data_stream(sessions, schema.build())


def _event(line: str) -> tuple[int, str, int, str, str]:
    read = json.loads(line)
    when = datetime.fromisoformat(read["client_timestamp"])
    millis = round(when.timestamp() * 1000)
    return read["user_id"], read["device_id"], millis, read["event_id"], read["client_event"]


def _key(event: tuple[int, str, int, str, str]) -> tuple[int, str]:
    return event[0], event[1]


class _Time(TimestampAssigner):  # type: ignore[misc]
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:  # noqa: ARG002 # the interface
        return int(value[2])


class _Sessions(KeyedProcessFunction):  # type: ignore[misc]
    """Open sessions of a key in one value, a timer for the end of each."""

    def __init__(self, gap: int) -> None:
        self._gap = gap

    def open(self, runtime_context: RuntimeContext) -> None:
        self._state = runtime_context.get_state(ValueStateDescriptor("sessions", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        _, _, millis, event_id, name = value
        event = (millis, event_id, name)
        joined: Session = (1, event, event)
        others: list[Session] = []
        for session in self._state.value() or ():
            count, first, last = session
            if first[0] - self._gap <= millis <= last[0] + self._gap:
                joined = (joined[0] + count, min(joined[1], first), max(joined[2], last))
            else:
                others.append(session)
        self._state.update([*others, joined])
        ctx.timer_service().register_event_time_timer(joined[2][0] + self._gap)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        sessions: list[Session] = self._state.value() or []
        remaining = [session for session in sessions if session[2][0] + self._gap > timestamp]
        if len(remaining) == len(sessions):
            return
        if remaining:
            self._state.update(remaining)
        else:
            self._state.clear()
        user, device = ctx.get_current_key()
        for count, first, last in sorted(sessions):
            if last[0] + self._gap <= timestamp:
                seconds = (last[0] - first[0]) // 1000
                name = f"{user}_{device}_{first[0]}"
                yield Row(name, user, device, first[0], last[0], seconds, count, first[2], last[2])
