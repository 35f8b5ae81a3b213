"""Reasons why a session differs between stream and batch, from what the lake has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import duckdb
import pyarrow as pa

from lake.catalog import Partition
from lake.contract.model import Table
from lake.jobs.lake import Lake
from lake.objects.layout import hour_of, hour_start
from lake.plan.daily import DayPlan
from lake.plan.daily_rules import recorded_rules
from lake.plan.event_columns import EVENT_TIME
from lake.plan.event_slots import batches_of
from lake.plan.event_spans import Span
from lake.publish.partition import quarantine_name

Reason = Literal["late_events", "quarantined_events", "not_yet_arrived", "not_yet_streamed", "not_rebuilt", "unknown"]

Session = dict[str, Any]
"""A row of clickstream.sessions_v1, and `dt`, its partition."""

ArrivedEvent = tuple[datetime, str, str]
"""An event's time, its event_id, and the hour in which it arrived."""

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Pair:
    """A session in stream and in batch; one of them is None, or they differ."""

    stream: Session | None
    batch: Session | None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Pair:
        """From a row of two structs; a missing side has no session_id."""
        sides = (side if side and side["session_id"] is not None else None for side in (row["stream"], row["batch"]))
        return cls(*sides)

    @property
    def key(self) -> tuple[int, str]:
        known = self.stream or self.batch or {}
        return known["user_id"], known["device_id"]

    @property
    def times(self) -> tuple[datetime, datetime]:
        """From the earlier start to the later end."""
        sides = [side for side in (self.stream, self.batch) if side]
        return min(side["started_at"] for side in sides), max(side["ended_at"] for side in sides)


@dataclass
class Evidence:
    """What the lake knows about the keys of the pairs. `events` are by time, each of them once."""

    events: dict[tuple[int, str], list[ArrivedEvent]]
    delivered: dict[tuple[int, str], list[Session]]
    rejected: list[tuple[str, bytes]]
    gap: timedelta
    is_stale: bool
    last_arrived: str
    last_delivered: str
    notes: list[str] = field(default_factory=list)

    def connected(self, key: tuple[int, str], since: datetime, until: datetime) -> list[ArrivedEvent]:
        """The key's events from `since` to `until`, and those that follow or precede them within the gap, and so on."""
        events = self.events.get(key, [])
        found = [place for place, event in enumerate(events) if since <= event[0] <= until]
        if not found:
            return []
        first, last = found[0], found[-1]
        while first and events[first][0] - events[first - 1][0] <= self.gap:
            first -= 1
        while last + 1 < len(events) and events[last + 1][0] - events[last][0] <= self.gap:
            last += 1
        return events[first : last + 1]

    def rejections(self, key: tuple[int, str]) -> list[str]:
        """Reasons of rejected records that name the user and the device, wherever in their payload."""
        user, device = str(key[0]).encode(), key[1].encode()
        return [reason for reason, payload in self.rejected if user in payload and device in payload]


def evidence_of(
    lake: Lake, plan: DayPlan, published: Partition | None, streamed: Table, pairs: Sequence[Pair]
) -> Evidence:
    """Read the evidence for the reasons of these pairs. Raises StorageError, CatalogError."""
    upstream = lake.table(plan.table.upstream or "")
    options = recorded_rules(plan.table, published).options
    gap = timedelta(milliseconds=int(options.get("gap", "0ms").removesuffix("ms")))
    notes = list(_notes(lake, plan, published, upstream, streamed))
    hours = lake.catalog.partitions(streamed.database, streamed.name)
    delivered = defaultdict(list)
    for pair in pairs:
        if pair.stream is not None:
            delivered[pair.key].append(pair.stream)
    return Evidence(
        events=_events(lake, plan, pairs, gap),
        delivered=delivered,
        rejected=list(_rejected(lake, upstream, pairs)),
        gap=gap,
        is_stale=bool(plan.stale) or (published is None and bool(pairs)),
        last_arrived=max(plan.index.partitions, default=""),
        last_delivered=max((hour.dt for hour in hours), default=""),
        notes=notes,
    )


def _notes(lake: Lake, plan: DayPlan, published: Partition | None, upstream: Table, streamed: Table) -> Iterator[str]:
    if published is None:
        yield f"{plan.table.full_name} has no such day yet: lake run {plan.table.made_by}"
    else:
        options = ", ".join(f"{name}={value}" for name, value in recorded_rules(plan.table, published).options.items())
        yield f"batch was made with {options}; the stream has to have the same"
    for day in plan.stale:
        if published is not None:
            yield f"{plan.table.full_name} dt={day.dt} is stale ({day.reason}): lake run {plan.table.made_by}"
    for table in (upstream, streamed):
        waiting = lake.plan(table).stale if table.source is not None else ()
        if waiting:
            hours = f"{len(waiting)} hour(s), the first of them {waiting[0].dt},"
            yield f"{table.full_name}: {hours} not read yet: lake run raw_to_parquet --table {table.full_name}"


