"""date_format, date_parse, format_datetime, parse_datetime, and ISO 8601."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lake.sql.translation.functions.time_parsing import iso_micros_and_zone, iso_nanos_micros_and_zone
from lake.sql.translation.functions.time_patterns import (
    Element,
    PatternError,
    formatted,
    joda_elements,
    mysql_elements,
    plain_pattern,
)
from lake.sql.translation.functions.time_texts import date_text, rounded, timestamp_text
from lake.sql.translation.functions.time_zones import (
    Zone,
    known_zone,
    let,
    local_of,
    once,
    unanswered,
    zone_of,
    zoned_value,
)
from lake.sql.translation.identifiers import literal
from lake.sql.translation.signatures import Call, Function, RefusedCallError, Typed
from lake.sql.translation.types import TIMESTAMP_TZ


def _elements(read: Callable[[str], tuple[Element, ...]], pattern: Typed) -> tuple[Element, ...]:
    if pattern.value is None:
        raise RefusedCallError("the pattern must be a literal")
    try:
        return read(pattern.text)
    except PatternError as error:
        raise RefusedCallError(str(error)) from None


def _format(read: Callable[[str], tuple[Element, ...]]) -> Callable[[Call], str]:
    def made(call: Call) -> str:
        elements = _elements(read, call.arguments[1])
        if call.arguments[0].type.name != TIMESTAMP_TZ:
            if any(element.field in ("zone", "offset") for element in elements):
                raise RefusedCallError("a pattern with Z needs a time with a zone")
            return _text(elements, _in_millis(call.arguments[0]), "0", "''")
        if not any(element.field in ("zone", "offset") for element in elements):
            return _text(elements, _in_millis(call.arguments[0]), "0", "''")
        return once(
            call.arguments[0].sql, "athena_x", lambda x: _zoned_text(elements, Typed(x, call.arguments[0].type))
        )

    return made


def _zoned_text(elements: Sequence[Element], value: Typed) -> str:
    return _text(elements, _in_millis(value), offset_minutes(value), zone_of(value).sql)


def _in_millis(value: Typed) -> str:
    """The local time that is written: rounded to milliseconds."""
    return rounded(local_of(value), value.type, 3) if value.type.digits > 3 else local_of(value)


def offset_minutes(value: Typed) -> str:
    """The expression of the offset of a time with a zone, in minutes."""
    known = zone_of(value).minutes
    if known is not None:
        return str(known)
    return once(
        value.sql,
        "athena_x",
        lambda x: f"((epoch_us({local_of(Typed(x, value.type))}) - epoch_us(({x}).t)) // 60000000)",
    )


def _text(elements: Sequence[Element], local: str, minutes: str, zone: str) -> str:
    def made(x: str) -> str:
        early = unanswered(f"{x} < TIMESTAMP '0001-01-01'", "formats of years before 1 are not supported", "VARCHAR")
        return f"(CASE {early} WHEN {x} IS NOT NULL THEN {formatted(elements, x, minutes, zone)} END)"

    return once(local, "athena_f", made)


def _date_parse(call: Call) -> str:
    text, pattern = call.arguments
    if pattern.value is None:
        return f"make_timestamp(athena_date_parse({text.sql}, {pattern.sql}))"
    elements = _elements(mysql_elements, pattern)
    return once(
        text.sql,
        "athena_s",
        lambda x: _parsed(x, elements, f"make_timestamp(athena_date_parse({x}, {pattern.sql}))"),
    )


def _parsed(text: str, elements: Sequence[Element], slow: str) -> str:
    """The local time of a text: by DuckDB where it is one that DuckDB reads alike."""
    plain = plain_pattern(elements)
    if plain is None:
        return slow
    quick = f"strptime({text}, {literal(plain[1])})"
    if "%f" in plain[1]:
        quick = f"date_trunc('millisecond', {quick})"
    return f"(CASE WHEN regexp_full_match({text}, {literal(plain[0])}) THEN {quick} ELSE {slow} END)"


def _parse_datetime(call: Call) -> Typed:
    text, pattern = call.arguments
    utc = known_zone("UTC")
    if pattern.value is not None:
        elements = _elements(joda_elements, pattern)
        if not any(element.field in ("zone", "offset") for element in elements):
            slow = "make_timestamp((athena_parse_datetime({0}, {1})).l)"
            local = once(text.sql, "athena_s", lambda x: _parsed(x, elements, slow.format(x, pattern.sql)))
            return zoned_value(local, utc, 3)
    return _from_parsed(f"athena_parse_datetime({text.sql}, {pattern.sql})", 3)


def _from_parsed(parsed: str, digits: int) -> Typed:
    """A time with a zone from local microseconds and zone, which Python read."""
    zone = Zone(None, "(athena_y).z")
    made = zoned_value(zone.earlier_instant("make_timestamp((athena_y).l)", is_strict=True), zone, digits)
    return Typed(let("athena_y", parsed, made.sql), made.type)


def _from_iso(name: str, digits: int, read: Callable[[str], tuple[int, str]]) -> Callable[[Call], Typed]:
    def made(call: Call) -> Typed:
        text = call.arguments[0]
        if isinstance(text.value, str):
            try:
                micros, zone = read(text.value)
            except ValueError:
                pass  # fails when it is run, which TRY takes
            else:
                named = known_zone(zone)
                return zoned_value(named.instant(f"make_timestamp({micros})"), named, digits)
        slow = _from_parsed(f"{name}({text.sql})", digits)
        return Typed(once(text.sql, "athena_s", lambda x: _iso_or(x, digits, slow.sql)), slow.type)

    return made


_PLAIN_ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?Z"


def _iso_or(text: str, digits: int, slow: str) -> str:
    """The usual text, which DuckDB reads; another one is left to Python."""
    read = f"CAST({text} AS TIMESTAMP)"
    quick = zoned_value(read if digits > 3 else f"date_trunc('millisecond', {read})", known_zone("UTC"), digits)
    return f"(CASE WHEN regexp_full_match({text}, '{_PLAIN_ISO}') THEN {quick.sql} ELSE {slow} END)"


def _to_iso(call: Call) -> str:
    value = call.arguments[0]
    if value.type.name != TIMESTAMP_TZ:
        return timestamp_text(value.sql, value.type.digits, "T")

    def text(x: Typed) -> str:
        if x.type.zone == "UTC":
            return f"({timestamp_text(local_of(x), x.type.digits, 'T')} || 'Z')"
        minutes = offset_minutes(x)
        offset = f"printf('%02d:%02d', abs({minutes}) // 60, abs({minutes}) % 60)"
        signed = f"(CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END || {offset})"
        shown = f"CASE WHEN {minutes} = 0 THEN 'Z' ELSE {signed} END"
        return f"({timestamp_text(local_of(x), x.type.digits, 'T')} || {shown})"

    return once(value.sql, "athena_x", lambda x: text(Typed(x, value.type)))


def _of_times(name: str, rest: str, sql: Callable[[Call], str], note: str = "") -> tuple[Function, ...]:
    kinds = ("timestamp(p)", "timestamp(p) with time zone")
    return tuple(Function(f"{name}({kind}{rest}) -> varchar", sql, note=note) for kind in kinds)


_LITERAL_PATTERN = "the pattern must be a literal; years before 1 fail"
FUNCTIONS = (
    *_of_times("date_format", ", varchar", _format(mysql_elements), _LITERAL_PATTERN),
    *_of_times("format_datetime", ", varchar", _format(joda_elements), f"{_LITERAL_PATTERN}; G, C and z are refused"),
    *_of_times("to_iso8601", "", _to_iso),
    Function("to_iso8601(date) -> varchar", lambda call: date_text(call.arguments[0].sql)),
    Function(
        "date_parse(varchar, varchar) -> timestamp(3)",
        _date_parse,
        python=("athena_date_parse",),
    ),
    Function(
        "parse_datetime(varchar, varchar) -> timestamp(3) with time zone",
        _parse_datetime,
        note="G, C, xx and z are refused",
        python=("athena_parse_datetime",),
    ),
    Function(
        "from_iso8601_timestamp(varchar) -> timestamp(3) with time zone",
        _from_iso("athena_from_iso8601", 3, iso_micros_and_zone),
        python=("athena_from_iso8601",),
    ),
    Function(
        "from_iso8601_timestamp_nanos(varchar) -> timestamp(9) with time zone",
        _from_iso("athena_from_iso8601_nanos", 9, iso_nanos_micros_and_zone),
        note="cut to microseconds",
        python=("athena_from_iso8601_nanos",),
    ),
    Function(
        "from_iso8601_date(varchar) -> date",
        "(DATE '1970-01-01' + athena_iso8601_days($1))",
        python=("athena_iso8601_days",),
    ),
)
