"""A stretch of a stream as lines, one record each, whatever stood between its records."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_BETWEEN_ELEMENTS = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*\{")

Starts = npt.NDArray[np.int64]


def as_lines(stretch: bytes, in_array: bool) -> bytes:
    """The stretch with one line feed between its records, as far as bytes alone can tell: `}{` may be in a string.

    Nothing else is changed, so each line is found in the stretch again. The stretch holds whole records.
    """
    lines = stretch.strip(_SPACE)
    if in_array:
        lines = lines.replace(b"},{", b"}\n{")
    elif b"}{" in lines:
        lines = lines.replace(b"}{", b"}\n{")
    if are_lines(lines):
        return lines
    if in_array:
        lines = _BETWEEN_ELEMENTS.sub(b"}\n{", lines)
    return b"\n".join(bare for line in lines.split(b"\n") if (bare := _bare(line)))


def are_lines(lines: bytes) -> bool:
    """Whether every line begins with `{` and ends with `}`.

    In valid JSON, `}` is followed by `{` between records only, so if such lines are valid, they break between records;
    and if there are as many records as lines, each line is one.
    """
    if lines[:1] != b"{" or lines[-1:] != b"}":
        return False
    return lines.count(b"\n") == lines.count(b"}\n{")


def starts_of(lines: list[bytes], stretch: bytes) -> Starts:
    """Where each line begins in the stretch that it came from."""
    starts = np.empty(len(lines), dtype=np.int64)
    at = 0
    for place, line in enumerate(lines):
        at = stretch.find(line, at)
        starts[place] = at
        at += len(line)
    return starts


def _bare(line: bytes) -> bytes:
    line = line.strip(_SPACE)
    while line.startswith(BOM):
        line = line[len(BOM) :].strip(_SPACE)
    return line
