"""Attributes as DynamoDB writes them, {"N": "1"}, as the JSON values that they stand for.

The types are those of DynamoDB's AttributeValue: S, N, B, BOOL, NULL, L, M, SS, NS, BS. Numbers keep all their digits;
sets have no order, and become arrays that are sorted by value (texts by code point); binary stays base64.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from decimal import Decimal

from lake.parse.json_text import value_of
from lake.parse.reasons import Reason
from lake.parse.refused import Members, Refused, quoted, shown

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def plain_members(item: Members) -> Members:
    """An item's attributes as plain members. Raises Refused."""
    return Members((name, _within(f"field {quoted(name)}", attribute)) for name, attribute in item)


def _within(step: str, attribute: object) -> object:
    try:
        return plain_value(attribute)
    except Refused as refused:
        raise Refused(refused.reason, f"{step}: {refused.message}") from None


def plain_value(attribute: object) -> object:
    """The value of one attribute: an object of one type's name and value; other types may be there as null."""
    given = [(kind, value) for kind, value in attribute if value is not None] if type(attribute) is Members else []
    if len(given) != 1 or given[0][0] not in _VALUES:
        expected = f"an attribute of one DynamoDB type ({', '.join(_VALUES)})"
        raise Refused(Reason.WRONG_TYPE, f"expected {expected}, got {_shown(attribute)}")
    kind, value = given[0]
    return _VALUES[kind](kind, value)


def _shown(attribute: object) -> str:
    if type(attribute) is not Members:
        return shown(attribute)
    names = ", ".join(quoted(name) for name, value in attribute if value is not None)
    return f"object with {names or 'no type'}"


def _text(kind: str, value: object) -> str:
    if type(value) is not str:
        raise _wrong(kind, "text", value)
    return value


def _number(kind: str, value: object) -> object:
    if type(value) is not str or not _NUMBER.fullmatch(value):
        raise _wrong(kind, "a number as text", value)
    return value_of(value)


def _boolean(kind: str, value: object) -> object:
    if type(value) is not bool:
        raise _wrong(kind, "true or false", value)
    return value


def _null(kind: str, value: object) -> None:
    if value is not True:
        raise _wrong(kind, "true", value)


def _list(kind: str, value: object) -> list[object]:
    return [_within(f"[{place}]", item) for place, item in enumerate(_array(kind, value))]


def _map(kind: str, value: object) -> Members:
    if type(value) is not Members:
        raise _wrong(kind, "an object", value)
    return Members((name, _within(f".{name}", item)) for name, item in value)


def _set(read: Callable[[str, object], object], key: Callable[[object], object]) -> Callable[[str, object], object]:
    return lambda kind, value: sorted((read(kind, item) for item in _array(kind, value)), key=key)  # type: ignore[arg-type]


def _array(kind: str, value: object) -> list[object]:
    if type(value) is not list:
        raise _wrong(kind, "an array", value)
    return value


def _by_bytes(value: object) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        return str(value).encode()  # the column's reader says what is wrong with it


def _by_value(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _wrong(kind: str, expected: str, value: object) -> Refused:
    return Refused(Reason.WRONG_TYPE, f"expected {expected} in the DynamoDB type {kind}, got {shown(value)}")


_VALUES: dict[str, Callable[[str, object], object]] = {
    "S": _text,
    "N": _number,
    "B": _text,
    "BOOL": _boolean,
    "NULL": _null,
    "L": _list,
    "M": _map,
    "SS": _set(_text, str),
    "NS": _set(_number, _by_value),
    "BS": _set(_text, _by_bytes),
}
