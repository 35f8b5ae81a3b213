"""Sums and differences of dates and times: with intervals, and of two of them."""

from __future__ import annotations

from collections.abc import Callable

from lake.sql.translation.functions.intervals import whole_days
from lake.sql.translation.functions.time_texts import (
    MICROS_A_DAY,
    floor_division,
)
from lake.sql.translation.functions.time_zones import (
    Zone,
    with_instant,
)
from lake.sql.translation.signatures import Call, Function, RefusedCallError, Typed
from lake.sql.translation.types import DAY_TO_SECOND, YEAR_TO_MONTH, Type

_TIMESTAMP, _ZONED, _TIME = "timestamp(p)", "timestamp(p) with time zone", "time(p)"
_DAY_MILLIS = MICROS_A_DAY // 1000

Change = Callable[[str, str], str]
"""Makes of a value and an interval their sum."""


def _signed(sign: int, interval: str) -> str:
    return interval if sign > 0 else f"(-{interval})"


def _sum_of_dates(sign: int) -> Change:
    return lambda value, interval: f"({value} {'+' if sign > 0 else '-'} {whole_days(interval)})"


def _sum_of_months(sign: int) -> Change:
    return lambda value, interval: f"({value} + to_months({_signed(sign, interval)}))"


def _sum_of_millis(sign: int) -> Change:
    return lambda value, interval: f"({value} + to_microseconds({_signed(sign, interval)} * 1000))"


def _sum_of_time(sign: int) -> Change:
    def made(value: str, interval: str) -> str:
        micros = f"epoch_us({value}) + {_signed(sign, interval)} % {_DAY_MILLIS} * 1000 + {MICROS_A_DAY}"
        return f"CAST(make_timestamp(({micros}) % {MICROS_A_DAY}) AS TIME)"

    return made


def _with_millis(call: Call) -> int:
    """Digits of a sum with an interval of days to seconds: three at least."""
    return max(3, *(each.type.digits for each in call.arguments if each.type.numbers))


def _plus(change: Change, value: int, kind: str = "") -> Callable[[Call], Typed]:
    def made(call: Call) -> Typed:
        result = Type(kind, (_with_millis(call),)) if kind else call.result
        return Typed(change(call.arguments[value].sql, call.arguments[1 - value].sql), result)

    return made


def _plus_zoned(change: Change, value: int, is_local: bool) -> Callable[[Call], Typed]:
    def made(call: Call) -> Typed:
        one, interval = call.arguments[value], call.arguments[1 - value].sql

        def instant(at: str, zone: Zone) -> str:
            return zone.instant_near(change(zone.local(at), interval), at) if is_local else change(at, interval)

        return with_instant(one, one.type.digits if is_local else _with_millis(call), instant)

    return made


def _sums() -> list[Function]:
    made = []
    for name, sign in (("add", 1), ("subtract", -1)):
        for at, pattern in enumerate(("{0}, {1}", "{1}, {0}")[: 2 if sign > 0 else 1]):

            def of(
                kind: str, interval: str, sql: Callable[[Call], Typed], name: str = name, pattern: str = pattern
            ) -> None:
                made.append(Function(f"{name}({pattern.format(kind, interval)}) -> {kind}", sql))

            of("date", DAY_TO_SECOND, _plus(_sum_of_dates(sign), at))
            of("date", YEAR_TO_MONTH, _plus(_as_date(_sum_of_months(sign)), at))
            of(_TIME, DAY_TO_SECOND, _plus(_sum_of_time(sign), at, "time"))
            of(_TIMESTAMP, DAY_TO_SECOND, _plus(_sum_of_millis(sign), at, "timestamp"))
            of(_TIMESTAMP, YEAR_TO_MONTH, _plus(_sum_of_months(sign), at))
            of(_ZONED, DAY_TO_SECOND, _plus_zoned(_sum_of_millis(sign), at, is_local=False))
            of(_ZONED, YEAR_TO_MONTH, _plus_zoned(_sum_of_months(sign), at, is_local=True))
    return made


def _as_date(change: Change) -> Change:
    return lambda value, interval: f"CAST({change(value, interval)} AS DATE)"


def _difference(call: Call) -> str:
    """Of two timestamps, or times of day, in milliseconds, halves up."""
    one, other = (f"epoch_us({each.sql})" for each in call.arguments)
    digits = call.arguments[0].type.digits
    if digits > 6:
        raise RefusedCallError("times are held in microseconds: the difference of more digits is not supported")
    if digits <= 3:
        return f"(({one} - {other}) // 1000)"
    return floor_division(f"({one} - {other} + 500)", 1000)


def _zoned_difference(call: Call) -> str:
    if call.arguments[0].type.digits > 3:
        raise RefusedCallError("the difference of times with a zone of more than 3 digits of a second is not supported")
    one, other = (f"epoch_ms(({each.sql}).t)" for each in call.arguments)
    return f"({one} - {other})"


OPERATORS = (
    *_sums(),
    Function(f"subtract(date, date) -> {DAY_TO_SECOND}", f"(CAST($1 - $2 AS BIGINT) * {_DAY_MILLIS})"),
    Function(f"subtract({_TIME}, {_TIME}) -> {DAY_TO_SECOND}", _difference),
    Function(f"subtract({_TIMESTAMP}, {_TIMESTAMP}) -> {DAY_TO_SECOND}", _difference),
    Function(f"subtract({_ZONED}, {_ZONED}) -> {DAY_TO_SECOND}", _zoned_difference),
)