def _events(
    lake: Lake, plan: DayPlan, pairs: Sequence[Pair], gap: timedelta
) -> dict[tuple[int, str], list[ArrivedEvent]]:
    """Distinct events of the pairs' users and devices, around their sessions, by time."""
    found: dict[tuple[int, str], dict[str, ArrivedEvent]] = defaultdict(dict)
    if not pairs:
        return {}
    since, until = min(pair.times[0] for pair in pairs), max(pair.times[1] for pair in pairs)
    span = Span(*(int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)) for at in (since, until)))
    span = Span(span.since - gap // timedelta(milliseconds=1) - 1, span.until + gap // timedelta(milliseconds=1) + 2)
    keys = pa.table(
        {"user_id": [pair.key[0] for pair in pairs], "device_id": [pair.key[1] for pair in pairs]},
        schema=pa.schema([("user_id", pa.int64()), ("device_id", pa.string())]),
    )
    columns = ("event_id", "user_id", "device_id", EVENT_TIME)
    with duckdb.connect(":memory:") as connection:
        connection.register("wanted", keys)
        for dt in plan.index.sources(span):
            for rows in batches_of(lake.store, plan.index.partitions[dt], columns):
                connection.register("events", rows)
                sql = f"SELECT * FROM events SEMI JOIN wanted USING (user_id, device_id) WHERE {EVENT_TIME} IS NOT NULL"  # noqa: S608 # our own names
                for row in connection.sql(sql).to_arrow_table().to_pylist():
                    event = (row[EVENT_TIME], row["event_id"], dt)
                    found[row["user_id"], row["device_id"]].setdefault(row["event_id"], event)
                connection.unregister("events")
    return {key: sorted(events.values()) for key, events in found.items()}


def _rejected(lake: Lake, upstream: Table, pairs: Sequence[Pair]) -> Iterator[tuple[str, bytes]]:
    """Reason and payload of records that were rejected since shortly before the first of the sessions."""
    if not pairs:
        return
    since = hour_of(min(pair.times[0] for pair in pairs) - _HOUR)
    for partition in lake.catalog.partitions(upstream.database, quarantine_name(upstream), since):
        for rows in batches_of(lake.store, partition, ("reason", "payload")):
            yield from zip(rows["reason"].to_pylist(), rows["payload"].to_pylist(), strict=True)


def reason_of(pair: Pair, evidence: Evidence) -> tuple[Reason, str]:
    """The first reason that the evidence supports, with details; `unknown` if none does."""
    events = evidence.connected(pair.key, *pair.times)
    derived = 0 if pair.batch is None else pair.batch["events"]
    if evidence.is_stale and events and (pair.batch is None or len(events) != derived):
        return "not_rebuilt", f"the lake has {len(events)} event(s) of it, and the day was made before they came"
    if pair.batch is None:
        return _only_streamed(pair, events, evidence)
    delivered = [one for one in evidence.delivered.get(pair.key, ()) if _overlap(one, pair.batch, evidence.gap)]
    if not delivered:
        return _never_streamed(pair.batch, events, evidence)
    if sum(one["events"] for one in delivered) > derived:
        return _missing(pair, evidence, f"the stream counted more events than the {derived} that the lake has")
    hour = min(one["dt"] for one in delivered)
    late = [event for event in events if event[2] > hour or _came_after_close(event, evidence.gap)]
    if late:
        counts = f"{len(late)} of its {len(events)} events came late, the last of them in {max(e[2] for e in late)}"
        return "late_events", f"{counts}; the stream delivered the session in {hour}"
    return "unknown", f"none of its {len(events)} events came late; see the stream's late and quarantine outputs"


def _only_streamed(pair: Pair, events: list[ArrivedEvent], evidence: Evidence) -> tuple[Reason, str]:
    if not events:
        return _missing(pair, evidence, "the lake has none of its events")
    delivered = pair.stream["dt"] if pair.stream else ""
    late = [event for event in events if event[2] > delivered or _came_after_close(event, evidence.gap)]
    if late:
        return "late_events", "an event that came late gave the session another start; batch has it under that name"
    return "unknown", f"the lake has {len(events)} event(s) of it, none late; was the stream given other options?"


def _never_streamed(batch: Session, events: list[ArrivedEvent], evidence: Evidence) -> tuple[Reason, str]:
    closes = hour_of(batch["ended_at"] + evidence.gap)
    if evidence.last_delivered < closes:
        came = evidence.last_delivered or "none"
        return "not_yet_streamed", f"it could be delivered from {closes} on; the last hour of the stream is {came}"
    late = [event for event in events if _came_after_close(event, evidence.gap)]
    if events and len(late) == len(events):
        return "late_events", f"all of its {len(events)} events came late, the last of them in {events[-1][2]}"
    return "unknown", f"{len(late)} of its {len(events)} events came late; see the stream's late and quarantine outputs"


def _missing(pair: Pair, evidence: Evidence, missing: str) -> tuple[Reason, str]:
    """The reason for events that the stream has and the lake has not."""
    rejected = evidence.rejections(pair.key)
    if rejected:
        return "quarantined_events", f"{missing}; {len(rejected)} record(s) of the key were rejected ({rejected[0]})"
    hour = hour_of(pair.times[1])
    if evidence.last_arrived < hour or any("not read yet" in note for note in evidence.notes):
        return "not_yet_arrived", f"{missing} yet; its last hour is {evidence.last_arrived or 'none'}"
    return "unknown", missing


def _overlap(one: Session, other: Session, gap: timedelta) -> bool:
    return bool(one["started_at"] <= other["ended_at"] + gap and other["started_at"] <= one["ended_at"] + gap)


def _came_after_close(event: ArrivedEvent, gap: timedelta) -> bool:
    """Whether the event arrived in an hour that began after a session of its own would have closed."""
    return hour_start(event[2]) > event[0] + gap
