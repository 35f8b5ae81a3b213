"""What a parser yields: blocks of rows and of rejected records, together in the order of arrival."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from lake.parse.reasons import Reason

BLOCK_BYTES = 8 << 20
MAX_RECORD = 64 << 20


@dataclass(frozen=True)
class Rejected:
    """One record that the contract, or its format, does not allow.

    `record` counts the object's records from 0, rows and rejected ones alike; `offset` is in bytes of the
    decompressed object, and `payload` is what stands there, whole.
    """

    reason: Reason
    message: str
    record: int
    offset: int
    payload: bytes


@dataclass(frozen=True)
class Block:
    """Rows whose schema is `lake.contract.arrow.arrow_schema(table)`, and the rejected records among them.

    Both are in order of arrival; the record numbers that `rejected` leaves out are the rows', in their order.
    """

    rows: pa.Table
    rejected: tuple[Rejected, ...] = ()

    @property
    def records(self) -> int:
        return int(self.rows.num_rows) + len(self.rejected)
