"""Compares the sessions that the stream delivered with those of batch, for the sessions that start on one day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from lake.catalog import Partition
from lake.contract.arrow import arrow_schema
from lake.contract.model import Table
from lake.errors import UsageError
from lake.jobs.lake import Lake
from lake.objects.layout import hour_of, partition_span
from lake.ops.reconcile_reasons import Evidence, Pair, Reason, evidence_of, reason_of
from lake.plan.daily import DayPlan
from lake.plan.event_slots import batches_of
from lake.plan.event_spans import Span, day_of, span_of_day

STREAMED = "clickstream.sessions_v1"
DERIVED = "clickstream.sessions_by_day_v1"

Kind = Literal["only_in_stream", "only_in_batch", "different"]

KEY = ("session_id", "user_id", "device_id")
"""By fixed windows, devices that begin alike share a session_id."""

_VALUES = ("started_at", "ended_at", "duration_sec", "events", "begin_navigation", "end_navigation")
_EARLY = timedelta(days=1)
"""How long before its start, by a device's clock that is ahead, a session is looked for in the stream's hours."""


@dataclass(frozen=True)
class Difference:
    """A session that differs between stream and batch. `fields` are (stream, batch) values if both have it."""

    kind: Kind
    session_id: str
    user_id: int
    device_id: str
    started_at: str
    fields: dict[str, tuple[Any, Any]]
    reason: Reason
    detail: str


@dataclass(frozen=True)
class Reconciliation:
    """Sessions that start on `day`: `streamed` and `derived` of them, `equal` in both.

    `repeated` rows of the stream, delivered more than once, are not counted in `streamed`. `notes` are for whoever
    has to judge the differences.
    """

    day: str
    streamed: int
    derived: int
    equal: int
    repeated: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    def count(self, kind: Kind) -> int:
        return sum(1 for one in self.differences if one.kind == kind)


def reconcile_sessions(lake: Lake, day: str) -> Reconciliation:
    """Compare the sessions that start on `day`, YYYY-MM-DD in UTC, row for row.

    Raises UsageError where `day` is not a date, StorageError and CatalogError.
    """
    span = span_of_day(day)
    streamed, derived = lake.table(STREAMED), lake.table(DERIVED)
    plan = lake.plan(derived, since=day, until=_next(day))
    if not isinstance(plan, DayPlan):
        raise UsageError(f"reconciling sessions: {DERIVED} is not derived by day; its contract should say so")
    published = lake.catalog.partition(derived.database, derived.name, day)
    hours = _hours(lake, streamed, span)
    with duckdb.connect(":memory:") as connection:
        _load(connection, "stream_rows", _rows(lake, streamed, hours, span))
        _load(connection, "batch_rows", _rows(lake, derived, [published] if published else [], span))
        streamed_rows, repeated, derived_rows, equal = connection.execute(_COUNTS).fetchall()[0]
        pairs = [Pair.of(row) for row in connection.sql(_DIFFERENCES).to_arrow_table().to_pylist()]
    evidence = evidence_of(lake, plan, published, streamed, pairs)
    differences = tuple(_difference(pair, evidence) for pair in pairs)
    return Reconciliation(
        day, streamed_rows - repeated, derived_rows, equal, repeated, differences, tuple(evidence.notes)
    )


def _difference(pair: Pair, evidence: Evidence) -> Difference:
    known: dict[str, Any] = pair.stream or pair.batch or {}
    stream, batch = pair.stream, pair.batch
    kind: Kind = "only_in_batch" if stream is None else "only_in_stream" if batch is None else "different"
    fields = {}
    if stream is not None and batch is not None:
        fields = {name: (stream[name], batch[name]) for name in _VALUES if stream[name] != batch[name]}
    reason, detail = reason_of(pair, evidence)
    name, (user, device) = str(known["session_id"]), pair.key
    return Difference(kind, name, user, device, known["started_at"].isoformat(), fields, reason, detail)


def _next(day: str) -> str:
    end = span_of_day(day).until
    return day_of(end) if day != "9999-12-31" else "9999-12-32"


def _hours(lake: Lake, table: Table, span: Span) -> list[Partition]:
    start, _ = partition_span(day_of(span.since))
    since = None if start.year == 1 else hour_of(start - _EARLY)
    return lake.catalog.partitions(table.database, table.name, since)


def _rows(lake: Lake, table: Table, partitions: Iterable[Partition], span: Span) -> Iterator[pa.Table]:
    """Sessions that start within a span, with their partition."""
    columns = [*KEY, *_VALUES]
    schema = pa.schema([arrow_schema(table).field(name) for name in columns])
    kind = pa.timestamp("us", tz="UTC")
    since, until = (pa.scalar(at * 1000, pa.int64()).cast(kind) for at in (span.since, span.until))
    wanted = (ds.field("started_at") >= since) & (ds.field("started_at") < until)
    yield schema.empty_table().append_column("dt", pa.array([], pa.string()))
    for partition in partitions:
        for rows in batches_of(lake.store, partition, columns, wanted):
            dt = pa.repeat(pa.scalar(partition.dt, pa.string()), rows.num_rows)
            yield rows.cast(schema).append_column("dt", dt)


def _load(connection: duckdb.DuckDBPyConnection, name: str, tables: Iterator[pa.Table]) -> None:
    for number, rows in enumerate(tables):
        connection.register("loaded", rows)
        verb = f"INSERT INTO {name}" if number else f"CREATE TABLE {name} AS"
        connection.execute(f"{verb} SELECT * FROM loaded")  # noqa: S608 # our own names
        connection.unregister("loaded")


_BOTH = " AND ".join(f"s.{name} IS NOT DISTINCT FROM b.{name}" for name in KEY)
_SAME = " AND ".join(f"s.{name} IS NOT DISTINCT FROM b.{name}" for name in _VALUES)
_ONCE = f"(SELECT * FROM stream_rows QUALIFY row_number() OVER (PARTITION BY {', '.join(KEY)} ORDER BY dt DESC) = 1)"  # noqa: S608 # our own names
"""The stream's sessions without those that were delivered again; of several versions, the one delivered last."""

_COUNTS = f"""
SELECT (SELECT count(*) FROM stream_rows),
       (SELECT count(*) FROM stream_rows) - (SELECT count(*) FROM {_ONCE}),
       (SELECT count(*) FROM batch_rows),
       (SELECT count(*) FROM {_ONCE} s JOIN batch_rows b ON {_BOTH} AND {_SAME})
"""  # noqa: S608 # our own names
_DIFFERENCES = f"""
SELECT s AS stream, b AS batch
FROM {_ONCE} s FULL OUTER JOIN batch_rows b ON {_BOTH}
WHERE s.session_id IS NULL OR b.session_id IS NULL OR NOT ({_SAME})
ORDER BY coalesce(s.started_at, b.started_at), coalesce(s.session_id, b.session_id), coalesce(s.device_id, b.device_id)
"""  # noqa: S608 # our own names
