"""Texts of dates and times: literals, and casts among date, time, timestamp, those with a zone, and varchar."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lake.sql.translation.functions.time_zones import (
    UTC,
    Zone,
    canonical_zone,
    known_zone,
    let,
    local_of,
    once,
    unanswered,
    with_instant,
    zone_of,
    zoned_value,
)
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import RefusedCallError, Typed
from lake.sql.translation.types import DATE, TIMESTAMP_TZ, VARCHAR, Type, timestamp, zoned

MICROS_A_DAY = 86_400_000_000
_1970 = date(1970, 1, 1).toordinal()
_SPACE = " \t\n\r\f\v"
_DATE = re.compile(r"([+-]?[0-9]{1,9})-([0-9]{1,2})-([0-9]{1,2})")
_CLOCK = r"([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]+))?)?"
_TIME = re.compile(_CLOCK)
_TIMESTAMP = re.compile(rf"([+-]?[0-9]{{4,}}-[0-9]{{1,2}}-[0-9]{{1,2}})(?: (?:{_CLOCK})?\s*(.+)?)?")
# What DuckDB reads as Trino does, and quicker than we do.
_PLAIN_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PLAIN_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"


def days_of(text: str) -> int:
    """Days since 1970 of a date as Trino writes it. Raises ValueError."""
    found = _DATE.fullmatch(text.strip(_SPACE))
    if found is None:
        raise ValueError(f"Value cannot be cast to date: {text}")
    return _days(*map(int, found.groups()))


def micros_of_clock(text: str, digits: int) -> int:
    """Microseconds since midnight of a time of day, rounded to digits of a second. Raises ValueError."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"Value cannot be cast to time: {text}")
    return _clock_micros(found.groups(), digits) % MICROS_A_DAY


def micros_and_zone(text: str, digits: int) -> tuple[int, str | None]:
    """A timestamp's local microseconds since 1970, and the zone that stands behind it. Raises ValueError."""
    found = _TIMESTAMP.fullmatch(text.strip(_SPACE))
    if found is None:
        raise ValueError(f"Value cannot be cast to timestamp: {text}")
    clock = found.groups()[1:5]
    micros = days_of(found[1]) * MICROS_A_DAY + (_clock_micros(clock, digits) if clock[0] else 0)
    return micros, canonical_zone(found[6]) if found[6] else None


def _days(year: int, month: int, day: int) -> int:
    """Of any year: a calendar repeats itself every 400 years, in which there are 146,097 days."""
    cycles = (year - 2000) // 400
    return date(year - 400 * cycles, month, day).toordinal() - _1970 + 146_097 * cycles


def _clock_micros(parts: tuple[str | None, ...], digits: int) -> int:
    hour, minute, second = (int(part or 0) for part in parts[:3])
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{hour}:{minute}:{second} is no time of day")
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + _fraction_micros(parts[3] or "", digits)


def _fraction_micros(fraction: str, digits: int) -> int:
    """Microseconds of a second's fraction, halves rounded up at a number of digits."""
    beyond = len(fraction) - digits
    kept = int(fraction or 0)
    if beyond > 0:
        kept = (kept + 5 * 10 ** (beyond - 1)) // 10**beyond
    return int(kept * 10 ** (6 - min(len(fraction), digits)))


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (a local time)


def athena_days(text: str | None) -> int | None:
    """Days since 1970 of a date in data. Raises ValueError."""
    return None if text is None else days_of(text)


def athena_clock_micros(text: str | None, digits: int) -> int | None:
    """Microseconds since midnight of a time of day in data. Raises ValueError."""
    return None if text is None else micros_of_clock(text, digits)


def athena_micros(text: str | None, digits: int) -> int | None:
    """Local microseconds since 1970 of a timestamp in data. Raises ValueError.

    A zone behind it says nothing, but where its clocks skip the hour: then the hour behind the gap is meant.
    """
    if text is None:
        return None
    micros, zone = micros_and_zone(text, digits)
    if zone is None or zone == UTC or zone[0] in "+-":
        return micros
    local = _EPOCH + timedelta(microseconds=micros)
    shown = local.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    return micros + (shown.replace(tzinfo=None) - local) // timedelta(microseconds=1)


