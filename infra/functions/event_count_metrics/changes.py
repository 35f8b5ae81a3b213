"""What a batch of a table's stream says of its counts, and how that is written as metrics. Pure.

A count is of one event name and one hour or minute, as event_counts writes it: EventName, EventHour, EventCount.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

EVENTS = "Events"
"""Metric: events by name, at their hour (or minute)."""
EVENTS_WITHOUT_TIME = "EventsWithoutTime"
"""Metric: events by name that have no time themselves, at the time at which they were counted."""
NOT_PUBLISHED = "NotPublished"
"""Metric: what was counted and is in neither of the others, by Reason."""

NO_TIME = "NULL"
"""The hour under which event_counts counts events that have no time."""

OLDEST = timedelta(days=14) - timedelta(minutes=5)
FURTHEST_AHEAD = timedelta(hours=2) - timedelta(minutes=5)
"""What CloudWatch takes as a time, by its API's reference, less what clocks may differ by."""

LONGEST_NAME = 1024
"""Characters of a dimension's value, by the same reference; it must be printable ASCII, and not blank."""

Key = tuple[str, str]
"""Event name, hour."""


@dataclass(frozen=True)
class Change:
    """What a batch says of one count: `before` the batch's first record, its `highest` and its `last` value in it.

    `first` is the position, in the batch, of its first record; `counted_at` when its last one was written.
    """

    key: Key
    before: int
    highest: int
    last: int
    first: int
    counted_at: datetime

    def then(self, other: Change) -> Change:
        """This one and a later one of the same count."""
        highest = max(self.highest, other.highest)
        return Change(self.key, self.before, highest, other.last, self.first, other.counted_at)


def changes_of(records: Sequence[Mapping[str, Any]]) -> tuple[list[Change], list[int]]:
    """The changes of a batch, by their first records, and the positions of records that are unreadable.

    Writes that changed nothing are no changes. A count that was removed (by hand, or since its time to live was over)
    takes nothing back: what happened has happened.
    """
    found: dict[Key, Change] = {}
    unreadable: list[int] = []
    for position, record in enumerate(records):
        if record["eventName"] == "REMOVE":
            continue
        try:
            change = _change(record["dynamodb"], position)
        except (KeyError, ValueError):
            unreadable.append(position)
            continue
        if change.before != change.last or change.key in found:
            known = found.get(change.key)
            found[change.key] = known.then(change) if known else change
    return list(found.values()), unreadable


def _change(images: Mapping[str, Any], position: int) -> Change:
    new, old = images["NewImage"], images.get("OldImage")
    key = new["EventName"]["S"], new["EventHour"]["S"]
    if key[1] != NO_TIME:
        started(key[1])
    count = int(new["EventCount"]["N"])
    before = int(old["EventCount"]["N"]) if old else 0
    counted_at = datetime.fromtimestamp(images["ApproximateCreationDateTime"], UTC)
    return Change(key, before, count, count, position, counted_at)


def started(hour: str) -> datetime:
    """When an hour or a minute began, from its text, e.g. 2015-10-31T12:00:00. Raises ValueError."""
    return datetime.fromisoformat(hour).replace(tzinfo=UTC)


def point(change: Change, added: int, now: datetime) -> dict[str, Any]:
    """The datum of PutMetricData that says `added` events more; of NotPublished where CloudWatch takes no such time."""
    name, hour = change.key
    at = change.counted_at if hour == NO_TIME else started(hour)
    if at < now - OLDEST:
        return not_published("too_old", added, now)
    if at > now + FURTHEST_AHEAD:
        return not_published("too_far_ahead", added, now)
    metric = EVENTS_WITHOUT_TIME if hour == NO_TIME else EVENTS
    return _datum(metric, "EventName", dimension_value(name), at, added)


def not_published(reason: str, added: int, now: datetime) -> dict[str, Any]:
    """The datum of what could not be published: too_old or too_far_ahead, in events; unreadable, in records."""
    return _datum(NOT_PUBLISHED, "Reason", reason, now, added)


def _datum(metric: str, dimension: str, value: str, at: datetime, added: int) -> dict[str, Any]:
    return {
        "MetricName": metric,
        "Dimensions": [{"Name": dimension, "Value": value}],
        "Timestamp": at,
        "Value": added,
        "Unit": "Count",
    }


def dimension_value(name: str) -> str:
    r"""An event's name as CloudWatch takes it; names that differ stay apart.

    What is no printable ASCII, and the backslash, is escaped as in Python's text literals: Bestellung_größer becomes
    Bestellung_gr\xf6\xdfer. What is too long is cut, and ends in its SHA-256.
    """
    written = name.encode("unicode_escape").decode("ascii")
    if not written.strip(" "):
        written = written.replace(" ", r"\x20") or r"\0"
    if len(written) > LONGEST_NAME:
        digest = hashlib.sha256(name.encode()).hexdigest()
        written = f"{written[: LONGEST_NAME - len(digest) - 1]}-{digest}"
    return written
