"""The bytes of records that became rows, for the few whose fate is decided after their parsing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from lake.contract.model import Table
from lake.parse.block import ReadOptions, Source
from lake.parse.gzip_stream import Damage
from lake.parse.raw_object import object_blocks


def sources_of(
    open_object: Callable[[], BinaryIO], table: Table, rows: Sequence[int], damages: tuple[Damage, ...] = ()
) -> Iterator[Source]:
    """Record number, offset and payload of rows of an object, given by their number among its rows, sorted.

    Reads the object again, record by record.
    """
    wanted = iter(rows)
    row = next(wanted, None)
    passed = 0
    for block in object_blocks(open_object, table, damages, ReadOptions(keeps_sources=True)):
        while row is not None and row < passed + len(block.sources):
            yield block.sources[row - passed]
            row = next(wanted, None)
        if row is None:
            return
        passed += len(block.sources)
