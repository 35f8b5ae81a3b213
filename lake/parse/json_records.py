"""The records of a stream of JSON, found and read: as lines where they look like lines, else one after the other."""

from __future__ import annotations

import numpy as np

from lake.parse.block import ReadOptions
from lake.parse.block_builder import BlockBuilder
from lake.parse.json_frame import Frame
from lake.parse.json_pieces import SPACE, Bools, MisalignedError, Pieces, pieces_of
from lake.parse.json_splitter import Splitter
from lake.parse.json_structs import Rows, StructReader
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
        self._found: list[tuple[int, int]] = []

    def read(self, data: bytes, at: int, stop: int, builder: BlockBuilder) -> int:
        """Reads all that begins before `stop`; returns where what follows begins. Raises MoreNeeded, having read what
        is before its `start`.

        `data` may go on after `stop`, and a record that begins before it may end after it.
        """
        try:
            while (at := self._splitter.past_syntax(data, at)) < stop:
                at = self._read_some(data, at, stop, builder)
        finally:
            self._read_found(data, builder)
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
        if self._read_run(self._structs, data, at, end, builder):
            return end
        after = self._read_pieces(self._structs, data, at, end, builder)
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
                self._found.append((frame.start, frame.end))
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

    def _read_found(self, data: bytes, builder: BlockBuilder) -> None:
        found, self._found = self._found, []
        spans = np.array(found, dtype=np.int64).reshape(-1, 2)
        records = Pieces(data, spans[:, 0], spans[:, 1])
        if self._structs is None or len(found) < _FEW:
            self._add([], records, np.ones(len(found), dtype=np.bool_), builder)
        else:
            rows = self._structs.rows(self._structs.decode(records))
            self._add(rows, records, np.ones(len(found), dtype=np.bool_), builder)

    def _read_run(self, structs: StructReader, data: bytes, at: int, end: int, builder: BlockBuilder) -> bool:
        """Reads a stretch at once, if all of it is records; whether that could be done."""
        run = structs.decode_run(data, at, end, self._splitter.gap(data, at))
        if run is None:
            return False
        try:
            rows = structs.rows(run)
            if len(rows) == 1 and len(rows[0].places) == len(run.records) and not self._options.keeps_sources:
                builder.add_table(np.full(len(run.records), at), rows[0].table, rows[0].coerced)
            else:
                self._add(rows, run.records, run.is_read, builder)
        except MisalignedError:
            return False
        self._splitter.passed_records()
        self.was_truncated = False
        return True

    def _read_pieces(self, structs: StructReader, data: bytes, at: int, end: int, builder: BlockBuilder) -> int:
        """Reads a stretch of which most pieces are records; others are read from their beginning to wherever."""
        splitter = self._splitter
        pieces, is_braced = pieces_of(data, at, end, splitter.gap(data, at))
        decoded = structs.decode(pieces)
        is_plain = decoded.is_read & is_braced
        state, irregular, place = splitter.state, 0, 0
        try:
            while splitter.state == state and (irregular := _first(~is_plain, place)) < len(is_plain):
                at, place = self._read_irregular(pieces, end, is_plain, builder, irregular)
            if splitter.state == state:
                at = max(end, at)
            else:
                irregular = place
        finally:
            # After MoreNeeded, or another form, what is left of the stretch is read again.
            is_plain[irregular:] &= at >= end
            self.was_truncated &= not is_plain[-1]
            self._add(structs.rows(decoded, is_plain), pieces, is_plain, builder)
        splitter.passed_records()
        return at

    def _read_irregular(
        self, pieces: Pieces, end: int, is_plain: Bools, builder: BlockBuilder, irregular: int
    ) -> tuple[int, int]:
        """Reads from an irregular piece to the next plain one; returns where that is, in the buffer and among pieces.

        A record may go on over pieces that look like records, and end within one: those are plain no more.
        """
        starts = pieces.starts
        at, place = int(starts[irregular]), irregular
        state = self._splitter.state
        while True:
            following = _first(is_plain, place)
            at = self._find(pieces.data, at, int(starts[following]) if following < len(starts) else end, builder)
            place = int(np.searchsorted(starts, at))
            is_plain[irregular:place] = False
            is_at_piece = place < len(starts) and int(starts[place]) == at
            if is_at_piece or at >= end or self._splitter.state != state:
                return at, place

    def _add(self, rows: list[Rows], records: Pieces, is_record: Bools, builder: BlockBuilder) -> None:
        """Adds rows of records; those that have none are decided one by one."""
        is_row = np.zeros(len(records), dtype=np.bool_)
        for places, table, coerced in rows:
            is_row[places] = True
            builder.add_table(records.starts[places], table, coerced)
        if self._options.keeps_sources:
            for place in np.flatnonzero(is_row).tolist():
                builder.add_source(self._splitter.base + int(records.starts[place]), records[place])
        for place in np.flatnonzero(is_record & ~is_row).tolist():
            self._read_singly(records[place], int(records.starts[place]), builder)

    def _read_singly(self, source: bytes, start: int, builder: BlockBuilder) -> None:
        """One record, found at `start` of the buffer, the way that decides."""
        offset = self._splitter.base + start
        try:
            row = self._reader.row(source, builder.coerced)
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
