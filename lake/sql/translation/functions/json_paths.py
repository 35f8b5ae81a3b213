"""Paths of SQL/JSON, as json_value, json_query and json_exists take them: `lax $.items[0].sku`.

What a path finds is what Trino 476 finds, as it was asked (tests/known_answers/json_functions.json). In lax mode a
member is looked for in an array's elements as well, an index takes what is no array for an array of one, and what is
absent is passed over. In strict mode each of these is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lake.sql.query_errors import QuerySyntaxError, UnsupportedSqlError

_MODE = re.compile(r"\s*(lax|strict)\b\s*(\$)?")
_MEMBER = re.compile(r'\s*\.\s*(?:([A-Za-z_][A-Za-z0-9_]*+)(?!\s*\()|"((?:[^"]|"")*)"|(\*))')
_METHOD = re.compile(r"\s*\.\s*(size|type)\s*\(\s*\)")
_INDEX = r"(?:[0-9]{1,9}|last)"
_SUBSCRIPT = rf"{_INDEX}(?:\s+to\s+{_INDEX})?"
_SUBSCRIPTS = re.compile(rf"\s*\[\s*(\*|{_SUBSCRIPT}(?:\s*,\s*{_SUBSCRIPT})*)\s*\]")

Step = Callable[[object, bool], Iterable[object]]


class PathError(Exception):
    """A strict path met another structure than it says, or none."""


@dataclass(frozen=True)
class Path:
    """A path that was read; `items` are what it finds in a JSON value (dict, list, str, int, float, bool, None)."""

    is_lax: bool
    steps: tuple[Step, ...]

    def items(self, value: object) -> list[object]:
        """All that the path finds, in order. Raises PathError in strict mode."""
        found = [value]
        for step in self.steps:
            found = [item for each in found for item in step(each, self.is_lax)]
        return found


def path_of(text: str, function: str) -> Path:
    """Reads a path. Raises QuerySyntaxError where no mode begins it, UnsupportedSqlError for other parts of paths."""
    mode = _MODE.match(text)
    if mode is None:
        raise QuerySyntaxError(
            f"reading the path '{text}' of {function}: expected lax or strict before it, e.g. 'lax $.name'; "
            "json_extract and json_extract_scalar take paths without a mode"
        )
    steps: list[Step] = []
    at = mode.end()
    if mode[2] is None:
        raise _unsupported(text, at, function)
    while text[at:].strip():
        if member := _MEMBER.match(text, at):
            steps.append(_every_member if member[3] else _member(member[1] or member[2].replace('""', '"')))
            at = member.end()
        elif method := _METHOD.match(text, at):
            steps.append({"size": _size, "type": _type}[method[1]])
            at = method.end()
        elif subscripts := _SUBSCRIPTS.match(text, at):
            steps.append(_every_element if subscripts[1] == "*" else _elements(subscripts[1]))
            at = subscripts.end()
        else:
            raise _unsupported(text, at, function)
    return Path(mode[1] == "lax", tuple(steps))


def _unsupported(text: str, at: int, function: str) -> UnsupportedSqlError:
    return UnsupportedSqlError(
        f"reading the path '{text}' of {function}: '{text[at:].strip()}' is not supported by the local engine; "
        'supported behind $ are .name, ."name", .*, [0], [0 to 2], [0, 2], [last], [*], .size() and .type(). '
        "Select from what these find, or ask with --engine trino"
    )


def _objects(value: object, is_lax: bool) -> list[dict[str, object]]:
    if isinstance(value, dict):
        return [value]
    if not is_lax:
        raise PathError("a member of what is no object")
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _member(name: str) -> Step:
    def step(value: object, is_lax: bool) -> list[object]:
        objects = _objects(value, is_lax)
        if not is_lax and name not in objects[0]:
            raise PathError(f"the object has no member '{name}'")
        return [each[name] for each in objects if name in each]

    return step


def _every_member(value: object, is_lax: bool) -> list[object]:
    return [member for each in _objects(value, is_lax) for member in each.values()]


def _array(value: object, is_lax: bool) -> list[object]:
    if isinstance(value, list):
        return value
    if not is_lax:
        raise PathError("an element of what is no array")
    return [value]


def _size(value: object, is_lax: bool) -> list[object]:
    return [len(_array(value, is_lax))]


def _type(value: object, _is_lax: bool) -> list[object]:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return [names.get(type(value), "null")]


def _every_element(value: object, is_lax: bool) -> list[object]:
    return _array(value, is_lax)


def _elements(subscripts: str) -> Step:
    ranges = [re.split(r"\s+to\s+", each.strip()) for each in subscripts.split(",")]

    def step(value: object, is_lax: bool) -> list[object]:
        array = _array(value, is_lax)
        found: list[object] = []
        for bounds in ranges:
            first, last = (len(array) - 1 if each == "last" else int(each) for each in (bounds[0], bounds[-1]))
            if not is_lax and not 0 <= first <= last < len(array):
                raise PathError(f"the array has no elements [{' to '.join(bounds)}]")
            found += array[max(first, 0) : last + 1]
        return found

    return step
