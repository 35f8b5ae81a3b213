"""Visitors who click, at a steady rate, as records on their way to a stream. Pure: equal seeds give equal records.

A visitor's clicks go through one of several collectors, which puts those of a moment into a stream together, a line
each: a stream takes 1,000 records a second and shard, whatever their size.
"""

from __future__ import annotations

import heapq
import json
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Kind = Literal["on_time", "late", "without_user", "repeat", "malformed", "last"]

NAMES = ("page_view", "product_view", "search", "add_to_cart", "checkout", "purchase", "login", "logout")
_WEIGHTS = (42, 27, 14, 7, 3, 2, 3, 2)
_EVENTS_A_VISIT = 12
_VISITORS_A_RATE = 1.5  # so many visitors at a time for each click a second: one clicks every 1.5 s on average
_USERS_A_VISITOR = 10  # users come back now and then
_COLLECTORS = 8
_DEVICES = ("mobile", "desktop", "tablet")
_OUT_OF_ORDER_S = 1.0  # less than the watermark waits
_LATE_S = (40.0, 90.0)  # more than a gap and the watermark's delay
_REPEATED_AFTER_S = (0.5, 5.0)


@dataclass(frozen=True)
class Event:
    """A click: `at` in microseconds since 1970. Without a user it is in no session."""

    event_id: str
    user_id: int | None
    device_id: str
    client_event: str
    at: int


@dataclass(frozen=True)
class Record:
    """What a collector is sent: `at` in seconds since 1970; records of one `key` stay in order. No event: malformed."""

    at: float
    key: str
    data: bytes
    kind: Kind
    event: Event | None


@dataclass(frozen=True)
class Payload:
    """What is put into a stream: lines of one collector."""

    key: str
    data: bytes
    records: Sequence[Record]


@dataclass(frozen=True)
class Shares:
    """How many of a thousand clicks go wrong, and how."""

    late: float = 4
    repeats: float = 10
    malformed: float = 2
    without_user: float = 2


@dataclass
class Clicks:
    """Clicks from `since` on (seconds since 1970), `rate` a second; repeats come on top. Event times follow the clock.

    With `has_late` turned off, no click is late from then on.
    """

    rate: int
    seed: int
    since: float
    shares: Shares = field(default_factory=Shares)
    has_late: bool = True

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 # no secret
        self._made = 0
        self._again: list[tuple[float, int, Record]] = []
        self._visitors = [self._visitor() for _ in range(max(1, round(self.rate * _VISITORS_A_RATE)))]

    def until(self, time: float) -> list[Record]:
        """The records from where the last call ended until `time`, in the order in which they are sent."""
        records: list[Record] = []
        while (at := self.since + self._made / self.rate) < time:
            records += self._due_again(at)
            records.append(self._click(at))
            self._made += 1
        return records + self._due_again(time)

    def _click(self, at: float) -> Record:
        place = self._random.randrange(len(self._visitors))
        user, device = self._visitors[place]
        if self._random.random() < 1 / _EVENTS_A_VISIT:
            self._visitors[place] = self._visitor()
        kind = self._kind()
        ago = self._random.uniform(*_LATE_S) if kind == "late" else self._random.uniform(0, _OUT_OF_ORDER_S)
        event = Event(
            str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            None if kind == "without_user" else user,
            device,
            self._random.choices(NAMES, _WEIGHTS)[0],
            round((at - ago) * 1000) * 1000,
        )
        key = f"collector-{user % _COLLECTORS}"
        if kind == "malformed":
            return Record(at, key, self._damaged(event), kind, None)
        record = Record(at, key, data_of(event), "on_time" if kind == "repeat" else kind, event)
        if kind == "repeat":
            again = at + self._random.uniform(*_REPEATED_AFTER_S)
            heapq.heappush(self._again, (again, self._made, Record(again, key, record.data, "repeat", event)))
        return record

    def _kind(self) -> Kind:
        drawn = self._random.random() * 1000
        chances: tuple[tuple[Kind, float], ...] = (
            ("late", self.shares.late),
            ("repeat", self.shares.repeats),
            ("malformed", self.shares.malformed),
            ("without_user", self.shares.without_user),
        )
        for kind, share in chances:
            if drawn < share:
                return kind if kind != "late" or self.has_late else "on_time"
            drawn -= share
        return "on_time"

    def _visitor(self) -> tuple[int, str]:
        users = max(1, round(self.rate * _VISITORS_A_RATE * _USERS_A_VISITOR))
        return 1_000 + self._random.randrange(users), self._random.choice(_DEVICES)

    def _damaged(self, event: Event) -> bytes:
        """A record that no reader can take for an event, unlike any other.

        None ends within a text: landed next to another, as lines of an object, the two would be one record to batch.
        """
        line = data_of(event)
        match self._random.randrange(3):
            case 0:
                return line.replace(b'": ', b'" = ', 1)
            case 1:
                return f"connection reset by peer, request {event.event_id}".encode()
            case _:
                return line.replace(b'"user_id": ', b'"user_id": "user-').replace(b', "device_id"', b'", "device_id"')

    def _due_again(self, time: float) -> list[Record]:
        due = []
        while self._again and self._again[0][0] < time:
            due.append(heapq.heappop(self._again)[2])
        return due


def last_clicks(moment: int, shards: int) -> list[Record]:
    """One click for each shard, all at one moment, in milliseconds since 1970; the n-th belongs into the n-th shard.

    Once event time has reached them, all before them has been read.
    """
    at = moment * 1000
    events = [Event(f"last-{number}-{moment}", 1 + number, "demo", "end_of_demo", at) for number in range(shards)]
    return [Record(moment / 1000, str(number), data_of(event), "last", event) for number, event in enumerate(events)]


def payloads_of(records: Sequence[Record]) -> list[Payload]:
    """The records of a moment as they are put: what is no event by itself, since who sends that sends nothing else."""
    together: dict[str, list[Record]] = {}
    payloads = []
    for record in records:
        if record.event is None:
            payloads.append(Payload(record.key, record.data, [record]))
        else:
            together.setdefault(record.key, []).append(record)
    lines = [Payload(key, b"\n".join(one.data for one in some), some) for key, some in together.items()]
    return payloads + lines


def data_of(event: Event) -> bytes:
    """An event as its producer writes it: a line of JSON, the time in milliseconds and UTC."""
    seconds, micros = divmod(event.at, 1_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fields: dict[str, object] = {"event_id": event.event_id}
    if event.user_id is not None:
        fields["user_id"] = event.user_id
    fields |= {"device_id": event.device_id, "client_event": event.client_event, "client_timestamp": time}
    return json.dumps(fields).encode()
