"""Payloads: objects that hold records in an array, as CloudTrail, CloudWatch Logs and functions' events do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lake.contract.source_path import SourcePath, parse_path
from lake.errors import UsageError
from lake.infer.sample import Record

_ENVELOPES = ("Records", "records", "logEvents", "Items")
"""Arrays of these names hold records, wherever they are found; others may be a part of a record, e.g. items."""
_CONTROL = ("messageType", "CONTROL_MESSAGE")


@dataclass(frozen=True)
class Exploded:
    """Records, and what is beside them in their payloads, once for each; `path` leads to the records."""

    path: str | None
    records: list[Record]
    payloads: list[Record] | None = None
    has_control_messages: bool = False


def exploded(objects: Sequence[Record], path: str | None = None) -> Exploded:
    """Records of a sample's objects: these themselves, or what `path`, or an envelope's name, leads to.

    Raises UsageError where the path leads nowhere.
    """
    found = path or next((name for name in _ENVELOPES if _holds_records(objects, name)), None)
    if found is None:
        return Exploded(None, list(objects))
    steps = _steps(found)
    records: list[Record] = []
    payloads: list[Record] = []
    for payload in objects:
        held = _at(payload, steps)
        elements = held if isinstance(held, list) else [held]
        inner = [element for element in elements if isinstance(element, Mapping)]
        records += [dict(element) for element in inner]
        payloads += [_without(payload, steps)] * bool(inner)
    if not records:
        raise UsageError(
            f"reading records at {found}: no object holds any there; expected objects, or an array of them"
        )
    return Exploded(found, records, payloads, any(_CONTROL[0] in payload for payload in objects))


def arrays_of_objects(objects: Sequence[Record]) -> list[str]:
    """Names of members that hold arrays of objects, each of which could be a record of its own."""
    names = {name: None for payload in objects for name, value in payload.items() if _is_records(value)}
    return [str(SourcePath((name,))) for name in names]


def _holds_records(objects: Sequence[Record], name: str) -> bool:
    """Whether most objects that have the member hold an array of objects there."""
    held = [payload[name] for payload in objects if name in payload]
    return bool(held) and len(held) * 2 > len(objects) and any(map(_is_records, held))


def _is_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(element, Mapping) for element in value)


def _steps(path: str) -> tuple[str | int, ...]:
    try:
        return parse_path(path).steps
    except ValueError as error:
        raise UsageError(f"reading records at {path!r}: {error}") from error


def _at(value: object, steps: Sequence[str | int]) -> object:
    for step in steps:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def _without(payload: Mapping[str, object], steps: Sequence[str | int]) -> Record:
    """The payload without its records."""
    first, rest = steps[0], steps[1:]
    kept = {name: value for name, value in payload.items() if name != first}
    inner = payload.get(str(first))
    if rest and isinstance(inner, Mapping) and (inside := _without(inner, rest)):
        kept[str(first)] = inside
    return kept
