"""Texts read by patterns, and by ISO 8601, as Joda reads them: by fields, largest first, from 1970 or 2000 on."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from lake.sql.translation.functions.time_patterns import Element, joda_elements, mysql_elements
from lake.sql.translation.functions.time_zones import MOST_MILLIS, canonical_zone, offset_name
from lake.sql.translation.python_functions import PythonFunction, UnansweredError

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (local times have no zone)
_MICRO = timedelta(microseconds=1)
_YEARS = ("year", "weekyear")
_MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June", "July", "August", "September")
_MONTHS += ("October", "November", "December")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _names(words: Sequence[str], first: int) -> dict[str, int]:
    """Numbers by names, long and short, as they are, in small letters and in capitals."""
    named: dict[str, int] = {}
    for number, word in enumerate(words, first):
        for name in (word, word[:3]):
            named |= dict.fromkeys((name, name.lower(), name.upper()), number)
    return named


_NAMES = {
    "month_name": _names(_MONTHS, 1),
    "day_of_week_name": _names(_DAYS, 1),
    "half_name": {"AM": 0, "am": 0, "PM": 1, "pm": 1},
}
# The range of a field (what it is a part of) and its length, in days; larger ones are set first.
_YEAR, _MONTH, _WEEK, _DAY = 365.2425, 30.44, 7.0, 1.0
_HALF, _HOUR, _MINUTE, _SECOND, _MILLISECOND = 1 / 2, 1 / 24, 1 / 1440, 1 / 86_400, 1 / 86_400_000
_SIZES = {
    "year": (1e9, _YEAR),
    "weekyear": (1e9, _YEAR),
    "month": (_YEAR, _MONTH),
    "week": (_YEAR, _WEEK),
    "day_of_year": (_YEAR, _DAY),
    "day": (_MONTH, _DAY),
    "day_of_week": (_WEEK, _DAY),
    "half": (_DAY, _HALF),
    "hour": (_DAY, _HOUR),
    "clockhour": (_DAY, _HOUR),
    "hour_of_half": (_HALF, _HOUR),
    "clockhour_of_half": (_HALF, _HOUR),
    "minute": (_HOUR, _MINUTE),
    "second": (_MINUTE, _SECOND),
    "milli": (_SECOND, _MILLISECOND),
}
_BOUNDS = {
    "month": (1, 12),
    "day_of_week": (1, 7),
    "half": (0, 1),
    "hour": (0, 23),
    "clockhour": (1, 24),
    "hour_of_half": (0, 11),
    "clockhour_of_half": (1, 12),
    "minute": (0, 59),
    "second": (0, 59),
    "milli": (0, 999),
}


def fraction_of(digits: str, unit: int) -> int:
    """Milliseconds of a fraction's digits, of a unit of so many milliseconds, cut as Joda cuts them."""
    part, total = unit * 10, 0
    for digit in digits:
        part //= 10
        total += int(digit) * part
    return total // 10


def zone_of_offset(sign: str | None, hours: str | None, minutes: str | None) -> str:
    """The zone of an offset; of Z, where it has no sign. Raises ValueError."""
    if sign is None:
        return "UTC"
    if int(minutes or 0) > 59:
        raise ValueError(f"{sign}{hours}:{minutes} is no offset")
    total = int(hours or 0) * 60 + int(minutes or 0)
    return offset_name(-total if sign == "-" else total)


@dataclass(frozen=True)
class _Reader:
    """The regular expression of a pattern, whose groups are the values of fields, in their order.

    Joda takes as many characters for a field as it can, and never gives one back: so do possessive groups.
    """

    expression: re.Pattern[str]
    fields: tuple[str, ...]


@lru_cache(maxsize=256)
def _mysql_reader(pattern: str) -> _Reader:
    return _reader(mysql_elements(pattern))


@lru_cache(maxsize=256)
def _joda_reader(pattern: str) -> _Reader:
    return _reader(joda_elements(pattern))


def _reader(elements: Sequence[Element]) -> _Reader:
    """What reads texts of a pattern. Raises UnansweredError."""
    expression = "".join(_expression(element) for element in elements)
    fields = tuple(element.field for element in elements if element.field != "text")
    return _Reader(re.compile(expression), fields)


