"""Rows of a unit to Parquet objects: in row groups, rolled at a size, each put whole under the unit's name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from lake.objects import Store
from lake.steps import OnStep, Step, ignore_step

FILE_BYTES = 512 << 20
"""A Parquet object is closed once it holds so many bytes of rows, as Arrow holds them: some 150 MB of events.

Its stored size does not count, so that the rows of a file do not depend on which of them are dropped. It is kept in
memory until it is put.
"""

ROW_GROUP_BYTES = 64 << 20
"""Rows, as Arrow holds them, that make a row group."""


@dataclass(frozen=True)
class FileSizes:
    """Bytes of rows, as Arrow holds them: of a row group, of a file, and of the first file of a unit with a key.

    Copies of a record arrive soon after it: those that lie in another unit than the first one, lie at its beginning. To
    take them out, a small first file is rewritten (lake.write.rewrite), and the others are left as they are.
    """

    row_group: int = ROW_GROUP_BYTES
    file: int = FILE_BYTES
    head: int = 4 << 20


DEFAULT_SIZES = FileSizes()


@dataclass(frozen=True)
class DataFile:
    """A Parquet object that was put; `sha256` is of its bytes.

    It was made from the rows with numbers first <= n < end of its unit, `rows` of which it holds.
    """

    key: str
    rows: int
    bytes: int
    sha256: str
    first: int = 0
    end: int = 0


class ParquetWriter:
    """Writes row groups of one schema to <folder>/<name>-00000.parquet, -00001 and so on.

    The same rows in the same groups give the same bytes: no time, no run, no host is written.
    """

    def __init__(
        self,
        store: Store,
        folder: str,
        name: str,
        schema: pa.Schema,
        plain: frozenset[str],
        *,
        file_bytes: int = FILE_BYTES,
        on_step: OnStep = ignore_step,
    ) -> None:
        """`plain` names columns of mostly distinct values, for which a dictionary is wasted work.

        A file is closed once it holds `file_bytes` of rows.
        """
        self._file_bytes, self._on_step = file_bytes, on_step
        self._store, self._folder, self._name, self._schema = store, folder, name, schema
        self._plain = plain
        self._sink: pa.BufferOutputStream | None = None
        self._writer: pq.ParquetWriter | None = None
        self._rows = self._bytes = 0
        self._first = self._end = 0
        self.files: list[DataFile] = []

    def write(self, rows: pa.Table, stands_for: int | None = None) -> None:
        """Append one row group; `stands_for` is how many rows of the unit it is what is left of."""
        self._end += rows.num_rows if stands_for is None else stands_for
        if not rows.num_rows:
            return
        if self._writer is None or self._sink is None:
            self._sink = pa.BufferOutputStream()
            self._writer = open_writer(self._sink, self._schema, self._plain)
        self._writer.write_table(rows, row_group_size=rows.num_rows)
        self._rows += rows.num_rows
        self._bytes += rows.nbytes
        if self._bytes >= self._file_bytes:
            self.close()

    def close(self) -> None:
        """Put what has been written so far, if anything."""
        if self._writer is None or self._sink is None:
            return
        self._writer.close()
        data = self._sink.getvalue()
        key = f"{self._folder}/{self._name}-{len(self.files):05d}.parquet"
        self._on_step(Step.FILE_ENCODED, key)
        self.files.append(put_data_file(self._store, key, data, self._rows, range(self._first, self._end)))
        self._writer = self._sink = None
        self._rows = self._bytes = 0
        self._first = self._end


def put_data_file(store: Store, key: str, data: pa.Buffer, rows: int, of: range) -> DataFile:
    """Put the bytes of a whole Parquet object, made from the rows `of` its unit."""
    store.write(key, memoryview(data))
    return DataFile(key, rows, data.size, hashlib.sha256(data).hexdigest(), of.start, of.stop)


def open_writer(
    sink: pa.BufferOutputStream,
    schema: pa.Schema,
    plain: frozenset[str],
    sorting_columns: list[pq.SortingColumn] | None = None,
) -> pq.ParquetWriter:
    """A writer as all tables' files are written; `plain` as ParquetWriter has it."""
    return pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[field.name for field in schema if field.name not in plain and _takes_dictionary(field)],
        # Bounds of random identifiers are as wide as can be, and cost a tenth of the writing.
        write_statistics=[field.name for field in schema if field.name not in plain or not _is_text(field)],
        coerce_timestamps="us",
        write_page_index=True,
        sorting_columns=sorting_columns,
    )


def _is_text(field: pa.Field) -> bool:
    return bool(pa.types.is_string(field.type) or pa.types.is_binary(field.type))


def _takes_dictionary(field: pa.Field) -> bool:
    return not pa.types.is_nested(field.type) and not pa.types.is_boolean(field.type)
