"""The Spark side of a task: one unit of raw objects to Parquet objects, a pure function of its inputs.

A unit writes nothing final before its end, names its outputs after its inputs, and may run twice or be killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lake.contract.arrow import arrow_schema, quarantine_schema
from lake.contract.model import Table
from lake.errors import StorageError
from lake.objects import Store, StoredObject, open_store
from lake.parse.block import Block, Rejected
from lake.parse.gzip_stream import Damage
from lake.parse.json_coalesce import joined_rows, together
from lake.parse.raw_object import Restart, damages_in, object_blocks
from lake.parse.reasons import Reason
from lake.parse.record_payloads import sources_of
from lake.plan.packing import WorkUnit
from lake.steps import OnStep, Step, ignore_step
from lake.write.deduplicate import Decisions
from lake.write.key_index import RowHasher, index_bytes, index_key, repeats_within_unit
from lake.write.parquet import DEFAULT_SIZES, DataFile, FileSizes, ParquetWriter

_QUARANTINE_GROUP_BYTES = 32 << 20
_Damages = tuple[Damage, ...]


@dataclass(frozen=True)
class UnitJob:
    """What a worker is given. `decisions` is None on the first pass, which drops the repeats that it sees itself.

    Without folders (both empty) only the key index is made.
    """

    unit: WorkUnit
    table: Table
    root: str
    rows_folder: str
    quarantine_folder: str
    decisions: Decisions | None = None
    sizes: FileSizes = DEFAULT_SIZES
    on_step: OnStep = ignore_step


@dataclass(frozen=True)
class ObjectCount:
    """What came of one raw object: `rows` are its good rows before duplicates are taken out."""

    key: str
    rows: int
    rejected: int


@dataclass
class UnitResult:
    """What a unit wrote. `dropped` are the row numbers, within the unit, that were taken for duplicates.

    `coerced` is that of all blocks (lake.parse.block), of rows before duplicates are taken out.
    """

    unit: WorkUnit
    files: list[DataFile] = field(default_factory=list)
    quarantine_files: list[DataFile] = field(default_factory=list)
    objects: list[ObjectCount] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    coerced: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def keys(self) -> set[str]:
        """Of all files that were put."""
        return {file.key for file in [*self.files, *self.quarantine_files]}


def write_unit(job: UnitJob) -> UnitResult:
    """Read, parse and write one unit. Raises StorageError; bad input is quarantined, never raised.

    Damage in an object shows only after some of it was read, and what was read of it is then forgotten. Where rows of
    it have been written already, the unit starts again, once: by then, the damage of all of its objects is known.
    """
    store = open_store(job.root)
    attempt = _Attempt(job, store, {})
    try:
        return attempt.run()
    except _RowsWrittenError:
        attempt.discard_output()
    sound = {object_.key: () for object_ in job.unit.objects}
    return _Attempt(job, store, sound | attempt.damages | _damages_behind(job.unit, attempt.damages, store)).run()


def _damages_behind(unit: WorkUnit, known: Mapping[str, tuple[Damage, ...]], store: Store) -> dict[str, _Damages]:
    """The damages of the objects behind the last one of which they are known."""
    behind = [object_.key for object_ in unit.objects if object_.key > max(known)]
    return {key: damages_in(partial(store.open, key)) for key in behind}


class _RowsWrittenError(Exception):
    """An object turned out damaged after rows of it had been written."""


class _Attempt:
    """One attempt at a unit: gathers rows into row groups, numbers them, and leaves duplicates out."""

    def __init__(self, job: UnitJob, store: Store, damages: Mapping[str, _Damages]) -> None:
        """`damages` are the known ones, by the object's key."""
        table, unit = job.table, job.unit
        self._job, self._store = job, store
        self.damages = dict(damages)
        self._schema = arrow_schema(table)
        self._rows = self._writer(job.rows_folder, self._schema, frozenset(table.key))
        distinct = frozenset(["record", "offset", "payload"])
        self._rejects = self._writer(job.quarantine_folder, quarantine_schema(), distinct)
        self._hasher = RowHasher(table, self._schema) if table.key and job.decisions is None else None
        self._index: list[pa.Table] = []
        self._waiting: list[pa.Table] = []
        self._waiting_bytes = 0
        self._quarantined: list[dict[str, object]] = []
        self._quarantined_bytes = 0
        self._numbered = 0
        self._flushes = 0  # what was read before one cannot be forgotten any more
        self._is_head = bool(table.key)
        self._result = UnitResult(unit)

    def _writer(self, folder: str, schema: pa.Schema, plain: frozenset[str]) -> ParquetWriter:
        job = self._job
        return ParquetWriter(
            self._store, folder, job.unit.name, schema, plain, file_bytes=job.sizes.file, on_step=job.on_step
        )

    def run(self) -> UnitResult:
        """The whole unit. Raises _RowsWrittenError."""
        for objects in together(self._job.unit.objects):
            if len(objects) == 1 or not self._read_coalesced(objects):
                for object_ in objects:
                    self._read(object_)
        return self._finish()

    def _read_coalesced(self, objects: Sequence[StoredObject]) -> bool:
        """Read small objects as one, if all of their records are plain rows; returns False, with no effect, if not."""
        joined = joined_rows([self._store.read(object_.key) for object_ in objects], self._job.table)
        if joined is None:
            return False
        block, counts = joined
        self._take(objects[0], block)
        for object_, count in zip(objects, counts, strict=True):
            self._counted(ObjectCount(object_.key, count, 0))
        return True

    def _read(self, object_: StoredObject) -> None:
        """Read one object, and again from where it began if it turns out to be damaged."""
        flushes = self._flushes
        waiting, quarantined = len(self._waiting), len(self._quarantined)
        sizes = self._waiting_bytes, self._quarantined_bytes
        coerced = self._result.coerced.copy()
        try:
            return self._read_once(object_)
        except Restart as restart:
            if object_.key in self.damages:
                raise StorageError(
                    f"reading {self._store.uri_of(object_.key)}: the object changes while it is read; run the job again"
                ) from restart
            self.damages[object_.key] = restart.damages
        if self._flushes != flushes:
            raise _RowsWrittenError
        del self._waiting[waiting:], self._quarantined[quarantined:]
        self._waiting_bytes, self._quarantined_bytes = sizes
        self._result.coerced = coerced
        return self._read_once(object_)

    def _read_once(self, object_: StoredObject) -> None:
        rows = rejected = 0
        opened = partial(self._store.open, object_.key)
        for block in object_blocks(opened, self._job.table, self.damages.get(object_.key, ())):
            rows += block.rows.num_rows
            rejected += len(block.rejected)
            self._take(object_, block)
        self._counted(ObjectCount(object_.key, rows, rejected))

    def _counted(self, count: ObjectCount) -> None:
        self._result.objects.append(count)
        self._job.on_step(Step.OBJECT_READ, count.key)

    def discard_output(self) -> None:
        """Delete what has been put so far: another attempt may need fewer files."""
        self._store.delete([file.key for file in [*self._rows.files, *self._rejects.files]])

    def _finish(self) -> UnitResult:
        self._flush_rows()
        if self._job.decisions is not None and self._job.decisions.conflicts:
            self._quarantine_conflicts(self._job.decisions.conflicts)
        self._flush_rejects()
        if self._job.rows_folder:
            self._rows.close()
            self._rejects.close()
        if self._hasher is not None:
            self._store.write(index_key(self._job.table, self._job.unit), index_bytes(self._index))
        self._result.files = self._rows.files
        self._result.quarantine_files = self._rejects.files
        return self._result

    def _take(self, object_: StoredObject, block: Block) -> None:
        if block.rows.num_rows:
            rows = block.rows if isinstance(block.rows, pa.Table) else pa.Table.from_batches([block.rows])
            self._waiting.append(rows)
            self._waiting_bytes += rows.nbytes
        self._result.coerced.update(block.coerced)
        for rejected in block.rejected:
            self._quarantine(object_.key, rejected)
        sizes = self._job.sizes
        if self._waiting_bytes >= (sizes.head if self._is_head else sizes.row_group):
            self._flush_rows()
            if self._is_head:
                self._rows.close()
                self._is_head = False

    def _quarantine(self, key: str, rejected: Rejected) -> None:
        self._quarantined.append(
            {
                "reason": str(rejected.reason),
                "message": rejected.message,
                "source_object": key,
                "record": rejected.record,
                "offset": rejected.offset,
                "payload": rejected.payload,
                "contract_version": self._job.table.version,
            }
        )
        self._quarantined_bytes += len(rejected.payload) + len(rejected.message)
        if self._quarantined_bytes >= _QUARANTINE_GROUP_BYTES:
            self._flush_rejects()

    def _flush_rejects(self) -> None:
        self._flushes += 1
        if self._quarantined and self._job.rows_folder:
            self._rejects.write(pa.Table.from_pylist(self._quarantined, schema=quarantine_schema()))
        self._quarantined, self._quarantined_bytes = [], 0

    def _flush_rows(self) -> None:
        if not self._waiting:
            return
        self._flushes += 1
        rows = pa.concat_tables(self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        count = rows.num_rows
        drop = self._to_drop(rows)
        self._numbered += count
        if not self._job.rows_folder:
            return
        if len(drop):
            keep = np.ones(rows.num_rows, dtype=bool)
            keep[drop] = False
            rows = rows.filter(pa.array(keep))
        self._rows.write(rows.cast(self._schema), stands_for=count)

    def _to_drop(self, rows: pa.Table) -> npt.NDArray[np.int64]:
        decisions = self._job.decisions
        if decisions is not None:
            dropped = np.array(sorted(decisions.duplicates + decisions.conflicts), dtype=np.int64)
            first, last = np.searchsorted(dropped, [self._numbered, self._numbered + rows.num_rows])
            return dropped[first:last] - self._numbered
        if self._hasher is None:
            return np.empty(0, dtype=np.int64)
        self._index.append(self._hasher.hashes(rows))
        repeats = repeats_within_unit(pa.concat_tables(self._index))
        repeats = repeats[repeats >= self._numbered]
        self._result.dropped.extend(repeats.tolist())
        return repeats - self._numbered

    def _quarantine_conflicts(self, conflicts: tuple[int, ...]) -> None:
        """Read the objects once more, for the bytes of the records in conflict."""
        start = 0
        key = ", ".join(self._job.table.key)
        for count in self._result.objects:
            wanted = [number - start for number in conflicts if start <= number < start + count.rows]
            start += count.rows
            if not wanted:
                continue
            message = f"another record came first with the same {key} and other values"
            opened = partial(self._store.open, count.key)
            for source in sources_of(opened, self._job.table, wanted, self.damages.get(count.key, ())):
                conflict = Rejected(Reason.CONFLICTING_DUPLICATE, message, source.record, source.offset, source.payload)
                self._quarantine(count.key, conflict)
