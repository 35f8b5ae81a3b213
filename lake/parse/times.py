"""Instants and days written as ISO 8601 text, read exactly, one at a time.

A timestamp is YYYY-MM-DD, then nothing (midnight) or `T` or a space, HH:MM or HH:MM:SS with a fraction of one to nine
digits, then nothing (UTC), `Z`, ` UTC` (as databases write it), +HH:MM, +HHMM or +HH. Digits beyond microseconds are
cut off, never rounded. A leap second, 23:59:60 in UTC, is the second after it, as POSIX counts. 24:00 is refused.
"""

from __future__ import annotations

import re
from datetime import date

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
    return None if match is None else _days(match[1], match[2], match[3])


def micros_since_1970(text: str) -> int | None:
    """The instant that a timestamp names, in microseconds; None for any other text. May lie out of years 1 to 9999."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day, hours, minutes, seconds, fraction, _, sign, offset_hours, offset_minutes = match.groups()
    days = _days(year, month, day)
    if days is None:
        return None
    if hours is None:
        return days * _DAY_SECONDS * 1_000_000
    hour, minute, second = int(hours), int(minutes), int(seconds or 0)
    offset = int(offset_hours or 0) * 60 + int(offset_minutes or 0)
    if hour > 23 or minute > 59 or second > 60 or int(offset_hours or 0) > 23 or int(offset_minutes or 0) > 59:
        return None
    total = days * _DAY_SECONDS + hour * 3600 + minute * 60 + second - (-offset if sign == "-" else offset) * 60
    if second == 60 and total % _DAY_SECONDS:
        return None
    return total * 1_000_000 + (int(fraction[:6].ljust(6, "0")) if fraction else 0)


def _days(year: str, month: str, day: str) -> int | None:
    try:
        return date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        return None
