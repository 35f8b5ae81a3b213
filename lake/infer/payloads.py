"""Payloads: objects that hold records in an array, as CloudTrail, CloudWatch Logs and functions' events do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lake.contract.source_path import SourcePath, parse_path
from lake.errors import UsageError
from lake.infer.sample import Record
from lake.infer.typed_attributes import is_typed_item, plain_item

_ENVELOPES = ("Records", "records", "logEvents", "Items")
"""Arrays of these names hold records, wherever they are found; others may be a part of a record, e.g. items."""
_IMAGES = ("dynamodb.NewImage", "Item")
"""Where DynamoDB's streams and exports hold an item."""
_UNWANTED = {"logEvents": ("messageType", "CONTROL_MESSAGE"), "dynamodb.NewImage": ("eventName", "REMOVE")}
"""Payloads that hold no records, by the path of those that do: a member, and its value."""


@dataclass(frozen=True)
class Exploded:
    """Records, and what is beside them in their payloads, once for each; `path` leads to the records.

    Payloads of which a member has a value of `skip` are left out. `is_typed` says that records are DynamoDB's items.
    """

    path: str | None
    records: list[Record]
    payloads: list[Record] | None = None
    skip: tuple[str, str] | None = None
    is_typed: bool = False

    @property
    def rules(self) -> list[tuple[str, object]]:
        """The contract's properties of the table."""
        rules: list[tuple[str, object]] = []
        if self.path is not None:
            rules.append(("recordPath", self.path))
        if self.is_typed:
            rules.append(("recordEncoding", "dynamodb"))
        if self.skip is not None:
            rules.append(("skipRecords", [{"field": f"$.{self.skip[0]}", "equals": self.skip[1]}]))
        return rules


def exploded(objects: Sequence[Record], path: str | None = None) -> Exploded:
    """Records of a sample's objects: these themselves, or what `path`, or an envelope's name, leads to.

    Raises UsageError where the path leads nowhere.
    """
    found = path or _path_in(objects)
    if found is None:
        return _decoded(Exploded(None, list(objects)))
    steps, unwanted = _steps(found), _UNWANTED.get(found)
    skip = unwanted if unwanted is not None and any(unwanted[0] in payload for payload in objects) else None
    records: list[Record] = []
    payloads: list[Record] = []
    for payload in objects:
        if skip is not None and payload.get(skip[0]) == skip[1]:
            continue
        held = _at(payload, steps)
        inner = [
            dict(element) for element in (held if isinstance(held, list) else [held]) if isinstance(element, Mapping)
        ]
        records += inner
        payloads += [_without(payload, steps)] * bool(inner)
    if not records:
        raise UsageError(
            f"reading records at {found}: no object holds any there; expected objects, or an array of them"
        )
    return _decoded(Exploded(found, records, payloads, skip))


def _path_in(objects: Sequence[Record]) -> str | None:
    """The path of an envelope that most objects are."""
    for name in _ENVELOPES:
        held = [payload[name] for payload in objects if name in payload]
        if (
            len(held) * 2 > len(objects)
            and any(held)
            and all(value in (None, []) or _is_records(value) for value in held)
        ):
            return name
    for path in _IMAGES:
        items = [item for payload in objects if isinstance(item := _at(payload, _steps(path)), Mapping)]
        if items and all(map(is_typed_item, items)):
            return path
    return None


def _decoded(found: Exploded) -> Exploded:
    if not all(map(is_typed_item, found.records)):
        return found
    return replace(found, records=[plain_item(record) for record in found.records], is_typed=True)


def arrays_of_objects(objects: Sequence[Record]) -> list[str]:
    """Names of members that hold arrays of objects, each of which could be a record of its own."""
    names = {name: None for payload in objects for name, value in payload.items() if _is_records(value)}
    return [str(SourcePath((name,))) for name in names]


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
