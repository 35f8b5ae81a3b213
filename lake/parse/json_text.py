"""JSON text as values, and an object's members as they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from lake.parse.json_pieces import Span
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
    return [(source[slice(*name)], source[slice(*value)]) for _, name, value in member_spans(source, 0)]


def member_spans(text: str, at: int) -> Iterator[tuple[str, Span, Span]]:
    """The name of each member, and where name and value are, of an object that is JSON and begins at `at`."""
    at = _past_space(text, at + 1)
    while text[at] != "}":
        name, name_end = _PASSED.raw_decode(text, at)
        begin = _past_space(text, _past_space(text, name_end) + 1)
        end = _PASSED.raw_decode(text, begin)[1]
        yield name, (at, name_end), (begin, end)
        at = _past_comma(text, end)


def element_spans(text: str, at: int) -> Iterator[Span]:
    """Where each element is, of an array that is JSON and begins at `at`."""
    at = _past_space(text, at + 1)
    while text[at] != "]":
        end = _PASSED.raw_decode(text, at)[1]
        yield at, end
        at = _past_comma(text, end)


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


# Values are passed over: of numbers not even a number is made.
_PASSED = json.JSONDecoder(parse_int=str, parse_float=str)


def _past_space(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # matches the empty text


def _past_comma(text: str, at: int) -> int:
    at = _past_space(text, at)
    return _past_space(text, at + 1) if text[at] == "," else at