def athena_zoned(text: str | None, digits: int) -> dict[str, object] | None:
    """Local microseconds since 1970 and zone of a timestamp in data, UTC if it has none. Raises ValueError."""
    if text is None:
        return None
    micros, zone = micros_and_zone(text, digits)
    return {"l": micros, "z": zone or UTC}


# Literals.


def _as_literal(kind: str, text: str, read: Callable[[], Typed]) -> Typed:
    try:
        return read()
    except (ValueError, UnansweredError) as error:
        raise RefusedCallError(f"'{text}' is not a valid {kind} literal: {error}") from None


def date_literal(text: str) -> Typed:
    """DATE 'text'. Raises RefusedCallError."""
    return _as_literal("DATE", text, lambda: Typed(_date_sql(days_of(text)), DATE))


def _date_sql(days: int) -> str:
    if 1 <= days + _1970 <= date.max.toordinal():
        return f"CAST('{date.fromordinal(days + _1970)}' AS DATE)"
    return f"(DATE '1970-01-01' + CAST({days} AS INTEGER))"


def _timestamp_sql(micros: int) -> str:
    days, clock = divmod(micros, MICROS_A_DAY)
    if 1 <= days + _1970 <= date.max.toordinal():
        return f"TIMESTAMP '{datetime(1970, 1, 1) + timedelta(days, microseconds=clock)}'"  # noqa: DTZ001 (no zone)
    return f"make_timestamp({micros})"


def time_literal(text: str) -> Typed:
    """TIME 'text', with as many digits as are written. Raises RefusedCallError."""

    def read() -> Typed:
        digits = _literal_digits(text)
        return Typed(_time(str(micros_of_clock(text, digits))), Type("time", (digits,)))

    return _as_literal("TIME", text, read)


def timestamp_literal(text: str) -> Typed:
    """TIMESTAMP 'text', with as many digits, and the zone, that are written. Raises RefusedCallError."""

    def read() -> Typed:
        if text != text.strip(_SPACE):
            raise ValueError("it must have no spaces around it")
        digits = _literal_digits(text)
        micros, zone = micros_and_zone(text, digits)
        local = _timestamp_sql(micros)
        if zone is None:
            return Typed(local, timestamp(digits))
        named = known_zone(zone)
        return zoned_value(named.earlier_instant(local, is_strict=True), named, digits)

    return _as_literal("TIMESTAMP", text, read)


def _literal_digits(text: str) -> int:
    found = re.search(r":[0-9]+\.([0-9]+)", text)
    digits = len(found[1]) if found else 0
    if digits > 6:
        raise RefusedCallError(f"'{text}': times of more than 6 digits of a second are not supported")
    return digits


# Rounding and texts.


def floor_division(value: str, by: int) -> str:
    """A whole number divided by another, rounded down; DuckDB rounds to zero."""
    if by == 1:
        return value
    return once(value, "athena_n", lambda n: f"(({n} - (({n} % {by}) + {by}) % {by}) // {by})")


def rounded(value: str, kind: Type, digits: int) -> str:
    """A timestamp rounded to digits of a second, halves up. Raises RefusedCallError."""
    step = _rounding_step(kind, digits)
    if step == 1:
        return value
    return f"make_timestamp({floor_division(f'(epoch_us({value}) + {step // 2})', step)} * {step})"


def _rounding_step(kind: Type, digits: int) -> int:
    """Microseconds that a time is rounded to; 1 if it has no more digits than wanted. Raises RefusedCallError."""
    if digits > 6 and kind.digits != digits:
        raise RefusedCallError("times of more than 6 digits of a second are not supported")
    if kind.digits > 6 and digits == 6:
        raise RefusedCallError("times are held in microseconds: what lies beyond cannot be rounded")
    return 1 if digits >= kind.digits else int(10 ** (6 - digits))


