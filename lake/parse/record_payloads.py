"""The bytes of records that became rows, asked for after the fact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from lake.contract.model import Column, Table
from lake.parse.block import Rejected
from lake.parse.gzip_stream import Damage
from lake.parse.raw_object import object_blocks

# No record has such a field, so a contract that requires it rejects every record, payload and place included.
_NOWHERE = Column(name="\x00 nowhere", field="\x00 nowhere", hive_type="string", required=True)


def sources_of(
    open_object: Callable[[], BinaryIO], table: Table, rows: Sequence[int], damages: tuple[Damage, ...] = ()
) -> Iterator[Rejected]:
    """Record number, offset and payload of rows of an object, given by their number among its rows, sorted.

    Reads the object twice, and once record by record: it is for the few records whose fate is decided later than
    their parsing. The reason and message of what is yielded mean nothing.
    """
    rejected = {one.record for block in object_blocks(open_object, table, damages) for one in block.rejected}
    unreadable = replace(table, columns=(*table.columns, _NOWHERE))
    wanted = iter(rows)
    following = next(wanted, None)
    row = 0
    for block in object_blocks(open_object, unreadable, damages):
        for source in block.rejected:
            if following is None:
                return
            if source.record in rejected:
                continue
            if row == following:
                yield source
                following = next(wanted, None)
            row += 1
