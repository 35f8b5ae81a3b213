"""One unit of published rows to sorted files, one a bucket, on a worker; and the check that each row lies right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from lake.contract.arrow import arrow_schema
from lake.contract.model import Bucketing, Table
from lake.errors import ContractError, StorageError
from lake.objects import Store, open_store
from lake.steps import OnStep, Step, ignore_step
from lake.write.bucket_files import NOT_PUBLISHED, bucket_bytes, file_name, key_sum, open_parquet, prove_file, repeating
from lake.write.bucket_order import ordered
from lake.write.bucket_packing import UNIT_BYTES, BucketUnit, Piece
from lake.write.parquet import DataFile, put_data_file


@dataclass
class BucketResult:
    """What a unit wrote: `rows` in all; `key_sum` is over the keys of the rows that were read."""

    unit: BucketUnit
    files: list[DataFile] = field(default_factory=list)
    rows: int = 0
    key_sum: int = 0


@dataclass(frozen=True)
class BucketJob:
    """What a worker is given to bucket a unit: `folder` is where its files go.

    Rows are sorted and written whenever they take `unit_bytes` in memory: most often, once a unit.
    """

    unit: BucketUnit
    table: Table
    root: str
    folder: str
    unit_bytes: int = UNIT_BYTES
    on_step: OnStep = ignore_step


@dataclass(frozen=True)
class ProofJob:
    """What a worker is given to prove what a unit wrote."""

    result: BucketResult
    table: Table
    root: str
    on_step: OnStep = ignore_step

    @property
    def unit(self) -> BucketUnit:
        return self.result.unit


def write_bucket_unit(job: BucketJob) -> BucketResult:
    """Sort a unit's rows into its buckets' files. Raises StorageError, ContractError."""
    store, schema = open_store(job.root), arrow_schema(job.table)
    sorting = _Sorting(job, store, _bucketing(job.table))
    for piece in job.unit.pieces:
        for rows in _groups(store, piece, schema):
            sorting.add(rows)
    return sorting.result()


@dataclass
class _Sorting:
    """Collects rows, and sorts and writes them whenever they take a unit's bytes.

    A unit is packed by how rows are stored. Long texts that repeat take many times as much in memory.
    """

    job: BucketJob
    store: Store
    bucketing: Bucketing
    _done: BucketResult = field(init=False)
    _waiting: list[pa.Table] = field(default_factory=list)
    _bytes: int = 0
    _times: int = 0

    def __post_init__(self) -> None:
        self._done = BucketResult(self.job.unit)

    def add(self, rows: pa.Table) -> None:
        self._waiting.append(rows)
        self._bytes += rows.nbytes
        if self._bytes >= self.job.unit_bytes:
            self._write()

    def result(self) -> BucketResult:
        if self._waiting:
            self._write()
        return self._done

    def _write(self) -> None:
        rows = _together(self._waiting, arrow_schema(self.job.table))
        self._waiting.clear()
        self._bytes = 0
        unit, table = self.job.unit, self.job.table
        order = ordered(rows, self.bucketing)
        if not order.has_each_once(rows.num_rows):
            raise StorageError(
                f"sorting unit {unit.number} of {table.full_name} dt={unit.dt}: a row would be lost, and another of "
                f"its key be there twice. {NOT_PUBLISHED}"
            )
        for bucket in range(self.bucketing.count):
            places = order.of_bucket(bucket)
            if len(places):
                data = bucket_bytes(rows.take(pa.array(places)), table, self.bucketing)
                key = f"{self.job.folder}/{file_name(bucket, unit.number, unit.name, self._times)}"
                self.job.on_step(Step.FILE_ENCODED, key)
                self._done.files.append(put_data_file(self.store, key, data, len(places), range(0)))
        self._done.rows += rows.num_rows
        self._done.key_sum += key_sum(rows, self.bucketing)
        self._times += 1


def prove_unit(job: ProofJob) -> BucketResult:
    """Read back what a unit wrote; returns its result if all of it is right. Raises StorageError naming a file."""
    store, bucketing = open_store(job.root), _bucketing(job.table)
    total = 0
    for file in job.result.files:
        total += prove_file(store, file, job.table, bucketing)
        job.on_step(Step.FILE_PROVEN, file.key)
    rows = sum(file.rows for file in job.result.files)
    if (rows, total) != (job.result.rows, job.result.key_sum):
        raise StorageError(
            f"auditing unit {job.unit.number} of {job.table.full_name} dt={job.unit.dt}: {job.result.rows} rows were "
            f"read and {rows} lie in its buckets, or their keys are others. {NOT_PUBLISHED}"
        )
    return job.result


def _bucketing(table: Table) -> Bucketing:
    if table.bucketing is None:
        raise ContractError(f"bucketing {table.full_name}: its contract has no bucketColumns")
    return table.bucketing


def _together(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """One table of one chunk: picking rows out of many chunks takes three times as long."""
    if any(table.schema != tables[0].schema for table in tables):
        tables = [table.cast(schema) for table in tables]
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _as_read(schema: pa.Schema, file: pq.ParquetFile) -> pa.Schema:
    """The contract's schema, with the columns that the file is read as dictionaries of."""
    for name in repeating(file):
        if name in schema.names:
            schema = schema.set(schema.get_field_index(name), file.schema_arrow.field(name))
    return schema


def _groups(store: Store, piece: Piece, schema: pa.Schema) -> Iterator[pa.Table]:
    where = f"reading {store.uri_of(piece.key)}"
    data = store.read(piece.key)
    try:
        with open_parquet(data) as file:
            kinds = _as_read(schema, file)
            names = [name for name in schema.names if name in file.schema_arrow.names]
            for number in range(piece.first, file.num_row_groups if piece.end is None else piece.end):
                rows = file.read_row_group(number, columns=names)
                # A column that was added later is null in old files; the contract says that it is optional.
                for name in set(schema.names) - set(names):
                    rows = rows.append_column(name, pa.nulls(rows.num_rows, schema.field(name).type))
                yield rows.select(schema.names).cast(kinds)
    except (pa.ArrowException, OSError) as error:
        raise StorageError(
            f"{where}: it cannot be read as the table's rows ({error}); run `lake verify` to find out more"
        ) from error
