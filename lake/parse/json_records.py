"""The records of a stream of JSON, found and read: as lines where they look like lines, else one after the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lake.parse.block import ReadOptions
from lake.parse.block_builder import BlockBuilder
from lake.parse.json_frame import Frame
from lake.parse.json_lines import SPACE, Bools, Lines, Starts, lines_of
from lake.parse.json_splitter import Splitter
from lake.parse.json_structs import Decoded, Sources, StructReader
from lake.parse.reasons import Reason
from lake.parse.records import RecordReader
from lake.parse.refused import Refused

_WORTH_A_LOOK = 32 << 10
_FEW = 8  # records that are sooner read one by one than at once


class JsonRecords:
    """Reads stretches into a BlockBuilder.

    The Splitter decides where records begin and end, the RecordReader what they mean. Lines that are records by
    themselves need no Splitter; what the StructReader reads needs no RecordReader, and without one there are no lines.
    """

    def __init__(
        self, splitter: Splitter, reader: RecordReader, structs: StructReader | None, options: ReadOptions
    ) -> None:
        self._splitter = splitter
        self._reader = reader
        self._structs = structs
        self._options = options
        self.was_truncated = False
        self._back_off_bytes = 0
        self._unseen_bytes = 0
        self._found: list[tuple[int, bytes]] = []

    def read(self, data: bytes, at: int, stop: int, builder: BlockBuilder) -> int:
        """Reads all that begins before `stop`; returns where what follows begins. Raises MoreNeeded, having read what
        is before its `start`.

        `data` may go on after `stop`, and a record that begins before it may end after it.
        """
        try:
            while (at := self._splitter.past_syntax(data, at)) < stop:
                at = self._read_some(data, at, stop, builder)
        finally:
            self._read_found(builder)
        return at

    def _read_some(self, data: bytes, at: int, stop: int, builder: BlockBuilder) -> int:
        if self._structs is None:
            return self._find(data, at, stop, builder)
        is_object = data[at : at + 1] == b"{"
        limit = min(stop, at + (self._unseen_bytes or self._options.window_bytes))
        is_looked_at = is_object and not self._unseen_bytes
        end = self._splitter.last_boundary(data, at, limit) if is_looked_at else at
        if end == at:
            after = self._find(data, at, limit if is_object else at + 1, builder)
            self._unseen_bytes = max(self._unseen_bytes - (after - at), 0)
            return after
        state = self._splitter.state
        after = self._read_lines(self._structs, data, at, end, builder)
        # Where forms alternate, as in a stream of short arrays, looking far ahead is useless: wait ever longer.
        is_useless = self._splitter.state != state and after - at < _WORTH_A_LOOK
        longer = min(max(2 * self._back_off_bytes, _WORTH_A_LOOK), self._options.window_bytes)
        self._back_off_bytes = self._unseen_bytes = longer if is_useless else 0
        return after

    def _find(self, data: bytes, at: int, stop: int, builder: BlockBuilder) -> int:
        """As `read`, one frame after the other; records found are read later, with others."""
        while (at := self._splitter.past_syntax(data, at)) < stop:
            frame = self._splitter.next(data, at)
            if isinstance(frame, int):
                return frame
            at = frame.end
            self.was_truncated = frame.fault is Reason.TRUNCATED
            if frame.fault is None and frame.end - frame.start <= self._options.max_record:
                self._found.append((frame.start, data[frame.start : frame.end]))
            else:
                self._reject(data, frame, builder)
        return at

    def _reject(self, data: bytes, frame: Frame, builder: BlockBuilder) -> None:
        most = self._options.max_record
        payload = data[frame.start : frame.end].rstrip(SPACE)
        offset = self._splitter.base + frame.start
        if len(payload) <= most and frame.fault is not None:
            builder.reject(frame.start, offset, frame.fault, frame.message, payload)
            return
        for part in range(0, len(payload), most):
            message = f"the record is larger than {most} bytes; this is a part of it"
            piece = payload[part : part + most]
            builder.reject(frame.start + part, offset + part, Reason.RECORD_TOO_LARGE, message, piece)

    def _read_found(self, builder: BlockBuilder) -> None:
        found, self._found = self._found, []
        if self._structs is None or len(found) < _FEW:
            for start, source in found:
                self._read_singly(source, start, builder)
            return
        starts = np.array([start for start, _ in found])
        decoded = self._structs.decode(Sources(each=[source for _, source in found]))
        self._add(self._structs, decoded, lambda: starts, builder)

    def _read_lines(self, structs: StructReader, data: bytes, at: int, end: int, builder: BlockBuilder) -> int:
        """Reads a stretch of which most lines are records; others are read from their beginning to wherever."""
        splitter = self._splitter
        lines = lines_of(data[at:end], at, splitter.in_array)
        braced = np.flatnonzero(lines.are_braced)
        decoded = structs.decode_lines(lines.text_of(braced), len(braced))
        is_plain = np.zeros(len(lines.are_braced), dtype=np.bool_)
        is_plain[braced] = True
        if decoded.failures:
            is_plain[braced] = [struct is not None for struct in decoded.structs]
        start, state, irregular, place = at, splitter.state, 0, 0
        try:
            while splitter.state == state and (irregular := _first(~is_plain, place)) < len(is_plain):
                at, place = self._read_irregular(data, lines, is_plain, builder, irregular)
            if splitter.state == state:
                at = max(end, at)
            else:
                irregular = place
        finally:
            # After MoreNeeded, or another form, what is left of the stretch is read again.
            is_plain[irregular:] &= at >= end
            self.was_truncated &= not is_plain[-1]
            decoded = decoded.only(is_plain[braced])
            self._add(structs, decoded, lambda: lines.starts[is_plain], builder, start if is_plain.all() else None)
        splitter.passed_records()
        return at

    def _read_irregular(
        self, data: bytes, lines: Lines, is_plain: Bools, builder: BlockBuilder, irregular: int
    ) -> tuple[int, int]:
        """Reads from an irregular line to the next plain one; returns where that is, in the buffer and among the lines.

        A record may go on over lines that look like records, and end within one: those are plain no more.
        """
        starts, end = lines.starts, lines.end
        at, place = int(starts[irregular]), irregular
        state = self._splitter.state
        while True:
            following = _first(is_plain, place)
            at = self._find(data, at, int(starts[following]) if following < len(starts) else end, builder)
            place = int(np.searchsorted(starts, at))
            is_plain[irregular:place] = False
            is_at_line = place < len(starts) and int(starts[place]) == at
            if is_at_line or at >= end or self._splitter.state != state:
                return at, place

    def _add(
        self,
        structs: StructReader,
        decoded: Decoded,
        starts_of: Callable[[], Starts],
        builder: BlockBuilder,
        alone_from: int | None = None,
    ) -> None:
        """Rows of records, others decided one by one; nothing else was found from `alone_from` on, if that is given."""
        rows = structs.rows(decoded)
        count = len(decoded.structs)
        is_whole = len(rows) == 1 and len(rows[0].places) == count
        if alone_from is not None and is_whole and not self._options.keeps_sources:
            builder.add_table(np.full(count, alone_from), rows[0].table)
            return
        starts, is_row = starts_of(), np.zeros(count, dtype=np.bool_)
        for places, table in rows:
            is_row[places] = True
            builder.add_table(starts[places], table)
        for start, source, was_read in zip(starts.tolist(), decoded.sources.each, is_row.tolist(), strict=True):
            if not was_read:
                self._read_singly(source, start, builder)
            elif self._options.keeps_sources:
                builder.add_source(self._splitter.base + start, source)

    def _read_singly(self, source: bytes, start: int, builder: BlockBuilder) -> None:
        """One record, found at `start` of the buffer, the way that decides."""
        offset = self._splitter.base + start
        try:
            row = self._reader.row(source)
        except Refused as refused:
            builder.reject(start, offset, refused.reason, refused.message, source)
        else:
            builder.add_row(start, row)
            if self._options.keeps_sources:
                builder.add_source(offset, source)


def _first(mask: Bools, start: int) -> int:
    """The first place from `start` on where the mask is set, its length where there is none."""
    place = int(np.argmax(mask[start:])) + start if start < len(mask) else start
    return place if place < len(mask) and mask[place] else len(mask)
