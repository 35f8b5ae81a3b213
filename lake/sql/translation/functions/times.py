"""Functions and operators of dates, times, timestamps, and timestamps with a zone."""

from __future__ import annotations

from collections.abc import Callable

from lake.sql.translation.functions.intervals import interval_literal
from lake.sql.translation.functions.time_formats import offset_minutes
from lake.sql.translation.functions.time_texts import (
    MICROS_A_DAY,
    date_literal,
    date_of_text,
    floor_division,
    time_literal,
    timestamp_literal,
)
from lake.sql.translation.functions.time_units import in_millis
from lake.sql.translation.functions.time_zones import (
    MOST_MILLIS,
    UTC,
    Zone,
    fails,
    in_zone,
    known_zone,
    let,
    local_in_zone,
    local_of,
    offset_name,
    once,
    zone_named,
    zoned_value,
)
from lake.sql.translation.signatures import Call, Function, RefusedCallError, Typed
from lake.sql.translation.types import DAY_TO_SECOND, TIMESTAMP_TZ, YEAR_TO_MONTH, Type, timestamp

__all__ = ["FUNCTIONS", "OPERATORS", "date_literal", "interval_literal", "time_literal", "timestamp_literal"]

_TIMESTAMP, _ZONED, _TIME = "timestamp(p)", "timestamp(p) with time zone", "time(p)"

# Parts of a date, and of a time of day.
_DATE_PARTS = {
    "year": "year({0})",
    "quarter": "quarter({0})",
    "month": "month({0})",
    "week": "week({0})",
    "week_of_year": "week({0})",
    "day": "day({0})",
    "day_of_month": "day({0})",
    "day_of_week": "isodow({0})",
    "dow": "isodow({0})",
    "day_of_year": "dayofyear({0})",
    "doy": "dayofyear({0})",
    "year_of_week": "isoyear({0})",
    "yow": "isoyear({0})",
}
_CLOCK_PARTS = {
    "hour": "hour({0})",
    "minute": "minute({0})",
    "second": "second({0})",
    "millisecond": "(millisecond({0}) % 1000)",
}


def _parts() -> list[Function]:
    made = []
    for names, kinds in ((_DATE_PARTS, ("date", _TIMESTAMP, _ZONED)), (_CLOCK_PARTS, (_TIME, _TIMESTAMP, _ZONED))):
        made += [Function(f"{name}({kind}) -> bigint", _of_local(sql)) for name, sql in names.items() for kind in kinds]
    return made


def _of_local(sql: str) -> Callable[[Call], str]:
    return lambda call: sql.format(local_of(call.arguments[0]))


# Unix time, and now.


def _of_seconds(seconds: str) -> str:
    """The instant of seconds since 1970, to milliseconds, halves up."""
    too_large = fails("Millis overflow")
    millis = "CAST(floor(athena_n * 1000 + 0.5) AS BIGINT) * 1000"
    made = (
        f"CASE WHEN isnan(athena_n) THEN TIMESTAMP '1970-01-01' "
        f"WHEN abs(athena_n) > {MOST_MILLIS / 1000!r} THEN {too_large} ELSE make_timestamp({millis}) END"
    )
    return let("athena_n", seconds, made)


def _from_unixtime(call: Call) -> Typed:
    seconds = _of_seconds(call.arguments[0].sql)
    if len(call.arguments) == 1:
        return zoned_value(seconds, known_zone(UTC), 3)
    if len(call.arguments) == 2:
        zone = zone_named(call.arguments[1])
        return in_zone(zoned_value(seconds, known_zone(UTC), 3), zone)
    hours, minutes = (each.value for each in call.arguments[1:])
    if not isinstance(hours, int) or not isinstance(minutes, int):
        raise RefusedCallError("hours and minutes of the offset must be literals")
    return zoned_value(seconds, _offset_zone(hours * 60 + minutes), 3)


def _offset_zone(minutes: int) -> Zone:
    try:
        return known_zone(offset_name(minutes))
    except ValueError as error:
        raise RefusedCallError(str(error)) from None


def _from_nanos(call: Call) -> Typed:
    value = call.arguments[0]
    nanos = value.sql if value.type.name == "bigint" else f"CAST(round({value.sql}, 0) AS BIGINT)"
    return zoned_value(f"make_timestamp({floor_division(nanos, 1000)})", known_zone(UTC), 9)


