"""Sizes, counts and times of waiting, as people read and write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from lake.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def human_bytes(count: int) -> str:
    """e.g. 0 B, 999 B, 1.2 kB, 35.1 MB; powers of 1000, as disks are sold."""
    if count < 1000:
        return f"{count} B"
    size = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1000
        if size < 999.95 or unit == "TB":
            return f"{size:,.1f} {unit}"
    raise AssertionError("unreachable: the last unit returns")


def human_age(then: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest fitting unit, e.g. 40s ago, 3h ago, 12d ago."""
    seconds = max(int(((now or datetime.now(UTC)) - then).total_seconds()), 0)
    for unit, length, limit in (("s", 1, 60), ("m", 60, 3600), ("h", 3600, 48 * 3600)):
        if seconds < limit:
            return f"{seconds // length}{unit} ago"
    return f"{seconds // 86400}d ago"


def duration(text: str) -> timedelta:
    """A length of time such as 0s, 90m, 12h or 7d. Raises UsageError for anything else."""
    match = re.fullmatch(r"\s*(\d{1,6})\s*([smhdw])\s*", text, re.IGNORECASE)
    if match is None:
        raise UsageError(f"reading the duration {text!r}: expected a number and a unit, e.g. 0s, 90m, 12h or 7d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2].lower()])
