"""Scenarios of the sessions job in one lake, each in a month of its own, so that none touches the days of another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from lake.session_rules import SessionRules
from tests.glue_jobs.day_lakes import SESSIONS, DayLake, by_start
from tests.glue_jobs.plain_sessions import Event, Row, distinct, micros, plain_sessions

Value = TypeVar("Value")


@dataclass(frozen=True)
class Month:
    """A month of 2026. Its events are named by DDTHH:MM (or longer) and the hour of arrival, DD-HH."""

    number: int

    def event(self, name: str, time: str, arrived: str, user: int | None = 1) -> Event:
        seconds = ":00" if len(time) == len("DDTHH:MM") else ""
        at = micros(f"2026-{self.number:02d}-{time}{seconds}Z")
        return Event(name, user, "phone", "page_view", at, f"2026-{self.number:02d}-{arrived}")

    def noons(self, *days: int) -> list[Event]:
        """An event at the noon of each of these days, which arrives at once."""
        return [self.event(f"noon{day}", f"{day}T12:00", f"{day}-12") for day in days]

    def day(self, day: int) -> str:
        return f"2026-{self.number:02d}-{day:02d}"

    def own(self, by_dt: dict[str, Value]) -> dict[int, Value]:
        """What there is of this month's days, by the day of the month."""
        return {int(dt[-2:]): value for dt, value in by_dt.items() if dt.startswith(f"2026-{self.number:02d}-")}

    def expected(self, events: Iterable[Event], rules: SessionRules | None = None) -> dict[int, list[Row]]:
        """The sessions of these events, by the day of their start."""
        return self.own(expected(events, rules))


@dataclass(frozen=True)
class Scenario:
    """What arrives in a month before the first run, and then before the second."""

    month: Month
    first: list[Event]
    late: list[Event]

    @property
    def expected(self) -> dict[int, list[Row]]:
        return self.month.expected([*self.first, *self.late])


@dataclass(frozen=True)
class After:
    """What a run did to days, and what was published after it: outcomes, rows and folders by `dt`."""

    outcomes: dict[str, str]
    days: dict[str, list[Row]]
    folders: dict[str, str]


def after_run(lake: DayLake, **options: str) -> After:
    """Run the sessions job, and look at what came of it."""
    outcomes = lake.outcomes(SESSIONS, **options)
    return After(outcomes, lake.days(), {dt: partition.location for dt, partition in lake.partitions().items()})


def expected(events: Iterable[Event], rules: SessionRules | None = None) -> dict[str, list[Row]]:
    return by_start(plain_sessions(distinct(events), rules or SessionRules()))
