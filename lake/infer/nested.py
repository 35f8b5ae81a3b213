"""Types of values with parts: lists, structs and maps; or none, where their shape is not fixed."""

from __future__ import annotations

from dataclasses import dataclass

from lake.infer.names import column_name
from lake.infer.seen import Seen
from lake.parse.times import micros_since_1970

_MANY_NAMES = 20
_SELDOM = 0.3
_MOST_FIELDS = 100


@dataclass(frozen=True)
class Nested:
    """A type, and raw names of its structs' fields where they are not the fields' own (by path within the type)."""

    hive_type: str
    raw_names: tuple[tuple[str, str], ...] = ()


def nested_type(seen: Seen, within: str = "") -> Nested | None:
    """The type of all that was seen at one place; None where no single one holds it, or nothing was seen."""
    if seen.objects == seen.arrays == 0:
        scalar = _scalar(seen)
        return None if scalar is None else Nested(scalar)
    if seen.arrays == seen.values and seen.elements is not None:
        element = nested_type(seen.elements, within)
        return None if element is None else Nested(f"array<{element.hive_type}>", element.raw_names)
    if seen.objects == seen.values:
        return map_type(seen) or _struct(seen, within)
    return None


def map_type(seen: Seen) -> Nested | None:
    """The map that objects are whose names are data: many, each in few of them, all with one type of scalars."""
    present = sum(member.values + member.nulls for member in seen.members.values())
    if len(seen.members) < _MANY_NAMES or present > _SELDOM * len(seen.members) * seen.objects:
        return None
    every = Seen()
    for member in seen.members.values():
        if member.objects or member.arrays:
            return None
        every.scalars += member.scalars
    scalar = _scalar(every)
    return None if scalar is None else Nested(f"map<string,{scalar}>")


def _struct(seen: Seen, within: str) -> Nested | None:
    if not 0 < len(seen.members) <= _MOST_FIELDS or "" in seen.members:
        return None
    fields: list[str] = []
    raw_names: list[tuple[str, str]] = []
    taken: set[str] = set()
    for raw, member in seen.members.items():
        name = column_name([raw], taken)
        taken.add(name)
        found = nested_type(member, f"{within}{name}.")
        if found is None:
            if member.values:
                return None
            found = Nested("string")  # only null was seen
        if name != raw:
            raw_names.append((f"{within}{name}", raw))
        raw_names += found.raw_names
        fields.append(f"{name}:{found.hive_type}")
    return Nested(f"struct<{','.join(fields)}>", tuple(raw_names))


def _scalar(seen: Seen) -> str | None:
    """The type of scalars that needs no rule of the column's."""
    match sorted(seen.kinds):
        case ["boolean"]:
            return "boolean"
        case ["integer"]:
            return "bigint" if all(-(2**63) <= int(number) < 2**63 for number in seen.scalars) else None
        case ["integer", "number"] | ["number"]:
            return "double"
        case ["string"]:
            is_time = all(micros_since_1970(str(text)) is not None and len(str(text)) > 10 for text in seen.scalars)
            return "timestamp" if is_time else "string"
    return None
