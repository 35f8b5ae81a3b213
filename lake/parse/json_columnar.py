"""Stretches of a stream read as columns at once, and only what is odd in them one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lake.parse.block_builder import Outcome
from lake.parse.json_columns import Bools, ColumnReader, NotAlikeError, parse_lines
from lake.parse.json_frame import MoreNeeded
from lake.parse.json_lines import Lines, Starts, lines_of
from lake.parse.json_rescue import rescued_column
from lake.parse.json_rowwise import ExactReader
from lake.parse.learned_schema import Shapes, parsed

_FEWEST_LINES = 64
_PARTS = 8
_SAMPLES = 64
_LEARNT_FROM = 16
_WORTH_IT = 0.4
_WORTH_A_LOOK = 32 << 10
# Parsing is a quarter faster when what it works on stays in the processor's cache.
_WINDOW = 1 << 20


class FastReader:
    """Reads stretches into an Outcome; what it cannot read at once goes to the exact reader."""

    def __init__(self, columns: Sequence[ColumnReader], shapes: Shapes, exact: ExactReader, rescue: bool) -> None:
        self._exact = exact
        self._columns = columns
        self._shapes = shapes
        self._rescue = rescue
        self._is_possible = all(column.is_readable for column in columns)
        self._patience = 0
        self._exact_bytes = 0

    def read(self, data: bytes, at: int, stop: int, outcome: Outcome) -> int:
        """As ExactReader.read."""
        if not self._is_possible:
            return self._exact.read(data, at, stop, outcome)
        framer = self._exact.framer
        while (at := framer.past_syntax(data, at)) < stop:
            limit = min(stop, at + (self._exact_bytes or _WINDOW))
            before, state = at, framer.state
            is_object = data[at : at + 1] == b"{"
            end = framer.last_boundary(data, at, limit) if is_object and not self._exact_bytes else at
            if end > at:
                at = self._read_stretch(data, at, end, outcome)
                self._be_patient(framer.state != state and at - before < _WORTH_A_LOOK)
            else:
                at = self._exact.read(data, at, limit if is_object else at + 1, outcome)
                self._exact_bytes = max(self._exact_bytes - (at - before), 0)
        return at

    def _be_patient(self, was_in_vain: bool) -> None:
        """Where forms alternate, as in a stream of short arrays, looking far ahead is in vain: wait ever longer."""
        self._patience = min(max(2 * self._patience, _WORTH_A_LOOK), _WINDOW) if was_in_vain else 0
        self._exact_bytes = self._patience

    def _read_stretch(self, data: bytes, at: int, end: int, outcome: Outcome) -> int:
        stretch = lines_of(data[at:end], at, self._exact.framer.in_array)
        if stretch.are_records and self._read_alike(stretch, outcome):
            self._exact.framer.passed_records()
            self._exact.was_truncated = False
            return end
        return self._read_mixed(data, stretch, outcome)

    def _read_alike(self, stretch: Lines, outcome: Outcome) -> bool:
        """Reads all lines at once, if need be after having learnt from the first; whether that could be done."""
        try:
            self._add_lines(stretch, None, outcome)
        except NotAlikeError:
            head = stretch.text[: 64 << 10].split(b"\n")[:_LEARNT_FROM]
            if not self._shapes.learn(head):
                return False
            try:
                self._add_lines(stretch, None, outcome)
            except NotAlikeError:
                return False
        return True

    def _read_mixed(self, data: bytes, stretch: Lines, outcome: Outcome) -> int:
        """Sorts the lines: those that look alike are read at once, the others from their beginning, to wherever."""
        end = stretch.end
        step = max(len(stretch.lines) // _SAMPLES, 1)
        samples = [parsed(line) for line in stretch.lines[::step]]
        if sum(record is not None for record in samples) < _WORTH_IT * len(samples):
            return self._exact.read(data, stretch.base, end, outcome)
        self._shapes.learn(stretch.lines[::step])
        is_plain = self._shapes.are_plain(stretch.lines)
        if np.count_nonzero(is_plain) < _WORTH_IT * len(is_plain):
            return self._exact.read(data, stretch.base, end, outcome)
        state = self._exact.framer.state
        at, place, odd = stretch.base, 0, 0
        try:
            while self._exact.framer.state == state and (odd := _first(~is_plain, place)) < len(is_plain):
                at, place = self._read_odd(data, stretch, is_plain, outcome, odd)
        except MoreNeeded:
            is_plain[odd:] = False
            self._add_parts(stretch, np.flatnonzero(is_plain), outcome)
            raise
        if self._exact.framer.state != state:
            is_plain[place:] = False
            end = at
        self._exact.was_truncated &= not is_plain[-1]
        self._add_parts(stretch, np.flatnonzero(is_plain), outcome)
        self._exact.framer.passed_records()
        return max(end, at)

    def _read_odd(self, data: bytes, stretch: Lines, is_plain: Bools, outcome: Outcome, odd: int) -> tuple[int, int]:
        """Reads from an odd line to the next plain one; returns where that is, in the buffer and among the lines.

        A record may go on over lines that look like records, and end within one: those are plain no more.
        """
        starts, end = stretch.starts, stretch.end
        at, place = int(starts[odd]), odd
        state = self._exact.framer.state
        while True:
            following = _first(is_plain, place)
            at = self._exact.read(data, at, int(starts[following]) if following < len(starts) else end, outcome)
            place = int(np.searchsorted(starts, at))
            is_plain[odd:place] = False
            is_at_line = place < len(starts) and int(starts[place]) == at
            if is_at_line or at >= end or self._exact.framer.state != state:
                return at, place

    def _add_parts(self, stretch: Lines, places: Starts, outcome: Outcome) -> None:
        """Reads these lines at once, or in smaller parts, or one by one."""
        if len(places) == 0:
            return
        try:
            self._add_lines(stretch, places, outcome)
        except NotAlikeError:
            if len(places) > _FEWEST_LINES:
                for part in np.array_split(places, _PARTS):
                    self._add_parts(stretch, part, outcome)
                return
            for place in places.tolist():
                self._exact.decide(stretch.lines[place], int(stretch.starts[place]), outcome)

    def _add_lines(self, stretch: Lines, places: Starts | None, outcome: Outcome) -> None:
        """Reads lines at once (all, or those at `places`), and their suspects one by one. Raises NotAlikeError."""
        text = stretch.text if places is None else b"\n".join([stretch.lines[place] for place in places])
        count = len(stretch.feeds) + 1 if places is None else len(places)
        table = parse_lines(text, self._shapes.schema())
        if table.num_rows != count:
            raise NotAlikeError(f"{table.num_rows} records in {count} lines")

        def sources() -> list[bytes]:
            return stretch.lines if places is None else [stretch.lines[place] for place in places]

        suspects: Bools = np.zeros(count, dtype=np.bool_)
        arrays: list[pa.Array] = []
        for column in self._columns:
            values, odd = column.read(_single(table.column(column.column.field)), text)
            arrays.append(column.derived(values, sources))
            if odd is not None:
                suspects |= odd
        arrays.append(rescued_column(text, count, self._shapes.extras if self._rescue else ()))
        rows = pa.Table.from_arrays(arrays, schema=self._exact.reader.schema)
        if not suspects.any():
            starts = None if places is None else stretch.starts[places]
            outcome.add_table(stretch.base, starts, rows)
            return
        starts = stretch.starts if places is None else stretch.starts[places]
        lines = sources()
        for place in np.flatnonzero(suspects).tolist():
            self._exact.decide(lines[place], int(starts[place]), outcome)
        outcome.add_table(stretch.base, starts[~suspects], rows.filter(pa.array(~suspects)))


def _first(mask: Bools, start: int) -> int:
    """The first place from `start` on where the mask is set, its length where there is none."""
    found = int(np.argmax(mask[start:])) + start if start < len(mask) else start
    return found if found < len(mask) and mask[found] else len(mask)


def _single(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
