"""Where a JSON value ends in a buffer, strictly by RFC 8259; where it is no JSON, what is wrong and where.

Bytes are not looked at as UTF-8, and nothing is converted. The messages are those of JsonScanner.java in streams.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import orjson

MAX_DEPTH = 400
TOO_DEEP = f"nested more than {MAX_DEPTH} deep"

_S = rb"[ \t\r\n]*+"
_BODY = rb'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+'
_TEXT = b'"' + _BODY + b'"'
_DECIMAL = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
_PLAIN = b"(?:" + _TEXT + rb"|true|false|null|" + _DECIMAL + b")"
_SPACE = re.compile(_S)
_STRING = re.compile(_TEXT)
_STRING_BODY = re.compile(_BODY)
_CUT_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_NUMBER = re.compile(_DECIMAL + rb"(?![.eE])")
_DIGITS = re.compile(rb"[0-9]*+")
# Most members and elements are scalars with a comma behind them: runs of them are passed at once.
_SCALAR_MEMBERS = re.compile(b"(?:" + _S + _TEXT + _S + b":" + _S + _PLAIN + _S + b",)*+")
_SCALAR_ELEMENTS = re.compile(b"(?:" + _S + _PLAIN + _S + b",)*+")
_BRACKETS = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\\x00-\x1f]++|\\.)*+")*+([{\[]++|[}\]]++)')
_QUICK_REACH = 4 << 10
_WORDS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_WITHIN_NEST = "an object or array"


class Extent(NamedTuple):
    """How far a value goes: to `end` where it is JSON; else whether it is only cut, and what is wrong."""

    end: int | None
    is_cut: bool = False
    message: str = ""


def extent_of_value(data: bytes, start: int) -> Extent:
    """How far the JSON value goes that begins at `start` (which is no white space)."""
    if data[start : start + 1] in (b"{", b"["):  # mostly sound, and short: orjson knows that far more quickly
        end = end_of_nest(data, start, start + _QUICK_REACH)
        if end is not None and _is_json(data[start:end]):
            return Extent(end)
    try:
        return Extent(_Scan(data, start).value(start))
    except _CutError as cut:
        return Extent(None, True, f"the record ends within {cut}")
    except _SyntaxError as error:
        return Extent(None, False, str(error))


def end_of_space(data: bytes, at: int) -> int:
    """Where the white space ends that begins at `at`."""
    return _SPACE.match(data, at).end()  # type: ignore[union-attr]  # matches the empty text


def end_of_nest(data: bytes, start: int, stop: int) -> int | None:
    """Where the object or array at `start` ends if it is JSON; None where no bracket before `stop` closes it."""
    depth = 0
    at = start
    while brackets := _BRACKETS.match(data, at, stop):
        depth += depth_of(brackets[1])
        at = brackets.end()
        if depth <= 0:
            return at + depth
    return None


def is_too_deep(source: bytes) -> bool:
    """Whether arrays and objects stand more than MAX_DEPTH deep in each other: a limit that no stack decides."""
    if source.count(b"[") + source.count(b"{") <= MAX_DEPTH:
        return False
    depth = at = 0
    while brackets := _BRACKETS.match(source, at):
        depth += depth_of(brackets[1])
        if depth > MAX_DEPTH:
            return True
        at = brackets.end()
    return False


def depth_of(brackets: bytes) -> int:
    """How much deeper a run of brackets, all opening or all closing, leads."""
    return len(brackets) if brackets[0] in b"{[" else -len(brackets)


def _is_json(source: bytes) -> bool:
    try:
        orjson.loads(source)
    except orjson.JSONDecodeError:
        return False
    return True


class _SyntaxError(Exception):
    """What is there is no JSON, whatever may follow."""


class _CutError(Exception):
    """The buffer ends within what is named."""


class _Scan:
    """Walks over one value without recursion."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self._start = start
        self._open: list[bytes] = []  # brackets that are not closed yet

    def value(self, at: int) -> int:
        """The end of the value at `at`."""
        while True:
            bracket = self._data[at : at + 1]
            if bracket in (b"{", b"["):
                at, is_next = self._opened(at, bracket)
            else:
                at, is_next = self._scalar(at, bracket), False
            while not is_next:
                if not self._open:
                    return at
                at, is_next = self._after_item(at)

    def _opened(self, at: int, bracket: bytes) -> tuple[int, bool]:
        """Behind an opening bracket: where the first value begins (True), or behind an empty nest (False)."""
        if len(self._open) == MAX_DEPTH:
            raise _SyntaxError(TOO_DEEP)
        at = self._next(at + 1)
        if self._data[at : at + 1] == _closing(bracket):
            return at + 1, False
        self._open.append(bracket)
        return self._item(at), True

    def _after_item(self, at: int) -> tuple[int, bool]:
        """Behind an item: where the value of the next one begins (True), or behind the closing bracket (False)."""
        at = self._next(at)
        closing = _closing(self._open[-1])
        mark = self._data[at : at + 1]
        if mark == closing:
            self._open.pop()
            return at + 1, False
        if mark != b",":
            raise self._wrong(f"expected ',' or '{closing.decode()}'", at)
        return self._item(self._next(at + 1)), True

    def _item(self, at: int) -> int:
        """Where the next value begins: of a member, behind its name; scalars before it are passed."""
        if self._open[-1] == b"[":
            return self._next(_SCALAR_ELEMENTS.match(self._data, at).end())  # type: ignore[union-attr]  # may be empty
        at = self._next(_SCALAR_MEMBERS.match(self._data, at).end())  # type: ignore[union-attr]  # may be empty
        if self._data[at : at + 1] != b'"':
            raise self._wrong("expected a name in double quotes", at)
        at = self._next(self._string(at))
        if self._data[at : at + 1] != b":":
            raise self._wrong("expected ':'", at)
        return self._next(at + 1)

    def _scalar(self, at: int, first: bytes) -> int:
        if first == b'"':
            return self._string(at)
        word = _WORDS.get(first)
        if word is None:
            return self._number(at)
        if self._data.startswith(word, at):
            return at + len(word)
        if word.startswith(self._data[at : at + len(word)]) and at + len(word) > len(self._data):
            raise _CutError("a value")
        raise self._wrong("expected a value", at)

    def _string(self, at: int) -> int:
        whole = _STRING.match(self._data, at)
        if whole:
            return whole.end()
        at = _STRING_BODY.match(self._data, at + 1).end()  # type: ignore[union-attr]  # matches the empty text
        if at == len(self._data) or _CUT_ESCAPE.match(self._data, at):
            raise _CutError("a string")
        is_escape = self._data[at : at + 1] == b"\\"
        raise self._wrong("invalid escape" if is_escape else "control character in a string", at)

    def _number(self, begin: int) -> int:
        whole = _NUMBER.match(self._data, begin)
        if whole:
            return whole.end()
        at = begin + self._data.startswith(b"-", begin)
        at = at + 1 if self._data.startswith(b"0", at) else self._digits(at, begin)
        if self._data.startswith(b".", at):
            at = self._digits(at + 1, begin)
        if self._data[at : at + 1] in (b"e", b"E"):
            at += 2 if self._data[at + 1 : at + 2] in (b"+", b"-") else 1
            at = self._digits(at, begin)
        return at

    def _digits(self, at: int, begin: int) -> int:
        end = _DIGITS.match(self._data, at).end()  # type: ignore[union-attr]  # matches the empty text
        if end > at:
            return end
        if at >= len(self._data) and at > begin:
            raise _CutError("a number")
        raise self._wrong("expected a value" if at == begin else "expected a digit", at)

    def _next(self, at: int) -> int:
        """Where white space ends, within an object or array that goes on there."""
        at = end_of_space(self._data, at)
        if at >= len(self._data):
            raise _CutError(_WITHIN_NEST)
        return at

    def _wrong(self, problem: str, at: int) -> _SyntaxError:
        return _SyntaxError(f"{problem} at byte {at - self._start} of the record")


def _closing(bracket: bytes) -> bytes:
    return b"}" if bracket == b"{" else b"]"
