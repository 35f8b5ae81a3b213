"""Zones of times: their names, and local times from instants and back, as Trino has them.

A time with a zone is held as its instant in UTC and the zone's name. Most of Trino's functions take a local time that
is there twice (when clocks go back) as Joda does: the earlier instant west of Greenwich, the later one east of it. A
local time that is not there (when clocks go forward) is as much later as clocks go forward.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from lake.sql.translation.identifiers import literal
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import RefusedCallError, Typed
from lake.sql.translation.types import TIMESTAMP_TZ, Type, zoned

UTC, _UTC_SQL = "UTC", "'UTC'"
MOST_MILLIS = 2**51 - 1
"""The last instant of a time with a zone, in milliseconds since 1970."""
_ETC = ("GMT", "GMT+0", "GMT-0", "GMT0", "UCT", "UTC", "Universal")
_UTC_NAMES = {"UTC", "Z", "UT", "Zulu", "Greenwich", *_ETC, *(f"Etc/{name}" for name in _ETC)}
_OFFSET = re.compile(
    r"([+-])([0-9]{1,2})|([+-])([0-9]{2}):?([0-9]{2})|(?:UTC|GMT|UT)([+-])([0-9]{1,2})(?::([0-9]{2}))?"
)
_ETC_OFFSET = re.compile(r"Etc/GMT([+-])([0-9]{1,2})")
_MOST_MINUTES = 14 * 60
# Names that Trino does not take; and zones whose rules of 2026 are in one database of zones and not in another.
_NOT_TAKEN = {"EST", "MST", "HST", "ROC", "Factory", "localtime", "America/Coyhaique", "Etc/Greenwich", "Etc/Zulu"}
_UNSETTLED = {
    *("Africa/Casablanca", "Africa/El_Aaiun", "America/Edmonton", "America/Inuvik", "America/Rainy_River"),
    *("America/Vancouver", "America/Winnipeg", "America/Yellowknife"),
    *("Canada/Central", "Canada/Mountain", "Canada/Pacific"),
    *("America/Ensenada", "America/Santa_Isabel", "America/Tijuana", "Mexico/BajaNorte"),
}


@lru_cache(maxsize=1)
def _known_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - _NOT_TAKEN)


def offset_name(minutes: int) -> str:
    """The zone of an offset from UTC, such as +05:30. Raises ValueError beyond 14 hours."""
    if abs(minutes) > _MOST_MINUTES:
        raise ValueError(f"Invalid offset minutes {minutes}")
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}" if minutes else UTC


@lru_cache(maxsize=1024)
def canonical_zone(name: str) -> str:
    """A zone's name as Trino shows it. Raises ValueError for what is none to Trino, UnansweredError."""
    if name in _UTC_NAMES:
        return UTC
    etc = _ETC_OFFSET.fullmatch(name)
    if etc:
        return offset_name((-60 if etc[1] == "+" else 60) * int(etc[2]))
    found = _OFFSET.fullmatch(name)
    if found:
        sign = found[1] or found[3] or found[6]
        minutes = int(found[5] or found[8] or 0)
        if minutes > 59:
            raise ValueError(f"'{name}' is not a valid time zone")
        total = int(found[2] or found[4] or found[7]) * 60 + minutes
        return offset_name(-total if sign == "-" else total)
    if name in _UNSETTLED:
        raise UnansweredError(f"the rules of {name} differ between databases of zones, and are not supported")
    if name not in _known_names():
        raise ValueError(f"'{name}' is not a valid time zone")
    return name


def athena_zone(name: str | None) -> str | None:
    """The zone of a name in data. Raises ValueError."""
    return None if name is None else canonical_zone(name)


