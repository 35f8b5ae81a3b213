"""What a spectator sees at one moment of the demonstration. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lake_local.demo.expected import Session


@dataclass(frozen=True)
class Happening:
    """Something that happened in the demonstration, `at` so many seconds after its start."""

    at: float
    what: str


@dataclass(frozen=True)
class Scene:
    """`phase` is what goes on; `elapsed` seconds since the start. Counts are of distinct rows of the stream's outputs.

    `counts` are the counters of the newest minute, by name; `counted` the sum of all counters. `lag_ms` is how far
    event time is behind the clock, None where nothing is known. `newest` sessions, the last one first.
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
    happened: tuple[Happening, ...] = ()


def clock(at: int) -> str:
    """The time of day of an instant in microseconds, UTC."""
    return datetime.fromtimestamp(at / 1e6, UTC).strftime("%H:%M:%S")
