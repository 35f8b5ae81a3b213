"""Stretches of a stream read as columns at once, and only what is irregular in them one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lake.parse.block import ReadOptions
from lake.parse.block_builder import BlockBuilder
from lake.parse.json_columns import Bools, ColumnReader, NotUniformError, parse_lines
from lake.parse.json_frame import MoreNeeded
from lake.parse.json_lines import Lines, Starts, lines_of
from lake.parse.json_rescue import rescued_column
from lake.parse.json_rowwise import RowwiseReader
from lake.parse.learned_schema import LearnedSchema, parsed

_FEWEST_LINES = 64
_PARTS = 8
_SAMPLES = 64
_LEARNT_FROM = 16
_WORTH_IT = 0.4
_WORTH_A_LOOK = 32 << 10


class ColumnarReader:
    """Reads stretches into an BlockBuilder; what it cannot read at once goes to the exact reader."""

    def __init__(
        self,
        columns: Sequence[ColumnReader],
        learned: LearnedSchema,
        exact: RowwiseReader,
        rescue: bool,
        options: ReadOptions,
    ) -> None:
        self._rowwise = exact
        self._columns = columns
        self._learned = learned
        self._rescue = rescue
        self._window = options.window_bytes
        is_wanted = options.is_columnar and not options.keeps_sources
        self._is_possible = is_wanted and all(column.is_readable for column in columns)
        self._back_off_bytes = 0
        self._exact_bytes = 0

    def read(self, data: bytes, at: int, stop: int, builder: BlockBuilder) -> int:
        """As RowwiseReader.read."""
        if not self._is_possible:
            return self._rowwise.read(data, at, stop, builder)
        splitter = self._rowwise.splitter
        while (at := splitter.past_syntax(data, at)) < stop:
            limit = min(stop, at + (self._exact_bytes or self._window))
            before, state = at, splitter.state
            is_object = data[at : at + 1] == b"{"
            end = splitter.last_boundary(data, at, limit) if is_object and not self._exact_bytes else at
            if end > at:
                at = self._read_stretch(data, at, end, builder)
                self._back_off(splitter.state != state and at - before < _WORTH_A_LOOK)
            else:
                at = self._rowwise.read(data, at, limit if is_object else at + 1, builder)
                self._exact_bytes = max(self._exact_bytes - (at - before), 0)
        return at

    def _back_off(self, was_useless: bool) -> None:
        """Where forms alternate, as in a stream of short arrays, looking far ahead is useless: wait ever longer."""
        self._back_off_bytes = min(max(2 * self._back_off_bytes, _WORTH_A_LOOK), self._window) if was_useless else 0
        self._exact_bytes = self._back_off_bytes

    def _read_stretch(self, data: bytes, at: int, end: int, builder: BlockBuilder) -> int:
        stretch = lines_of(data[at:end], at, self._rowwise.splitter.in_array)
        if stretch.are_records and self._read_uniform(stretch, builder):
            self._rowwise.splitter.passed_records()
            self._rowwise.was_truncated = False
            return end
        return self._read_mixed(data, stretch, builder)

    def _read_uniform(self, stretch: Lines, builder: BlockBuilder) -> bool:
        """Reads all lines at once, if need be after having learnt from the first; whether that could be done."""
        try:
            self._add_lines(stretch, None, builder)
        except NotUniformError:
            head = stretch.text[: 64 << 10].split(b"\n")[:_LEARNT_FROM]
            if not self._learned.learn(head):
                return False
            try:
                self._add_lines(stretch, None, builder)
            except NotUniformError:
                return False
        return True

    def _read_mixed(self, data: bytes, stretch: Lines, builder: BlockBuilder) -> int:
        """Sorts the lines: those that look alike are read at once, the others from their beginning, to wherever."""
        end = stretch.end
        step = max(len(stretch.lines) // _SAMPLES, 1)
        samples = [parsed(line) for line in stretch.lines[::step]]
        if sum(record is not None for record in samples) < _WORTH_IT * len(samples):
            return self._rowwise.read(data, stretch.base, end, builder)
        self._learned.learn(stretch.lines[::step])
        is_plain = self._learned.are_plain(stretch.lines)
        if np.count_nonzero(is_plain) < _WORTH_IT * len(is_plain):
            return self._rowwise.read(data, stretch.base, end, builder)
        state = self._rowwise.splitter.state
        at, place, irregular = stretch.base, 0, 0
        try:
            while self._rowwise.splitter.state == state and (irregular := _first(~is_plain, place)) < len(is_plain):
                at, place = self._read_irregular(data, stretch, is_plain, builder, irregular)
        except MoreNeeded:
            is_plain[irregular:] = False
            self._add_parts(stretch, np.flatnonzero(is_plain), builder)
            raise
        if self._rowwise.splitter.state != state:
            is_plain[place:] = False
            end = at
        self._rowwise.was_truncated &= not is_plain[-1]
        self._add_parts(stretch, np.flatnonzero(is_plain), builder)
        self._rowwise.splitter.passed_records()
        return max(end, at)

    def _read_irregular(
        self, data: bytes, stretch: Lines, is_plain: Bools, builder: BlockBuilder, irregular: int
    ) -> tuple[int, int]:
        """Reads from an irregular line to the next plain one; returns where that is, in the buffer and among the lines.

        A record may go on over lines that look like records, and end within one: those are plain no more.
        """
        starts, end = stretch.starts, stretch.end
        at, place = int(starts[irregular]), irregular
        state = self._rowwise.splitter.state
        while True:
            following = _first(is_plain, place)
            at = self._rowwise.read(data, at, int(starts[following]) if following < len(starts) else end, builder)
            place = int(np.searchsorted(starts, at))
            is_plain[irregular:place] = False
            is_at_line = place < len(starts) and int(starts[place]) == at
            if is_at_line or at >= end or self._rowwise.splitter.state != state:
                return at, place

    def _add_parts(self, stretch: Lines, places: Starts, builder: BlockBuilder) -> None:
        """Reads these lines at once, or in smaller parts, or one by one."""
        if len(places) == 0:
            return
        try:
            self._add_lines(stretch, places, builder)
        except NotUniformError:
            if len(places) > _FEWEST_LINES:
                for part in np.array_split(places, _PARTS):
                    self._add_parts(stretch, part, builder)
                return
            for place in places.tolist():
                self._rowwise.decide(stretch.lines[place], int(stretch.starts[place]), builder)

    def _add_lines(self, stretch: Lines, places: Starts | None, builder: BlockBuilder) -> None:
        """Reads lines at once (all, or those at `places`), and their suspects one by one. Raises NotUniformError."""
        text = stretch.text if places is None else b"\n".join([stretch.lines[place] for place in places])
        count = len(stretch.feeds) + 1 if places is None else len(places)
        table = parse_lines(text, self._learned.schema())
        if table.num_rows != count:
            raise NotUniformError(f"{table.num_rows} records in {count} lines")

        def sources() -> list[bytes]:
            return stretch.lines if places is None else [stretch.lines[place] for place in places]

        suspects: Bools = np.zeros(count, dtype=np.bool_)
        arrays: list[pa.Array] = []
        for column in self._columns:
            values, suspect = column.read(_single(table.column(column.column.field)), text)
            arrays.append(column.derived(values, sources))
            if suspect is not None:
                suspects |= suspect
        arrays.append(rescued_column(text, count, self._learned.extras if self._rescue else ()))
        rows = pa.Table.from_arrays(arrays, schema=self._rowwise.reader.schema)
        if not suspects.any():
            starts = None if places is None else stretch.starts[places]
            builder.add_table(stretch.base, starts, rows)
            return
        starts = stretch.starts if places is None else stretch.starts[places]
        lines = sources()
        for place in np.flatnonzero(suspects).tolist():
            self._rowwise.decide(lines[place], int(starts[place]), builder)
        builder.add_table(stretch.base, starts[~suspects], rows.filter(pa.array(~suspects)))


def _first(mask: Bools, start: int) -> int:
    """The first place from `start` on where the mask is set, its length where there is none."""
    place = int(np.argmax(mask[start:])) + start if start < len(mask) else start
    return place if place < len(mask) and mask[place] else len(mask)


def _single(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
