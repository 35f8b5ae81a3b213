"""Hive's type names, as contracts and the catalog write them: text to a tree, and back.

Read here and not by sqlglot, which takes `array<int` and `decimal`, drops the fields of a struct after one that is
called as a keyword is (`end`), and costs every job and worker 0.3 s of import. Names of other engines, for which its
import is paid anyway, are sqlglot's: lake/catalog/sql_types.py.
"""

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
_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+|[<>(),:]")
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
    """A text that is not a Hive type; the message says what was found and what was expected."""


def parse_hive_type(text: str) -> HiveType:
    """The type that `text` names; `str()` of it is the canonical text (lower case, no spaces).

    Raises HiveTypeError where it names none.
    """
    parser = _Parser(text)
    kind = parser.type()
    parser.expect("")
    return kind


class _Parser:
    """Recursive descent over the tokens of one type's text; an empty token is the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)
        if unknown := _TOKEN.sub("", text).strip():
            raise HiveTypeError(f"{text!r}: unexpected {unknown[0]!r}")

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
            case "":
                raise HiveTypeError(f"{self.text!r} ends too early; expected {EXPECTED}")
        raise HiveTypeError(f"{self.text!r}: unknown type {word!r}{_meant(name)}; expected {EXPECTED}")

    def decimal(self) -> Decimal:
        if self.tokens[:1] != ["("]:
            raise HiveTypeError(f"{self.text!r}: decimal needs its digits, e.g. decimal(10,2)")
        digits = []
        for mark in "(,":
            self.expect(mark)
            digits.append(self.next())
            if not digits[-1].isdecimal():
                raise HiveTypeError(f"{self.text!r}: expected a number of digits, found {digits[-1] or 'the end'!r}")
        self.expect(")")
        precision, scale = map(int, digits)
        if not 1 <= precision <= 38 or scale > precision:
            raise HiveTypeError(f"{self.text!r}: expected decimal(p,s) with 1 <= p <= 38 and 0 <= s <= p")
        return Decimal(precision, scale)

    def struct(self) -> Struct:
        fields: dict[str, HiveType] = {}
        mark = "<"
        while not fields or self.tokens[:1] == [","]:
            self.expect(mark)
            mark, name = ",", self.next()
            if not _FIELD_NAME.match(name):
                raise HiveTypeError(
                    f"{self.text!r}: struct field {name!r}; expected a name of a-z, 0-9 and _, in lower case "
                    "(Hive keeps no case); the customProperty fieldNames says what raw records call it"
                )
            if name in fields:
                raise HiveTypeError(f"{self.text!r}: duplicate struct field {name!r}")
            self.expect(":")
            fields[name] = self.type()
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

    def next(self) -> str:
        return self.tokens.pop(0) if self.tokens else ""

    def expect(self, token: str) -> None:
        found = self.next()
        if found != token:
            raise HiveTypeError(f"{self.text!r}: expected {token or 'the end'!r}, found {found or 'the end'!r}")


def _meant(name: str) -> str:
    """A suggestion for a misspelt name, or an empty string."""
    if name in _MEANT:
        return f"; did you mean {_MEANT[name]!r}?"
    return did_you_mean(name, (*PRIMITIVES, "decimal", "array", "struct", "map"))
