"""Where the records of a text of lines begin and end: each line is one, or each line that starts one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lake.contract.model import TextForm
from lake.parse.csv_text import Positions

Flags = npt.NDArray[np.bool_]

LONGEST_RECORD = 1 << 20
"""Bytes that a record may have: a delivery stream takes no more, and a pattern's work is bounded."""

START_BYTES = 1 << 10
"""Bytes of a line that are looked at for the start of a record, so that the line's end need not be known."""


@dataclass(frozen=True)
class Lines:
    """Records of a stretch of whole lines. `starts` and `ends`, without line ends; blank lines and comments are none.

    `is_started` says of each whether its first line starts a record. What is at `rest` has no end yet.
    """

    starts: Positions
    ends: Positions
    is_started: Flags
    rest: int


def lines_of(data: bytes, is_final: bool, form: TextForm) -> Lines:
    """The records of `data`, which starts with a line. Unless `is_final`, the last may go on behind it."""
    if form.record_start is None:
        starts, ends, rest = _text_lines(data, is_final)
        if form.comment is not None and form.comment.encode() in data:
            prefix = form.comment.encode()
            kept = np.array([not data.startswith(prefix, start) for start in starts.tolist()], np.bool_)
            starts, ends = starts[kept], ends[kept]
        return Lines(starts, ends, np.ones(len(starts), np.bool_), rest)
    starts, ends, rest = _text_lines(data, is_final, START_BYTES)
    is_start = _starting(data, starts, ends, form.record_start)
    firsts = np.flatnonzero(is_start | (np.arange(len(starts)) == 0))
    lasts = np.append(firsts[1:], len(starts)) - 1
    if not is_final and len(firsts):  # lines of the last record may come yet
        rest, firsts, lasts = int(starts[firsts[-1]]), firsts[:-1], lasts[:-1]
    lasts = lasts[: len(firsts)]
    return Lines(starts[firsts], ends[lasts], is_start[firsts], rest)


def next_record(data: bytes, is_final: bool, form: TextForm, *, is_inside: bool) -> int | None:
    """Where the first record begins behind the line that `data` starts with; None where none does.

    `is_inside` says that `data` starts inside of a record, with a line that may begin another.
    """
    if form.record_start is None:
        return at + 1 if (at := data.find(b"\n")) >= 0 else None
    starts, ends, _ = _text_lines(data, is_final, START_BYTES)
    is_start = _starting(data, starts, ends, form.record_start)
    found = starts[is_start & ((starts > 0) | is_inside)]
    return int(found[0]) if len(found) else None


def _text_lines(data: bytes, is_final: bool, least: int | None = None) -> tuple[Positions, Positions, int]:
    """Starts and ends of lines, less a carriage return and without blank ones; and where one has no end yet.

    The one without an end is among them where so many bytes of it, `least`, are there.
    """
    text = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(text == ord("\n"))
    rest = len(data) if is_final else int(ends[-1]) + 1 if len(ends) else 0
    tail = len(data) - (int(ends[-1]) + 1 if len(ends) else 0)
    if tail and (is_final or (least is not None and tail >= least)):
        ends = np.append(ends, len(data))
    starts = np.append(0, ends + 1)[: len(ends)]
    if b"\r" in data:
        ends = ends - ((ends > starts) & (text[np.maximum(ends - 1, 0)] == ord("\r")))
    is_text = ends > starts
    return starts[is_text], ends[is_text], rest


def _starting(data: bytes, starts: Positions, ends: Positions, record_start: str) -> Flags:
    spans = zip(starts.tolist(), np.minimum(ends, starts + START_BYTES).tolist(), strict=True)
    lines = pa.array([data[start:end] for start, end in spans], pa.binary())
    return np.array(pc.match_substring_regex(lines, rf"\A(?:{record_start})"), np.bool_)
