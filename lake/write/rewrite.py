"""Taking rows out of files that a unit has written: for duplicates that only the other units gave away."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lake.contract.model import Table
from lake.digest import digest_of
from lake.objects import open_store
from lake.plan.packing import Unit
from lake.write.deduplicate import Decisions
from lake.write.parquet import Part, parquet_writer, put_part
from lake.write.raw_task import UnitResult


@dataclass(frozen=True)
class AmendJob:
    """What a worker is handed: a unit's result, and the row numbers that are duplicates, those dropped included."""

    result: UnitResult
    table: Table
    root: str
    duplicates: tuple[int, ...]

    @property
    def unit(self) -> Unit:
        return self.result.unit


def is_amendable(result: UnitResult, decided: Decisions) -> bool:
    """Whether the decisions only take more rows away; where a row comes back or is in conflict, the unit runs anew."""
    return not decided.conflicts and set(result.dropped) <= set(decided.duplicates)


def amended(job: AmendJob) -> UnitResult:
    """Write the files that hold duplicates once more, without them, under names that say so. Raises StorageError.

    Row groups stay as they were but for the rows taken out, so that the bytes are those that the unit would have
    written had it known. The files as they were are left for the caller to remove: this may run twice, or be killed.
    """
    parts = [_amended(job, part) for part in job.result.parts]
    return replace(job.result, parts=[part for part in parts if part is not None], dropped=list(job.duplicates))


def _amended(job: AmendJob, part: Part) -> Part | None:
    """The part without its duplicates; None where nothing is left of it."""
    dropped = _within(job.result.dropped, part)
    duplicates = _within(job.duplicates, part)
    if len(dropped) == len(duplicates):
        return part
    numbers = np.setdiff1d(np.arange(part.first, part.end), dropped, assume_unique=True)
    keep = ~np.isin(numbers, duplicates)
    store = open_store(job.root)
    if not keep.any():
        return None
    source = pq.ParquetFile(io.BytesIO(store.read(part.key)))
    sink = pa.BufferOutputStream()
    at = 0
    with parquet_writer(sink, source.schema_arrow, frozenset(job.table.key)) as writer:
        for group in range(source.metadata.num_row_groups):
            rows = source.read_row_group(group, use_threads=False)
            rows, at = rows.filter(pa.array(keep[at : at + rows.num_rows])), at + rows.num_rows
            if rows.num_rows:
                writer.write_table(rows, row_group_size=rows.num_rows)
    key = f"{part.key.removesuffix('.parquet')}-{digest_of(duplicates.tolist())[:8]}.parquet"
    return put_part(store, key, sink.getvalue(), int(keep.sum()), range(part.first, part.end))


def _within(numbers: Sequence[int], part: Part) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    every = np.array(numbers, dtype=np.int64)
    return every[np.searchsorted(every, part.first) : np.searchsorted(every, part.end)]