def let(name: str, value: str, body: str) -> str:
    """An expression in which a name stands for a value: DuckDB has no other way to say it once."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def once(value: str, name: str, body: Callable[[str], str]) -> str:
    """What `body` makes of a value that it repeats; a value that is long is computed once, under a name."""
    return body(value) if len(value) <= 40 and "(" not in value else let(name, value, body(name))


def fails(message: str, kind: str = "TIMESTAMP") -> str:
    """An expression of a type of DuckDB that fails, as Trino does."""
    return f"CAST(athena_fail({literal(message)}) AS {kind})"


def unanswered(condition: str, message: str, kind: str = "TIMESTAMP") -> str:
    """The branch of a CASE for a condition under which Trino has an answer: it fails, even in a TRY.

    The condition is an argument, because DuckDB calls a function of which it knows all arguments ahead of the query.
    """
    return f"WHEN {condition} THEN CAST(athena_unanswered({literal(message)}, {condition}) AS {kind})"


def athena_unanswered(message: str, is_so: bool | None) -> str | None:
    """Raises UnansweredError if it is so."""
    if is_so:
        raise UnansweredError(message)
    return None


@dataclass(frozen=True)
class Zone:
    """A zone: its name where the query says which, and DuckDB's expression of the name."""

    name: str | None
    sql: str

    @property
    def minutes(self) -> int | None:
        """The offset from UTC, where it is one and known."""
        if self.name is None or self.name[0] not in "+-":
            return 0 if self.name == UTC else None
        minutes = int(self.name[1:3]) * 60 + int(self.name[4:6])
        return -minutes if self.name[0] == "-" else minutes

    def local(self, instant: str) -> str:
        """The local time of an instant."""
        if self.minutes is not None:
            return f"({instant} + to_minutes({self.minutes}))" if self.minutes else instant
        return once(instant, "athena_t", self._local)

    def instant(self, local: str) -> str:
        """The instant of a local time, as most functions take it."""
        if self.minutes is not None:
            return f"({local} - to_minutes({self.minutes}))" if self.minutes else local
        before, after = self._offset("athena_l"), self._offset("(athena_l - athena_o)")
        skipped = f"(athena_o < to_minutes(0) AND {self._offset('(athena_l - athena_p)')} <> athena_p)"
        chosen = f"CASE WHEN athena_o = athena_p OR {skipped} THEN athena_l - athena_o ELSE athena_l - athena_p END"
        return let("athena_l", local, let("athena_o", before, let("athena_p", after, chosen)))

    def instant_near(self, local: str, instant: str) -> str:
        """The instant of a local time that was made from an instant: with the offset of that where it has it."""
        if self.minutes is not None:
            return self.instant(local)
        kept = f"CASE WHEN {self._local('athena_u')} = athena_k THEN athena_u ELSE {self.instant('athena_k')} END"
        return let("athena_k", local, let("athena_u", f"athena_k - {self._offset(instant)}", kept))

    def earlier_instant(self, local: str, is_strict: bool) -> str:
        """The instant of a local time in a text: the earlier of two; a strict one fails where there is none."""
        if self.minutes is not None:
            return self.instant(local)
        skipped = f"CASE WHEN athena_l IS NOT NULL THEN {fails('the clocks of the zone skip this local time')} END"
        otherwise = skipped if is_strict else "athena_u"
        later = f"CASE WHEN {self._local('athena_v')} = athena_l THEN athena_v ELSE {otherwise} END"
        later = let("athena_v", f"athena_l - {self._offset('athena_u')}", later)
        chosen = f"CASE WHEN {self._local('athena_u')} = athena_l THEN athena_u ELSE {later} END"
        earlier = let("athena_u", f"athena_l - {self._offset('(athena_l - to_days(1))')}", chosen)
        return let("athena_l", local, earlier)

    def _offset(self, instant: str) -> str:
        return f"({self._local(instant)} - {instant})"

    def _local(self, instant: str) -> str:
        """Of a zone that has rules, or may have them; databases of zones differ before 1970."""
        early = f"{instant} < TIMESTAMP '1970-01-01'"
        message = "local times before 1970 in a zone other than UTC are not supported"
        if self.name is not None:
            local = f"timezone({literal(self.name)}, timezone('UTC', {instant}))"
            return f"CASE {unanswered(early, message)} ELSE {local} END"
        is_offset = f"{self.sql}[1] IN ('+', '-')"
        zone = f"CASE WHEN {is_offset} THEN 'GMT' || {self.sql} ELSE {self.sql} END"
        return (
            f"CASE WHEN {self.sql} = 'UTC' THEN {instant} "
            f"{unanswered(f'({early} AND {self.sql} <> {_UTC_SQL} AND NOT {is_offset})', message)} "
            f"ELSE timezone({zone}, timezone('UTC', {instant})) END"
        )


