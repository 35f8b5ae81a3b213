"""Patterns of times, as `timeFormat` gives them: the letters of Java's DateTimeFormatter that mean one thing only."""

from __future__ import annotations

import re
from dataclasses import dataclass

ISO = "iso"
"""What stands for ISO 8601 among patterns."""

MONTHS: tuple[str, ...] = ("january", "february", "march", "april", "may", "june")
MONTHS += ("july", "august", "september", "october", "november", "december")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_FRACTION = 9


def _names(names: tuple[str, ...], length: int | None) -> str:
    return "(?i:" + "|".join(name[:length] for name in names) + ")"


# Letters to what they capture, and how it is written. A weekday is not compared with the date.
_FIELDS = {
    "yyyy": ("year", r"\d{4}"),
    "uuuu": ("year", r"\d{4}"),
    "yy": ("short_year", r"\d\d"),
    "MM": ("month", r"\d\d"),
    "M": ("month", r"\d\d?"),
    "MMM": ("month_name", _names(MONTHS, 3)),
    "MMMM": ("month_name", _names(MONTHS, None)),
    "dd": ("day", r"\d\d"),
    "d": ("day", r"\d\d?"),
    "EEE": ("weekday", _names(_DAYS, 3)),
    "EEEE": ("weekday", _names(_DAYS, None)),
    "HH": ("hour", r"\d\d"),
    "H": ("hour", r"\d\d?"),
    "hh": ("half_hour", r"\d\d"),
    "h": ("half_hour", r"\d\d?"),
    "a": ("half", "(?i:am|pm)"),
    "mm": ("minute", r"\d\d"),
    "m": ("minute", r"\d\d?"),
    "ss": ("second", r"\d\d"),
    "s": ("second", r"\d\d?"),
    "Z": ("zone", r"[+-]\d\d:?\d\d"),
    "X": ("zone", r"Z|[+-]\d\d(?::?\d\d)?"),
    "XX": ("zone", r"Z|[+-]\d\d\d\d"),
    "XXX": ("zone", r"Z|[+-]\d\d:\d\d"),
    "z": ("zone", "UTC|GMT|Z"),
}
_FIELDS |= {"S" * digits: ("fraction", rf"\d{{{digits}}}") for digits in range(1, _LONGEST_FRACTION + 1)}
_MEANT = {"Y": "yyyy", "D": "dd", "k": "HH", "K": "hh", "n": "SSSSSSSSS", "A": "SSS", "L": "MM", "e": "EEE"}
_TOKEN = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", re.DOTALL)
_NEEDS = {
    "minute": ("hour", "half_hour"),
    "second": ("minute",),
    "fraction": ("second",),
    "half_hour": ("half",),
    "half": ("half_hour",),
    "zone": ("hour", "half_hour"),
}


@dataclass(frozen=True)
class TimePattern:
    """A pattern that says what day it is; `fields` are the names of groups that the regular expression captures."""

    text: str
    regex: re.Pattern[str]
    fields: frozenset[str]

    @property
    def has_time(self) -> bool:
        """Whether it names an hour."""
        return not self.fields.isdisjoint(("hour", "half_hour"))


def time_pattern(text: str) -> TimePattern:
    """The pattern that a text is. Raises ValueError, saying what is wrong with it."""
    parts: list[str] = []
    fields: list[str] = []
    depth = 0
    for token in _TOKEN.finditer(text):
        letters, quoted, other = token["letters"], token["quoted"], token["other"]
        if letters is not None:
            name, form = _field(letters)
            if name in fields:
                raise ValueError(f"{letters!r} and another name of the {name} stand in one pattern")
            fields.append(name)
            parts.append(f"(?P<{name}>{form})")
        elif other in ("[", "]"):
            depth += 1 if other == "[" else -1
            if depth not in (0, 1):
                raise ValueError("brackets of an optional part that do not match, or stand in another one")
            parts.append("(?:" if other == "[" else ")?")
        elif other == "'":
            raise ValueError("a quote that does not end")
        else:
            parts.append(re.escape("'" if quoted == "" else other if quoted is None else quoted.replace("''", "'")))
    if depth:
        raise ValueError("brackets of an optional part that do not match, or stand in another one")
    _check(set(fields))
    return TimePattern(text, re.compile("".join(parts), re.ASCII), frozenset(fields))


def _field(letters: str) -> tuple[str, str]:
    if letters in _FIELDS:
        return _FIELDS[letters]
    meant = _MEANT.get(letters[0])
    hint = f"; did you mean {meant!r}?" if meant else ""
    raise ValueError(f"{letters!r} is not read{hint} (letters that mean themselves stand in single quotes)")


def _check(fields: set[str]) -> None:
    day = {"year": ("year", "short_year"), "month": ("month", "month_name"), "day": ("day",)}
    for name, ways in day.items():
        if fields.isdisjoint(ways):
            raise ValueError(f"the {name} is missing; expected at least a year, a month and a day")
        if fields.issuperset(ways) and len(ways) > 1:
            raise ValueError(f"the {name} stands in it twice")
    if {"hour", "half_hour"} <= fields:
        raise ValueError("the hour stands in it twice (H of 24, h of 12)")
    for name, needed in _NEEDS.items():
        if name in fields and fields.isdisjoint(needed):
            wanted = {"half": "a (AM or PM)", "half_hour": "h, the hour of 12"}.get(needed[0], f"the {needed[0]}")
            raise ValueError(f"the {name.replace('_', ' ')} without {wanted}")
