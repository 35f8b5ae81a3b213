"""Reads JSON as Trino's reader does: token by token, so that only what was read so far has to be JSON.

A text's end does not matter to what stands before it: json_extract_scalar finds 1 in `{"a": 1`, and nothing in
`{"b": x, "a": 1`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache

START_OBJECT, END_OBJECT, START_ARRAY, END_ARRAY, END = "{", "}", "[", "]", ""
NAME, STRING, WHOLE, FRACTION, TRUE, FALSE, NULL = "name", "string", "whole", "fraction", "true", "false", "null"

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"([^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*)"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]*)?")
_LITERALS = {"t": TRUE, "f": FALSE, "n": NULL}


class JsonError(ValueError):
    """A text that is no JSON, as far as it was read."""


class Reader:
    """The tokens of a text, one after the other; `token` is the current one, and `text` what a scalar is written as.

    Raises JsonError.
    """

    def __init__(self, text: str):
        self.source = text
        self.token = END
        self.at = 0
        self._start = 0
        self._raw: str | None = ""
        self._opened: list[str] = []
        self._needs_comma = False
        self._names_next = False

    @property
    def depth(self) -> int:
        """How many objects and arrays are open."""
        return len(self._opened)

    @property
    def text(self) -> str:
        """The text of a name or a string, what a number is written as, and the word of a literal."""
        if self.token in (STRING, NAME):
            return unescaped(self._string())
        return self.source[self._start : self.at] if self.token in (WHOLE, FRACTION) else self.token

    def next(self) -> str:
        """Goes on to the next token; END behind a whole value."""
        if self._raw is None:
            self._string()
        was_name = self.token == NAME
        character = self._next_character()
        if not character:
            if self._opened:
                raise JsonError("the text ends within an object or an array")
            self.token = END
            return END
        if character in "]}":
            return self._close(character)
        if self._needs_comma and self._opened and not was_name:
            if character != ",":
                raise JsonError("expected a comma")
            self.at += 1
            character = self._next_character()
        self._needs_comma = True
        if self._opened and self._opened[-1] == START_OBJECT and not was_name:
            return self._name(character)
        self._value(character)
        return self.token

    def skip_children(self) -> None:
        """Goes to the end of an object or an array that has begun."""
        if self.token in (START_OBJECT, START_ARRAY):
            outside = self.depth - 1
            while self.depth > outside:
                self.next()

    def _next_character(self) -> str:
        self.at = _SPACE.match(self.source, self.at).end()  # type: ignore[union-attr]  # it matches nothing as well
        return self.source[self.at : self.at + 1]

    def _string(self) -> str:
        """What is between the quotes. A string is read when something behind it is, or its text is asked for."""
        if self._raw is None:
            found = _STRING.match(self.source, self._start)
            if found is None:
                raise JsonError("a text within it does not end, or has a character or an escape that JSON has not")
            self.at = found.end()
            self._raw = found[1]
        return self._raw

    def _close(self, character: str) -> str:
        if not self._opened or self._opened[-1] != {"]": START_ARRAY, "}": START_OBJECT}[character]:
            raise JsonError(f"{character} closes nothing")
        if self.token == NAME:
            raise JsonError("expected a value behind a name")
        self._opened.pop()
        self.at += 1
        self._needs_comma = True
        self.token = character
        return character

    def _name(self, character: str) -> str:
        if character != '"':
            raise JsonError("expected a name")
        self._start, self._raw = self.at, None
        self._string()
        if self._next_character() != ":":
            raise JsonError("expected a colon behind a name")
        self.at += 1
        self.token = NAME
        return NAME

    def _value(self, character: str) -> None:
        self._start = self.at
        if character == '"':
            self.token, self._raw = STRING, None
        elif character and character in "{[":
            self.token = character
            self._opened.append(character)
            self._needs_comma = False
            self.at += 1
        elif character in _LITERALS:
            self._literal(_LITERALS[character])
        else:
            self._number()

    def _literal(self, word: str) -> None:
        self.at += len(word)
        behind = self.source[self.at : self.at + 1]
        if not self.source.startswith(word, self._start) or (behind and goes_on(behind)):
            raise JsonError("a word that JSON has not")
        self.token = word

    def _number(self) -> None:
        found = _NUMBER.match(self.source, self._start)
        if found is None:
            raise JsonError("expected a value")
        behind = self.source[found.end() : found.end() + 1]
        is_whole = found[1] is None and found[2] is None
        if not found[0][-1].isdigit() or found[1] == "." or (found[0] in ("0", "-0") and behind.isdecimal()):
            raise JsonError("a number that JSON has not")
        if not self._opened and behind not in ("", " ", "\t", "\r", "\n"):
            raise JsonError("expected a space behind a number")
        self.at = found.end()
        self.token = WHOLE if is_whole else FRACTION


def goes_on(character: str) -> bool:
    """Whether a word of Java goes on with it."""
    return (
        f"a{character}".isidentifier()
        or unicodedata.category(character) in ("Sc", "Cf")
        or "\x7f" <= character <= "\x9f"
    )


def unescaped(raw: str) -> str:
    """The text between quotes; halves of pairs without the other stay in it."""
    if "\\" not in raw:
        return raw
    text: str = json.loads(f'"{raw}"')
    return text


class PathError(ValueError):
    """A path of json_extract that Trino does not take."""


_STEP = re.compile(r'\.([\w:]+)|\[([\w]+)\]|\["((?:[^"\\]|\\["\\])*)"\]', re.DOTALL)


@lru_cache(maxsize=256)
def steps_of(path: str) -> tuple[str, ...]:
    """The names and indexes of a path such as `$.a["b c"][0]`. Raises PathError."""
    if not path.startswith("$"):
        raise PathError(f"Invalid JSON path: '{path}'")
    steps, at = [], 1
    while at < len(path):
        found = _STEP.match(path, at)
        plain = found and (found[1] or found[2])
        if found is None or (plain and not all(_is_plain(each) for each in plain)):
            raise PathError(f"Invalid JSON path: '{path}'")
        steps.append(plain or re.sub(r"\\(.)", r"\1", found[3]))
        at = found.end()
    return tuple(steps)


def _is_plain(character: str) -> bool:
    """Whether it may stand in a path without quotes: a letter or a digit of 16 bits, as Java's."""
    return character in "_:" or (
        character <= "\uffff" and unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd")
    )


def index_of(step: str) -> int | None:
    """The index that a step is within an array; None where it is none."""
    if re.fullmatch(r"[+-]?\d{1,10}", step) is None:
        return None
    index = int(step)
    return index if 0 <= index < 1 << 31 else None


def found_at(reader: Reader, path: str) -> bool:
    """Goes to the first token of what a path finds; False where it finds nothing. Raises JsonError, PathError."""
    steps = steps_of(path)
    if reader.next() == END:
        return False
    return all(_step_into(reader, step) for step in steps)


def _step_into(reader: Reader, step: str) -> bool:
    if reader.token == START_OBJECT:
        while reader.next() != END_OBJECT:
            if reader.text == step:
                reader.next()
                return True
            reader.next()
            reader.skip_children()
        return False
    if reader.token != START_ARRAY:
        raise JsonError("expected an object or an array")
    wanted, index = index_of(step), 0
    while reader.next() != END_ARRAY:
        if index == wanted:
            return True
        reader.skip_children()
        index += 1
    return False
