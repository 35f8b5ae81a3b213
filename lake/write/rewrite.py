"""Rewriting files of a unit without the duplicates that were found in other units after they were written."""

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
from lake.plan.packing import WorkUnit
from lake.write.deduplicate import Decisions
from lake.write.parquet import DataFile, open_writer, put_data_file
from lake.write.raw_task import UnitResult


@dataclass(frozen=True)
class RewriteJob:
    """What a worker is given: a unit's result, and the row numbers that are duplicates, those dropped included."""

    result: UnitResult
    table: Table
    root: str
    duplicates: tuple[int, ...]

    @property
    def unit(self) -> WorkUnit:
        return self.result.unit


def can_rewrite(result: UnitResult, decisions: Decisions) -> bool:
    """Whether the decisions only drop more rows; if a row comes back or is in conflict, the unit must run again."""
    return not decisions.conflicts and set(result.dropped) <= set(decisions.duplicates)


def rewrite_without_duplicates(job: RewriteJob) -> UnitResult:
    """Write each file that holds duplicates again, without them, under another name. Raises StorageError.

    Row groups stay as they were but for the rows left out, so that the bytes are those that the unit would have written
    had it known. The caller deletes the old files: this may run twice, or be killed.
    """
    files = [_rewritten(job, file) for file in job.result.files]
    return replace(job.result, files=[file for file in files if file is not None], dropped=list(job.duplicates))


def _rewritten(job: RewriteJob, file: DataFile) -> DataFile | None:
    """The file without its duplicates; None if no row is left."""
    dropped = _within(job.result.dropped, file)
    duplicates = _within(job.duplicates, file)
    if len(dropped) == len(duplicates):
        return file
    numbers = np.setdiff1d(np.arange(file.first, file.end), dropped, assume_unique=True)
    keep = ~np.isin(numbers, duplicates)
    store = open_store(job.root)
    if not keep.any():
        return None
    source = pq.ParquetFile(io.BytesIO(store.read(file.key)))
    sink = pa.BufferOutputStream()
    at = 0
    with open_writer(sink, source.schema_arrow, frozenset(job.table.key)) as writer:
        for group in range(source.metadata.num_row_groups):
            rows = source.read_row_group(group, use_threads=False)
            rows, at = rows.filter(pa.array(keep[at : at + rows.num_rows])), at + rows.num_rows
            if rows.num_rows:
                writer.write_table(rows, row_group_size=rows.num_rows)
    key = f"{file.key.removesuffix('.parquet')}-{digest_of(duplicates.tolist())[:8]}.parquet"
    return put_data_file(store, key, sink.getvalue(), int(keep.sum()), range(file.first, file.end))


def _within(numbers: Sequence[int], file: DataFile) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    ordered = np.array(numbers, dtype=np.int64)
    return ordered[np.searchsorted(ordered, file.first) : np.searchsorted(ordered, file.end)]
