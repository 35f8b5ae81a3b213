"""Clicks of three days as they were sent: some twice, some a day late, some no records; and which is what.

What becomes of each is known beforehand. Nothing is late but what is sent more than a day after it happened: by then
every session that it could reach is closed. No two records next to each other are malformed: the lake has no bounds of
records, and what is cut off may run into the next line.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.glue_jobs.plain_sessions import EPOCH, Event

START = datetime(2026, 11, 16, tzinfo=UTC)
DAYS = 3
EVENTS = 20_000
SHARE = 200
"""One in a hundred: how many are sent twice, malformed, and late."""

_USERS = 180
_NAMES = ["page_view", "product_view", "search", "add_to_cart", "purchase", None]
_LATE = timedelta(hours=26)
_SECOND = 1_000_000


@dataclass(frozen=True)
class Sent:
    """A record as it was sent: `event` is None where it is malformed. `at` is when it arrived."""

    at: datetime
    line: bytes
    event: Event | None
    is_late: bool = False
    is_repeat: bool = False

    @property
    def hour(self) -> str:
        return self.at.strftime("%Y-%m-%d-%H")


def sent_clicks(seed: int) -> list[Sent]:
    """The records in the order of their arrival."""
    chance = random.Random(seed)
    first = [_sent(chance, number, at, *who) for number, (at, *who) in enumerate(sorted(_visits(chance), key=repr))]
    end = START + timedelta(days=DAYS)
    # None in the first third: there, a reader that has not been given a file may still hold the watermark back.
    may_be_late = [n for n, one in enumerate(first) if START + timedelta(days=DAYS / 3) < one.at < end - _LATE]
    late = set(chance.sample(may_be_late, SHARE))
    arriving = [_later(one) if number in late else one for number, one in enumerate(first)]
    arriving += [_again(chance, one) for one in chance.sample(arriving, SHARE)]
    arriving.sort(key=lambda one: one.at)
    step = len(arriving) // SHARE
    for block in reversed(range(SHARE)):
        place = block * step + chance.randrange(1, step)
        arriving.insert(place, _malformed(chance, block, arriving[place - 1]))
    return arriving


def _visits(chance: random.Random) -> list[tuple[int, int | None, str]]:
    """Time in microseconds since 1970, user, device: bursts with pauses, so that there are sessions, some by night."""
    start = (START - EPOCH) // timedelta(microseconds=1)
    until = start + DAYS * 86_400 * _SECOND
    visits: list[tuple[int, int | None, str]] = []
    while len(visits) < EVENTS:
        user = None if chance.random() < 0.01 else chance.randrange(_USERS)
        device = chance.choice(["browser", "phone", "fernseher_ü"])
        at = chance.randrange(start, until)
        for _ in range(min(chance.randrange(1, 24), EVENTS - len(visits))):
            if at < until:
                visits.append((at, user, device))
            at += chance.choice([0, 700_000, 20 * _SECOND, 90 * _SECOND, 25 * 60 * _SECOND])
    return visits


def _sent(chance: random.Random, number: int, at: int, user: int | None, device: str) -> Sent:
    event_id, name = f"e{number:06d}-{chance.getrandbits(32):08x}", chance.choice(_NAMES)
    time = EPOCH + timedelta(microseconds=at)
    record = {
        "event_id": event_id,
        "user_id": user,
        "device_id": device,
        "client_event": name,
        "client_timestamp": time.isoformat().replace("+00:00", "Z"),
    }
    arrived = time + timedelta(seconds=chance.uniform(0, 30))
    event = Event(event_id, user, device, name, at, arrived.strftime("%Y-%m-%d-%H"))
    return Sent(arrived, json.dumps(record).encode(), event)


def _later(one: Sent) -> Sent:
    assert one.event is not None
    return Sent(one.at + _LATE, one.line, one.event, is_late=True)


def _again(chance: random.Random, one: Sent) -> Sent:
    later = one.at + timedelta(seconds=chance.uniform(0.001, 600))
    return Sent(later, one.line, one.event, one.is_late, is_repeat=True)


def _malformed(chance: random.Random, number: int, before: Sent) -> Sent:
    """What is no record, each another one."""
    whole = f'{{"event_id": "m{number}", "user_id": {number}, "device_id": "phone", "client_event": "view", '.encode()
    line = [
        whole.rstrip(),
        f"connection {number} reset by peer".encode(),
        whole.replace(b'": ', b'" = ', 1) + b'"client_timestamp": 0}',
        whole.replace(b"phone", b"ph\xffne") + b'"client_timestamp": "2026-11-17T00:00:00Z"}',
        whole + b'"client_timestamp": "yesterday"}',
    ][chance.randrange(5)]
    return Sent(before.at, line, None)
