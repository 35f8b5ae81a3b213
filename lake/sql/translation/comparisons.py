"""Comparisons as Trino makes them: of NaN, zoned times, rows and arrays, where DuckDB answers otherwise."""

from __future__ import annotations

from lake.sql.translation.scopes import field_at
from lake.sql.translation.signatures import RefusedCallError, Typed, failing
from lake.sql.translation.types import BOOLEAN, TIMESTAMP_TZ, Type

_NESTED = ("array", "map", "row")
MOST_FRACTION_DIGITS = 6
"""Of a second's fraction, DuckDB holds microseconds."""


def compared(one: Typed, symbol: str, other: Typed) -> Typed:
    """Whether two values of one type are equal, in order, ... Raises RefusedCallError."""
    kind = one.type
    _refuse_cut_digits(kind)
    if kind.name == TIMESTAMP_TZ:
        return _boolean(f"({instant(one)} {symbol} {instant(other)})")
    if kind.name in ("double", "real"):
        return _boolean(_of_doubles(one, symbol, other))
    if kind.name == "row":
        return _of_rows(one, symbol, other)
    if kind.name == "array":
        return _of_arrays(one, symbol, other)
    if kind.name == "map" or (kind.name == "json" and symbol not in ("=", "<>")):
        raise RefusedCallError(f"values of {kind} are not compared")
    return _boolean(f"({one.sql} {symbol} {other.sql})")


def is_distinct(one: Typed, other: Typed, negated: bool) -> Typed:
    """IS [NOT] DISTINCT FROM, of two values of one type."""
    if not is_plain(one.type) and one.type.name not in ("double", "real", TIMESTAMP_TZ):
        raise RefusedCallError(f"IS DISTINCT FROM of values of {one.type}")
    left, right = sort_key(one), sort_key(other)
    return _boolean(f"({left} IS {'NOT ' if negated else ''}DISTINCT FROM {right})")


def instant(value: Typed) -> str:
    """The instant of a zoned time, in UTC."""
    return f"struct_extract({value.sql}, 't')"


def sort_key(value: Typed) -> str:
    """What orders values of a type as Trino does."""
    _refuse_cut_digits(value.type)
    if value.type.name == TIMESTAMP_TZ:
        return instant(value)
    if value.type.has("map") or value.type.has("json"):
        raise RefusedCallError(f"values of {value.type} have no order")
    return value.sql


def group_key(value: Typed) -> str:
    """What groups values of a type as Trino does: by the instant, not by the zone. Raises RefusedCallError."""
    _refuse_cut_digits(value.type)
    if value.type.name == TIMESTAMP_TZ and value.type.zone is None:
        raise RefusedCallError("times whose zone is read from data are not grouped; group by an AT TIME ZONE of them")
    if any(part.has(TIMESTAMP_TZ) for part in value.type.types) or value.type.has("map"):
        raise RefusedCallError(f"values of {value.type} are not grouped")
    return value.sql


def is_plain(kind: Type) -> bool:
    """Whether DuckDB compares values of a type as Trino does."""
    return kind.name not in (*_NESTED, "double", "real", TIMESTAMP_TZ)


def _refuse_cut_digits(kind: Type) -> None:
    if kind.name in ("timestamp", TIMESTAMP_TZ, "time") and kind.digits > MOST_FRACTION_DIGITS:
        raise RefusedCallError(f"values of {kind} have more digits than are held; cast them to {MOST_FRACTION_DIGITS}")


def _boolean(sql: str) -> Typed:
    return Typed(sql, BOOLEAN)


def _of_doubles(one: Typed, symbol: str, other: Typed) -> str:
    """NaN equals nothing, and is in no order; DuckDB has it equal to itself and greater than all."""
    plain = f"{one.sql} {symbol} {other.sql}"
    if symbol == "<>":
        return f"({plain} OR (isnan({one.sql}) AND {other.sql} IS NOT NULL))"
    # Where the comparison is true for NaN in DuckDB, this side is NaN.
    side, against = (other, one) if symbol in ("<", "<=") else (one, other)
    if side.value is not None:
        return f"({plain})"
    known = "" if against.value is not None else f" OR {against.sql} IS NULL"
    return f"({plain} AND (NOT isnan({side.sql}){known}))"


def _of_rows(one: Typed, symbol: str, other: Typed) -> Typed:
    if symbol not in ("=", "<>"):
        return _order_of_rows(one, symbol, other)
    fields = [compared(field_at(one, at), "=", field_at(other, at)).sql for at in range(len(one.type.types))]
    equal = f"({' AND '.join(fields)})"
    return _boolean(equal if symbol == "=" else f"(NOT {equal})")


def _order_of_rows(one: Typed, symbol: str, other: Typed) -> Typed:
    """The first fields that differ decide; Trino fails where one is NULL."""
    if not all(map(is_plain, one.type.types)):
        raise RefusedCallError(f"the order of values of {one.type} is not compared")
    fields = [field_at(each, at).sql for each in (one, other) for at in range(len(one.type.types))]
    missing = " OR ".join(f"{field} IS NULL" for field in fields)
    message = failing("'expected no NULL in rows whose order is compared'", BOOLEAN)
    known = f"{one.sql} IS NOT NULL AND {other.sql} IS NOT NULL"
    return _boolean(f"(CASE WHEN {known} AND ({missing}) THEN {message} ELSE {one.sql} {symbol} {other.sql} END)")


def _of_arrays(one: Typed, symbol: str, other: Typed) -> Typed:
    if not is_plain(one.type.types[0]):
        raise RefusedCallError(f"values of {one.type} are not compared")
    left, right = one.sql, other.sql
    known = f"list_count({left}) = len({left}) AND list_count({right}) = len({right})"
    if symbol not in ("=", "<>"):
        message = failing("'expected no NULL in arrays that are compared'", BOOLEAN)
        return _boolean(f"(CASE WHEN NOT ({known}) THEN {message} ELSE {left} {symbol} {right} END)")
    # Elements of which one is NULL leave the answer open, if no others differ.
    differing = f"list_filter(range(1, len({left}) + 1), lambda c: {left}[c] <> {right}[c])"
    equal = (
        f"(CASE WHEN len({left}) <> len({right}) THEN FALSE WHEN {known} THEN {left} = {right} "
        f"WHEN len({differing}) > 0 THEN FALSE END)"
    )
    return _boolean(equal if symbol == "=" else f"(NOT {equal})")
