"""What makes two JSON values equal: one canonical text of each, in batch as in streams (CanonicalJson.java).

Members of an object come in the order of their names (by code points), without white space, and without those that are
null: a null member equals an absent one, at any depth. An array keeps its elements, nulls too, in their order. Strings
have no escapes but for a quote, a backslash and what JSON or UTF-8 cannot hold as it is. A number is its exact value:
a whole one of at most 19 digits is plain, another is digits without zeros at the end and the exponent behind `E`. A
name that an object has twice keeps both values in their order. Known answers: tests/known_answers/equal_records.json.
"""

from __future__ import annotations

import json
from operator import itemgetter

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from lake.parse.json_text import value_of
from lake.parse.refused import JsonNumber, Members

_PLAIN_DIGITS = 19
_MOST_EXPONENT_DIGITS = 18
# One member without escapes: most of what records have beside a contract, recognised without reading it.
_CANONICAL_AS_IT_IS = r'^\{"[^"\\]*":(?:"[^"\\]*"|0|-?[1-9][0-9]{0,17}|true|false)\}$'


def canonical_texts(texts: pa.Array) -> pa.Array:
    """The canonical text of each JSON value, as binary; null for null."""
    is_other = pc.invert(pc.match_substring_regex(texts, _CANONICAL_AS_IT_IS)).fill_null(False)
    others = texts.filter(is_other)
    has_long_number = pc.match_substring_regex(others, rf"[0-9]{{{_PLAIN_DIGITS + 1}}}").to_pylist()
    found = [
        canonical(text) if is_long else _quickly(text)
        for text, is_long in zip(others.to_pylist(), has_long_number, strict=True)
    ]
    return pc.replace_with_mask(texts.cast(pa.binary()), is_other, pa.array(found, pa.binary()))


def canonical(text: str) -> bytes:
    """The canonical text of one JSON value. Raises ValueError where the text is not JSON."""
    return _canonical(value_of(text.strip(" \t\r\n"))).encode(errors="backslashreplace")


def _quickly(text: str) -> bytes:
    """That of a text without numbers of many digits: at msgspec's speed, where msgspec takes it and loses nothing."""
    try:
        value = _DECODER.decode(text)
    except msgspec.MsgspecError:  # an unpaired surrogate
        return canonical(text)
    whole = _ENCODER.encode(value)
    # Of a name that an object has twice, msgspec keeps one value.
    if whole.count(b'"') != text.count('"') if "\\" not in text else _quotes(whole) != _quotes(text.encode()):
        return canonical(text)
    return _ENCODER.encode(_without_nulls(value)) if b"null" in whole else whole


def _quotes(text: bytes) -> int:
    """How many quotes begin and end strings."""
    text = text.replace(b"\\\\", b"")
    return text.count(b'"') - text.count(b'\\"')


def _without_nulls(value: object) -> object:
    """The value without members that are null; no comprehensions, as below."""
    if isinstance(value, dict):
        members = {}
        for name, member in value.items():
            if member is not None:
                members[name] = _without_nulls(member)
        return members
    if isinstance(value, list):
        for place, element in enumerate(value):
            value[place] = _without_nulls(element)
    return value


def _canonical(value: object) -> str:
    """Without comprehensions, which take a second frame for each level: values are nested some hundred deep."""
    if isinstance(value, Members):
        members = []
        for name, member in sorted(value, key=itemgetter(0)):
            if member is not None:
                members.append(f"{_text(name)}:{_canonical(member)}")
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        elements = []
        for element in value:
            elements.append(_canonical(element))
        return "[" + ",".join(elements) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, JsonNumber):
        return _number(value.text)
    return _number(str(value)) if type(value) is int else json.dumps(value)


def _text(content: str) -> str:
    return json.dumps(content, ensure_ascii=False)


def _number(text: str) -> str:
    """By the text alone: a number may have a million digits. An exponent beyond 18 digits stays as it is written."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    mantissa, _, power = digits.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return "0"
    if len(power.lstrip("+-")) > _MOST_EXPONENT_DIGITS:
        return text.lower()
    kept = digits.rstrip("0")
    exponent = int(power or "0") - len(fraction) + len(digits) - len(kept)
    if exponent >= 0 and len(kept) + exponent <= _PLAIN_DIGITS:
        return sign + kept + "0" * exponent
    return f"{sign}{kept}E{exponent}"


_DECODER = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(_number(text).encode()))
_ENCODER = msgspec.json.Encoder(order="sorted")
