"""Hive's type names, as contracts and the catalog write them: text to a tree, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lake.errors import did_you_mean

PRIMITIVES = (
    "string",
    "boolean",
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "timestamp",
    "date",
    "binary",
)
EXPECTED = f"{', '.join(PRIMITIVES)}, decimal(p,s), array<T>, struct<name:T,...> or map<K,V>"
# What other systems call the same thing; none is close enough in spelling to be guessed.
_MEANT = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "int32": "int",
    "long": "bigint",
    "int64": "bigint",
    "real": "float",
    "float64": "double",
    "number": "decimal(38,0)",
    "numeric": "decimal(38,0)",
    "bool": "boolean",
    "text": "string",
    "char": "string",
    "varchar": "string",
    "datetime": "timestamp",
    "timestamptz": "timestamp",
    "bytes": "binary",
    "list": "array<string>",
    "object": "struct<name:string>",
    "row": "struct<name:string>",
}
_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|\d+|[<>(),:])")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*$")


@dataclass(frozen=True)
class Primitive:
    """A type without parts, by its Hive name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Decimal:
    """An exact number of `precision` digits (1 to 38), `scale` of them after the point."""

    precision: int
    scale: int

    def __str__(self) -> str:
        return f"decimal({self.precision},{self.scale})"


@dataclass(frozen=True)
class Array:
    """A list of values of one type."""

    element: HiveType

    def __str__(self) -> str:
        return f"array<{self.element}>"


@dataclass(frozen=True)
class Struct:
    """Named fields, in order."""

    fields: tuple[tuple[str, HiveType], ...]

    def __str__(self) -> str:
        return f"struct<{','.join(f'{name}:{kind}' for name, kind in self.fields)}>"


@dataclass(frozen=True)
class Map:
    """Values by key; the key has no parts."""

    key: Primitive | Decimal
    value: HiveType

    def __str__(self) -> str:
        return f"map<{self.key},{self.value}>"


HiveType = Primitive | Decimal | Array | Struct | Map


class HiveTypeError(ValueError):
    """Text that names no Hive type; the message says what was found and what was expected."""


def parse_hive_type(text: str) -> HiveType:
    """The type that `text` names; `str()` of it is the canonical text (lower case, no spaces).

    Raises HiveTypeError where it names none.
    """
    parser = _Parser(text)
    kind = parser.type()
    parser.end()
    return kind


class _Parser:
    """Recursive descent over the tokens of one type's text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def type(self) -> HiveType:
        word = self.next()
        name = word.lower()
        if name in PRIMITIVES:
            return Primitive(name)
        match name:
            case "decimal":
                return self.decimal()
            case "array":
                self.expect("<")
                element = self.type()
                self.expect(">")
                return Array(element)
            case "struct":
                return self.struct()
            case "map":
                return self.map()
        raise HiveTypeError(f"{self.text!r}: unknown type {word!r}{_meant(name)}; expected {EXPECTED}")

    def decimal(self) -> Decimal:
        if self.peek() != "(":
            raise HiveTypeError(f"{self.text!r}: decimal needs its digits, e.g. decimal(10,2)")
        self.expect("(")
        precision = self.number()
        self.expect(",")
        scale = self.number()
        self.expect(")")
        if not 1 <= precision <= 38 or scale > precision:
            raise HiveTypeError(f"{self.text!r}: expected decimal(p,s) with 1 <= p <= 38 and 0 <= s <= p")
        return Decimal(precision, scale)

    def struct(self) -> Struct:
        fields: dict[str, HiveType] = {}
        self.expect("<")
        while True:
            name = self.next()
            if not _FIELD_NAME.match(name):
                raise HiveTypeError(
                    f"{self.text!r}: struct field {name!r}; expected a name of a-z, 0-9 and _, in lower case "
                    "(Hive keeps no case, so an upper-case name could not be found again)"
                )
            if name in fields:
                raise HiveTypeError(f"{self.text!r}: struct field {name!r} is there twice")
            self.expect(":")
            fields[name] = self.type()
            if self.peek() != ",":
                break
            self.expect(",")
        self.expect(">")
        return Struct(tuple(fields.items()))

    def map(self) -> Map:
        self.expect("<")
        key = self.type()
        if not isinstance(key, Primitive | Decimal):
            raise HiveTypeError(f"{self.text!r}: a map's key is {key}; expected a type without parts, e.g. string")
        self.expect(",")
        value = self.type()
        self.expect(">")
        return Map(key, value)

    def peek(self) -> str:
        """The next token, an empty string at the end."""
        match = _TOKEN.match(self.text, self.at)
        if match is None and self.text[self.at :].strip():
            raise HiveTypeError(f"{self.text!r}: {self.text[self.at :].strip()[0]!r} belongs to no type")
        return match.group(1) if match else ""

    def next(self) -> str:
        token = self.peek()
        if not token:
            raise HiveTypeError(f"{self.text!r} ends too early; expected {EXPECTED}")
        match = _TOKEN.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return token

    def expect(self, token: str) -> None:
        found = self.peek()
        if found != token:
            raise HiveTypeError(f"{self.text!r}: expected {token!r}, found {found or 'the end'!r}")
        self.next()

    def number(self) -> int:
        token = self.next()
        if not token.isdecimal():
            raise HiveTypeError(f"{self.text!r}: expected a number of digits, found {token!r}")
        return int(token)

    def end(self) -> None:
        if self.peek():
            raise HiveTypeError(f"{self.text!r}: {self.text[self.at :].strip()!r} is left over after the type")


def _meant(name: str) -> str:
    """A suggestion for a misspelt name, or an empty string."""
    if name in _MEANT:
        return f"; did you mean {_MEANT[name]!r}?"
    return did_you_mean(name, (*PRIMITIVES, "decimal", "array", "struct", "map"))
