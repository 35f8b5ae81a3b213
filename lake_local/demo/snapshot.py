"""The state of the demonstration at one moment, as the view shows it. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lake_local.demo.expected import Session


@dataclass(frozen=True)
class Milestone:
    """An event of the demonstration, `at` seconds after its start."""

    at: float
    what: str


@dataclass(frozen=True)
class Snapshot:
    """`phase` is the current step; `elapsed` seconds since the start. Counts are of distinct rows of the outputs.

    `counts` are the counters of the newest minute, by name; `counted` the sum of all counters. `lag_ms` is how far
    the watermark is behind the clock, None if unknown. `newest` sessions, the last one first.
    """

    phase: str = "starting"
    elapsed: float = 0.0
    sent: int = 0
    rate: float = 0.0
    sessions: int = 0
    events_in_sessions: int = 0
    newest: tuple[Session, ...] = ()
    late: int = 0
    quarantined: int = 0
    minute: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    counted: int = 0
    lag_ms: float | None = None
    task_managers: tuple[bool, ...] = ()
    happened: tuple[Milestone, ...] = ()


def clock(at: int) -> str:
    """The time of day of an instant in microseconds, UTC."""
    return datetime.fromtimestamp(at / 1e6, UTC).strftime("%H:%M:%S")
