"""Instants and days written as ISO 8601 text, read exactly, one at a time.

A timestamp is YYYY-MM-DD, then nothing (midnight) or `T` or a space, HH:MM or HH:MM:SS with a fraction of one to nine
digits, then nothing (UTC), `Z`, ` UTC` (as databases write it), +HH:MM, +HHMM or +HH. Digits beyond microseconds are
cut off, never rounded. A leap second, 23:59:60 in UTC, is the second after it, as POSIX counts. 24:00 is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as time_of_day
from functools import lru_cache
from zoneinfo import ZoneInfo

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:([Zz]| UTC)|([+-])(\d\d)(?::?(\d\d))?)?)?",
    re.ASCII,
)
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_EPOCH = date(1970, 1, 1).toordinal()
_DAY_SECONDS = 86_400
FIRST_MICROS = (date.min.toordinal() - _EPOCH) * _DAY_SECONDS * 1_000_000
LAST_MICROS = (date.max.toordinal() - _EPOCH + 1) * _DAY_SECONDS * 1_000_000 - 1


def days_since_1970(text: str) -> int | None:
    """The day that YYYY-MM-DD names, None for any other text."""
    match = _DAY.fullmatch(text)
    return None if match is None else days_of(int(match[1]), int(match[2]), int(match[3]))


def micros_since_1970(text: str, zone: LocalZone | None = None) -> int | None:
    """The instant that a timestamp names, in microseconds; None for any other text. May lie out of years 1 to 9999.

    Where it names no offset, it is a time of the zone, in UTC where none is given.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day, hours, minutes, seconds, fraction, utc, sign, offset_hours, offset_minutes = match.groups()
    days = days_of(int(year), int(month), int(day))
    if days is None:
        return None
    offset = None
    if sign is not None:
        offset = offset_of(sign, offset_hours, offset_minutes or "0")
        if offset is None:
            return None
    elif utc is not None:
        offset = 0
    return micros_of(days, (int(hours or 0), int(minutes or 0), int(seconds or 0)), fraction, offset, zone)


def offset_of(sign: str, hours: str, minutes: str) -> int | None:
    """Minutes east of UTC, None where there are no such."""
    if int(hours) > 23 or int(minutes) > 59:
        return None
    return (-1 if sign == "-" else 1) * (int(hours) * 60 + int(minutes))


def micros_of(
    days: int, time: tuple[int, int, int], fraction: str | None, offset: int | None, zone: LocalZone | None = None
) -> int | None:
    """The instant of a day since 1970 and a time of hours, minutes and seconds; None where there is no such time.

    `fraction` are digits of a second; `offset` is in minutes, None where the time is one of the zone, else in UTC.
    """
    hour, minute, second = time
    if hour > 23 or minute > 59 or second > 60:
        return None
    total = days * _DAY_SECONDS + hour * 3600 + minute * 60 + second
    if offset is not None:
        total -= offset * 60
    elif zone is not None:
        total -= zone.offset_seconds(days, hour, minute, min(second, 59))
    if second == 60 and total % _DAY_SECONDS:
        return None
    return total * 1_000_000 + (int(fraction[:6].ljust(6, "0")) if fraction else 0)


def days_of(year: int, month: int, day: int) -> int | None:
    """Days since 1970 of a day of the calendar, None where there is none."""
    try:
        return date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None


class LocalZone:
    """A time zone of the IANA database, whose local times have no offset with them.

    An hour that comes twice, when the clocks go back, is the first of the two; one that the clocks leave out is counted
    with the offset before it, so that 02:30 is 03:30 of summer time. `on_open` is called at each of these.
    """

    def __init__(self, name: str, on_open: Callable[[], None] = lambda: None) -> None:
        self._zone = ZoneInfo(name)
        self._on_open = on_open
        self.steady_offset = lru_cache(maxsize=1 << 16)(self._steady_offset)

    def offset_seconds(self, days: int, hour: int, minute: int, second: int) -> int:
        """Seconds east of UTC at a local time of a day since 1970."""
        first, second_time = self._offsets(days, time_of_day(hour, minute, second))
        if first != second_time:
            self._on_open()
        return first

    def _steady_offset(self, days: int, hour: int) -> int | None:
        """Seconds east of UTC all through an hour of a day; None where the clocks change in it, or at its end."""
        next_day, next_hour = divmod(days * 24 + hour + 1, 24)
        try:
            found = {*self._offsets(days, time_of_day(hour)), *self._offsets(next_day, time_of_day(next_hour))}
        except (ValueError, OverflowError):  # beyond the year 9999
            return None
        return found.pop() if len(found) == 1 else None

    def _offsets(self, days: int, time: time_of_day) -> tuple[int, int]:
        """Of the first and of the second of a time that comes twice; they differ where a time is left out, too."""
        local = datetime.combine(date.fromordinal(days + _EPOCH), time, self._zone)
        found = [local.utcoffset(), local.replace(fold=1).utcoffset()]
        first, second = (0 if each is None else each.days * _DAY_SECONDS + each.seconds for each in found)
        return first, second
