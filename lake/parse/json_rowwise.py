"""Records read one by one, wherever they begin and end: the way that decides what any stream means."""

from __future__ import annotations

import re

import orjson

from lake.parse.block import ReadOptions
from lake.parse.block_builder import BlockBuilder
from lake.parse.json_frame import Frame
from lake.parse.json_splitter import Splitter
from lake.parse.reasons import Reason
from lake.parse.records import RecordReader, Row
from lake.parse.refused import Refused

SPACE = b" \t\r\n"
_LIKELY_END = re.compile(rb"\}(?=[ \t]*\r?\n|\{|,[ \t\r\n]*\{|[ \t]*\])")
_OPENING_BRACE = ord("{")


class RowwiseReader:
    """Reads records, one after the other, into an BlockBuilder."""

    def __init__(self, splitter: Splitter, reader: RecordReader, options: ReadOptions) -> None:
        self._options = options
        self.splitter = splitter
        self.reader = reader
        self.was_truncated = False
        self._no_likely_end_before = 0

    def read(self, data: bytes, at: int, stop: int, builder: BlockBuilder) -> int:
        """Reads all that begins before `stop`; returns where what follows begins. Raises MoreNeeded, having read what
        is before its `start`.

        `data` may go on after `stop`, and a record that begins before it may end after it.
        """
        splitter = self.splitter
        while True:
            if data[at : at + 1] != b"{":
                at = splitter.past_syntax(data, at)
            if at >= stop:
                return at
            end = self._likely_record(data, at, builder)
            if end is not None:
                at = end
                continue
            frame = splitter.next(data, at)
            if isinstance(frame, int):
                return frame
            at = frame.end
            self.was_truncated = frame.fault is Reason.TRUNCATED
            self._decide_frame(data, frame, builder)

    def _decide_frame(self, data: bytes, frame: Frame, builder: BlockBuilder) -> None:
        source = data[frame.start : frame.end]
        most = self._options.max_record
        if frame.fault is None and len(source) <= most:
            self._decide_quickly(source, frame.start, builder)
            return
        offset = self.splitter.base + frame.start
        payload = source if frame.fault is None else source.rstrip(SPACE)
        if len(payload) <= most and frame.fault is not None:
            builder.reject(frame.start, offset, frame.fault, frame.message, payload)
            return
        for part in range(0, len(payload), most):
            message = f"the record is larger than {most} bytes; this is a part of it"
            piece = payload[part : part + most]
            builder.reject(frame.start + part, offset + part, Reason.RECORD_TOO_LARGE, message, piece)

    def decide(self, source: bytes, position: int, builder: BlockBuilder) -> None:
        """One record that is an object by itself, found at `position` of the buffer."""
        try:
            self._add(source, position, self.reader.row(source), builder)
        except Refused as refused:
            builder.reject(position, self.splitter.base + position, refused.reason, refused.message, source)

    def _decide_quickly(self, source: bytes, position: int, builder: BlockBuilder) -> None:
        try:
            row = self.reader.quick_row(source, orjson.loads(source)) if self._options.is_quick else None
        except orjson.JSONDecodeError:
            row = None
        if row is None:
            self.decide(source, position, builder)
        else:
            self._add(source, position, row, builder)

    def _add(self, source: bytes, position: int, row: Row, builder: BlockBuilder) -> None:
        kept = (self.splitter.base + position, source) if self._options.keeps_sources else None
        builder.add_row(position, row, kept)

    def _likely_record(self, data: bytes, at: int, builder: BlockBuilder) -> int | None:
        """Reads the record at `at` if it is where records mostly are, and returns its end."""
        if data[at] != _OPENING_BRACE:
            return None
        base = self.splitter.base
        likely = _LIKELY_END.search(data, max(at, self._no_likely_end_before - base), at + self._options.likely_bytes)
        if likely is None:
            self._no_likely_end_before = base + min(at + self._options.likely_bytes, len(data))
            return None
        source = data[at : likely.end()]
        try:
            record = orjson.loads(source)
        except orjson.JSONDecodeError:
            return None
        if self.splitter.may_be_envelope(record):
            return None
        row = self.reader.quick_row(source, record) if self._options.is_quick else None
        if row is None:
            self.decide(source, at, builder)
        else:
            self._add(source, at, row, builder)
        self.splitter.passed_records()
        self.was_truncated = False
        return likely.end()
