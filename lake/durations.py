"""Lengths of time as people write them in properties."""

from __future__ import annotations

import re
from datetime import timedelta

_LENGTH = re.compile(r"(\d+)\s*([a-z]*)", re.ASCII)
_UNITS = {
    "milliseconds": ("ms", "millis", "millisecond", "milliseconds"),
    "seconds": ("s", "sec", "second", "seconds"),
    "minutes": ("m", "min", "minute", "minutes"),
    "hours": ("h", "hour", "hours"),
    "days": ("d", "day", "days"),
}
EXPECTED = "a whole number and a unit: 500ms, 30s, 1m, 30 minutes, 1 hour, 7d (or 0)"


def duration_of(text: str) -> timedelta | None:
    """The length that `30m` or `30 minutes` names; None for any other text."""
    match = _LENGTH.fullmatch(text.strip().lower())
    if match is None:
        return None
    number, unit = int(match[1]), match[2]
    if not unit:
        return timedelta(0) if number == 0 else None
    name = next((name for name, spellings in _UNITS.items() if unit in spellings), None)
    try:
        return None if name is None else timedelta(**{name: number})
    except OverflowError:
        return None


def millis(length: timedelta) -> int:
    """A length in whole milliseconds."""
    return length // timedelta(milliseconds=1)