def _expression(element: Element) -> str:
    match element.field:
        case "text":
            return f"(?i:{re.escape(element.text)})"
        case "offset":
            return "((?>[zZ]|[+-][0-9]{2}(?::?[0-9]{2})?+))"
        case "zone":
            return "([A-Za-z0-9_+/:-]++)"
        case "year_of_century":
            return "([0-9]{2})" if element.most == 2 else "([+-]?[0-9]{1,9}+)"
        case name if name in _NAMES:
            return f"((?>{'|'.join(sorted(_NAMES[name], key=len, reverse=True))}))"
        case name if name in _SIZES or name in ("fraction", "year_of_era"):
            sign = "[+-]?" if name in _YEARS else ""
            return f"({sign}[0-9]{{1,{element.most}}}+)"
    raise UnansweredError(f"reading a text by the pattern's {element.field} is not supported by the local engine")


def _read(reader: _Reader, text: str, pivot: int) -> tuple[int, str | None]:
    """Local microseconds since 1970 and the zone of a text. Raises ValueError."""
    found = reader.expression.fullmatch(text)
    if found is None:
        raise ValueError(f'Invalid format: "{text}"')
    fields: list[tuple[str, int]] = []
    zone = None
    for field, value in zip(reader.fields, found.groups(), strict=True):
        if field == "fraction":
            fields.append(("milli", fraction_of(value, 1000)))
        elif field == "zone":
            zone = canonical_zone(value)
        elif field == "offset":
            sign, hours, minutes = (value[0], value[1:3], value[3:].lstrip(":")) if len(value) > 1 else (None, "", "")
            zone = zone_of_offset(sign, hours, minutes)
        elif field == "year_of_century":
            fields.append(("year", _year(value, pivot)))
        elif field in _NAMES:
            fields.append((field.removesuffix("_name"), _NAMES[field][value]))
        else:
            fields.append((field.removesuffix("_of_era"), int(value)))
    return _combined(fields), zone


def _year(digits: str, pivot: int) -> int:
    """Of two digits the year nearest to the pivot; of others, where those are read, the year itself."""
    if len(digits) != 2 or not digits.isdecimal():
        return int(digits)
    low = pivot - 50
    return low + (int(digits) - low) % 100


def _combined(fields: list[tuple[str, int]]) -> int:
    """Local microseconds since 1970 that fields make together: set twice, largest first, as Joda does.

    Raises ValueError.
    """
    fields.sort(key=_order)
    if fields and _DAY <= _SIZES[fields[0][0]][1] <= _MONTH:
        fields.insert(0, ("year", 2000))
    if not fields:
        return 0
    # The calendar repeats itself every 400 years, in which there are 146,097 days: whole weeks.
    cycles = (fields[0][1] - 2000) // 400 if fields[0][0] in _YEARS else 0
    fields = [(name, value - 400 * cycles if name in _YEARS else value) for name, value in fields]
    known = dict(fields)
    plain = len(known) == len(fields) and known.keys() <= _PLAIN
    return (_plain(**known) if plain else _set_twice(fields)) + cycles * 146_097 * 86_400_000_000


_PLAIN = {"year", "month", "day", "hour", "minute", "second", "milli"}


def _order(field: tuple[str, int]) -> tuple[float, float]:
    whole, part = _SIZES[field[0]]
    return -whole, -part


def _plain(
    year: int = 1970, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0, milli: int = 0
) -> int:
    at = datetime(year, month, day, hour, minute, second, milli * 1000)  # noqa: DTZ001 (a local time)
    return (at - _EPOCH) // _MICRO


def _set_twice(fields: list[tuple[str, int]]) -> int:
    found = _EPOCH
    for name, value in fields:
        found = _floored(_set(found, name, value), name)
    for name, value in fields:
        found = _set(found, name, value)
    found = _floored(found, fields[-1][0])
    return (found - _EPOCH) // _MICRO


