"""CSV (RFC 4180, or a contract's form of it) to blocks of rows and rejected records, in bounded memory.

The header names columns by their contract's `field`, in any order; it may come again, exactly equal, where exports were
concatenated. A header that names a column twice rejects all records as duplicate_field; a first row that names no
column at all is no header, and it and all below it are malformed_csv. Blank lines are no records. A column that the
header lacks is null, and missing_required in every record where the contract requires it. Where the contract says that
there is no header, fields come in the order of its columns. Comments, where it has a prefix for them, are no records.

A broken record (a misplaced quote, text after a closing quote, a quoted field of more than `max_record` bytes or
without end) costs the lines up to the next one that reads as a record of the header's width; where there is none within
`lookahead` bytes, the lines up to there. Where that is depends on the object's bytes alone, not on how they are read.
A record without a line end right before a gap is truncated: nothing tells what it has lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from lake.contract.arrow import arrow_schema
from lake.contract.model import Table, TextForm
from lake.parse.block import DEFAULT_OPTIONS, Block, ReadOptions, Rejected
from lake.parse.csv_header import BOM, Header, header_of, header_of_contract, text_form
from lake.parse.csv_rows import RowReader
from lake.parse.csv_stream import Segment, segments
from lake.parse.csv_text import Shape, fields_of, next_line, record_at, whole_records, without_comments
from lake.parse.gzip_stream import Chunk
from lake.parse.reasons import Reason

_SHOWN_SPACE = 1 << 20
_AFTER_FAULT = 8 << 10


def csv_blocks(chunks: Iterator[Chunk], table: Table, options: ReadOptions = DEFAULT_OPTIONS) -> Iterator[Block]:
    """The records of one object; an empty chunk behind a gap says that what followed the last one was lost.

    An object of white space only gives one empty_object reject.
    """
    return _CsvObject(table, options).blocks(segments(chunks))


class _CsvObject:
    """One object's reading: its header, and the number of its next record."""

    def __init__(self, table: Table, options: ReadOptions) -> None:
        self.options = options
        self.table = table
        self.form = text_form(table)
        self.comment = (self.form.comment or "").encode()
        self.has_comments = False
        self.record = 0
        self.rows: RowReader | None = None
        self.space = b""
        self.space_size = 0
        self.no_rows = arrow_schema(table).empty_table()

    def blocks(self, stretches: Iterator[Segment]) -> Iterator[Block]:
        for segment in stretches:
            if self.rows is None or self.rows.header.is_record:
                self._skip_to_text(segment)
                yield from self._header(segment)
            if self.rows is not None:
                yield from self._body(segment, self.rows)
        if self.rows is None and self.record == 0 and not self.has_comments:
            expected = "a header row and records" if self.form.has_header else "records"
            message = f"expected {expected}, got {self.space_size} bytes of white space"
            yield self._rejected(Reason.EMPTY_OBJECT, message, 0, self.space)

    def _skip_to_text(self, segment: Segment) -> None:
        """Skip what may precede the first row: a byte-order mark, blank lines, comments."""
        self._skip_bom(segment)
        self._skip_space(segment)
        self._skip_bom(segment)
        while self._skip_comment(segment):
            self._skip_space(segment)

    def _header(self, segment: Segment) -> Iterator[Block]:
        """Read the segment's header row, leaving what is below it."""
        if not self.form.has_header:
            if segment.peek(1)[0]:
                self.rows = RowReader(self.table, header_of_contract(self.table), self.options)
            return
        size = self.options.lookahead
        while True:
            data, is_all = segment.peek(size)
            attempt = record_at(data, 0, form=self.form)
            if (
                attempt.shape is Shape.BROKEN
                or is_all
                or size >= self.options.max_record
                or attempt.after > attempt.end
            ):
                break
            size *= 4
        if not data:
            return
        if is_all and segment.is_cut_off and attempt.after == attempt.end:
            yield self._rejected(Reason.TRUNCATED, "a damaged stretch begins within the header", segment.offset, data)
            segment.skip(len(data))
            return
        end = attempt.end if attempt.shape is Shape.WHOLE else next_line(data, 0)
        header = header_of(data[:end].rstrip(b"\r\n"), self.table)
        self.rows = RowReader(self.table, header, self.options)
        if not header.is_record:
            segment.skip(attempt.end)

    def _skip_bom(self, segment: Segment) -> None:
        if segment.peek(len(BOM))[0] == BOM:
            segment.skip(len(BOM))

    def _skip_comment(self, segment: Segment) -> bool:
        """Skip the line that comes next if it is a comment, and say whether it was one."""
        if not self.comment or segment.peek(len(self.comment))[0] != self.comment:
            return False
        self.has_comments = True
        while True:
            data, is_all = segment.peek(self.options.lookahead)
            line = next_line(data, 0)
            segment.skip(len(data) if line is None else line)
            if line is not None or is_all:
                return True

    def _skip_space(self, segment: Segment) -> None:
        blank = None if self.form.has_header else b"\r\n"  # a first row may begin with empty fields
        while True:
            data, _ = segment.peek(self.options.lookahead)
            space = len(data) - len(data.lstrip(blank))
            if space < len(data):  # spaces before the header's first name are the name's
                space = max(data.rfind(b"\n", 0, space), data.rfind(b"\r", 0, space)) + 1
            self.space += data[: min(space, _SHOWN_SPACE - len(self.space))]
            self.space_size += space
            segment.skip(space)
            if space < len(data) or not data:
                return

    def _body(self, segment: Segment, rows: RowReader) -> Iterator[Block]:
        """The records below the header, in windows that shrink where one is broken and grow again where none is."""
        window = self.options.block_bytes
        while True:
            while self._skip_comment(segment):
                pass
            peeked, is_all = segment.peek(window)
            if not peeked:
                return
            data = without_comments(peeked, is_all, self.form)
            is_all = is_all and len(data) == len(peeked)
            cut, is_broken = whole_records(data, is_all and not segment.is_cut_off, self.form)
            if cut:
                block = rows.block(data[:cut], self.record, segment.offset)
                self.record += block.records
                segment.skip(cut)
                yield block
            if is_broken or (not cut and (is_all or window >= self.options.max_record)):
                yield from self._broken(segment, rows.header, Shape.BROKEN if is_broken else Shape.UNCLOSED)
                window = _AFTER_FAULT
            else:
                window = min(window * 2, self.options.block_bytes if cut else self.options.max_record)

    def _broken(self, segment: Segment, header: Header, shape: Shape) -> Iterator[Block]:
        """Reject the record that comes next, up to where reading can go on."""
        data, is_all = segment.peek(self.options.lookahead)
        if next_line(data, 0) is None and not is_all:
            data, is_all = segment.peek(self.options.max_record)
            if next_line(data, 0) is None and not is_all:
                yield from self._too_large(segment)
                return
            data = data[: next_line(data, 0)]
            is_all = is_all and next_line(data, 0) is None
        attempt = record_at(data, 0, form=self.form)
        is_open = is_all and segment.is_cut_off and attempt.after == attempt.end
        if is_open and shape is not Shape.BROKEN:
            yield self._reject_next(segment, data, Reason.TRUNCATED, "a damaged stretch begins within the record")
            return
        is_end = is_all and not segment.is_cut_off
        bad = data[: _resumption(data, None if header.fault else header.width, is_end, self.form)]
        reason, message = header.fault or (Reason.MALFORMED_CSV, shape.value)
        yield self._reject_next(segment, bad, reason, message)

    def _too_large(self, segment: Segment) -> Iterator[Block]:
        """Reject a line of more than `max_record` bytes, in pieces of that size."""
        message = f"a record may have {self.options.max_record} bytes; this is a piece of a line of more"
        while True:
            data, is_all = segment.peek(self.options.max_record)
            line = next_line(data, 0)
            if data:
                yield self._reject_next(segment, data[:line], Reason.RECORD_TOO_LARGE, message)
            if line is not None or is_all or not data:
                return

    def _reject_next(self, segment: Segment, data: bytes, reason: Reason, message: str) -> Block:
        block = self._rejected(reason, message, segment.offset, data.rstrip(b"\r\n"))
        segment.skip(len(data))
        return block

    def _rejected(self, reason: Reason, message: str, offset: int, payload: bytes) -> Block:
        self.record += 1
        return Block(self.no_rows, (Rejected(reason, message, self.record - 1, offset, payload),))


def _resumption(data: bytes, width: int | None, is_end: bool, form: TextForm) -> int:
    """How many bytes, one line at least, the broken record at the start of `data` costs.

    Up to the first line from which a record of `width` fields (of any number, if None) can be read, or that is a
    comment; otherwise up to the last line, which may go on behind `data`, or, with `is_end`, all.
    """
    line = next_line(data, 0)
    while line is not None and line < len(data):
        if form.comment and data.startswith(form.comment.encode(), line):
            return line
        attempt = record_at(data, line, form=form)
        is_whole = attempt.shape is Shape.WHOLE and (attempt.after > attempt.end or is_end)
        if is_whole and width in (None, len(fields_of(data[line : attempt.end], form))):
            return line
        after = next_line(data, line)
        if after is None and not is_end:
            return line
        line = after
    return len(data)
