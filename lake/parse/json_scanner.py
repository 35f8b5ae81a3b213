"""Where a JSON value ends in a buffer, strictly by RFC 8259; where it is no JSON, what is wrong and where.

Bytes are not looked at as UTF-8, and nothing is converted. The messages are those of JsonScanner.java in streams.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

import numpy as np
import orjson

MAX_DEPTH = 400
TOO_DEEP = f"nested more than {MAX_DEPTH} deep"

_S = rb"[ \t\r\n]*+"
_BODY = rb'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+'
_TEXT = b'"' + _BODY + b'"'
_DECIMAL = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
_PLAIN = _TEXT + rb"|true|false|null|" + _DECIMAL
_NAME = _TEXT + _S + b":" + _S


def _shallow(depth: int) -> bytes:
    """A pattern of values nested at most so deep."""
    if depth == 0:
        return b"(?:" + _PLAIN + b")"
    value = _shallow(depth - 1) + _S
    members = b"(?:" + _NAME + value + b"(?:," + _S + rb'(?=")|(?=\})))*+'
    elements = b"(?:" + value + b"(?:," + _S + rb"(?!\])|(?=\])))*+"
    return b"(?:" + _PLAIN + rb"|\{" + _S + members + rb"\}|\[" + _S + elements + rb"\])"


_SPACE = re.compile(_S)
_STRING = re.compile(_TEXT)
_STRING_BODY = re.compile(_BODY)
_CUT_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_NUMBER = re.compile(_DECIMAL + rb"(?![.eE])")
_DIGITS = re.compile(rb"[0-9]*+")
# Most members and elements are shallow, with a comma behind them: runs of them are passed at once.
_SHALLOW_DEPTH = 4
_SHALLOW_MEMBERS = re.compile(b"(?:" + _S + _NAME + _shallow(_SHALLOW_DEPTH) + _S + b",)*+")
_SHALLOW_ELEMENTS = re.compile(b"(?:" + _S + _shallow(_SHALLOW_DEPTH) + _S + b",)*+")
_BRACKETS = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\\x00-\x1f]++|\\.)*+")*+([{\[]++|[}\]]++)')
_WORDS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b'"{}[]'))
_STEPS = bytes.maketrans(b"{[}]", b"\x01\x01\xff\xff")
_KEPT_SCANS = 2
_QUICK_REACH = 4 << 10


class Extent(NamedTuple):
    """How far a value goes: to `end` where it is JSON; else whether it is only cut, and what is wrong."""

    end: int | None
    is_cut: bool = False
    message: str = ""


class Extents:
    """Extents of values in one buffer after the other, at places that mostly rise.

    Where damaged records nest in each other, what is wrong with the outermost is wrong with each: every byte is scanned
    about once, not once for each object that is open there.
    """

    def __init__(self) -> None:
        self._data = b""
        self._quick_from = 0
        # Two: one scan's strings may be another's brackets, after a lost quote.
        self._failed: list[_Scan] = []

    def at(self, data: bytes, start: int, likely_end: int | None = None) -> Extent:
        """How far the JSON value goes that begins at `start`, which is no white space; perhaps to `likely_end`."""
        if data is not self._data:
            self._data, self._quick_from, self._failed = data, 0, []
        for known in self._failed:
            if known.goes_on_from(start):
                return known.extent()
        end = self._quick_end(data, start) if likely_end is None else likely_end
        if end is not None:
            if _is_nest(data[start:end]):
                return Extent(end)
            self._quick_from = end
        scan = _Scan(data, start)
        extent = scan.extent()
        if extent.end is None and scan.open:
            self._failed = [scan, *self._failed][:_KEPT_SCANS]
        return extent

    def _quick_end(self, data: bytes, start: int) -> int | None:
        """Where the object or array ends if it is JSON; what was looked at in vain is not looked at again."""
        if start < self._quick_from or data[start] not in b"{[":
            return None
        end = end_of_nest(data, start, start + _QUICK_REACH)
        if end is None:
            self._quick_from = start + _QUICK_REACH
        return end


def _is_nest(source: bytes) -> bool:
    """Whether a text is one object or array that orjson reads, which takes far less time than a scan."""
    if source[-1] not in b"}]" or is_too_deep(source):
        return False
    try:
        orjson.loads(source)
    except orjson.JSONDecodeError:
        return False
    return True


def extent_of_value(data: bytes, start: int) -> Extent:
    """How far the JSON value goes that begins at `start` (which is no white space)."""
    return _Scan(data, start).extent()


def end_of_space(data: bytes, at: int) -> int:
    """Where the white space ends that begins at `at`."""
    return _SPACE.match(data, at).end()  # type: ignore[union-attr]  # matches the empty text


def end_of_nest(data: bytes, start: int, stop: int) -> int | None:
    """Where the object or array at `start` ends if it is JSON; None where no bracket before `stop` closes it."""
    depth = 0
    at = start
    while depth <= MAX_DEPTH and (brackets := _BRACKETS.match(data, at, stop)):
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


def is_json_too_deep(source: bytes) -> bool:
    """As is_too_deep, of a text that is JSON: what it is made of besides brackets is taken out first."""
    if source.count(b"[") + source.count(b"{") <= MAX_DEPTH:
        return False
    if b"\\" in source:
        source = _ESCAPE.sub(b"", source)
    brackets = source.translate(None, _NO_BRACKETS).replace(b'""', b"")
    if b'"' in brackets:  # a string holds brackets
        return is_too_deep(brackets)
    steps = np.frombuffer(brackets.translate(_STEPS), dtype=np.int8)
    return bool(np.cumsum(steps, dtype=np.int32).max() > MAX_DEPTH)


def depth_of(brackets: bytes) -> int:
    """How much deeper a run of brackets, all opening or all closing, leads."""
    return len(brackets) if brackets[0] in b"{[" else -len(brackets)


class _Fault(NamedTuple):
    """What is wrong at a place; `is_cut` where the buffer ends within what `problem` names."""

    problem: str
    at: int
    is_cut: bool = False


class _FaultError(Exception):
    pass


class _Scan:
    """Walks over one value without recursion. `open` are the places of brackets that are not closed yet."""

    def __init__(self, data: bytes, start: int) -> None:
        self.data = data
        self._start = start
        self._fault: _Fault | None = None
        self.open: list[int] = []

    def goes_on_from(self, start: int) -> bool:
        """Whether the value at `start` was open where the scan failed: from now on the scan is that value's."""
        place = bisect_left(self.open, start)
        if place == len(self.open) or self.open[place] != start:
            return False
        del self.open[:place]
        self._start = start
        return True

    def extent(self) -> Extent:
        """How far the value goes; after `goes_on_from`, from where the scan failed."""
        fault = self._fault
        if fault is None or (fault.problem == TOO_DEEP and len(self.open) < MAX_DEPTH):
            try:
                return Extent(self._end(self._start if fault is None else fault.at))
            except _FaultError as error:
                fault = self._fault = error.args[0]
        if fault.is_cut:
            return Extent(None, True, f"the record ends within {fault.problem}")
        at = "" if fault.problem == TOO_DEEP else f" at byte {fault.at - self._start} of the record"
        return Extent(None, False, fault.problem + at)

    def _end(self, at: int) -> int:
        """The end of the value, of which what is before `at` was passed."""
        while True:
            first = self.data[at : at + 1]
            if first in (b"{", b"["):
                at, is_next = self._opened(at)
            else:
                at, is_next = self._scalar(at, first), False
            while not is_next:
                if not self.open:
                    return at
                at, is_next = self._after_item(at)

    def _opened(self, opening: int) -> tuple[int, bool]:
        """Behind an opening bracket: where the first value begins (True), or behind an empty nest (False)."""
        if len(self.open) == MAX_DEPTH:
            raise _FaultError(_Fault(TOO_DEEP, opening))
        self.open.append(opening)
        at = self._next(opening + 1)
        if self.data[at : at + 1] == self._closing():
            self.open.pop()
            return at + 1, False
        return self._item(at), True

    def _after_item(self, at: int) -> tuple[int, bool]:
        """Behind an item: where the value of the next one begins (True), or behind the closing bracket (False)."""
        at = self._next(at)
        closing = self._closing()
        mark = self.data[at : at + 1]
        if mark == closing:
            self.open.pop()
            return at + 1, False
        if mark != b",":
            raise _FaultError(_Fault(f"expected ',' or '{closing.decode()}'", at))
        return self._item(self._next(at + 1)), True

    def _item(self, at: int) -> int:
        """Where the next value begins: of a member, behind its name; shallow values before it are passed."""
        is_array = self._closing() == b"]"
        if len(self.open) <= MAX_DEPTH - _SHALLOW_DEPTH:
            run = _SHALLOW_ELEMENTS if is_array else _SHALLOW_MEMBERS
            at = self._next(run.match(self.data, at).end())  # type: ignore[union-attr]  # matches the empty text
        if is_array:
            return at
        if self.data[at : at + 1] != b'"':
            raise _FaultError(_Fault("expected a name in double quotes", at))
        at = self._next(self._string(at))
        if self.data[at : at + 1] != b":":
            raise _FaultError(_Fault("expected ':'", at))
        return self._next(at + 1)

    def _closing(self) -> bytes:
        return b"}" if self.data.startswith(b"{", self.open[-1]) else b"]"

    def _scalar(self, at: int, first: bytes) -> int:
        if first == b'"':
            return self._string(at)
        word = _WORDS.get(first)
        if word is None:
            return self._number(at)
        if self.data.startswith(word, at):
            return at + len(word)
        if word.startswith(self.data[at : at + len(word)]) and at + len(word) > len(self.data):
            raise _FaultError(_Fault("a value", at, is_cut=True))
        raise _FaultError(_Fault("expected a value", at))

    def _string(self, at: int) -> int:
        whole = _STRING.match(self.data, at)
        if whole:
            return whole.end()
        at = _STRING_BODY.match(self.data, at + 1).end()  # type: ignore[union-attr]  # matches the empty text
        if at == len(self.data) or _CUT_ESCAPE.match(self.data, at):
            raise _FaultError(_Fault("a string", at, is_cut=True))
        is_escape = self.data[at : at + 1] == b"\\"
        raise _FaultError(_Fault("invalid escape" if is_escape else "control character in a string", at))

    def _number(self, begin: int) -> int:
        whole = _NUMBER.match(self.data, begin)
        if whole:
            return whole.end()
        at = begin + self.data.startswith(b"-", begin)
        at = at + 1 if self.data.startswith(b"0", at) else self._digits(at, begin)
        if self.data.startswith(b".", at):
            at = self._digits(at + 1, begin)
        if self.data[at : at + 1] in (b"e", b"E"):
            at += 2 if self.data[at + 1 : at + 2] in (b"+", b"-") else 1
            at = self._digits(at, begin)
        return at

    def _digits(self, at: int, begin: int) -> int:
        end = _DIGITS.match(self.data, at).end()  # type: ignore[union-attr]  # matches the empty text
        if end > at:
            return end
        if at >= len(self.data) and at > begin:
            raise _FaultError(_Fault("a number", at, is_cut=True))
        raise _FaultError(_Fault("expected a value" if at == begin else "expected a digit", at))

    def _next(self, at: int) -> int:
        """Where white space ends, within an object or array that goes on there."""
        at = end_of_space(self.data, at)
        if at >= len(self.data):
            raise _FaultError(_Fault("an object or array", at, is_cut=True))
        return at
