"""Times and dates in the forms that a column's timeFormat and timeZone give, one text at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from lake.contract.time_pattern import ISO, MONTHS, TimePattern, time_pattern
from lake.parse.times import LocalZone, days_of, days_since_1970, micros_of, micros_since_1970, offset_of

_MONTH = {name[:3]: number for number, name in enumerate(MONTHS, 1)}
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)
_NOON = 12


def micros_in(formats: Sequence[str], zone: LocalZone | None) -> Callable[[str], int | None]:
    """A function from a text to the instant in microseconds that it is in the first of the formats that it has."""
    ways = [
        partial(micros_since_1970, zone=zone) if text == ISO else partial(_micros, time_pattern(text), zone)
        for text in formats or (ISO,)
    ]
    return lambda text: next((micros for way in ways if (micros := way(text)) is not None), None)


def days_in(formats: Sequence[str]) -> Callable[[str], int | None]:
    """A function from a text to the day since 1970; of the formats, those without a time of day count."""
    patterns = [None if text == ISO else time_pattern(text) for text in formats or (ISO,)]
    ways = [
        days_since_1970 if pattern is None else partial(_days, pattern)
        for pattern in patterns
        if pattern is None or not pattern.has_time
    ]
    return lambda text: next((days for way in ways if (days := way(text)) is not None), None)


def _days(pattern: TimePattern, text: str) -> int | None:
    match = pattern.regex.fullmatch(text)
    return None if match is None else _day_of(match.groupdict())


def _day_of(found: dict[str, str | None]) -> int | None:
    year, month, day = found.get("year"), found.get("month"), found.get("day")
    if year is None and (short := found.get("short_year")) is not None:
        year = f"20{short}"
    if month is None and (name := found.get("month_name")) is not None:
        month = str(_MONTH[name[:3].lower()])
    return None if year is None or month is None or day is None else days_of(int(year), int(month), int(day))


def _micros(pattern: TimePattern, zone: LocalZone | None, text: str) -> int | None:
    match = pattern.regex.fullmatch(text)
    if match is None:
        return None
    found = match.groupdict()
    days, hour = _day_of(found), _hour_of(found)
    if days is None or hour is None:
        return None
    offset = None
    if (written := found.get("zone")) is not None:
        signed = _OFFSET.fullmatch(written)
        offset = 0 if signed is None else offset_of(signed[1], signed[2], signed[3] or "0")
        if offset is None:
            return None
    time = (hour, int(found.get("minute") or 0), int(found.get("second") or 0))
    return micros_of(days, time, found.get("fraction"), offset, zone)


def _hour_of(found: dict[str, str | None]) -> int | None:
    """The hour of 24, midnight where none is written; None where there is no such hour."""
    half_hour = found.get("half_hour")
    if half_hour is None:
        return int(found.get("hour") or 0)
    if not 1 <= int(half_hour) <= _NOON:
        return None
    is_afternoon = (found.get("half") or "").lower() == "pm"
    return int(half_hour) % _NOON + (_NOON if is_afternoon else 0)
