"""Clicks of two hours in the past, in an order of their own; and what must become of them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from itertools import count
from typing import Any

from lake_local.emulators.streams import Record

START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=8)
"""All of it happened before now: what is ahead of the clock moves no watermark."""

LAST = START + timedelta(hours=7)
"""Of the events that close all sessions."""

CLOSER = 9_999
"""The user whose events close the sessions of all others; their own stay open."""

LARGE = b"{no json " + b"x" * 1_000_000
MALFORMED = [b"{no json", b'{"event_id": "m1", "user_id": "x"}', b"\xff\xfe no text", LARGE]
"""Records that are no events; one is larger than a record of the quarantine can be in base64."""

_NAMES = ["page_view", "search", "purchase", "", None]
_HASHES = 2**128


@dataclass(frozen=True)
class Click:
    """One event; `padding` is what makes it large, a field that no contract knows."""

    number: int
    user: int
    at: datetime | None
    name: str | None
    padding: int = 0

    @property
    def record(self) -> bytes:
        given: dict[str, Any] = {"event_id": f"e{self.number}", "user_id": self.user, "device_id": "web"}
        given |= {"client_event": self.name} if self.name is not None else {}
        given |= {"client_timestamp": self.at.isoformat()} if self.at is not None else {}
        return json.dumps(given | ({"padding": "x" * self.padding} if self.padding else {})).encode()


def clicks(number_of: int, seed: int = 1) -> list[Click]:
    """Events of 40 users within two hours, none of them far from its place in time; one of them of nearly 1 MB."""
    chance = random.Random(seed)
    found = []
    for number in range(number_of):
        at = START + timedelta(hours=2) * number / number_of + timedelta(seconds=chance.uniform(0, 60))
        user = 1 + chance.randrange(40)
        padding = 1_000_000 if number == number_of // 3 else 0
        found.append(Click(number, user, at, chance.choice(_NAMES), padding))
    return found


def records(events: Iterable[Click]) -> list[Record]:
    """Records as producers send them: mostly one event each, by user; every tenth time, three run together."""
    waiting = list(events)
    found = []
    while waiting:
        together = 3 if len(found) % 10 == 9 and not any(event.padding for event in waiting[:3]) else 1
        found.append((key(waiting[0].user), b"".join(event.record for event in waiting[:together])))
        del waiting[:together]
    return found


def key(user: int) -> str:
    """A user's partition key, of those that never reach the last quarter of the hashes (their MD5, as Kinesis does)."""
    keys = (f"{user}-{number}" for number in count())
    return next(key for key in keys if int(md5(key.encode()).hexdigest(), 16) < _HASHES * 3 // 4)


def counts(events: Iterable[Click]) -> dict[tuple[str, str], int]:
    """The counters as they must be: by name and hour, what has none under NULL."""
    return dict(Counter((event.name or "NULL", _hour(event.at)) for event in events))


def _hour(at: datetime | None) -> str:
    return "NULL" if at is None else at.strftime("%Y-%m-%dT%H:00:00")


def in_order(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Rows as texts, in an order of their own, to compare; types are in them."""
    return sorted(json.dumps(row, sort_keys=True) for row in rows)