def known_zone(name: str) -> Zone:
    """The zone of a canonical name."""
    return Zone(name, literal(name))


def zone_named(argument: Typed) -> Zone:
    """The zone that an argument names: a literal, or a column. Raises RefusedCallError."""
    if argument.value is None:
        return Zone(None, f"athena_zone({argument.sql})")
    try:
        return known_zone(canonical_zone(argument.text))
    except (ValueError, UnansweredError) as error:
        raise RefusedCallError(str(error)) from None


def zone_of(value: Typed) -> Zone:
    """The zone of a time that has one."""
    return known_zone(value.type.zone) if value.type.zone else Zone(None, f"({value.sql}).z")


def local_of(value: Typed) -> str:
    """The local time of a time with a zone; of one without, itself."""
    if value.type.name != TIMESTAMP_TZ:
        return value.sql
    if value.type.zone:
        return zone_of(value).local(f"({value.sql}).t")
    return once(value.sql, "athena_x", lambda x: Zone(None, f"({x}).z").local(f"({x}).t"))


def zoned_value(instant: str, zone: Zone, digits: int) -> Typed:
    """An instant with a zone; NULL where the instant is."""
    made = f"nullif({{'t': {instant}, 'z': {zone.sql}}}, {{'t': CAST(NULL AS TIMESTAMP), 'z': {zone.sql}}})"
    return Typed(made, zoned(digits, zone.name))


def with_instant(value: Typed, digits: int, change: Callable[[str, Zone], str]) -> Typed:
    """A time with its zone and another instant, which `change` makes of its instant and its zone."""
    zone = zone_of(value)
    if zone.minutes is not None:
        return zoned_value(change(f"({value.sql}).t", zone), zone, digits)
    if zone.name is not None:
        return zoned_value(let("athena_i", f"({value.sql}).t", change("athena_i", zone)), zone, digits)
    own = Zone(None, "(athena_x).z")
    made = zoned_value(change("(athena_x).t", own), own, digits)
    return Typed(let("athena_x", value.sql, made.sql), made.type)


def in_zone(value: Typed, zone: Zone) -> Typed:
    """The same instant in another zone."""
    if zone.name is not None:
        return zoned_value(f"({value.sql}).t", zone, value.type.digits)
    named = Zone(None, "athena_z")
    made = zoned_value("(athena_x).t", named, value.type.digits)
    either = f"CASE WHEN athena_z IS NOT NULL THEN {made.sql} END"
    return Typed(let("athena_x", value.sql, let("athena_z", zone.sql, either)), made.type)


def local_in_zone(local: str, zone: Zone, kind: Type) -> Typed:
    """A local time as one of a zone."""
    if zone.name is not None:
        return zoned_value(zone.instant(local), zone, kind.digits)
    named = Zone(None, "athena_z")
    made = zoned_value(named.instant("athena_w"), named, kind.digits)
    either = f"CASE WHEN athena_z IS NOT NULL THEN {made.sql} END"
    return Typed(let("athena_w", local, let("athena_z", zone.sql, either)), made.type)


PYTHON = (
    PythonFunction("athena_zone", athena_zone, ("VARCHAR",), "VARCHAR"),
    PythonFunction("athena_unanswered", athena_unanswered, ("VARCHAR", "BOOLEAN"), "VARCHAR"),
)
