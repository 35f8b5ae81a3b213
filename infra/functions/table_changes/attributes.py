"""DynamoDB's typed attributes, {"N": "1"}, as the JSON text of the values that they stand for. Pure.

Numbers keep all their digits, which Python's float would not; sets, which have no order, become arrays that are sorted
by value (texts by code point, binary by its bytes); binary stays base64. lake.parse.dynamodb reads attributes alike.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class TypedAttributeError(ValueError):
    """What is no typed attribute."""


def item_json(item: Mapping[str, Any]) -> str:
    """An item, or a key, as a JSON object whose members are sorted by name. Raises TypedAttributeError."""
    return _object(item)


def _object(members: Mapping[str, Any]) -> str:
    return "{" + ",".join(f"{_text(name)}:{_value(members[name])}" for name in sorted(members)) + "}"


def _value(attribute: Any) -> str:
    given = [item for item in attribute.items() if item[1] is not None] if isinstance(attribute, Mapping) else []
    if len(given) != 1 or given[0][0] not in _VALUES:
        raise TypedAttributeError(f"expected an attribute of one type of {', '.join(_VALUES)}, got {attribute!r:.100}")
    kind, value = given[0]
    try:
        return _VALUES[kind](value)
    except (TypeError, ValueError, KeyError) as error:
        raise TypedAttributeError(f"{kind}: {error}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r:.100}")
    return json.dumps(value)  # escaped to ASCII, so that a lone surrogate passes as it came


def _number(value: Any) -> str:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise ValueError(f"expected a number as text, got {value!r:.100}")
    return value


def _boolean(value: Any) -> str:
    return {True: "true", False: "false"}[value]


def _array(texts: Iterable[str]) -> str:
    return f"[{','.join(texts)}]"


def _bytes_of(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return value.encode()  # whoever reads the column says what is wrong with it


_VALUES: dict[str, Callable[[Any], str]] = {
    "S": _text,
    "N": _number,
    "B": _text,
    "BOOL": _boolean,
    "NULL": lambda _: "null",
    "L": lambda items: _array(map(_value, items)),
    "M": _object,
    "SS": lambda items: _array(map(_text, sorted(items))),
    "NS": lambda items: _array(sorted(map(_number, items), key=Decimal)),
    "BS": lambda items: _array(map(_text, sorted(items, key=_bytes_of))),
}
