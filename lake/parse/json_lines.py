"""A stretch of a stream as lines, one record each, whatever stood between its records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

BOM = b"\xef\xbb\xbf"
SPACE = b" \t\r\n"
_RUN_TOGETHER = re.compile(rb"\}[ \t\r\n]*\{")
_IN_ARRAY = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*\{")
_LOOKED_AT = 4 << 10
_FEED, _OPEN, _CLOSE = b"\n{}"

Starts = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


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
    def _feeds(self) -> Starts:
        return np.flatnonzero(self._characters == _FEED)

    @cached_property
    def _characters(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.text, dtype=np.uint8)

    @cached_property
    def _begins(self) -> Starts:
        return np.concatenate(([0], self._feeds + 1))

    @cached_property
    def _ends(self) -> Starts:
        return np.concatenate((self._feeds, [len(self.text)]))

    @cached_property
    def are_braced(self) -> Bools:
        """Which lines begin with `{` and end with `}`.

        In valid JSON, `}` is followed by `{` between records only, so if such lines are valid, they break between
        records; and if there are as many records as lines, each line is one.
        """
        begins, ends = self._begins, self._ends
        last = np.maximum(ends - 1, 0)
        is_braced: Bools = (self._characters[np.minimum(begins, last)] == _OPEN) & (self._characters[last] == _CLOSE)
        return is_braced & (ends - begins > 1)

    @cached_property
    def starts(self) -> Starts:
        """Where each line begins, in the buffer: between lines, the source has nothing but syntax."""
        if self.text is self.source:
            return self._begins + self.base
        starts = np.empty(len(self._begins), dtype=np.int64)
        at = 0
        for place, line in enumerate(self.text.split(b"\n")):
            at = self.source.find(line[:1], at)
            starts[place] = at
            at += len(line)
        return starts + self.base

    def text_of(self, places: Starts) -> bytes:
        """Some of the lines, as a text."""
        if len(places) == len(self._begins):
            return self.text
        spans = zip(self._begins[places].tolist(), self._ends[places].tolist(), strict=True)
        return b"\n".join([self.text[begin:end] for begin, end in spans])


def lines_of(source: bytes, base: int, in_array: bool) -> Lines:
    """The stretch with one line feed between its records, as far as bytes alone can tell: `}{` may be in a string.

    Nothing within a line is changed. The stretch begins with `{`, and ends where records seem to break.
    """
    end = base + len(source)
    source = source.rstrip(SPACE)
    head = source[:_LOOKED_AT]
    text = source
    if in_array:
        text = _IN_ARRAY.sub(b"}\n{", source)
    elif b"}{" in head:
        text = source.replace(b"}{", b"}\n{")
    elif b"\n" not in head:
        text = _RUN_TOGETHER.sub(b"}\n{", source)
    lines = Lines(source, base, end, text)
    if np.count_nonzero(lines.are_braced) > len(lines.are_braced) // 2:
        return lines
    return Lines(source, base, end, b"\n".join(bare for line in text.split(b"\n") if (bare := _bare(line))))


def _bare(line: bytes) -> bytes:
    line = line.strip(SPACE)
    while line.startswith(BOM):
        line = line[len(BOM) :].strip(SPACE)
    return line
