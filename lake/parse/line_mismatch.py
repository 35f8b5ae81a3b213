"""Where a line stops matching a pattern: the longest beginning of the pattern that its beginning matches."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from lake.parse.refused import quoted

_GROUP = re.compile(r"\(\?P?<(\w+)>")
_REPEATED = re.compile(r"(?:[*+?]|\{[0-9,]+\})[?+]?")
_SHOWN = 40


class Mismatch:
    """Finds where lines stop matching one pattern; costs one pass over the lines for each of the pattern's groups."""

    def __init__(self, pattern: str) -> None:
        self._beginnings = list(_beginnings(pattern))

    def stops(self, lines: pa.Array) -> list[str]:
        """For each line what to say; lines may be null."""
        ends, names = [0] * len(lines), [self._beginnings[0][1] if self._beginnings else None] * len(lines)
        left = list(range(len(lines)))
        for at, (beginning, _) in enumerate(self._beginnings):
            if not left:
                break
            matched = pc.extract_regex(lines.take(pa.array(left)), rf"\A(?P<begins>{beginning})")
            left = [line for line, found in zip(left, matched.to_pylist(), strict=True) if found]
            texts = [found["begins"] for found in matched.to_pylist() if found]
            name = self._beginnings[at + 1][1] if at + 1 < len(self._beginnings) else None
            for line, text in zip(left, texts, strict=True):
                ends[line], names[line] = len(text), name
        return [
            "" if text is None else self._message(text, end, name)
            for text, end, name in zip(lines.to_pylist(), ends, names, strict=True)
        ]

    def _message(self, text: str, end: int, name: str | None) -> str:
        if not self._beginnings:
            return f"the line does not match linePattern: {quoted(text)}"
        if end == len(text):
            return f"the line does not match linePattern: it ends, at character {end}, before the pattern does"
        doing = f"the line does not match linePattern from character {end + 1} on"
        what = "" if name is None else f", where group {name!r} was expected"
        return f"{doing}{what}: {quoted(text[end : end + _SHOWN])}"


def _beginnings(pattern: str) -> Iterator[tuple[str, str | None]]:
    """The pattern up to the end of each group that stands in no other, and that group's name.

    None where it has alternatives outside of groups, for then it has no one beginning.
    """
    ends = list(_group_ends(pattern))
    if any(name == "|" for _, name in ends):
        return
    yield from ((pattern[:end], name) for end, name in ends)
    yield pattern, None


def _group_ends(pattern: str) -> Iterator[tuple[int, str | None]]:
    at, depth, start, is_class, opened = 0, 0, 0, False, 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 1
        elif is_class:
            is_class = not (letter == "]" and at > opened)
        elif letter == "[":
            is_class, opened = True, at + (2 if pattern[at + 1 : at + 2] == "^" else 1)
        elif letter == "(":
            depth += 1
            start = at if depth == 1 else start
        elif letter == ")":
            depth -= 1
            if depth == 0:
                named = _GROUP.search(pattern, start, at)
                repeated = _REPEATED.match(pattern, at + 1)
                yield (repeated.end() if repeated else at + 1), named and named[1]
        elif letter == "|" and depth == 0:
            yield at, "|"
        at += 1
