"""Clicks as they come in, and what must be made of them: the plain rules, over all that was sent."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lake.session_rules import SessionRules, are_in_one_session, session_id
from lake_local.emulators.streams import Record

Row = dict[str, object]

START = datetime(2025, 3, 30, 9, tzinfo=UTC)
RULES = SessionRules(gap_ms=10 * 60_000)
PROPERTIES = {"gap": "10m", "watermark_delay": "1m", "initial_position": "trim_horizon"}
_OUT_OF_ORDER_SECONDS = 50.0
_LAST_USERS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Clicks:
    """A seeded stream without end; `sent` is what has been given out. Of 300 users' devices, each clicks now and then.

    In a hundred records: two that came before, one without a name, one without a time, one that is no JSON.
    """

    seed: int
    chance: random.Random = field(init=False)
    sent: list[Row] = field(default_factory=list)
    rejected: list[bytes] = field(default_factory=list)
    now: datetime = START

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def batch(self, count: int, step: timedelta) -> list[Record]:
        """The next records; event time moves on by `step`."""
        self.now += step
        return [self._record() for _ in range(count)]

    def last(self, count: int) -> list[bytes]:
        """Events of as many users of their own, so late that all sessions before are over; theirs are never closed."""
        self.now += timedelta(hours=3)
        return [self._event(_LAST_USERS + at, self.now, "end") for at in range(count)]

    def sessions(self) -> list[Row]:
        """All sessions but those of the last events, as the stream writes them; by id."""
        found: list[Row] = []
        keyed: dict[tuple[int, str], list[Row]] = {}
        for event in sorted(self._distinct(), key=lambda event: (_micros(event), str(event["event_id"]))):
            if event["client_timestamp"] is not None and int(str(event["user_id"])) < _LAST_USERS:
                keyed.setdefault((int(str(event["user_id"])), str(event["device_id"])), []).append(event)
        for (user, device), events in keyed.items():
            one: list[Row] = []
            for event in events:
                if one and not are_in_one_session(_micros(one[-1]), _micros(event), RULES):
                    found.append(_session(user, device, one))
                    one = []
                one.append(event)
            found.append(_session(user, device, one))
        return sorted(found, key=lambda row: str(row["session_id"]))

    def counts(self) -> dict[tuple[str, str], int]:
        """Events by name and hour."""
        return Counter((_name(event), _hour(event)) for event in self._distinct())

    def timeless_records(self) -> list[bytes]:
        """Records of events without a time, as often as they were sent: they have no session."""
        return [json.dumps(event).encode() for event in self.sent if event["client_timestamp"] is None]

    def _distinct(self) -> list[Row]:
        return list({str(event["event_id"]): event for event in self.sent}.values())

    def _record(self) -> Record:
        kind = self.chance.random()
        if kind < 0.01:
            self.rejected.append(f"no record {len(self.rejected)}".encode())
            return self._key(), self.rejected[-1]
        if kind < 0.03 and self.sent:
            event = self.chance.choice(self.sent[-500:])
            self.sent.append(event)
            return str(event["user_id"]), json.dumps(event).encode()
        user = self.chance.randrange(150)
        time = self.now - timedelta(seconds=self.chance.uniform(0, _OUT_OF_ORDER_SECONDS))
        name = None if kind < 0.04 else self.chance.choice(["home", "search", "cart", "checkout", "späher"])
        return str(user), self._event(user, None if kind > 0.99 else time, name)

    def _key(self) -> str:
        return str(self.chance.randrange(150))

    def _event(self, user: int, time: datetime | None, name: str | None) -> bytes:
        event: Row = {
            "event_id": f"e{len(self.sent)}",
            "user_id": user,
            "device_id": self.chance.choice(["mobile", "computer"]),
            "client_event": name,
            "client_timestamp": time.isoformat(timespec="milliseconds") if time else None,
        }
        self.sent.append(event)
        return json.dumps(event).encode()


def _session(user: int, device: str, events: list[Row]) -> Row:
    first, last = _micros(events[0]), _micros(events[-1])
    return {
        "session_id": session_id(user, device, first, RULES),
        "user_id": user,
        "device_id": device,
        "started_at": first,
        "ended_at": last,
        "duration_sec": (last - first) // 1_000_000,
        "events": len(events),
        "begin_navigation": events[0]["client_event"],
        "end_navigation": events[-1]["client_event"],
    }


def as_sent(row: Row) -> Row:
    """A session as it came out, with its times as numbers, to compare."""
    return {**row, "started_at": micros(str(row["started_at"])), "ended_at": micros(str(row["ended_at"]))}


def micros(text: str) -> int:
    """Microseconds since 1970 of an ISO time, UTC if it says nothing else."""
    time = datetime.fromisoformat(text)
    return (time.replace(tzinfo=time.tzinfo or UTC) - _EPOCH) // timedelta(microseconds=1)


def _micros(event: Row) -> int:
    time = event["client_timestamp"]
    return -1 if time is None else micros(str(time))


def _name(event: Row) -> str:
    return "NULL" if event["client_event"] is None else str(event["client_event"])


def _hour(event: Row) -> str:
    time = event["client_timestamp"]
    return "NULL" if time is None else datetime.fromisoformat(str(time)).strftime("%Y-%m-%dT%H:00:00")
