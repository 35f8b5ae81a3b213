"""date_trunc, date_add and date_diff: times in units, which are the text of a query, or data."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lake.sql.translation.functions.time_texts import MICROS_A_DAY, rounded
from lake.sql.translation.functions.time_zones import Zone, once, with_instant, zone_of
from lake.sql.translation.signatures import Call, Function, RefusedCallError, Typed
from lake.sql.translation.types import Type, timestamp

_TIMESTAMP, _ZONED, _TIME = "timestamp(p)", "timestamp(p) with time zone", "time(p)"
_DATE_UNITS = ("day", "week", "month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MICROS = {"millisecond": 1000, "second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000}
_DAYS = {"day": 1, "week": 7}
_UNITS = (*_MICROS, *_DATE_UNITS)


def _by_unit(call: Call, units: Iterable[str], made: Callable[[str], str], kind: str) -> str:
    """The expression for the unit that the first argument names."""
    unit = call.arguments[0]
    if unit.value is not None:
        if unit.text.lower() not in units:
            raise RefusedCallError(f"'{unit.text}' is not a valid {kind} field")
        return made(unit.text.lower())
    cases = " ".join(f"WHEN '{name}' THEN {made(name)}" for name in units)
    missing = call.fail(f"the unit is not a valid {kind} field")
    otherwise = f"CASE WHEN {unit.sql} IS NOT NULL THEN {missing} END"
    return f"(CASE lower({unit.sql}) {cases} ELSE {otherwise} END)"


def _trunc_date(call: Call) -> str:
    value = call.arguments[1].sql
    return _by_unit(call, _DATE_UNITS, lambda unit: f"CAST(date_trunc('{unit}', {value}) AS DATE)", "DATE")


def _trunc_time(call: Call) -> str:
    micros = f"epoch_us({call.arguments[1].sql})"

    def truncated(unit: str) -> str:
        return f"CAST(make_timestamp({micros} // {_MICROS[unit]} * {_MICROS[unit]}) AS TIME)"

    return _by_unit(call, _MICROS, truncated, "TIME")


def _trunc(call: Call) -> str:
    value = call.arguments[1].sql
    return _by_unit(call, _UNITS, lambda unit: f"date_trunc('{unit}', {value})", "TIMESTAMP")


def _trunc_zoned(call: Call) -> Typed:
    def change(instant: str, zone: Zone) -> str:
        local = zone.local(instant)

        def truncated(unit: str) -> str:
            whole = f"date_trunc('{unit}', {local})"
            # Up to hours the offset stays the same, even where the zone has another one then.
            return f"({instant} - ({local} - {whole}))" if unit in _MICROS else zone.instant_near(whole, instant)

        return _by_unit(_giving_timestamp(call), _UNITS, truncated, "TIMESTAMP WITH TIME ZONE")

    return with_instant(call.arguments[1], call.arguments[1].type.digits, change)


def _giving_timestamp(call: Call) -> Call:
    """The call as one that gives the instant of its result."""
    return Call(call.arguments, call.bindings, timestamp(6))


def _number(call: Call) -> str:
    return f"CAST({call.arguments[1].sql} AS INTEGER)"


def _span(unit: str, number: str) -> str:
    """So many units, as an interval of DuckDB."""
    if unit in _MICROS:
        return f"to_microseconds(CAST({number} AS BIGINT) * {_MICROS[unit]})"
    if unit in _DAYS:
        return f"to_days({number} * {_DAYS[unit]})"
    return f"to_months({number} * {_MONTHS[unit]})"


def _add_to_date(call: Call) -> str:
    value, number = call.arguments[2].sql, _number(call)
    return _by_unit(call, _DATE_UNITS, lambda unit: f"CAST({value} + {_span(unit, number)} AS DATE)", "DATE")


def _add_to_time(call: Call) -> str:
    value, number = call.arguments[2], f"CAST({_number(call)} AS BIGINT)"

    def added(unit: str) -> str:
        step = 10 ** (6 - min(value.type.digits, 6)) if unit == "millisecond" else 1
        micros = f"(epoch_us({value.sql}) + {number} * {_MICROS[unit]} % {MICROS_A_DAY} + {MICROS_A_DAY})"
        if step > 1:
            micros = f"(({micros} + {step // 2}) // {step} * {step})"
        return f"CAST(make_timestamp({micros} % {MICROS_A_DAY}) AS TIME)"

    return _by_unit(call, _MICROS, added, "TIME")


def _add(call: Call) -> str:
    value, number = call.arguments[2], _number(call)
    return _by_unit(call, _UNITS, lambda unit: _sum(value.sql, value.type, unit, number), "TIMESTAMP")


def _sum(value: str, kind: Type, unit: str, number: str) -> str:
    made = f"({value} + {_span(unit, number)})"
    # Milliseconds may be more digits than it has.
    return rounded(made, timestamp(3), kind.digits) if unit == "millisecond" and kind.digits < 3 else made


def _add_to_zoned(call: Call) -> Typed:
    number, kind = _number(call), call.arguments[2].type

    def change(instant: str, zone: Zone) -> str:
        local = zone.local(instant)

        def added(unit: str) -> str:
            if unit in _MICROS:
                return _sum(instant, kind, unit, number)
            if unit == "quarter":  # which Trino counts with a field of its own
                return zone.earlier_instant(f"({local} + {_span(unit, number)})", is_strict=False)
            return zone.instant_near(f"({local} + {_span(unit, number)})", instant)

        return _by_unit(_giving_timestamp(call), _UNITS, added, "TIMESTAMP WITH TIME ZONE")

    return with_instant(call.arguments[2], kind.digits, change)


def _whole_units(unit: str, start: str, end: str) -> str:
    """Whole units between two timestamps in milliseconds, to zero."""
    if unit in _MONTHS:
        return f"date_sub('{unit}', {start}, {end})"
    size = (_MICROS.get(unit) or MICROS_A_DAY * _DAYS[unit]) // 1000
    difference = f"(epoch_ms({end}) - epoch_ms({start}))"
    return f"({difference} // {size})" if size > 1 else difference


def _diff_of_dates(call: Call) -> str:
    start, end = (each.sql for each in call.arguments[1:])

    def counted(unit: str) -> str:
        return f"date_sub('{unit}', {start}, {end})" if unit in _MONTHS else f"(({end} - {start}) // {_DAYS[unit]})"

    return _by_unit(call, _DATE_UNITS, counted, "DATE")


def _diff_of_times(call: Call) -> str:
    start, end = (f"epoch_us({each.sql})" for each in call.arguments[1:])
    return _by_unit(call, _MICROS, lambda unit: f"(({end} - {start}) // {_MICROS[unit]})", "TIME")


def in_millis(value: str, kind: Type) -> str:
    """A timestamp cut to milliseconds."""
    return f"date_trunc('millisecond', {value})" if kind.digits > 3 else value


def _diff(call: Call) -> str:
    start, end = (in_millis(each.sql, each.type) for each in call.arguments[1:])
    return _by_unit(call, _UNITS, lambda unit: _whole_units(unit, start, end), "TIMESTAMP")


def _diff_of_zoned(call: Call) -> str:
    one, other = call.arguments[1:]

    def made(x: str, y: str) -> str:
        zone = zone_of(Typed(x, one.type))
        start, end = in_millis(f"({x}).t", one.type), in_millis(f"({y}).t", other.type)

        def counted(unit: str) -> str:
            if unit in _MICROS:
                return _whole_units(unit, start, end)
            return _whole_units(unit, zone.local(start), zone.local(end))

        return _by_unit(call, _UNITS, counted, "TIMESTAMP WITH TIME ZONE")

    return once(one.sql, "athena_x", lambda x: once(other.sql, "athena_y", lambda y: made(x, y)))


FUNCTIONS = (
    Function("date_trunc(varchar, date) -> date", _trunc_date),
    Function(f"date_trunc(varchar, {_TIME}) -> {_TIME}", _trunc_time),
    Function(f"date_trunc(varchar, {_TIMESTAMP}) -> {_TIMESTAMP}", _trunc),
    Function(f"date_trunc(varchar, {_ZONED}) -> {_ZONED}", _trunc_zoned),
    Function("date_add(varchar, bigint, date) -> date", _add_to_date),
    Function(f"date_add(varchar, bigint, {_TIME}) -> {_TIME}", _add_to_time),
    Function(f"date_add(varchar, bigint, {_TIMESTAMP}) -> {_TIMESTAMP}", _add),
    Function(f"date_add(varchar, bigint, {_ZONED}) -> {_ZONED}", _add_to_zoned),
    Function("date_diff(varchar, date, date) -> bigint", _diff_of_dates),
    Function(f"date_diff(varchar, {_TIME}, {_TIME}) -> bigint", _diff_of_times),
    Function(f"date_diff(varchar, {_TIMESTAMP}, {_TIMESTAMP}) -> bigint", _diff),
    Function(f"date_diff(varchar, {_ZONED}, {_ZONED}) -> bigint", _diff_of_zoned),
)
