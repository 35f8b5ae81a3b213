"""A stretch of a stream as lines, one record each, whatever stood between its records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_RUN_TOGETHER = re.compile(rb"\}[ \t\r\n]*\{")
_IN_ARRAY = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*\{")
_LOOKED_AT = 4 << 10
_FEED, _OPEN, _CLOSE = b"\n{}"

Starts = npt.NDArray[np.int64]


@dataclass
class Lines:
    """`text` has a record a line if the stretch `source`, at `base` of the buffer, is what it looks like.

    `end` is where the stretch ends in the buffer, white space included.
    """

    source: bytes
    base: int
    end: int
    text: bytes

    @cached_property
    def feeds(self) -> Starts:
        """Where lines end, in the text."""
        return np.flatnonzero(np.frombuffer(self.text, dtype=np.uint8) == _FEED)

    @cached_property
    def lines(self) -> list[bytes]:
        return self.text.split(b"\n")

    @cached_property
    def are_records(self) -> bool:
        """Whether every line begins with `{` and ends with `}`.

        In valid JSON, `}` is followed by `{` between records only, so if such lines are valid, they break between
        records; and if there are as many records as lines, each line is one.
        """
        if self.text[:1] != b"{" or self.text[-1:] != b"}":
            return False
        characters = np.frombuffer(self.text, dtype=np.uint8)
        return bool((characters[self.feeds - 1] == _CLOSE).all() and (characters[self.feeds + 1] == _OPEN).all())

    @cached_property
    def starts(self) -> Starts:
        """Where each line begins, in the buffer: between lines, the source has nothing but syntax."""
        if self.text is self.source:
            return np.concatenate(([0], self.feeds + 1)) + self.base
        starts = np.empty(len(self.lines), dtype=np.int64)
        at = 0
        for place, line in enumerate(self.lines):
            at = self.source.find(line[:1], at)
            starts[place] = at
            at += len(line)
        return starts + self.base


def lines_of(source: bytes, base: int, in_array: bool) -> Lines:
    """The stretch with one line feed between its records, as far as bytes alone can tell: `}{` may be in a string.

    Nothing within a line is changed. The stretch begins with `{`, and ends where records seem to break.
    """
    end = base + len(source)
    source = source.rstrip(_SPACE)
    if in_array:
        lines = Lines(source, base, end, _IN_ARRAY.sub(b"}\n{", source))
    elif b"}{" in source[:_LOOKED_AT]:
        lines = Lines(source, base, end, _RUN_TOGETHER.sub(b"}\n{", source))
    else:
        lines = Lines(source, base, end, source)
        if not lines.are_records:
            lines = Lines(source, base, end, _RUN_TOGETHER.sub(b"}\n{", source))
    if lines.are_records:
        return lines
    return Lines(source, base, end, b"\n".join(bare for line in lines.lines if (bare := _bare(line))))


def _bare(line: bytes) -> bytes:
    line = line.strip(_SPACE)
    while line.startswith(BOM):
        line = line[len(BOM) :].strip(_SPACE)
    return line
