"""Stretches of a stream read as columns at once, and only what is odd in them one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lake.contract.model import Table
from lake.parse.json_columns import Bools, ColumnReader, NotAlikeError, parse_lines
from lake.parse.json_exact import ExactReader
from lake.parse.json_frames import MoreNeeded
from lake.parse.json_lines import Starts, are_lines, as_lines, starts_of
from lake.parse.json_rescue import rescued_column
from lake.parse.json_shapes import Shapes, parsed
from lake.parse.outcome import Outcome

_FEWEST_LINES = 64
_PARTS = 8
_SAMPLES = 64
_LEARNT_FROM = 16
_WORTH_IT = 0.4


@dataclass
class _Stretch:
    """Lines, and where they are: `base` is the position of the stretch in the buffer."""

    data: bytes
    base: int
    text: bytes
    _lines: list[bytes] | None = None
    _starts: Starts | None = None

    @property
    def lines(self) -> list[bytes]:
        if self._lines is None:
            self._lines = self.text.split(b"\n")
        return self._lines

    @property
    def starts(self) -> Starts:
        """Each line's position in the buffer."""
        if self._starts is None:
            self._starts = starts_of(self.lines, self.data) + self.base
        return self._starts


class FastReader:
    """Reads stretches into an Outcome; what it cannot read at once goes to the exact reader."""

    def __init__(self, table: Table, exact: ExactReader) -> None:
        self._exact = exact
        self._schema = exact.reader.schema
        self._rescue = table.rescue
        self._columns = [ColumnReader(column, self._schema.field(column.name).type) for column in table.columns]
        self._is_possible = all(column.is_readable for column in self._columns)
        self._shapes = Shapes(self._columns)

    def read(self, data: bytes, at: int, stop: int, outcome: Outcome) -> int:
        """As ExactReader.read."""
        framer = self._exact.framer
        if not self._is_possible:
            return self._exact.read(data, at, stop, outcome)
        at = framer.past_syntax(data, at)
        if at >= len(data):
            return at
        end = framer.last_boundary(data, at, stop) if data[at : at + 1] == b"{" else at
        if end <= at:
            return self._exact.read(data, at, stop, outcome)
        source = data[at:end]
        stretch = _Stretch(source, at, as_lines(source, framer.in_array))
        if are_lines(stretch.text) and self._read_alike(stretch, outcome):
            framer.passed_records()
            self._exact.was_truncated = False
            return end
        return self._read_mixed(data, end, stretch, outcome)

    def _read_alike(self, stretch: _Stretch, outcome: Outcome) -> bool:
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

    def _read_mixed(self, data: bytes, end: int, stretch: _Stretch, outcome: Outcome) -> int:
        """Sorts the lines: those that look alike are read at once, the others from their beginning, to wherever."""
        step = max(len(stretch.lines) // _SAMPLES, 1)
        samples = [parsed(line) for line in stretch.lines[::step]]
        if sum(record is not None for record in samples) < _WORTH_IT * len(samples):
            return self._exact.read(data, stretch.base, end, outcome)
        self._shapes.learn(stretch.lines[::step])
        is_plain = np.array([self._is_plain(line) for line in stretch.lines])
        at = stretch.base
        state = self._exact.framer.state
        needed: MoreNeeded | None = None
        for place in np.flatnonzero(~is_plain).tolist():
            if stretch.starts[place] < at:
                continue
            try:
                at = self._read_odd(data, end, stretch, is_plain, place, outcome)
            except MoreNeeded as more:
                needed, at = more, more.start
            if needed is not None or self._exact.framer.state != state:
                is_plain &= stretch.starts < at
                end = at
                break
        self._add_parts(stretch, np.flatnonzero(is_plain), outcome)
        if needed is not None:
            raise needed
        self._exact.framer.passed_records()
        return max(end, at)

    def _read_odd(self, data: bytes, end: int, stretch: _Stretch, is_plain: Bools, place: int, outcome: Outcome) -> int:
        """Reads from an odd line on, as far as it takes; lines that turn out to be within a record are plain no more.

        Returns where the next line begins, or what follows where no line does.
        """
        starts = stretch.starts
        at = int(starts[place])
        framer = self._exact.framer
        state = framer.state
        while True:
            following = int(np.searchsorted(starts, at, side="left" if at > starts[place] else "right"))
            stop = int(starts[following]) if following < len(starts) else end
            if at >= stop:
                break
            at = self._exact.read(data, at, stop, outcome)
            if framer.state != state:
                break
        is_plain[(starts >= starts[place]) & (starts < at)] = False
        return at

    def _is_plain(self, line: bytes) -> bool:
        record = parsed(line)
        return record is not None and self._shapes.is_plain(record)

    def _add_parts(self, stretch: _Stretch, places: Starts, outcome: Outcome) -> None:
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

    def _add_lines(self, stretch: _Stretch, places: Starts | None, outcome: Outcome) -> None:
        """Reads lines at once (all, or those at `places`), and their suspects one by one. Raises NotAlikeError."""
        text = stretch.text if places is None else b"\n".join([stretch.lines[place] for place in places])
        count = text.count(b"\n") + 1
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
        rows = pa.Table.from_arrays(arrays, schema=self._schema)
        if not suspects.any():
            starts = None if places is None else stretch.starts[places]
            outcome.add_table(stretch.base, starts, rows)
            return
        starts = stretch.starts if places is None else stretch.starts[places]
        lines = sources()
        for place in np.flatnonzero(suspects).tolist():
            self._exact.decide(lines[place], int(starts[place]), outcome)
        outcome.add_table(stretch.base, starts[~suspects], rows.filter(pa.array(~suspects)))


def _single(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
