"""Days of event time, UTC, as stretches of milliseconds since 1970; and the slots that an index counts events in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lake.errors import UsageError

DAY_MS = 86_400_000
SLOT_MS = 600_000
"""Ten minutes: short enough that what happens at noon does not touch the days before and after, and few to a day."""

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Span:
    """Event times since <= t < until, in milliseconds since 1970."""

    since: int
    until: int

    @property
    def slots(self) -> range:
        """Numbers of the slots that the span touches."""
        return range(self.since // SLOT_MS, -(-self.until // SLOT_MS))


def span_of_day(day: str) -> Span:
    """The span of YYYY-MM-DD. Raises UsageError for any other text."""
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        parsed = None
    if parsed is None or parsed.isoformat() != day:  # other forms of ISO 8601, e.g. weeks
        raise UsageError(f"reading the day {day!r}: expected YYYY-MM-DD in UTC, e.g. 2026-11-21")
    start = (parsed.toordinal() - _EPOCH) * DAY_MS
    return Span(start, start + DAY_MS)


def day_of(at_ms: int) -> str:
    """The UTC day of an instant, e.g. 2026-11-21; of years 1 to 9999, as contracts' timestamps are."""
    return date.fromordinal(_EPOCH + at_ms // DAY_MS).isoformat()
