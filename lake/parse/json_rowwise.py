"""Records read one by one, wherever they begin and end: the way that decides what any stream means."""

from __future__ import annotations

import re

import orjson

from lake.parse.block import MAX_RECORD
from lake.parse.block_builder import Outcome
from lake.parse.json_frame import Frame
from lake.parse.json_splitter import Framer
from lake.parse.reasons import Reason
from lake.parse.records import RecordReader
from lake.parse.values import Refused

SPACE = b" \t\r\n"
_LIKELY_END = re.compile(rb"\}(?=[ \t]*\r?\n|\{|,[ \t\r\n]*\{|[ \t]*\])")
_LIKELY_REACH = 64 << 10
_OPENING_BRACE = ord("{")


class ExactReader:
    """Reads records, one after the other, into an Outcome."""

    def __init__(self, framer: Framer, reader: RecordReader) -> None:
        self.framer = framer
        self.reader = reader
        self.was_truncated = False
        self._no_likely_end_before = 0

    def read(self, data: bytes, at: int, stop: int, outcome: Outcome) -> int:
        """Reads all that begins before `stop`; returns where what follows begins. Raises MoreNeeded, having read what
        is before its `start`.

        `data` may go on after `stop`, and a record that begins before it may end after it.
        """
        framer = self.framer
        while True:
            if data[at : at + 1] != b"{":
                at = framer.past_syntax(data, at)
            if at >= stop:
                return at
            end = self._likely_record(data, at, outcome)
            if end is not None:
                at = end
                continue
            frame = framer.next(data, at)
            if isinstance(frame, int):
                return frame
            at = frame.end
            self.was_truncated = frame.fault is Reason.TRUNCATED
            self._decide_frame(data, frame, outcome)

    def _decide_frame(self, data: bytes, frame: Frame, outcome: Outcome) -> None:
        source = data[frame.start : frame.end]
        if frame.fault is None and len(source) <= MAX_RECORD:
            self.decide(source, frame.start, outcome)
            return
        offset = self.framer.base + frame.start
        payload = source if frame.fault is None else source.rstrip(SPACE)
        if len(payload) <= MAX_RECORD and frame.fault is not None:
            outcome.reject(frame.start, offset, frame.fault, frame.message, payload)
            return
        for part in range(0, len(payload), MAX_RECORD):
            message = f"the record is larger than {MAX_RECORD} bytes; this is a part of it"
            piece = payload[part : part + MAX_RECORD]
            outcome.reject(frame.start + part, offset + part, Reason.RECORD_TOO_LARGE, message, piece)

    def decide(self, source: bytes, position: int, outcome: Outcome) -> None:
        """One record that is an object by itself, found at `position` of the buffer."""
        try:
            outcome.add_row(position, self.reader.row(source))
        except Refused as refused:
            outcome.reject(position, self.framer.base + position, refused.reason, refused.message, source)

    def _likely_record(self, data: bytes, at: int, outcome: Outcome) -> int | None:
        """Reads the record at `at` if it is where records mostly are, and returns its end."""
        if data[at] != _OPENING_BRACE:
            return None
        base = self.framer.base
        likely = _LIKELY_END.search(data, max(at, self._no_likely_end_before - base), at + _LIKELY_REACH)
        if likely is None:
            self._no_likely_end_before = base + min(at + _LIKELY_REACH, len(data))
            return None
        source = data[at : likely.end()]
        try:
            record = orjson.loads(source)
        except orjson.JSONDecodeError:
            return None
        if self.framer.may_be_envelope(record):
            return None
        row = self.reader.quick_row(source, record)
        if row is None:
            self.decide(source, at, outcome)
        else:
            outcome.add_row(at, row)
        self.framer.passed_records()
        self.was_truncated = False
        return likely.end()
