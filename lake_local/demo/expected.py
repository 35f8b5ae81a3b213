"""What the producer sent, and the sessions and counts that follow from it by plain loops, as a reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from lake.session_rules import SessionRules, are_in_one_session, session_id
from lake_local.demo.clicks import Event, Payload

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Session(NamedTuple):
    """A row of clickstream.sessions_v1; times are microseconds since 1970."""

    session_id: str
    user_id: int
    device_id: str
    started_at: int
    ended_at: int
    duration_sec: int
    events: int
    begin_navigation: str
    end_navigation: str


CountKey = tuple[str, str]
"""An event's name, and its hour or minute, e.g. 2015-10-31T12:00:00."""


@dataclass
class Expected:
    """Sums over what was sent: `records` in `payloads`. `events` has each event that can be parsed, by event_id."""

    payloads: int = 0
    records: int = 0
    repeats: int = 0
    malformed: int = 0
    events: dict[str, Event] = field(default_factory=dict)

    def add(self, payload: Payload) -> None:
        self.payloads += 1
        for record in payload.records:
            self.records += 1
            if record.event is None:
                self.malformed += 1
            elif record.event.event_id in self.events:
                self.repeats += 1
            else:
                self.events[record.event.event_id] = record.event

    @property
    def without_user(self) -> int:
        """Events that are counted, and in no session."""
        return sum(1 for event in self.events.values() if event.user_id is None)

    def counts(self) -> dict[CountKey, int]:
        """Numbers of events by name and minute."""
        return dict(Counter((event.client_event, minute_of(event.at)) for event in self.events.values()))

    def days(self) -> list[str]:
        """The days of the events, YYYY-MM-DD in UTC, in order."""
        return sorted({minute_of(event.at)[:10] for event in self.events.values()})


def minute_of(at: int) -> str:
    """The minute of an instant, as counters name it, e.g. 2015-10-31T12:00:00."""
    return (EPOCH + at * MICROSECOND).strftime("%Y-%m-%dT%H:%M:00")


def sessions_of(events: Iterable[Event], rules: SessionRules) -> list[Session]:
    """Sessions of distinct events; those without a user are in none."""
    known = [(event.user_id, event.device_id, event) for event in events if event.user_id is not None]
    ordered = sorted(known, key=lambda one: (one[0], one[1], one[2].at, one[2].event_id.encode()))
    sessions = []
    for (user, device), group in groupby(ordered, key=lambda one: (one[0], one[1])):
        visit: list[Event] = []
        for _, _, event in group:
            if visit and not are_in_one_session(visit[-1].at, event.at, rules):
                sessions.append(_session(user, device, visit, rules))
                visit = []
            visit.append(event)
        sessions.append(_session(user, device, visit, rules))
    return sessions


def _session(user: int, device: str, visit: list[Event], rules: SessionRules) -> Session:
    first, last = visit[0], visit[-1]
    return Session(
        session_id(user, device, first.at, rules),
        user,
        device,
        first.at,
        last.at,
        (last.at - first.at) // 1_000_000,
        len(visit),
        first.client_event,
        last.client_event,
    )