def _to_unixtime(call: Call) -> str:
    value = call.arguments[0]
    if value.type.digits > 6:
        raise RefusedCallError("times are held in microseconds: those of more digits are not supported")
    instant = f"({value.sql}).t" if value.type.name == TIMESTAMP_TZ else value.sql
    if value.type.digits <= 3:
        return f"(epoch_ms({instant}) / CAST(1000 AS DOUBLE))"
    # Of two doubles, as Trino adds them up.
    millis = f"epoch_ms(date_trunc('millisecond', {instant})) / CAST(1000 AS DOUBLE)"
    return f"({millis} + microsecond({instant}) % 1000 * 1000000 / CAST(1000000000000 AS DOUBLE))"


_NOW = "CAST(now() AS TIMESTAMP)"


def _now(digits: int) -> str:
    if digits > 6:
        raise RefusedCallError("times of more than 6 digits of a second are not supported")
    return _NOW if digits == 6 else f"make_timestamp(epoch_us({_NOW}) // {10 ** (6 - digits)} * {10 ** (6 - digits)})"


def _asked_digits(call: Call) -> int:
    if not call.arguments:
        return 3
    digits = call.arguments[0].value
    if not isinstance(digits, int):
        raise RefusedCallError("the digits must be a literal")
    return digits


def _zoned_now(call: Call) -> Typed:
    digits = _asked_digits(call)
    return zoned_value(_now(digits), known_zone(UTC), digits)


def _local_now(call: Call) -> Typed:
    digits = _asked_digits(call)
    return Typed(_now(digits), timestamp(digits))


def _local_time(call: Call) -> Typed:
    digits = _asked_digits(call)
    return Typed(f"CAST({_now(digits)} AS TIME)", Type("time", (digits,)))


# Zones.


