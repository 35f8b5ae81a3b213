"""JSON text as values, and an object's members as they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from lake.parse.json_scanner import TOO_DEEP, extent_of_value
from lake.parse.reasons import Reason
from lake.parse.refused import JsonNumber, Members, Refused

_LONGEST_WHOLE = 40  # of an int; of longer numbers int() takes quadratic time, or refuses
_SPACE = re.compile(r"[ \t\r\n]*")


def value_of(source: str) -> object:
    """A JSON value as `lake.parse.values` takes it. Raises ValueError where it is no JSON."""
    return _DECODER.raw_decode(source)[0]


def members_of(source: str, value_of: Callable[[str], object] = value_of) -> Members:
    """An object's members in order, duplicates and all. Raises Refused where the text is not JSON, or too deep."""
    try:
        value = value_of(source)
    except RecursionError:
        raise Refused(Reason.INVALID_JSON, TOO_DEEP) from None
    except ValueError:
        value = None
    if isinstance(value, Members):
        return value
    problem = extent_of_value(source.encode(), 0).message
    raise Refused(Reason.INVALID_JSON, problem or "not a JSON object")


def member_sources(source: str) -> list[str]:
    """The source text (name, colon and value) of each member of an object that is JSON."""
    return [f"{name}:{value}" for name, value in member_texts(source)]


def member_texts(source: str) -> list[tuple[str, str]]:
    """The source texts of name and value of each member of an object that is JSON."""
    texts: list[tuple[str, str]] = []
    at = _past_space(source, 1)
    while source[at] != "}":
        name_end = _DECODER.raw_decode(source, at)[1]
        value_at = _past_space(source, _past_space(source, name_end) + 1)
        value_end = _DECODER.raw_decode(source, value_at)[1]
        texts.append((source[at:name_end], source[value_at:value_end]))
        at = _past_space(source, value_end)
        if source[at] == ",":
            at = _past_space(source, at + 1)
    return texts


def written_value_of(source: str) -> object:
    """A JSON value as `value_of` gives it, but for -0, which is a JsonNumber: every number has its text."""
    return _WRITTEN.raw_decode(source)[0]


def _whole(text: str) -> int | JsonNumber:
    return int(text) if len(text) <= _LONGEST_WHOLE else JsonNumber(text)


def _no_constant(name: str) -> object:
    """NaN or Infinity, which Python's parser would take."""
    raise ValueError(name)


def _written_whole(text: str) -> int | JsonNumber:
    return JsonNumber(text) if text == "-0" else _whole(text)


_DECODER, _WRITTEN = (
    json.JSONDecoder(
        object_pairs_hook=Members, parse_int=parse_whole, parse_float=JsonNumber, parse_constant=_no_constant
    )
    for parse_whole in (_whole, _written_whole)
)


def _past_space(source: str, at: int) -> int:
    return _SPACE.match(source, at).end()  # type: ignore[union-attr]  # matches the empty text
