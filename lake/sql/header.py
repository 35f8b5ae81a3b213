"""The comments at the head of a file under sql/: what it is for, and what its parameters are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lake.errors import did_you_mean
from lake.sql.values import PARAMETER_TYPES, ValueRefusedError, literal

DESCRIPTION = "-- description: What it answers."
PARAMETER = "-- parameter: name type = example   What it is."
_COMMENT = re.compile(r"--(?P<space> *)(?P<text>.*)")
_KEYED = re.compile(r"(?P<key>\w+):\s*(?P<rest>.*)")
_PARAMETER = re.compile(r"(?P<name>\S+)\s+(?P<kind>\S+)\s*(?:=\s*(?P<rest>.*))?")
_EXAMPLE = re.compile(r"(?P<quoted>'(?:[^']|'')*')(?:\s+(?P<after_text>.*))?|(?P<bare>[^'\s]\S*)(?:\s+(?P<after>.*))?")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_QUOTED_TYPES = ("varchar", "date", "timestamp")


@dataclass(frozen=True)
class Parameter:
    """One `?` of a statement. `example` is the value where none is given, as a person types it (without quotes)."""

    name: str
    type: str
    example: str
    description: str


@dataclass
class Header:
    """What the head of a file says. `lines` is how many lines it has; problems are (line from 1, message)."""

    description: str = ""
    parameters: list[Parameter] = field(default_factory=list)
    lines: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)


def read_header(text: str) -> Header:
    """The header of a file's text: its comments before the statement's first word.

    A line of two dashes and three blanks or more goes on with the line before it. `-- noqa` lines are the linter's.
    """
    header = Header()
    entries: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        comment = _COMMENT.fullmatch(line.rstrip())
        if comment is None:
            break
        header.lines = number
        keyed = _KEYED.fullmatch(comment["text"])
        if len(comment["space"]) >= 3 and entries:
            at, key, rest = entries.pop()
            entries.append((at, key, f"{rest} {comment['text']}"))
        elif keyed and keyed["key"] in ("description", "parameter"):
            entries.append((number, keyed["key"], keyed["rest"]))
        elif not (keyed and keyed["key"] == "noqa") and comment["text"] != "noqa":
            header.problems.append((number, _unknown(line, keyed["key"] if keyed else "")))
    for number, key, rest in entries:
        _read_entry(header, number, key, rest.strip())
    if not header.problems and not any(key == "description" for _, key, _ in entries):
        header.problems.append((1, f"missing description; expected a first line {DESCRIPTION}"))
    return header


def _unknown(line: str, key: str) -> str:
    hint = did_you_mean(key, ("description", "parameter", "noqa")) if key else ""
    return (
        f"unknown header line {line.strip()!r}{hint}; expected {DESCRIPTION!r} or {PARAMETER!r} "
        "(a comment of another kind goes below the statement's first word)"
    )


def _read_entry(header: Header, number: int, key: str, rest: str) -> None:
    if key == "parameter":
        _read_parameter(header, number, rest)
    elif header.description:
        header.problems.append((number, "duplicate description; expected one"))
    elif not rest:
        header.problems.append((number, f"the description is empty; expected {DESCRIPTION!r}"))
    else:
        header.description = rest


def _read_parameter(header: Header, number: int, rest: str) -> None:
    found = _PARAMETER.fullmatch(rest)
    if found is None:
        header.problems.append((number, f"parameter {rest!r}; expected {PARAMETER!r}"))
        return
    name, kind = found["name"], found["kind"]
    try:
        header.parameters.append(_parameter(name, kind, found["rest"] or ""))
    except ValueRefusedError as error:
        header.problems.append((number, f"parameter {name}: {error}"))
    if [parameter.name for parameter in header.parameters].count(name) > 1:
        header.problems.append((number, f"duplicate parameter {name}; give each ? a name of its own"))


def _parameter(name: str, kind: str, rest: str) -> Parameter:
    if not _NAME.fullmatch(name):
        raise ValueRefusedError("expected a name of a-z, 0-9 and _, in lower case, a letter first")
    if kind not in PARAMETER_TYPES:
        hint = did_you_mean(kind, PARAMETER_TYPES)
        raise ValueRefusedError(f"unknown type {kind!r}{hint}; expected one of {', '.join(PARAMETER_TYPES)}")
    found = _EXAMPLE.fullmatch(rest.strip())
    if found is None:
        raise ValueRefusedError(f"missing example; expected {PARAMETER!r}")
    if (found["quoted"] is not None) != (kind in _QUOTED_TYPES):
        quotes = "in quotes" if kind in _QUOTED_TYPES else "without quotes"
        raise ValueRefusedError(f"the example {found['quoted'] or found['bare']}; expected a {kind} {quotes}")
    example = found["bare"] if found["quoted"] is None else found["quoted"][1:-1].replace("''", "'")
    description = (found["after_text"] or found["after"] or "").strip()
    if not description:
        raise ValueRefusedError(f"missing description; expected {PARAMETER!r}")
    try:
        literal(kind, example)
    except ValueRefusedError as error:
        raise ValueRefusedError(f"the example {example!r} is not of type {kind}; {error}") from error
    return Parameter(name, kind, example, description)
