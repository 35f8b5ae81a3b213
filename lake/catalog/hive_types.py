"""Trino's names of types in Hive's spelling, for the columns by which Glue, Spark and QuickSight know a view."""

from __future__ import annotations

import re

from lake.errors import CatalogError

# Trino's documentation, Hive connector, "Type mapping".
_PLAIN = {
    "boolean": "boolean",
    "tinyint": "tinyint",
    "smallint": "smallint",
    "integer": "int",
    "int": "int",
    "bigint": "bigint",
    "real": "float",
    "double": "double",
    "varchar": "string",
    "varbinary": "binary",
    "date": "date",
    "timestamp": "timestamp",
}
_AS_IT_IS = re.compile(r"(decimal\(\d+, ?\d+\)|varchar\(\d+\)|char\(\d+\))$")
_TIMESTAMP = re.compile(r"timestamp\(\d+\)$")
_NESTED = re.compile(r"(array|map|row)\((.*)\)$", re.DOTALL)
_FIELD = re.compile(r'(?:"(\w+)"|(\w+)) +(.+)$', re.DOTALL)


def hive_type(trino_type: str, what: str) -> str:
    """E.g. varchar -> string, timestamp(3) -> timestamp, row(a integer) -> struct<a:int>; any spelling of case.

    Raises CatalogError, naming `what`, where Hive has no such type: time, json, intervals, times with a zone.
    """
    text = trino_type.strip()
    lower = text.lower()
    if lower in _PLAIN:
        return _PLAIN[lower]
    if _AS_IT_IS.match(lower):
        return lower.replace(" ", "")
    if _TIMESTAMP.match(lower):
        return "timestamp"
    nested = _NESTED.match(lower)
    if nested is None:
        raise CatalogError(
            f"putting {what} into the catalog: its type is {trino_type!r}, and Hive, which other engines read the "
            "catalog by, has none like it; cast it in the view, e.g. to varchar or timestamp(3)"
        )
    members = _members(lower[nested.start(2) : nested.end(2)])
    if nested[1] == "row":
        return f"struct<{','.join(_field(member, what) for member in members)}>"
    return f"{nested[1]}<{','.join(hive_type(member, what) for member in members)}>"


def _field(member: str, what: str) -> str:
    """A field of a row as one of a struct. Raises CatalogError where it has no name, or one that a struct's cannot."""
    match = _FIELD.match(member.strip())
    if match is None:
        raise CatalogError(
            f"putting {what} into the catalog: the field {member.strip()!r} of a row has no plain name; cast the row, "
            "e.g. to row(a bigint)"
        )
    return f"{match[1] or match[2]}:{hive_type(match[3], what)}"


def _members(text: str) -> list[str]:
    """What the commas outside of parentheses part."""
    members, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            members.append("")
        else:
            members[-1] += character
    return members
