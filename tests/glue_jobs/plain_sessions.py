"""Sessions and counts once more, in plain Python, one event after the other: what the jobs are held against."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lake.session_rules import SessionRules, are_in_one_session, session_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CASES = Path(__file__).with_name("sessions")

Row = tuple[Any, ...]
"""The columns of clickstream.sessions_v1, in their order."""


@dataclass(frozen=True)
class Event:
    """An event of the lake; `at` in microseconds since 1970, `arrived` an hour."""

    event_id: str
    user_id: int | None
    device_id: str | None
    client_event: str | None
    at: int | None
    arrived: str = "2026-11-21-10"

    @property
    def time(self) -> datetime | None:
        return None if self.at is None else EPOCH + timedelta(microseconds=self.at)

    @property
    def row(self) -> Row:
        """As read_events has it."""
        return (self.event_id, self.user_id, self.device_id, self.client_event, self.time, self.arrived)

    @property
    def day(self) -> str:
        """The day on which it is counted."""
        return self.arrived[:10] if self.time is None else self.time.date().isoformat()


def micros(text: str) -> int:
    """An ISO 8601 instant as microseconds since 1970."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def distinct(events: Iterable[Event]) -> list[Event]:
    """Each event_id once a day: the one that arrived first."""
    first: dict[tuple[str, str], Event] = {}
    for event in sorted(events, key=lambda one: (one.arrived, one.at or 0, one.client_event or "")):
        first.setdefault((event.event_id, event.day), event)
    return list(first.values())


def plain_sessions(events: Iterable[Event], rules: SessionRules) -> list[Row]:
    """The sessions of distinct events, sorted."""
    by_key: dict[tuple[int, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.user_id is not None and event.device_id is not None and event.at is not None:
            by_key[event.user_id, event.device_id].append(event)
    found = []
    for key, members in by_key.items():
        members.sort(key=lambda one: (one.at, one.event_id.encode(), (one.client_event or "").encode()))
        session = [members[0]]
        for event in members[1:]:
            if are_in_one_session(session[-1].at or 0, event.at or 0, rules):
                session.append(event)
            else:
                found.append(_row(key, session, rules))
                session = [event]
        found.append(_row(key, session, rules))
    return sorted(found, key=repr)


def _row(key: tuple[int, str], events: list[Event], rules: SessionRules) -> Row:
    first, last = events[0], events[-1]
    assert first.at is not None
    assert last.at is not None
    name = session_id(*key, first.at, rules)
    seconds = (last.at - first.at) // 1_000_000
    return (name, *key, first.time, last.time, seconds, len(events), first.client_event, last.client_event)


def plain_counts(events: Iterable[Event], resolution: str) -> list[Row]:
    """Distinct events by the first 512 characters of their name and hour, quarter of an hour, or minute."""
    minutes = {"hour": 60, "15m": 15, "minute": 1}[resolution]
    named = ((one.client_event[:512] if one.client_event else "NULL", one.time) for one in events)
    starts = (
        (name, time and time.replace(minute=time.minute // minutes * minutes, second=0, microsecond=0))
        for name, time in named
    )
    counted = Counter((name, start.strftime("%Y-%m-%dT%H:%M:%S") if start else "NULL") for name, start in starts)
    return sorted((*key, count) for key, count in counted.items())


def event_of(record: dict[str, Any], arrived: str) -> Event:
    """An event from a raw record."""
    time = record["client_timestamp"]
    return Event(
        record["event_id"],
        record["user_id"],
        record["device_id"],
        record["client_event"],
        None if time is None else micros(time),
        arrived,
    )


def case(folder: Path) -> tuple[list[Event], SessionRules, list[Row]]:
    """A golden case: events as they came (an hour after the other), rules, and the sessions expected."""
    lines = (folder / "input.ndjson").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    events = [event_of(record, f"2026-11-22-{number:02d}") for number, record in enumerate(records)]
    rules = SessionRules.from_options(json.loads((folder / "rules.json").read_text()))
    expected = [json.loads(line) for line in (folder / "expect.ndjson").read_text(encoding="utf-8").splitlines()]
    for row in expected:
        for name in ("started_at", "ended_at"):
            row[name] = EPOCH + timedelta(microseconds=micros(row[name]))
    return events, rules, sorted((tuple(row.values()) for row in expected), key=repr)