def timestamp_text(value: str, digits: int, separator: str = " ") -> str:
    """The text of a timestamp. Raises RefusedCallError."""
    if digits > 6:
        raise RefusedCallError("times are held in microseconds: texts of more digits are not supported")
    rest = f"-%m-%d{separator}%H:%M:%S"

    def text(x: str) -> str:
        year = f"CASE WHEN {x} >= TIMESTAMP '10000-01-01' THEN '+' ELSE '' END"
        plain = f"{year} || strftime({x}, '%Y{rest}{_FRACTIONS.get(digits, '')}')"
        early = f"{_early_year(x)} || strftime({x}, '{rest}{_FRACTIONS.get(digits, '')}')"
        either = f"(CASE WHEN {x} < TIMESTAMP '0001-01-01' THEN {early} ELSE {plain} END)"
        return either if digits in _FRACTIONS else f"({either} || left(strftime({x}, '.%f'), {digits + 1}))"

    return once(value, "athena_s", text)


_FRACTIONS = {0: "", 3: ".%g", 6: ".%f"}


def _early_year(value: str) -> str:
    """The year before 1 of a date or a timestamp."""
    return f"printf('%s%04d', CASE WHEN year({value}) < 0 THEN '-' ELSE '' END, abs(year({value})))"


def date_text(value: str) -> str:
    """The text of a date."""

    def text(x: str) -> str:
        early = f"{_early_year(x)} || strftime({x}, '-%m-%d')"
        return f"(CASE WHEN {x} < DATE '0001-01-01' THEN {early} ELSE CAST({x} AS VARCHAR) END)"

    return once(value, "athena_s", text)


def _time_text(value: Typed) -> str:
    digits = value.type.digits
    whole = f"strftime(DATE '1970-01-01' + {value.sql}, '%H:%M:%S.%f')"
    return f"left({whole}, {8 + (digits + 1 if digits else 0)})"


def _time(micros: str) -> str:
    return f"CAST(make_timestamp({micros}) AS TIME)"


# Casts.


def date_of_text(value: Typed, _target: Type = DATE) -> Typed:
    """CAST of a text to a date."""

    def read(x: str) -> str:
        slow = f"DATE '1970-01-01' + athena_days({x})"
        return f"(CASE WHEN regexp_full_match({x}, '{_PLAIN_DATE}') THEN CAST({x} AS DATE) ELSE {slow} END)"

    return Typed(once(value.sql, "athena_s", read), DATE)


def _timestamp_of_text(value: Typed, target: Type) -> str:
    digits = _target_digits(target)
    plain = f"{_PLAIN_DATE} {_PLAIN_CLOCK}" + (f"(\\.[0-9]{{1,{digits}}})?" if digits else "")

    def read(x: str) -> str:
        slow = f"make_timestamp(athena_micros({x}, {digits}))"
        return f"(CASE WHEN regexp_full_match({x}, '{plain}') THEN CAST({x} AS TIMESTAMP) ELSE {slow} END)"

    return once(value.sql, "athena_s", read)


def _zoned_of_text(value: Typed, target: Type) -> Typed:
    digits = _target_digits(target)
    if isinstance(value.value, str):
        zone = _zone_of_literal(value.value, digits)
        if zone is not None:
            micros = micros_and_zone(value.value, digits)[0]
            return zoned_value(zone.earlier_instant(f"make_timestamp({micros})", is_strict=False), zone, digits)
    zone = Zone(None, "(athena_y).z")
    made = zoned_value(zone.earlier_instant("make_timestamp((athena_y).l)", is_strict=False), zone, digits)
    return Typed(let("athena_y", f"athena_zoned({value.sql}, {digits})", made.sql), made.type)


def _zone_of_literal(text: str, digits: int) -> Zone | None:
    try:
        return known_zone(micros_and_zone(text, digits)[1] or UTC)
    except (ValueError, UnansweredError):
        return None  # fails when it is run, which TRY_CAST takes


def _target_digits(target: Type) -> int:
    if target.digits > 6:
        raise RefusedCallError("times of more than 6 digits of a second are not supported")
    return target.digits


def _time_of_text(value: Typed, target: Type) -> str:
    return _time(f"athena_clock_micros({value.sql}, {_target_digits(target)})")


def _timestamp_as_time(value: Typed, target: Type) -> str:
    """Of a timestamp before 1970 with a fraction of a second Trino gives a second less, or fails."""

    def made(x: str) -> str:
        is_early = f"({x} < TIMESTAMP '1970-01-01' AND epoch_us({x}) % 1000000 <> 0)"
        message = "the time of day of a timestamp before 1970 with a fraction of a second is not supported"
        refused = unanswered(is_early, message, "TIME")
        return f"(CASE {refused} ELSE CAST({rounded(x, value.type, target.digits)} AS TIME) END)"

    return once(value.sql, "athena_c", made)


