"""Where a JSON value ends in a buffer, and what an object's members are with the text that they were written in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in typeshed, part of every CPython
from typing import NamedTuple

from lake.parse.reasons import Reason
from lake.parse.scalars import Members, Refused, number_of, whole_of

MAX_DEPTH = 400
_TOO_DEEP = f"nested more than {MAX_DEPTH} deep"
_FIRST_WINDOW = 4 << 10
_WINDOW_GROWTH = 8
# A parser at the end of its window may complain that many bytes before it: true|, \u12|, -|.
_LONGEST_TOKEN = 12
# Where a thousand cut records nest in each other, they are not looked through to the end of the buffer for each.
_CUT_RECORDS = 64 << 10
_SPACE = re.compile(r"[ \t\r\n]*")
_NEST = re.compile(rb'"(?:[^"\\\x00-\x1f]++|\\.)*+"|[{\[]+|[}\]]+|"')
_LINE_AT_MARGIN = re.compile(rb"\n(?=[\[{])")


class _NoConstantError(Exception):
    """NaN or Infinity, which Python's parser would take."""


def _no_constant(name: str) -> object:
    raise _NoConstantError(name)


# Only where a value ends is asked of this one: numbers become their lengths, which takes no time.
_extents = json.JSONDecoder(parse_int=len, parse_float=len, parse_constant=_no_constant)
_values = json.JSONDecoder(
    object_pairs_hook=Members, parse_int=whole_of, parse_float=number_of, parse_constant=_no_constant
)
_EXTENT: Callable[[str, int], tuple[object, int]] = vars(_extents)["scan_once"]
_VALUES: Callable[[str, int], tuple[object, int]] = vars(_values)["scan_once"]


@dataclass(frozen=True)
class Extent:
    """How far a value goes: to `end` where it is JSON; else whether more bytes could complete it, or none can."""

    end: int | None
    could_go_on: bool = False
    message: str = ""


class Member(NamedTuple):
    """One member of an object, with its source text (name, colon and value)."""

    name: str
    value: object
    source: str


def extent_of_value(data: bytes, start: int, limit: int | None = None) -> Extent:
    """How far the JSON value goes that begins at `start` (which is no white space).

    The text is taken byte by byte, so whether it is UTF-8 is not looked at. Deep nesting is no error here, but where
    the text is taken as ending at `limit`.
    """
    size = _FIRST_WINDOW
    last = len(data) if limit is None else limit
    while True:
        window = data[start : min(start + size, last)].decode("latin-1")
        is_all = start + size >= last
        try:
            end = _EXTENT(window, 0)[1]
        except RecursionError:
            return _extent_of_nest(data, start) if limit is None else Extent(None, message=_TOO_DEEP)
        except _NoConstantError as constant:
            return Extent(None, message=f"{constant} is no JSON")
        except StopIteration as stop:
            problem, at = "Expecting value", int(stop.value)
        except json.JSONDecodeError as error:
            problem, at = error.msg, error.pos
        else:
            # A number may go on beyond its window.
            if is_all or end < len(window):
                return Extent(start + end)
            problem, at = "", end
        is_cut = problem.startswith("Unterminated string") or at >= len(window) - _LONGEST_TOKEN
        if not is_cut or is_all:
            could_go_on = is_cut and _could_go_on(window, problem, at)
            return Extent(None, could_go_on, f"{problem}, at byte {at} of the record")
        size *= _WINDOW_GROWTH


def members_of(source: str) -> list[Member]:
    """An object's members in order, duplicates and all. Raises Refused where the text is not JSON, or too deep."""
    try:
        return _members_of(source)
    except RecursionError:
        raise Refused(Reason.INVALID_JSON, _TOO_DEEP) from None
    except _NoConstantError as constant:
        raise Refused(Reason.INVALID_JSON, f"{constant} is no JSON") from None
    except StopIteration as stop:
        raise Refused(Reason.INVALID_JSON, f"a value expected at character {stop.value} of the record") from None
    except json.JSONDecodeError as error:
        raise Refused(Reason.INVALID_JSON, f"{error.msg}, at character {error.pos} of the record") from None


def is_too_deep(source: bytes) -> bool:
    """Whether arrays and objects stand more than MAX_DEPTH deep in each other: a limit that no stack decides."""
    if source.count(b"[") + source.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _NEST.finditer(source):
        depth += depth_of(token[0])
        if depth > MAX_DEPTH:
            return True
    return False


def depth_of(token: bytes) -> int:
    """How much deeper a run of brackets of one kind, opening or closing, leads; 0 of any other text."""
    return len(token) if token[0] in b"{[" else -len(token) if token[0] in b"}]" else 0


def _members_of(source: str) -> list[Member]:
    members: list[Member] = []
    at = _SPACE.match(source, 1).end()  # type: ignore[union-attr]  # matches the empty text
    while source[at] != "}":
        name, after_name = scanstring(source, at + 1, True)
        colon = _SPACE.match(source, after_name).end()  # type: ignore[union-attr]
        value_at = _SPACE.match(source, colon + 1).end()  # type: ignore[union-attr]
        value, end = _VALUES(source, value_at)
        members.append(Member(name, value, f"{source[at:after_name]}:{source[value_at:end]}"))
        at = _SPACE.match(source, end).end()  # type: ignore[union-attr]
        if source[at] == ",":
            at = _SPACE.match(source, at + 1).end()  # type: ignore[union-attr]
    return members


def _extent_of_nest(data: bytes, start: int) -> Extent:
    """The extent of what is nested too deep for the parser, by its brackets alone.

    Where a line begins at the margin with a bracket, it is more likely that records are cut than that one is so deep.
    """
    if _LINE_AT_MARGIN.search(data, start, start + _CUT_RECORDS):
        return Extent(None, message=_TOO_DEEP)
    depth = 0
    for token in _NEST.finditer(data, start):
        if token[0] == b'"':
            return Extent(None, data.find(b"\n", token.start()) < 0, "a string without an end")
        depth += depth_of(token[0])
        if depth <= 0:
            end = token.end() + depth
            return Extent(None, message=_TOO_DEEP) if _LINE_AT_MARGIN.search(data, start, end) else Extent(end)
    return Extent(None, _LINE_AT_MARGIN.search(data, start) is None, _TOO_DEEP)


_WORDS = ("true", "false", "null", "-")


def _is_cut_word(window: str) -> bool:
    return any(word.startswith(window) for word in _WORDS)


def _could_go_on(window: str, problem: str, at: int) -> bool:
    """Whether more bytes could make it JSON, of a text in which the parser found no end."""
    rest = window[at:]
    if problem.startswith("Invalid control character"):
        return False
    if problem.startswith("Unterminated string") or not rest.strip(" \t\r\n"):
        return True
    if problem.startswith("Expecting value"):
        return _is_cut_word(rest)
    if problem.startswith("Expecting ',' delimiter"):
        # 1.| and 1e| and 1e-| are read as the number 1 and something after it.
        return rest in (".", "e", "E", "e-", "e+", "E-", "E+") and window[at - 1].isdigit()
    if "escape" in problem:
        return re.fullmatch(r"\\?u?[0-9a-fA-F]{0,4}", rest) is not None
    return False
