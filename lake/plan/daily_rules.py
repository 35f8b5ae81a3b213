"""What decides a day's rows beside its events: the job, its options, and how far beyond the day it reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lake.catalog import Partition
from lake.contract.model import Table
from lake.errors import UsageError
from lake.session_rules import SessionRules

DAYS_VERSION = "2"
"""The version of the code that computes rows from events; another one makes every day stale."""

RESOLUTIONS = {"hour": 3_600, "15m": 900, "minute": 60}


@dataclass(frozen=True)
class DayRules:
    """`options` are the job's, in one spelling. A day is made from its own events and those `before_ms` before it,
    and then as far beyond its end as its rows reach. With `has_undated`, events without a time belong to the day of
    their arrival.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    before_ms: int = 0
    has_undated: bool = False

    @property
    def text(self) -> str:
        """The options as a partition's parameter keeps them."""
        return json.dumps(dict(self.options), sort_keys=True)


def session_days(rules: SessionRules) -> DayRules:
    """A session belongs to the day of its start; the events one gap before an event decide whether it is a start."""
    return DayRules(rules.options, rules.reach_ms)


def count_days(resolution: str) -> DayRules:
    """Events are counted on their own day, and on the day of arrival where they have no time. Raises UsageError."""
    if resolution not in RESOLUTIONS:
        raise UsageError(f"reading resolution={resolution!r}: expected {', '.join(RESOLUTIONS)}")
    return DayRules({"resolution": resolution}, has_undated=True)


_BY_JOB: dict[str, Callable[[dict[str, str]], DayRules]] = {
    "sessions": lambda options: session_days(SessionRules.from_options(options)),
    "event_counts": lambda options: count_days(options.get("resolution", "hour")),
}


def recorded_rules(table: Table, published: Partition | None) -> DayRules:
    """The rules that a published day was computed by; its job's defaults if nothing is published."""
    options = json.loads(published.get("rules") or "{}") if published is not None else {}
    rules_of = _BY_JOB.get(table.made_by or "")
    return DayRules(options) if rules_of is None else rules_of(options)
