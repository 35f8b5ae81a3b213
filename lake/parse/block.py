"""What a parser yields: blocks of rows and of rejected records, together in the order of arrival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from lake.parse.reasons import Reason

BLOCK_BYTES = 8 << 20
MAX_RECORD = 64 << 20


@dataclass(frozen=True)
class ReadOptions:
    """How an object is read; sizes are in bytes. Only `keeps_sources` and `max_record` change what comes of it."""

    block_bytes: int = BLOCK_BYTES
    max_record: int = MAX_RECORD
    lookahead: int = 64 << 10  # of CSV, behind a broken record
    part_bytes: int = 256 << 10  # of CSV, of a block that is not read at once
    damage_bytes: int = 16 << 20  # of a damaged stretch in one reject
    window_bytes: int = 1 << 20  # of JSON, parsed at once: a quarter faster where it stays in the processor's cache
    is_single: bool = False  # True: JSON records are all read one by one, the way that decides
    keeps_sources: bool = False


DEFAULT_OPTIONS = ReadOptions()


@dataclass(frozen=True)
class Source:
    """The bytes of a record that became a row; numbers as of Rejected."""

    record: int
    offset: int
    payload: bytes


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
    `sources` has one for each row where ReadOptions ask for them. `coerced` says how many of the rows' values a rule of
    the contract took, which their types alone would not have: by field, and the rule's property.
    """

    rows: pa.Table
    rejected: tuple[Rejected, ...] = ()
    sources: tuple[Source, ...] = ()
    coerced: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        return int(self.rows.num_rows) + len(self.rejected)
