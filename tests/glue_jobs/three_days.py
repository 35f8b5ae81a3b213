"""Events of three days of November 2026, one at each noon, and the sessions to expect of events."""

from __future__ import annotations

from lake.session_rules import SessionRules
from tests.glue_jobs.day_lakes import by_start
from tests.glue_jobs.plain_sessions import Event, distinct, micros, plain_sessions

TWENTIETH, TWENTY_FIRST, TWENTY_SECOND, TWENTY_THIRD = (f"2026-11-{day}" for day in (20, 21, 22, 23))


def event(name: str, time: str, arrived: str, user: int | None = 1) -> Event:
    """An event of November 2026: `time` and `arrived` are DDTHH:MM and DD-HH."""
    at = micros(f"2026-11-{time}:00Z") if len(time) == 8 else micros(f"2026-11-{time}Z")
    return Event(name, user, "phone", "page_view", at, f"2026-11-{arrived}")


THREE_DAYS = [
    event("a", "20T12:00", "20-12"),
    event("b", "21T12:00", "21-12"),
    event("c", "22T12:00", "22-12"),
]


def expected(events: list[Event], rules: SessionRules | None = None) -> dict[str, list[tuple[object, ...]]]:
    return by_start(plain_sessions(distinct(events), rules or SessionRules()))
