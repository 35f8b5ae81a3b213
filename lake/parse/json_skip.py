"""The rest of a record that is too large to be held: where it ends, found piece by piece."""

from __future__ import annotations

import re

from lake.parse.json_scanner import depth_of

_IN_NEST = re.compile(rb'\\.|"|[{\[]+|[}\]]+|\n(?=[\[{])', re.DOTALL)
_IN_JUNK = re.compile(rb"\n|\{(?=[ \t\r]*\")")
_BRACKETS = b"{["


class Skipper:
    """Follows one record. An object or array ends with its last bracket, or before a line that begins with a bracket
    at its margin; junk ends with its line, or before an object that begins within one piece."""

    def __init__(self) -> None:
        self._is_nest: bool | None = None
        self._depth = 0
        self._in_string = False
        self._last = b""

    def end(self, piece: bytes) -> int | None:
        """Where in the next piece the record ends, None where it goes on after it."""
        if self._is_nest is None:
            self._is_nest = piece[0] in _BRACKETS
        if not self._is_nest:
            junk_end = _IN_JUNK.search(piece, 0 if self._last else 1)
            self._last = piece[-1:]
            return junk_end.start() if junk_end else None
        if self._last == b"\n" and piece[0] in _BRACKETS:
            return 0
        begin = 1 if self._last == b"\\" else 0
        for token in _IN_NEST.finditer(piece, begin):
            mark = token[0]
            if mark == b"\n":
                return token.start()
            if mark == b'"':
                self._in_string = not self._in_string
            elif not self._in_string and mark[:1] != b"\\":
                self._depth += depth_of(mark)
                if self._depth <= 0:
                    return token.end() + self._depth
        # An escape's second byte is in the next piece, unless the escape's backslash was itself escaped.
        escapes = len(piece) - len(piece.rstrip(b"\\")) - (begin if piece.strip(b"\\") == b"" else 0)
        self._last = b"" if piece[-1:] == b"\\" and escapes % 2 == 0 else piece[-1:]
        return None
