"""Intervals: literals, arithmetic, parts and texts. One is held as its milliseconds, the other as its months."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from lake.sql.translation.functions.time_zones import fails, once
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Call, Function, RefusedCallError, Typed
from lake.sql.translation.types import DAY_TO_SECOND, INTERVAL_DAYS, INTERVAL_MONTHS, YEAR_TO_MONTH, Type

_MILLIS = {"day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1000}
_MOST = 2**31 - 1
# Between two units of a literal: `1 02:03:04.5`.
_BETWEEN = {"hour": " ", "minute": ":", "second": ":"}


def interval_literal(text: str, unit: str, end_unit: str | None) -> Typed:
    """INTERVAL 'text' unit [TO end_unit]. Raises RefusedCallError."""
    made = _literal_value(text, unit.lower(), (end_unit or unit).lower())
    if made is None:
        span = f"{unit} TO {end_unit}" if end_unit else unit
        raise RefusedCallError(f"Invalid INTERVAL {span.upper()} value: {text}")
    return made


def _literal_value(text: str, unit: str, end: str) -> Typed | None:
    sign, bare = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if unit in ("year", "month"):
        months = _months(bare, unit, end)
        return None if months is None else Typed(f"({sign * months})", INTERVAL_MONTHS)
    if unit not in _MILLIS or end not in _MILLIS:
        raise RefusedCallError(f"intervals of {unit} are not known; use DAY, HOUR, MINUTE, SECOND, YEAR or MONTH")
    millis = _millis(bare, unit, end)
    return None if millis is None else Typed(f"CAST({sign * millis} AS BIGINT)", INTERVAL_DAYS)


def _months(text: str, unit: str, end: str) -> int | None:
    pattern = r"([0-9]*)(?:-([0-9]*))?" if unit != end else r"([0-9]*)"
    found = re.fullmatch(pattern, text)
    if found is None or end not in ("year", "month"):
        return None
    numbers = [int(part or 0) for part in found.groups()]
    total = numbers[0] * (12 if unit == "year" else 1) + sum(numbers[1:])
    return total if total <= _MOST else None


def _millis(text: str, unit: str, end: str) -> int | None:
    units = list(_MILLIS)
    wanted = units[units.index(unit) : units.index(end) + 1]
    pattern = ""
    for each in reversed(wanted):
        number = r"([0-9]*)(?:\.([0-9]{0,9}))?" if each == "second" else "([0-9]*)"
        between = _BETWEEN[each] if each != unit else ""
        pattern = f"{between}{number}{f'(?:{pattern})?' if pattern else ''}"
    found = re.fullmatch(pattern, text)
    if found is None:
        return None
    numbers = [int(part or 0) for part in found.groups()[: len(wanted)]]
    if any(number > _MOST for number in numbers):
        return None
    fraction = (found.groups()[len(wanted)] or "") if end == "second" else ""
    return sum(n * _MILLIS[each] for n, each in zip(numbers, wanted, strict=True)) + int(f"{fraction}000"[:3])


# Arithmetic.


def _whole(value: str, kind: Type) -> str:
    return f"CAST(trunc({value}) AS {'BIGINT' if kind == INTERVAL_DAYS else 'INTEGER'})"


def _times_double(interval: int, factor: int) -> Callable[[Call], str]:
    def made(call: Call) -> str:
        one, by = call.arguments[interval].sql, call.arguments[factor].sql
        refused = call.fail("Cannot multiply by double NaN")
        return f"(CASE WHEN isnan({by}) THEN {refused} ELSE {_whole(f'({one} * {by})', call.result)} END)"

    return made


def _by_double(call: Call) -> str:
    one, by = (each.sql for each in call.arguments)
    refused = call.fail("Cannot divide by double 0.0 or NaN")
    whole = _whole(f"(CAST({one} AS DOUBLE) / {by})", call.result)
    return f"(CASE WHEN isnan({by}) OR {by} = 0 THEN {refused} ELSE {whole} END)"


def _arithmetic(name: str, held: str) -> tuple[Function, ...]:
    return (
        Function(f"add({name}, {name}) -> {name}", "($1 + $2)"),
        Function(f"subtract({name}, {name}) -> {name}", "($1 - $2)"),
        Function(f"negate({name}) -> {name}", "(-($1))"),
        Function(f"multiply({name}, bigint) -> {name}", f"CAST($1 * $2 AS {held})"),
        Function(f"multiply(bigint, {name}) -> {name}", f"CAST($1 * $2 AS {held})"),
        Function(f"multiply({name}, double) -> {name}", _times_double(0, 1)),
        Function(f"multiply(double, {name}) -> {name}", _times_double(1, 0)),
        Function(f"divide({name}, double) -> {name}", _by_double),
    )


# Texts.


def _days_text(value: Typed, _target: Type) -> str:
    def text(x: str) -> str:
        parts = f"abs({x}) // 86400000, abs({x}) // 3600000 % 24, abs({x}) // 60000 % 60, abs({x}) // 1000 % 60"
        sign = f"CASE WHEN {x} < 0 THEN '-' ELSE '' END"
        return (
            f"(CASE WHEN {x} IS NOT NULL THEN {sign} || printf('%d %02d:%02d:%02d.%03d', {parts}, abs({x}) % 1000) END)"
        )

    return once(value.sql, "athena_s", text)


def _months_text(value: Typed, _target: Type) -> str:
    def text(x: str) -> str:
        sign = f"CASE WHEN {x} < 0 THEN '-' ELSE '' END"
        return f"(CASE WHEN {x} IS NOT NULL THEN {sign} || printf('%d-%d', abs({x}) // 12, abs({x}) % 12) END)"

    return once(value.sql, "athena_s", text)


_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]+)\s*")
_DURATION_UNITS = {
    "ns": Decimal("0.000001"),
    "us": Decimal("0.001"),
    "ms": Decimal(1),
    "s": Decimal(1000),
    "m": Decimal(60_000),
    "h": Decimal(3_600_000),
    "d": Decimal(86_400_000),
}


def athena_parse_duration(text: str | None) -> int | None:
    """Milliseconds of a text such as 1.5h, halves rounded up. Raises ValueError."""
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"duration is not a valid data duration string: {text}")
    if found[2] not in _DURATION_UNITS:
        raise ValueError(f"Unknown time unit: {found[2]}")
    millis = int((Decimal(found[1]) * _DURATION_UNITS[found[2]]).quantize(Decimal(1), ROUND_HALF_UP))
    if millis >= 2**63:
        raise ValueError(f"{text} is too large")
    return millis


def athena_human_readable_seconds(seconds: float | None) -> str | None:
    """Seconds in words, such as 1 hour, 2 minutes, 42 seconds. Raises ValueError, UnansweredError."""
    if seconds is None:
        return None
    if not math.isfinite(seconds):
        raise ValueError(f"Invalid argument found: {seconds}")
    if abs(seconds) >= 2**53:
        raise UnansweredError(f"{seconds} seconds are too many for the local engine")
    left = math.floor(abs(seconds) + 0.5)
    words: list[str] = []
    for unit, size in (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, left = divmod(left, size)
        if number or (unit == "second" and not words):
            words.append(f"{number} {unit}{'' if number == 1 else 's'}")
    return ", ".join(words)


def _part(name: str, interval: str, sql: str) -> Function:
    return Function(f"{name}({interval}) -> bigint", sql)


FUNCTIONS = (
    _part("year", YEAR_TO_MONTH, "CAST($1 // 12 AS BIGINT)"),
    _part("month", YEAR_TO_MONTH, "CAST($1 % 12 AS BIGINT)"),
    _part("day", DAY_TO_SECOND, "($1 // 86400000)"),
    _part("day_of_month", DAY_TO_SECOND, "($1 // 86400000)"),
    _part("hour", DAY_TO_SECOND, "($1 % 86400000 // 3600000)"),
    _part("minute", DAY_TO_SECOND, "($1 % 3600000 // 60000)"),
    _part("second", DAY_TO_SECOND, "($1 % 60000 // 1000)"),
    _part("millisecond", DAY_TO_SECOND, "($1 % 1000)"),
    _part("to_milliseconds", DAY_TO_SECOND, "$1"),
    Function(
        f"parse_duration(varchar) -> {DAY_TO_SECOND}", "athena_parse_duration($1)", python=("athena_parse_duration",)
    ),
    Function(
        "human_readable_seconds(double) -> varchar",
        "athena_human_readable_seconds($1)",
        python=("athena_human_readable_seconds",),
        note="fails from 2^53 seconds on",
    ),
)

OPERATORS = (*_arithmetic(DAY_TO_SECOND, "BIGINT"), *_arithmetic(YEAR_TO_MONTH, "INTEGER"))

CASTS: dict[tuple[str, str], Callable[[Typed, Type], str | Typed]] = {
    (DAY_TO_SECOND, "varchar"): _days_text,
    (YEAR_TO_MONTH, "varchar"): _months_text,
}

PYTHON = (
    PythonFunction("athena_parse_duration", athena_parse_duration, ("VARCHAR",), "BIGINT"),
    PythonFunction("athena_human_readable_seconds", athena_human_readable_seconds, ("DOUBLE",), "VARCHAR"),
)


def whole_days(interval: str) -> str:
    """The days of an interval that is added to a date; it fails where there are hours in it."""
    refused = fails("Cannot add hour, minutes or seconds to a date", "INTEGER")
    found = re.fullmatch(r"CAST\((-?[0-9]+) AS BIGINT\)", interval)
    if found and int(found[1]) % 86_400_000 == 0:
        return str(int(found[1]) // 86_400_000)
    whole = "CASE WHEN {0} % 86400000 <> 0 THEN {1} ELSE CAST({0} // 86400000 AS INTEGER) END"
    return once(interval, "athena_d", lambda x: f"({whole.format(x, refused)})")
