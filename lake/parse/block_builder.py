"""What became of a stretch of a stream: rows and rejected records in any order, put in order of arrival."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lake.parse.block import Block, Rejected, Source
from lake.parse.reasons import Reason
from lake.parse.records import Coerced, RecordReader, Row

Positions = npt.NDArray[np.int64]


@dataclass
class BlockBuilder:
    """Gathers; positions are any numbers that order records by arrival. Sources are added for each row or for none."""

    reader: RecordReader
    coerced: Coerced = field(default_factory=Counter)
    _tables: list[tuple[Positions, pa.Table]] = field(default_factory=list)
    _rows: list[Row] = field(default_factory=list)
    _row_positions: list[int] = field(default_factory=list)
    _rejected: list[tuple[int, int, Reason, str, bytes]] = field(default_factory=list)
    _sources: list[tuple[int, bytes]] = field(default_factory=list)

    def add_row(self, position: int, row: Row) -> None:
        self._rows.append(row)
        self._row_positions.append(position)

    def add_table(self, positions: Positions, table: pa.Table, coerced: Coerced) -> None:
        """Many rows, each with its position, and what was coerced in them."""
        self._tables.append((positions, table))
        self.coerced.update(coerced)

    def add_source(self, offset: int, payload: bytes) -> None:
        """A row's source."""
        self._sources.append((offset, payload))

    def reject(self, position: int, offset: int, reason: Reason, message: str, payload: bytes) -> None:
        self._rejected.append((position, offset, reason, message, payload))

    @property
    def is_empty(self) -> bool:
        return not (self._tables or self._rows or self._rejected)

    def block(self, first_record: int) -> Block:
        """All of it; the first record has the number `first_record`."""
        if self._rows:
            self._tables.append((np.array(self._row_positions, dtype=np.int64), self.reader.table(self._rows)))
        rows = pa.concat_tables([table for _, table in self._tables]) if self._tables else self.reader.table([])
        if len(self._tables) <= 1 and not self._rejected and not self._sources:
            return Block(rows, coerced=self.coerced)
        positions = np.concatenate([places for places, _ in self._tables]) if self._tables else np.zeros(0, np.int64)
        order = np.argsort(positions, kind="stable")
        if np.any(order[1:] < order[:-1]):
            rows = rows.take(pa.array(order))
        rejected = sorted(self._rejected, key=lambda item: item[0])
        rows_before = np.searchsorted(positions[order], [item[0] for item in rejected])
        numbers = np.delete(np.arange(len(order) + len(rejected)), rows_before + np.arange(len(rejected)))
        sources = zip(numbers.tolist(), sorted(self._sources), strict=False)
        return Block(
            rows,
            tuple(
                Rejected(reason, message, first_record + int(before) + place, offset, payload)
                for place, ((_, offset, reason, message, payload), before) in enumerate(
                    zip(rejected, rows_before, strict=True)
                )
            ),
            tuple(Source(first_record + number, offset, payload) for number, (offset, payload) in sources),
            self.coerced,
        )
