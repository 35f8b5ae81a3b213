"""Whole JSON values by Python's decoder, which takes what Trino's reader takes, and the texts made of them."""

from __future__ import annotations

import json
import re
from typing import Any

from lake.sql.translation.functions.json_reader import JsonError, goes_on
from lake.sql.translation.functions.json_text import written
from lake.sql.translation.python_functions import UnansweredError

_MOST_DIGITS = 4000  # of a whole number, as Python limits them
_LONGEST = 1000
_LONG_NUMBER = re.compile(rf"[0-9.eE+-]{{{_LONGEST + 1}}}")
_ODD = re.compile(r"\\u|[\U00010000-\U0010ffff]")


class Members(tuple[tuple[str, object], ...]):
    """An object's members in their order, with all that share a name."""

    __slots__ = ()


class Written(float):
    """A number with a fraction or an exponent; `text` is what it is written as."""

    text: str

    def __new__(cls, text: str) -> Written:
        made = super().__new__(cls, text)
        made.text = text
        return made


class _RepeatedNameError(Exception):
    """Names that repeat, which dicts do not hold."""


class _UnusualNumberError(Exception):
    """A number that Python writes in another way than Java."""


def _no_constant(name: str) -> object:
    raise JsonError(name)


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise UnansweredError(f"a whole number of {len(digits)} digits is not supported")
    return int(digits)


def _usual_number(text: str) -> float:
    number = float(text)
    if number != 0 and not 1e-3 <= abs(number) < 1e7:
        raise _UnusualNumberError
    return number


def _unrepeated(members: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(members)
    if len(made) != len(members):
        raise _RepeatedNameError
    return made


_TREES = json.JSONDecoder(parse_int=_whole, parse_constant=_no_constant)
_USUAL_TREES = json.JSONDecoder(parse_int=_whole, parse_float=_usual_number, parse_constant=_no_constant)
_UNREPEATED = json.JSONDecoder(
    parse_int=_whole, parse_float=_usual_number, parse_constant=_no_constant, object_pairs_hook=_unrepeated
)
_MEMBERS = json.JSONDecoder(
    parse_int=_whole, parse_float=Written, parse_constant=_no_constant, object_pairs_hook=Members
)
_PLAIN_TEXT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
_USUAL_TEXT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, sort_keys=True)


def tree(text: str) -> Any:
    """A value of dicts, lists, texts, ints, floats, bools and None; the last of repeated names is kept.

    Raises JsonError, UnansweredError.
    """
    return _decoded(_TREES, text)


def tree_at(text: str, at: int) -> Any:
    """The value that begins at a place. Raises JsonError, UnansweredError."""
    try:
        return _TREES.raw_decode(text, at)[0]
    except ValueError as error:
        raise JsonError(str(error)) from None
    except RecursionError:
        raise _too_deep() from None


def first_tree(text: str) -> Any:
    """The value that a text begins with, as `tree` makes it; what is behind it does not matter.

    json_value, json_query and json_exists read no number of more than 1,000 characters. Raises JsonError,
    UnansweredError.
    """
    text = text.lstrip(" \t\r\n")
    try:
        value, end = _TREES.raw_decode(text)
    except ValueError:
        raise JsonError("the text is not JSON") from None
    except RecursionError:
        raise _too_deep() from None
    behind = text[end : end + 1]
    if isinstance(value, bool) or value is None:
        is_run_on = bool(behind) and goes_on(behind)
    else:
        is_run_on = isinstance(value, int | float) and bool(behind.strip(" \t\r\n"))
    if is_run_on or (len(text) > _LONGEST and _LONG_NUMBER.search(text)):
        raise JsonError("the text is not JSON")
    return value


def tree_of_members(text: str) -> Any:
    """As `tree`, with Members in place of dicts and Written of floats. Raises JsonError, UnansweredError."""
    return _decoded(_MEMBERS, text)


def canonical(text: str) -> str:
    """The text of type json that json_parse makes: without spaces, names sorted. Raises JsonError, UnansweredError."""
    if not _ODD.search(text):
        try:
            return _USUAL_TEXT.encode(_decoded(_USUAL_TREES, text))
        except _UnusualNumberError:
            pass
    return written(tree(text), sorts=True)


def rewritten(text: str) -> str:
    """The text of a value with its members as they are, as json_extract gives it. Raises JsonError, UnansweredError."""
    if not _ODD.search(text):
        try:
            return _PLAIN_TEXT.encode(_decoded(_UNREPEATED, text))
        except (_UnusualNumberError, _RepeatedNameError):
            pass
    return written(tree_of_members(text))


def _decoded(decoder: json.JSONDecoder, text: str) -> Any:
    try:
        return decoder.decode(text)
    except ValueError as error:
        raise JsonError(str(error)) from None
    except RecursionError:
        raise _too_deep() from None


def _too_deep() -> UnansweredError:
    return UnansweredError("JSON that is nested this deep is not supported")
