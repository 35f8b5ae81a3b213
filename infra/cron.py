"""Glue's schedules: neither cfn-lint nor the CDK checks them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_FORM = "cron(minutes hours day-of-month month day-of-week year) in UTC, e.g. cron(10 * * * ? *)"


@dataclass(frozen=True)
class _Field:
    """One of the six: its range, its names, and which special characters it takes."""

    name: str
    least: int
    most: int
    names: Mapping[str, int] = field(default_factory=dict)
    special: str = ""


_MONTHS = {
    name: number
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
_WEEKDAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 1)}
_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day-of-month", 1, 31, special=r"\?|L|\d{1,2}W"),
    _Field("month", 1, 12, _MONTHS),
    _Field("day-of-week", 1, 7, _WEEKDAYS, special=r"\?|L|\dL|\d#\d"),
    _Field("year", 1970, 2199),
)


def cron_problem(text: object) -> str | None:
    """What was expected, where Glue would refuse a schedule; None where it takes it.

    Source of the rules: Time-Based Schedules for Jobs and Crawlers, in Glue's developer guide. Glue refuses schedules
    more often than every 5 minutes, and those that name days of the month and of the week at once.
    """
    match = re.fullmatch(r"cron\((.*)\)", text) if isinstance(text, str) else None
    words = match[1].split() if match else []
    if len(words) != len(_FIELDS):
        return _FORM
    for one, word in zip(_FIELDS, words, strict=True):
        for part in word.split(","):
            if not _is_part(one, part):
                return f"{_FORM}; {one.name} are {one.least} to {one.most}, found {part!r}"
    if (words[2] == "?") == (words[4] == "?"):
        return f"{_FORM}, with ? for exactly one of day-of-month and day-of-week"
    if any(gap < 5 for gap in _minute_gaps(words[0])):
        return f"{_FORM}, not more often than every 5 minutes"
    return None


def _is_part(one: _Field, part: str) -> bool:
    if part == "*" or (one.special and re.fullmatch(one.special, part)):
        return True
    span, _, step = part.partition("/")
    if "/" in part and not (step.isdigit() and 0 < int(step) <= one.most):
        return False
    ends = span.split("-")
    numbers = [one.names.get(end, int(end) if end.isdigit() else None) for end in ends]
    if span == "*":
        return True
    return len(ends) <= 2 and all(number is not None and one.least <= number <= one.most for number in numbers)


def _minute_gaps(minutes: str) -> list[int]:
    """Minutes between the starts within an hour, and from its last to the next hour's first."""
    starts: set[int] = set()
    for part in minutes.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0-59" if span == "*" else span).partition("-")
        end = int(last) if last else 59 if step else int(first)
        starts.update(range(int(first), end + 1, int(step or 1)))
    ordered = sorted(starts)
    return [after - before for before, after in zip(ordered, [*ordered[1:], ordered[0] + 60], strict=True)]
