"""Lines of text to blocks of rows and rejected records, in bounded memory.

A line (LF, or CR LF) is a record; blank lines and comments are none. Where the contract has a `recordStart`, a record
goes from a line that matches it up to the next one; lines before the first are one record that is rejected. A record of
more than LONGEST_RECORD bytes is rejected in pieces. A record right before a gap is truncated if its line has no end
or, where records have several lines, in any case: nothing tells what it has lost.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lake.contract.arrow import arrow_schema
from lake.contract.model import Table
from lake.parse.block import DEFAULT_OPTIONS, Block, ReadOptions, Rejected
from lake.parse.csv_header import BOM, text_form
from lake.parse.csv_spans import Records
from lake.parse.csv_stream import Segment, segments
from lake.parse.gzip_stream import Chunk
from lake.parse.line_rows import LineReader
from lake.parse.line_spans import LONGEST_RECORD, START_BYTES, Lines, lines_of, next_record
from lake.parse.reasons import Reason

_SHOWN_SPACE = 1 << 20


def line_blocks(chunks: Iterator[Chunk], table: Table, options: ReadOptions = DEFAULT_OPTIONS) -> Iterator[Block]:
    """The records of one object; an empty chunk behind a gap says that what followed the last one was lost.

    An object of blank lines only gives one empty_object reject.
    """
    return _LineObject(table, options).blocks(segments(chunks))


class _LineObject:
    """One object's reading, and the number of its next record."""

    def __init__(self, table: Table, options: ReadOptions) -> None:
        self.form = text_form(table)
        self.reader = LineReader(table, options)
        self.longest = min(options.max_record, LONGEST_RECORD)
        self.window = max(options.block_bytes, self.longest + START_BYTES + 2)  # the next record's start is seen
        self.no_rows = arrow_schema(table).empty_table()
        self.record = 0

    def blocks(self, stretches: Iterator[Segment]) -> Iterator[Block]:
        beginning, size = b"", 0
        for segment in stretches:
            beginning = beginning or segment.peek(_SHOWN_SPACE)[0]
            if segment.peek(len(BOM))[0] == BOM:
                segment.skip(len(BOM))
            yield from self._segment(segment)
            size = segment.offset
        if self.record == 0 and not beginning.strip(b"\r\n"):
            message = f"expected lines, got {size} bytes of blank ones"
            yield self._rejected(Reason.EMPTY_OBJECT, message, 0, beginning)

    def _segment(self, segment: Segment) -> Iterator[Block]:
        while True:
            data, is_all = segment.peek(self.window)
            if not data:
                return
            is_final = is_all and not segment.is_cut_off
            lines = lines_of(data, is_final, self.form)
            too_large = np.flatnonzero(lines.ends - lines.starts > self.longest)
            end = lines.rest if not len(too_large) else int(lines.starts[too_large[0]])
            if end:
                yield from self._read(data, lines, end, segment.offset)
                segment.skip(end)
            if len(too_large) or (not end and len(data) > self.longest):
                yield from self._too_large(segment)
            elif is_all and not is_final and not end:
                yield self._reject(segment, data, Reason.TRUNCATED, "a damaged stretch begins within the record")

    def _read(self, data: bytes, lines: Lines, end: int, offset: int) -> Iterator[Block]:
        """The records before `end`, as one block."""
        is_before = lines.starts < end
        starts, ends = lines.starts[is_before], lines.ends[is_before]
        if not len(starts):
            return
        numbers = np.arange(self.record, self.record + len(starts))
        records = Records(data, offset, numbers, starts, ends, np.ones(len(starts), np.int64), is_all=False)
        block = self.reader.block(records, lines.is_started[is_before])
        self.record += block.records
        yield block

    def _too_large(self, segment: Segment) -> Iterator[Block]:
        """Reject the record that comes next, in pieces; where it ends, reading goes on."""
        message = f"a record of lines may have {self.longest} bytes; this is a piece of one of more"
        is_inside = False
        while True:
            data, is_all = segment.peek(self.longest)
            after = next_record(data, is_all, self.form, is_inside=is_inside)
            if after is None and not is_all and self.form.record_start is not None:
                last = data.rfind(b"\n") + 1  # a line is looked at as a whole, unless it is too large itself
                data, is_inside = data[: last or len(data)], last > 0
            if data[:after]:
                yield self._reject(segment, data[:after], Reason.RECORD_TOO_LARGE, message)
            if after is not None or is_all or not data:
                return

    def _reject(self, segment: Segment, data: bytes, reason: Reason, message: str) -> Block:
        block = self._rejected(reason, message, segment.offset, data.rstrip(b"\r\n"))
        segment.skip(len(data))
        return block

    def _rejected(self, reason: Reason, message: str, offset: int, payload: bytes) -> Block:
        self.record += 1
        return Block(self.no_rows, (Rejected(reason, message, self.record - 1, offset, payload),))