def _set(at: datetime, field: str, value: int) -> datetime:  # noqa: PLR0911, PLR0912 (one return a field)
    low, high = _BOUNDS.get(field) or _bounds(at, field, value)
    if not low <= value <= high:
        raise ValueError(f"Value {value} for {field} must be in the range [{low},{high}]")
    match field:
        case "year":
            return at.replace(year=value, day=min(at.day, calendar.monthrange(value, at.month)[1]))
        case "month":
            return at.replace(month=value, day=min(at.day, calendar.monthrange(at.year, value)[1]))
        case "day":
            return at.replace(day=value)
        case "day_of_year":
            return at + timedelta(days=value - at.timetuple().tm_yday)
        case "weekyear":
            week = min(at.isocalendar().week, _weeks(value))
            monday = date.fromisocalendar(value, week, at.isoweekday())
            return datetime.combine(monday, at.time())
        case "week":
            return at + timedelta(weeks=value - at.isocalendar().week)
        case "day_of_week":
            return at + timedelta(days=value - at.isoweekday())
        case "half":
            return at.replace(hour=at.hour % 12 + 12 * value)
        case "hour" | "clockhour":
            return at.replace(hour=value % 24)
        case "hour_of_half" | "clockhour_of_half":
            return at.replace(hour=at.hour // 12 * 12 + value % 12)
        case "minute":
            return at.replace(minute=value)
        case "second":
            return at.replace(second=value)
    return at.replace(microsecond=value * 1000)


def _bounds(at: datetime, field: str, value: int) -> tuple[int, int]:
    """The bounds of a field that the rest of the date decides."""
    match field:
        case "day":
            return 1, calendar.monthrange(at.year, at.month)[1]
        case "day_of_year":
            return 1, 366 if calendar.isleap(at.year) else 365
        case "week":
            return 1, _weeks(at.isocalendar().year) if value > 52 else 52
    return 1, 9999


def _weeks(year: int) -> int:
    return date(year, 12, 28).isocalendar().week


def _floored(at: datetime, field: str) -> datetime:  # noqa: PLR0911 (one return a field)
    match field:
        case "year":
            return datetime(at.year, 1, 1)  # noqa: DTZ001 (a local time)
        case "weekyear":
            return datetime.combine(date.fromisocalendar(at.isocalendar().year, 1, 1), datetime.min.time())
        case "month":
            return datetime(at.year, at.month, 1)  # noqa: DTZ001 (a local time)
        case "week":
            return datetime.combine(at.date() - timedelta(days=at.weekday()), datetime.min.time())
        case "day" | "day_of_year" | "day_of_week":
            return at.replace(hour=0, minute=0, second=0, microsecond=0)
        case "half":
            return at.replace(hour=at.hour // 12 * 12, minute=0, second=0, microsecond=0)
        case "minute":
            return at.replace(second=0, microsecond=0)
        case "second":
            return at.replace(microsecond=0)
        case "milli":
            return at
    return at.replace(minute=0, second=0, microsecond=0)


# ISO 8601.

_ISO_DATE = (
    r"(?P<year>[+-]?[0-9]{1,9})"
    r"(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?|-W(?P<week>[0-9]{1,2})(?:-(?P<day_of_week>[0-9]))?"
    r"|-(?P<day_of_year>[0-9]{1,3}))?"
)
_ISO_CLOCK = (
    r"(?P<hour>[0-9]{1,2})(?:[.,](?P<of_hour>[0-9]{1,9})|:(?P<minute>[0-9]{1,2})(?:[.,](?P<of_minute>[0-9]{1,9})"
    r"|:(?P<second>[0-9]{1,2})(?:[.,](?P<of_second>[0-9]{1,9}))?)?)?"
)
_ISO_OFFSET = r"(?:(?P<z>[zZ])|(?P<sign>[+-])(?P<oh>[0-9]{2})(?::?(?P<om>[0-9]{2}))?)"
_ISO = re.compile(rf"(?:{_ISO_DATE}(?:[tT](?:{_ISO_CLOCK})?{_ISO_OFFSET}?)?)")
_ISO_TIME = re.compile(rf"[tT](?:{_ISO_CLOCK})?{_ISO_OFFSET}?")
_ISO_NANOS = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[tT]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{0,9}))?)?"
    r"(?:([zZ])|([+-])([0-9]{2}):([0-9]{2}))?"
)
_PARTS = ("year", "month", "day", "week", "day_of_week", "day_of_year", "hour", "minute", "second")