def _zone_of_interval(argument: Typed) -> Zone:
    digits = argument.sql.removeprefix("CAST(").removesuffix(" AS BIGINT)")
    if not digits.lstrip("-").isdecimal():
        raise RefusedCallError("the offset must be a literal interval")
    if int(digits) % 60_000:
        raise RefusedCallError("the offset must have no seconds")
    return _offset_zone(int(digits) // 60_000)


def _in_named_zone(call: Call) -> Typed:
    return in_zone(call.arguments[0], zone_named(call.arguments[1]))


def _in_offset_zone(call: Call) -> Typed:
    return in_zone(call.arguments[0], _zone_of_interval(call.arguments[1]))


def _with_timezone(call: Call) -> Typed:
    return local_in_zone(call.arguments[0].sql, zone_named(call.arguments[1]), call.arguments[0].type)


def _zone_name(call: Call) -> str:
    return f"({call.arguments[0].sql}).z"


# Sequences.


def _sequence(call: Call, step: str, count: str, item: str, is_step_whole: str = "true") -> str:
    """The values from athena_a to athena_b by athena_e; `item` is the one at athena_i."""
    backwards = "(athena_e > 0 AND athena_b < athena_a) OR (athena_e < 0 AND athena_b > athena_a)"
    made = (
        "CASE WHEN athena_a IS NULL OR athena_b IS NULL OR athena_e IS NULL THEN NULL "
        f"WHEN athena_e = 0 THEN {call.fail('step must not be zero')} "
        f"WHEN {backwards} THEN {call.fail('the stop of a sequence must lie in the direction of its step')} "
        f"WHEN NOT ({is_step_whole}) THEN {call.fail('the step of a sequence must be a whole value of its type')} "
        f"WHEN {count} > 10000 THEN {call.fail('result of sequence function must not have more than 10000 entries')} "
        f"ELSE list_transform(range({count}), lambda athena_i: {item}) END"
    )
    start, stop = (each.sql for each in call.arguments[:2])
    return let("athena_a", start, let("athena_b", stop, let("athena_e", step, made)))


_DAY_MILLIS = MICROS_A_DAY // 1000


def _days(call: Call) -> str:
    if len(call.arguments) == 2:
        step = f"CASE WHEN athena_b < athena_a THEN -{_DAY_MILLIS} ELSE {_DAY_MILLIS} END"
    else:
        step = call.arguments[2].sql
    days = f"(athena_e // {_DAY_MILLIS})"
    # In a step that is no whole day, there would be a division by zero.
    count = f"((athena_b - athena_a) * {_DAY_MILLIS} // athena_e + 1)"
    item = f"athena_a + CAST(athena_i * {days} AS INTEGER)"
    return _sequence(call, step, count, item, f"athena_e % {_DAY_MILLIS} = 0")


def _months(call: Call) -> str:
    kind = call.arguments[0].type
    start, stop = (in_millis(each, kind) if kind.name != "date" else each for each in ("athena_a", "athena_b"))
    count = f"(date_sub('month', {start}, {stop}) // athena_e + 1)"
    item = "athena_a + to_months(CAST(athena_i * athena_e AS INTEGER))"
    return _sequence(call, call.arguments[2].sql, count, f"CAST({item} AS DATE)" if kind.name == "date" else item)


def _moments(call: Call) -> str:
    digits = call.arguments[0].type.digits
    count = "((epoch_us(athena_b) - epoch_us(athena_a)) // (athena_e * 1000) + 1)"
    item = "athena_a + to_microseconds(athena_i * athena_e * 1000)"
    return _sequence(call, call.arguments[2].sql, count, item, f"athena_e % {10 ** max(0, 3 - digits)} = 0")


def _last_day(call: Call) -> str:
    return f"CAST(last_day({local_of(call.arguments[0])}) AS DATE)"


def _of_offset(call: Call, part: str) -> str:
    value = call.arguments[0]
    minutes = once(value.sql, "athena_x", lambda x: offset_minutes(Typed(x, value.type)))
    return f"(CASE WHEN {value.sql} IS NOT NULL THEN {minutes} {part} END)"


def _date(call: Call) -> str:
    return f"CAST({local_of(call.arguments[0])} AS DATE)"


_ZONES = (
    "local times before 1970 fail; zones whose rules of 2026 are not settled are refused, such as America/Vancouver"
)
_NANOS = "cut to microseconds; a text of it is refused"
FUNCTIONS = (
    *_parts(),
    Function(f"timezone_hour({_ZONED}) -> bigint", lambda call: _of_offset(call, "// 60")),
    Function(f"timezone_minute({_ZONED}) -> bigint", lambda call: _of_offset(call, "% 60")),
    Function("timezone(timestamp(p) with time zone) -> varchar", _zone_name),
    Function("date(varchar) -> date", lambda call: date_of_text(call.arguments[0])),
    *(Function(f"date({kind}) -> date", _date) for kind in (_TIMESTAMP, _ZONED)),
    *(Function(f"last_day_of_month({kind}) -> date", _last_day) for kind in ("date", _TIMESTAMP, _ZONED)),
    Function("from_unixtime(double) -> timestamp(3) with time zone", _from_unixtime),
    Function("from_unixtime(double, varchar) -> timestamp(3) with time zone", _from_unixtime, note=_ZONES),
    Function(
        "from_unixtime(double, bigint, bigint) -> timestamp(3) with time zone",
        _from_unixtime,
        note="hours and minutes must be literals",
    ),
    Function("from_unixtime_nanos(bigint) -> timestamp(9) with time zone", _from_nanos, note=_NANOS),
    Function("from_unixtime_nanos(decimal(p,s)) -> timestamp(9) with time zone", _from_nanos, note=_NANOS),
    *(Function(f"to_unixtime({kind}) -> double", _to_unixtime) for kind in (_TIMESTAMP, _ZONED)),
    Function("now() -> timestamp(3) with time zone", _zoned_now),
    Function("current_date() -> date", f"CAST({_NOW} AS DATE)"),
    Function("current_timestamp() -> timestamp(3) with time zone", _zoned_now),
    Function("current_timestamp(bigint) -> timestamp(3) with time zone", _zoned_now, note="up to 6 digits"),
    Function("localtimestamp() -> timestamp(3)", _local_now),
    Function("localtimestamp(bigint) -> timestamp(3)", _local_now, note="up to 6 digits"),
    Function("localtime() -> time(3)", _local_time),
    Function("localtime(bigint) -> time(3)", _local_time, note="up to 6 digits"),
    Function("current_timezone() -> varchar", "'UTC'"),
    Function(f"at_timezone({_ZONED}, varchar) -> {_ZONED}", _in_named_zone, note=_ZONES),
    Function(f"at_timezone({_ZONED}, {DAY_TO_SECOND}) -> {_ZONED}", _in_offset_zone, note="a literal offset"),
    Function(f"with_timezone({_TIMESTAMP}, varchar) -> {_ZONED}", _with_timezone, note=_ZONES),
    Function("sequence(date, date) -> array(date)", _days),
    Function(f"sequence(date, date, {DAY_TO_SECOND}) -> array(date)", _days),
    Function(f"sequence(date, date, {YEAR_TO_MONTH}) -> array(date)", _months),
    Function(f"sequence({_TIMESTAMP}, {_TIMESTAMP}, {DAY_TO_SECOND}) -> array({_TIMESTAMP})", _moments),
    Function(f"sequence({_TIMESTAMP}, {_TIMESTAMP}, {YEAR_TO_MONTH}) -> array({_TIMESTAMP})", _months),
)

OPERATORS = (
    Function(f"at_time_zone({_ZONED}, varchar) -> {_ZONED}", _in_named_zone, note=_ZONES),
    Function(f"at_time_zone({_ZONED}, {DAY_TO_SECOND}) -> {_ZONED}", _in_offset_zone, note="a literal offset"),
)
