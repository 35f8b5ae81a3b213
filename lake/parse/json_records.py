"""The records of a stream of JSON, found and read: as lines where they look like lines, else one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lake.parse.block import ReadOptions
from lake.parse.block_builder import BlockBuilder
from lake.parse.json_frame import Frame
from lake.parse.json_objects import NOT_DECODED
from lake.parse.json_pieces import SPACE, Bools, Pieces, Span, pieces_of, values_in
from lake.parse.json_scanner import is_json_too_deep
from lake.parse.json_splitter import NONE_LIKELY, Splitter
from lake.parse.json_structs import Decoded, GatheredArrays, Rows, StructReader
from lake.parse.reasons import Reason
from lake.parse.records import RecordReader
from lake.parse.refused import Refused
from lake.parse.skip_rules import NONE_SKIPPED, SkipRules

_WORTH_A_LOOK = 32 << 10
_OPEN = ord("{")
_FEW = 8  # records that are sooner read one by one than at once


class JsonRecords:
    """Reads stretches into a BlockBuilder.

    The Splitter decides where records begin and end, the RecordReader what they mean. Lines that are records by
    themselves need no Splitter; what the StructReader reads needs no RecordReader, and without one there are no lines.
    """

    def __init__(
        self,
        splitter: Splitter,
        reader: RecordReader,
        structs: StructReader | None,
        options: ReadOptions,
        skip: SkipRules = NONE_SKIPPED,
    ) -> None:
        self._splitter = splitter
        self.reader = reader
        self._structs = structs
        self._options = options
        self._skip = skip
        self.was_truncated = False
        self._back_off_bytes = 0
        self._unseen_bytes = 0
        self._found: list[Span] = []
        self._arrays: list[Span] = []
        self._gathered: GatheredArrays | None = None

    def read(self, data: bytes, at: int, stop: int, builder: BlockBuilder) -> int:
        """Reads all that begins before `stop`; returns where what follows begins. Raises MoreNeeded, having read what
        is before its `start`.

        `data` may go on after `stop`, and a record that begins before it may end after it.
        """
        try:
            while (at := self._splitter.past_syntax(data, at)) < stop:
                at = self._read_some(data, at, stop, builder)
        finally:
            self.read_found(data, builder)
        return at

    def _read_some(self, data: bytes, at: int, stop: int, builder: BlockBuilder) -> int:
        if self._structs is None:
            return self.find(data, at, stop, builder)
        is_object = data[at : at + 1] == b"{"
        limit = min(stop, at + (self._unseen_bytes or self._options.window_bytes))
        is_looked_at = is_object and not self._unseen_bytes
        end = self._splitter.last_boundary(data, at, limit) if is_looked_at else at
        if end == at:
            after = self.find(data, at, limit if is_object else at + 1, builder)
            self._unseen_bytes = max(self._unseen_bytes - (after - at), 0)
            return after
        state = self._splitter.state
        if self._read_run(self._structs, data, [(at, end)], self._splitter.in_array, builder):
            self._splitter.passed_records()
            self.was_truncated = False
            return end
        after = self._read_pieces(self._structs, data, at, end, builder)
        # Where forms alternate, as in a stream of short arrays, looking far ahead is useless: wait ever longer.
        is_useless = self._splitter.state != state and after - at < _WORTH_A_LOOK
        longer = min(max(2 * self._back_off_bytes, _WORTH_A_LOOK), self._options.window_bytes)
        self._back_off_bytes = self._unseen_bytes = longer if is_useless else 0
        return after

    def find(
        self, data: bytes, at: int, stop: int, builder: BlockBuilder, likely: Mapping[int, int] = NONE_LIKELY
    ) -> int:
        """As `read`, one frame after the other; records found are read later, with others.

        `likely` is as of Splitter.next.
        """
        while (at := self._splitter.past_syntax(data, at)) < stop:
            frame = self._splitter.next(data, at, likely)
            if isinstance(frame, int):
                return frame
            at = frame.end
            self.was_truncated = frame.fault is Reason.TRUNCATED
            if frame.fault is None and frame.end - frame.start <= self._options.max_record:
                self._found.append((frame.start, frame.end))
            else:
                self.reject(data, frame, builder, self._splitter.base)
        return at

    def enter_array(self, base: int) -> None:
        """What is read next are elements of an array that is valid JSON, in a buffer at `base` of the stream."""
        self._splitter.enter_array(base)

    def array(self, data: bytes, start: int, end: int, builder: BlockBuilder) -> None:
        """Reads the elements, from `start` to `end`, of the array that was entered: later, with those of others."""
        if self._options.is_single:
            self._find_in(data, start, end, builder)
            return
        self._arrays.append((start, end))
        if end - self._arrays[0][0] >= self._options.window_bytes:
            self._read_arrays(data, builder)

    def decoded_array(self, data: bytes, array: Span, whole: Span, builder: BlockBuilder) -> int | None:
        """As `array`, of one in its brackets that may be no valid JSON: how many elements it has.

        None, and nothing is read, where it is no array of records that can be decoded, or where `whole`, of which it is
        a part, may be nested too deep.
        """
        structs = self._structs
        if structs is None:
            return None
        if self._gathered is not None and self._gathered.shape is not structs.shape:
            self._add_gathered(data, builder)
        try:
            found = structs.shape.elements(data, *array)
        except NOT_DECODED:
            return None
        if structs.shape.may_be_deep(found) and is_json_too_deep(data[slice(*whole)]):
            return None
        if found:
            self._gathered = self._gathered or GatheredArrays(structs.shape)
            self._gathered.add(array[0] + 1, array[1] - 1, found)
            if array[1] - self._gathered.start >= self._options.window_bytes:
                self._add_gathered(data, builder)
        return len(found)

    def _add_gathered(self, data: bytes, builder: BlockBuilder) -> None:
        gathered, self._gathered = self._gathered, None
        if self._structs is not None and gathered is not None:
            self._add_run(self._structs, gathered.decoded(data), builder)

    def reject(self, data: bytes, frame: Frame, builder: BlockBuilder, base: int) -> None:
        """Rejects a frame that has a fault, or is too large, of a buffer at `base` of the stream."""
        most = self._options.max_record
        payload = data[frame.start : frame.end].rstrip(SPACE)
        offset = base + frame.start
        if len(payload) <= most and frame.fault is not None:
            builder.reject(frame.start, offset, frame.fault, frame.message, payload)
            return
        for part in range(0, len(payload), most):
            message = f"the record is larger than {most} bytes; this is a part of it"
            piece = payload[part : part + most]
            builder.reject(frame.start + part, offset + part, Reason.RECORD_TOO_LARGE, message, piece)

    def read_found(self, data: bytes, builder: BlockBuilder) -> None:
        """Reads what `find` has found, and arrays."""
        if self._arrays:
            self._read_arrays(data, builder)
        self._add_gathered(data, builder)
        found, self._found = self._found, []
        spans = np.array(found, dtype=np.int64).reshape(-1, 2)
        records = Pieces(data, spans[:, 0], spans[:, 1])
        is_wanted = self._unskipped(records, np.ones(len(found), dtype=np.bool_), builder)
        is_many = self._structs is not None and len(found) >= _FEW
        rows = self._structs.rows(self._structs.decode(records), is_wanted) if self._structs and is_many else []
        self._add(rows, records, is_wanted, builder)

    def _read_arrays(self, data: bytes, builder: BlockBuilder) -> None:
        arrays, self._arrays = self._arrays, []
        if self._structs is not None and self._read_run(self._structs, data, arrays, True, builder):
            return
        for start, end in arrays:
            spans = _objects(data, start, end)
            if spans is None:
                self._find_in(data, start, end, builder)
            else:
                self._found.extend(spans)

    def _find_in(self, data: bytes, start: int, end: int, builder: BlockBuilder) -> None:
        self._splitter.enter_array(self._splitter.base)
        self.find(data, start, end, builder)

    def _read_run(
        self, structs: StructReader, data: bytes, stretches: Sequence[Span], is_array: bool, builder: BlockBuilder
    ) -> bool:
        """Reads stretches at once, if all of them is records; whether that could be done."""
        run = structs.decode_run(data, stretches, is_array)
        if run is not None:
            self._add_run(structs, run, builder)
        return run is not None

    def _add_run(self, structs: StructReader, run: Decoded, builder: BlockBuilder) -> None:
        """Adds rows of a run, of whose records all were decoded."""
        is_wanted = self._unskipped(run.records, run.is_read, builder)
        rows = structs.rows(run, is_wanted)
        if len(rows) == 1 and len(rows[0].places) == len(run.records) and not self._options.keeps_sources:
            builder.add_table(run.records.positions, rows[0].table, rows[0].coerced)
        else:
            self._add(rows, run.records, is_wanted, builder)

    def _read_pieces(self, structs: StructReader, data: bytes, at: int, end: int, builder: BlockBuilder) -> int:
        """Reads a stretch of which most pieces are records; others are read from their beginning to wherever."""
        splitter = self._splitter
        pieces, is_braced = pieces_of(data, at, end, splitter.gap(data, at))
        decoded = structs.decode(pieces)
        is_plain = decoded.is_read & is_braced
        state, irregular, place = splitter.state, 0, 0
        likely = dict(zip(pieces.starts[~is_plain].tolist(), pieces.ends[~is_plain].tolist(), strict=True))
        try:
            for irregular in np.flatnonzero(~is_plain).tolist():
                if irregular >= place and splitter.state == state:
                    at, place = self._read_irregular(pieces, end, is_plain, builder, irregular, likely)
            if splitter.state == state:
                at, irregular = max(end, at), len(is_plain)
            else:
                irregular = place
        finally:
            # After MoreNeeded, or another form, what is left of the stretch is read again.
            is_plain[irregular:] &= at >= end
            self.was_truncated &= not is_plain[-1]
            is_wanted = self._unskipped(pieces, is_plain, builder)
            self._add(structs.rows(decoded, is_wanted), pieces, is_wanted, builder)
        splitter.passed_records()
        return at

    def _read_irregular(
        self,
        pieces: Pieces,
        end: int,
        is_plain: Bools,
        builder: BlockBuilder,
        irregular: int,
        likely: Mapping[int, int],
    ) -> tuple[int, int]:
        """Reads from an irregular piece to the next plain one; returns where that is, in the buffer and among pieces.

        A record may go on over pieces that look like records, and end within one: those are plain no more.
        """
        starts = pieces.starts
        at, place = int(starts[irregular]), irregular
        state = self._splitter.state
        while True:
            following = _first(is_plain, place)
            stop = int(starts[following]) if following < len(starts) else end
            at = self.find(pieces.data, at, stop, builder, likely)
            place = following if at == stop else int(np.searchsorted(starts, at))
            is_plain[irregular:place] = False
            is_at_piece = place < len(starts) and int(starts[place]) == at
            if is_at_piece or at >= end or self._splitter.state != state:
                return at, place

    def _unskipped(self, records: Pieces, is_record: Bools, builder: BlockBuilder) -> Bools:
        """Which of the pieces that are records are not skipped."""
        if not self._skip:
            return is_record
        is_skipped = self._skip.of(records.each) & is_record
        builder.skipped += int(np.count_nonzero(is_skipped))
        return is_record & ~is_skipped

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
            row = self.reader.row(source, builder.coerced)
        except Refused as refused:
            builder.reject(start, offset, refused.reason, refused.message, source)
        else:
            builder.add_row(start, row)
            if self._options.keeps_sources:
                builder.add_source(offset, source)


def _objects(data: bytes, start: int, end: int) -> list[Span] | None:
    """Where the elements of an array are, None where not all are objects, or msgspec does not pass what they hold."""
    try:
        starts, ends = values_in(data, start, end, is_array=True)
    except NOT_DECODED:
        return None
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    return spans if all(data[first] == _OPEN for first, _ in spans) else None


def _first(mask: Bools, start: int) -> int:
    """The first place from `start` on where the mask is set, its length where there is none."""
    place = int(np.argmax(mask[start:])) + start if start < len(mask) else start
    return place if place < len(mask) and mask[place] else len(mask)
