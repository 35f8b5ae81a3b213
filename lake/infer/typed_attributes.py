"""Records whose members are DynamoDB's typed attributes, {"N": "1"}: recognised, and as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

_TYPES = frozenset(("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"))


def is_typed_item(record: Mapping[str, object]) -> bool:
    """Whether each member is an attribute of one type; others may stand beside it as null."""
    return bool(record) and all(_typed(value) is not None for value in record.values())


def plain_item(record: Mapping[str, object]) -> dict[str, object]:
    """The members as the values that they stand for; binary stays base64."""
    return {name: _plain(value) for name, value in record.items()}


def _typed(attribute: object) -> tuple[str, object] | None:
    if not isinstance(attribute, Mapping):
        return None
    given = [(str(kind), value) for kind, value in attribute.items() if value is not None]
    return given[0] if len(given) == 1 and given[0][0] in _TYPES else None


def _plain(attribute: object) -> object:
    kind, value = _typed(attribute) or ("NULL", True)
    if kind == "NULL":
        return None
    if kind == "N":
        return _number(value)
    if kind == "M" and isinstance(value, Mapping):
        return plain_item(value)
    if kind == "L" and isinstance(value, list):
        return [_plain(item) for item in value]
    if kind == "NS" and isinstance(value, list):
        return [_number(item) for item in value]
    return value


def _number(text: object) -> object:
    try:
        return int(str(text))
    except ValueError:
        pass
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return text
