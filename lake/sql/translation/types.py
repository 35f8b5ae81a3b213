"""Trino's types: their names, which of them turn into which without a cast, and what DuckDB holds their values as."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lake.sql.translation.identifiers import quoted

MOST_DIGITS = 38


@dataclass(frozen=True)
class Type:
    """A type as Trino has it; a length of varchar says nothing about a value, and is left out.

    `parts` are types (of an array, a map, a row, a function), or numbers (precision and scale of a decimal, digits of
    a second's fraction); `fields` are a row's names. `zone` is the zone of all values, where the text of the query
    says which: it is no part of the type.
    """

    name: str
    parts: tuple[Type | int | str, ...] = ()
    fields: tuple[str | None, ...] = ()
    zone: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        if self.name == "row":
            named = zip(self.fields, self.parts, strict=True)
            return f"row({', '.join(f'{_shown(name)} {part}' if name else str(part) for name, part in named)})"
        if self.name == TIMESTAMP_TZ:
            return f"timestamp({self.parts[0]}) with time zone" if self.parts else self.name
        inner = ", ".join(map(str, self.parts))
        if self.name == "decimal":
            inner = inner.replace(" ", "")
        return f"{self.name}({inner})" if self.parts else self.name

    @property
    def types(self) -> tuple[Type, ...]:
        """The types that this one is made of."""
        return tuple(part for part in self.parts if isinstance(part, Type))

    @property
    def numbers(self) -> tuple[int, ...]:
        """Precision and scale, or digits."""
        return tuple(part for part in self.parts if isinstance(part, int))

    @property
    def digits(self) -> int:
        """Digits of a second's fraction."""
        return self.numbers[0] if self.numbers else 3

    def has(self, name: str) -> bool:
        """Whether it is of this name, or made of one that is."""
        return self.name == name or any(part.has(name) for part in self.types)


def _shown(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else quoted(name)


TIMESTAMP_TZ = "timestamp with time zone"
DAY_TO_SECOND, YEAR_TO_MONTH = "interval day to second", "interval year to month"
UNKNOWN, BOOLEAN, VARCHAR, VARBINARY = Type("unknown"), Type("boolean"), Type("varchar"), Type("varbinary")
TINYINT, SMALLINT, INTEGER, BIGINT = Type("tinyint"), Type("smallint"), Type("integer"), Type("bigint")
REAL, DOUBLE, DATE, JSON, UUID = Type("real"), Type("double"), Type("date"), Type("json"), Type("uuid")
INTERVAL_DAYS, INTERVAL_MONTHS = Type(DAY_TO_SECOND), Type(YEAR_TO_MONTH)
WHOLE = (TINYINT, SMALLINT, INTEGER, BIGINT)
_WHOLE_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_ALIASES = {"int": "integer", "string": "varchar", "text": "varchar", "float": "real", "binary": "varbinary"}

# What DuckDB holds values as. A time with a zone is its instant in UTC and the zone's name; an interval is its
# milliseconds or its months; JSON is its text.
_DUCKDB = {
    **{kind.name: kind.name.upper() for kind in (*WHOLE, BOOLEAN, REAL, DOUBLE, VARCHAR, DATE, UUID)},
    "unknown": "INTEGER",
    "varbinary": "BLOB",
    "json": "VARCHAR",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    TIMESTAMP_TZ: "STRUCT(t TIMESTAMP, z VARCHAR)",
    DAY_TO_SECOND: "BIGINT",
    YEAR_TO_MONTH: "INTEGER",
}


def decimal(precision: int, scale: int) -> Type:
    """decimal(precision, scale)."""
    return Type("decimal", (precision, scale))


def timestamp(digits: int) -> Type:
    """timestamp(digits)."""
    return Type("timestamp", (digits,))


def zoned(digits: int, zone: str | None = None) -> Type:
    """timestamp(digits) with time zone."""
    return Type(TIMESTAMP_TZ, (digits,), zone=zone)


def array(element: Type) -> Type:
    """array(element)."""
    return Type("array", (element,))


def map_of(key: Type, value: Type) -> Type:
    """map(key, value)."""
    return Type("map", (key, value))


def row_of(parts: Sequence[Type], names: Sequence[str | None] | None = None) -> Type:
    """row(name type, ...); names are None where fields have none."""
    return Type("row", tuple(parts), tuple(names) if names is not None else (None,) * len(parts))


def field_names(kind: Type) -> list[str]:
    """What DuckDB calls the fields of a row: _0, _1 where they have no name."""
    return [name if name is not None else f"_{at}" for at, name in enumerate(kind.fields)]


def duckdb_type(kind: Type) -> str:
    """The type of DuckDB that holds its values. Raises KeyError for a type that nothing holds."""
    match kind.name:
        case "decimal":
            return f"DECIMAL({kind.numbers[0]}, {kind.numbers[1]})"
        case "array":
            return f"{duckdb_type(kind.types[0])}[]"
        case "map":
            return f"MAP({duckdb_type(kind.types[0])}, {duckdb_type(kind.types[1])})"
        case "row":
            named = zip(field_names(kind), kind.types, strict=True)
            return f"STRUCT({', '.join(f'{quoted(name)} {duckdb_type(part)}' for name, part in named)})"
    return _DUCKDB[kind.name]


def is_held(kind: Type) -> bool:
    """Whether DuckDB has a type that holds its values."""
    return (kind.name in _DUCKDB or kind.name in ("decimal", "array", "map", "row")) and all(map(is_held, kind.types))


def whole_as_decimal(kind: Type) -> Type:
    """The decimal that a whole number turns into."""
    return decimal(_WHOLE_DIGITS[kind.name], 0)


def common_type(one: Type, other: Type) -> Type | None:
    """The type that values of both turn into without a cast; None where there is none. Source: Trino's TypeCoercion."""
    if one == other:
        return Type(one.name, one.parts, one.fields, one.zone if one.zone == other.zone else None)
    if UNKNOWN in (one, other):
        return other if one == UNKNOWN else one
    if one.name == other.name:
        return _common_of_parts(one, other)
    for first, second in ((one, other), (other, one)):
        found = _wider(first, second)
        if found is not None:
            return found
    return None


def turns_into(kind: Type, wanted: Type) -> bool:
    """Whether a value of one type is taken where another is wanted."""
    return common_type(kind, wanted) == wanted


def _common_of_parts(one: Type, other: Type) -> Type | None:
    if one.name == "decimal":
        scale = max(one.numbers[1], other.numbers[1])
        whole = max(each.numbers[0] - each.numbers[1] for each in (one, other))
        return decimal(min(MOST_DIGITS, whole + scale), scale)
    if one.numbers:
        zone = one.zone if one.zone == other.zone else None
        return Type(one.name, (max(one.digits, other.digits),), zone=zone)
    if len(one.parts) != len(other.parts):
        return None
    parts = [common_type(first, second) for first, second in zip(one.types, other.types, strict=True)]
    if any(part is None for part in parts):
        return None
    fields = tuple(first if first == second else None for first, second in zip(one.fields, other.fields, strict=False))
    return Type(one.name, tuple(part for part in parts if part is not None), fields)


def _wider(narrow: Type, wide: Type) -> Type | None:
    if narrow.name in _WHOLE_DIGITS:
        if wide.name in _WHOLE_DIGITS:
            return wide if _WHOLE_DIGITS[narrow.name] < _WHOLE_DIGITS[wide.name] else None
        if wide.name == "decimal":
            return _common_of_parts(whole_as_decimal(narrow), wide)
        return wide if wide.name in ("real", "double") else None
    allowed = {
        "decimal": ("real", "double"),
        "real": ("double",),
        "date": ("timestamp", TIMESTAMP_TZ),
        "timestamp": (TIMESTAMP_TZ,),
        "char": ("varchar",),
    }
    if wide.name not in allowed.get(narrow.name, ()):
        return None
    if narrow.numbers and narrow.name == "timestamp":
        return Type(wide.name, (max(narrow.digits, wide.digits),), zone=None)
    return wide


# Names of types, as signatures and casts write them.

_TOKEN = re.compile(r'\s*("[^"]*"|[\w$]+|[(),])')
_ZONED = re.compile(r"(timestamp|time)(\s*\(\s*\w+\s*\))?\s+with(out)?\s+time\s+zone", re.IGNORECASE)


class TypeNameError(ValueError):
    """A text that names no type."""


def parsed_type(text: str) -> Type:
    """The type of a name such as `map(varchar, array(row(a bigint)))`. Raises TypeNameError.

    One capital letter stands for any type, and a small one for a number, as signatures have them.
    """
    return _Names(text).whole()


class _Names:
    def __init__(self, text: str):
        self.text = text
        plain = _ZONED.sub(lambda found: f"{found[1].lower()}{'' if found[3] else '_tz'}{found[2] or ''}", text)
        for name, word in ((DAY_TO_SECOND, "interval_ds"), (YEAR_TO_MONTH, "interval_ym")):
            plain = re.sub(name, word, plain, flags=re.IGNORECASE)
        self.tokens: list[str] = _TOKEN.findall(plain)
        self.at = 0

    def whole(self) -> Type:
        kind = self._type()
        if self.at != len(self.tokens):
            raise TypeNameError(f"{self.text!r} is no type")
        return kind

    def _next(self) -> str:
        if self.at == len(self.tokens):
            raise TypeNameError(f"{self.text!r} is no type: it ends early")
        self.at += 1
        return self.tokens[self.at - 1]

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _type(self) -> Type:
        word = self._next()
        if len(word) == 1 and word.isupper():
            return Type(word)
        name = _ALIASES.get(word.lower(), word.lower())
        name = {"timestamp_tz": TIMESTAMP_TZ, "interval_ds": DAY_TO_SECOND, "interval_ym": YEAR_TO_MONTH}.get(
            name, name
        )
        if name == "row":
            return self._row()
        parts = self._arguments() if self._peek() == "(" else []
        if name == "varchar":
            return VARCHAR
        if name == "decimal" and len(parts) < 2:
            parts = [*(parts or [MOST_DIGITS]), 0]
        return Type(name, tuple(parts))

    def _arguments(self) -> list[Type | int | str]:
        found: list[Type | int | str] = []
        self._next()
        while self._peek() != ")":
            word = self._peek()
            if word == ",":
                self._next()
            elif word.isdecimal():
                found.append(int(self._next()))
            elif len(word) == 1 and word.islower():
                found.append(self._next())
            else:
                found.append(self._type())
        self._next()
        return found

    def _row(self) -> Type:
        if self._peek() != "(":
            return Type("row")
        names: list[str | None] = []
        parts: list[Type] = []
        self._next()
        while self._peek() != ")":
            if self._peek() == ",":
                self._next()
            start = self.at
            word = self._next()
            is_named = self._peek() not in (",", ")", "(") or word.startswith('"')
            if is_named:
                names.append(word.strip('"') if word.startswith('"') else word.lower())
            else:
                names.append(None)
                self.at = start
            parts.append(self._type())
        self._next()
        return row_of(parts, names)
