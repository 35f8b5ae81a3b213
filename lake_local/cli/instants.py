"""Times as a user types them."""

from __future__ import annotations

from datetime import UTC, datetime

from lake.errors import UsageError


def instant(text: str, option: str) -> datetime:
    """An ISO 8601 time in UTC; one without a zone is UTC. Raises UsageError naming the option it was given to."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"reading {option} {text!r}: expected an ISO 8601 time, e.g. 2026-11-21T09:10:00Z") from error
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