def iso_micros_and_zone(text: str) -> tuple[int, str]:
    """Local microseconds since 1970, cut to milliseconds, and zone of a text in ISO 8601. Raises ValueError."""
    found = _ISO.fullmatch(text) or _ISO_TIME.fullmatch(text)
    if found is None:
        raise ValueError(f'Invalid format: "{text}"')
    parts = found.groupdict()
    fields = [
        ("weekyear" if name == "year" and parts["week"] else name, int(parts[name]))
        for name in _PARTS
        if parts.get(name)
    ]
    micros = _combined(fields)
    for name, unit in (("of_hour", 3_600_000), ("of_minute", 60_000), ("of_second", 1000)):
        micros += fraction_of(parts[name] or "", unit) * 1000
    return _in_range(micros), zone_of_offset(parts["sign"], parts["oh"], parts["om"])


def iso_nanos_micros_and_zone(text: str) -> tuple[int, str]:
    """The same, cut to microseconds, of a text that has its date and its minutes. Raises ValueError."""
    found = _ISO_NANOS.fullmatch(text)
    if found is None:
        raise ValueError(f"Text '{text}' could not be parsed")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micro = int(f"{found[7] or ''}000000"[:6])
    at = datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 (a local time)
    return (at - _EPOCH) // _MICRO, zone_of_offset(found[9], found[10], found[11])


def _in_range(micros: int) -> int:
    if abs(micros) > MOST_MILLIS * 1000:
        raise ValueError(f"Millis overflow: {micros // 1000}")
    return micros


def _held(micros: int, zone: str) -> dict[str, object]:
    return {"l": micros, "z": zone}


def athena_from_iso8601(text: str | None) -> dict[str, object] | None:
    """Local microseconds and zone of a text in ISO 8601. Raises ValueError."""
    return None if text is None else _held(*iso_micros_and_zone(text))


def athena_from_iso8601_nanos(text: str | None) -> dict[str, object] | None:
    """Local microseconds and zone of a whole text in ISO 8601. Raises ValueError."""
    return None if text is None else _held(*iso_nanos_micros_and_zone(text))


def athena_iso8601_days(text: str | None) -> int | None:
    """Days since 1970 of a date in ISO 8601. Raises ValueError."""
    if text is None:
        return None
    if re.fullmatch(_ISO_DATE, text) is None:
        raise ValueError(f'Invalid format: "{text}"')
    return iso_micros_and_zone(text)[0] // 86_400_000_000


def athena_date_parse(text: str | None, pattern: str | None) -> int | None:
    """Microseconds since 1970 of a text by a MySQL pattern. Raises ValueError."""
    if text is None or pattern is None:
        return None
    return _read(_mysql_reader(pattern), text, 2020)[0]


def athena_parse_datetime(text: str | None, pattern: str | None) -> dict[str, object] | None:
    """Local microseconds since 1970 and zone of a text by a Joda pattern, UTC if it has none. Raises ValueError."""
    if text is None or pattern is None:
        return None
    micros, zone = _read(_joda_reader(pattern), text, _this_year() - 30)
    return _held(_in_range(micros), zone or "UTC")


def _this_year() -> int:
    return datetime.now(UTC).year


_LOCAL = "STRUCT(l BIGINT, z VARCHAR)"
PYTHON = (
    PythonFunction("athena_from_iso8601", athena_from_iso8601, ("VARCHAR",), _LOCAL),
    PythonFunction("athena_from_iso8601_nanos", athena_from_iso8601_nanos, ("VARCHAR",), _LOCAL),
    PythonFunction("athena_iso8601_days", athena_iso8601_days, ("VARCHAR",), "INTEGER"),
    PythonFunction("athena_date_parse", athena_date_parse, ("VARCHAR", "VARCHAR"), "BIGINT"),
    PythonFunction("athena_parse_datetime", athena_parse_datetime, ("VARCHAR", "VARCHAR"), _LOCAL),
)