def _zoned_as_time(value: Typed, target: Type) -> str:
    return f"CAST({rounded(local_of(value), value.type, target.digits)} AS TIME)"


def _time_as_time(value: Typed, target: Type) -> str:
    step = _rounding_step(value.type, target.digits)
    if step == 1:
        return value.sql
    return _time(f"((epoch_us({value.sql}) + {step // 2}) // {step} * {step} % {MICROS_A_DAY})")


def _time_as_timestamp(value: Typed, target: Type) -> str:
    today = f"(CAST(now() AS DATE) + {value.sql})"
    return rounded(today, timestamp(value.type.digits), target.digits)


def _in_utc(instant: str, target: Type) -> Typed:
    return zoned_value(instant, known_zone(UTC), target.digits)


def _timestamp_as_zoned(value: Typed, target: Type) -> Typed:
    return _in_utc(rounded(value.sql, value.type, target.digits), target)


def _zoned_as_zoned(value: Typed, target: Type) -> Typed:
    if _rounding_step(value.type, target.digits) == 1:
        return Typed(value.sql, zoned(target.digits, value.type.zone))
    return with_instant(value, target.digits, lambda instant, _: rounded(instant, value.type, target.digits))


def zoned_text(value: Typed, _target: Type = VARCHAR) -> str:
    """The text of a time with a zone: its local time, and the zone."""

    def text(x: Typed) -> str:
        return f"({timestamp_text(local_of(x), x.type.digits)} || ' ' || {zone_of(x).sql})"

    return once(value.sql, "athena_x", lambda x: text(Typed(x, value.type)))


CASTS: dict[tuple[str, str], Callable[[Typed, Type], str | Typed]] = {
    ("varchar", "date"): date_of_text,
    ("varchar", "time"): _time_of_text,
    ("varchar", "timestamp"): _timestamp_of_text,
    ("varchar", TIMESTAMP_TZ): _zoned_of_text,
    ("date", "varchar"): lambda value, _: date_text(value.sql),
    ("date", "timestamp"): lambda value, _: f"CAST({value.sql} AS TIMESTAMP)",
    ("date", TIMESTAMP_TZ): lambda value, target: _in_utc(f"CAST({value.sql} AS TIMESTAMP)", target),
    ("time", "varchar"): lambda value, _: _time_text(value),
    ("time", "time"): _time_as_time,
    ("time", "timestamp"): _time_as_timestamp,
    ("time", TIMESTAMP_TZ): lambda value, target: _in_utc(_time_as_timestamp(value, target), target),
    ("timestamp", "varchar"): lambda value, _: timestamp_text(value.sql, value.type.digits),
    ("timestamp", "date"): lambda value, _: f"CAST({value.sql} AS DATE)",
    ("timestamp", "time"): _timestamp_as_time,
    ("timestamp", "timestamp"): lambda value, target: rounded(value.sql, value.type, target.digits),
    ("timestamp", TIMESTAMP_TZ): _timestamp_as_zoned,
    (TIMESTAMP_TZ, "varchar"): zoned_text,
    (TIMESTAMP_TZ, "date"): lambda value, _: f"CAST({local_of(value)} AS DATE)",
    (TIMESTAMP_TZ, "time"): _zoned_as_time,
    (TIMESTAMP_TZ, "timestamp"): lambda value, target: rounded(local_of(value), value.type, target.digits),
    (TIMESTAMP_TZ, TIMESTAMP_TZ): _zoned_as_zoned,
}

PYTHON = (
    PythonFunction("athena_days", athena_days, ("VARCHAR",), "INTEGER"),
    PythonFunction("athena_clock_micros", athena_clock_micros, ("VARCHAR", "INTEGER"), "BIGINT"),
    PythonFunction("athena_micros", athena_micros, ("VARCHAR", "INTEGER"), "BIGINT"),
    PythonFunction("athena_zoned", athena_zoned, ("VARCHAR", "INTEGER"), "STRUCT(l BIGINT, z VARCHAR)"),
)
