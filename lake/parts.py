"""Rows of a unit to Parquet objects: in row groups, rolled at a size, each put whole under the unit's name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from lake.objects import Store

FILE_BYTES = 128 << 20
"""A Parquet object is closed once it is as large as this; it is held in memory until then."""

ROW_GROUP_BYTES = 64 << 20
"""Rows, as Arrow holds them, that make a row group."""


@dataclass(frozen=True)
class Part:
    """A Parquet object that was put; `sha256` is of its bytes."""

    key: str
    rows: int
    bytes: int
    sha256: str


class PartWriter:
    """Writes row groups of one schema to <folder>/<name>-00000.parquet, -00001 and so on.

    The same rows in the same groups give the same bytes: no time, no run, no host is written.
    """

    def __init__(self, store: Store, folder: str, name: str, schema: pa.Schema, plain: frozenset[str]) -> None:
        """`plain` names columns of mostly distinct values, for which a dictionary is wasted work."""
        self._store, self._folder, self._name, self._schema = store, folder, name, schema
        self._dictionary = [field.name for field in schema if field.name not in plain and _takes_dictionary(field)]
        self._sink: pa.BufferOutputStream | None = None
        self._writer: pq.ParquetWriter | None = None
        self._rows = 0
        self.parts: list[Part] = []

    def write(self, rows: pa.Table) -> None:
        """Append one row group."""
        if not rows.num_rows:
            return
        if self._writer is None or self._sink is None:
            self._sink = pa.BufferOutputStream()
            self._writer = self._open(self._sink)
        self._writer.write_table(rows, row_group_size=rows.num_rows)
        self._rows += rows.num_rows
        if self._sink.tell() >= FILE_BYTES:
            self.close()

    def close(self) -> None:
        """Put what has been written so far, if anything."""
        if self._writer is None or self._sink is None:
            return
        self._writer.close()
        data = self._sink.getvalue()
        key = f"{self._folder}/{self._name}-{len(self.parts):05d}.parquet"
        self._store.write(key, memoryview(data))
        self.parts.append(Part(key, self._rows, data.size, hashlib.sha256(data).hexdigest()))
        self._writer = self._sink = None
        self._rows = 0

    def _open(self, sink: pa.BufferOutputStream) -> pq.ParquetWriter:
        return pq.ParquetWriter(
            sink,
            self._schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=self._dictionary,
            coerce_timestamps="us",
            write_page_index=True,
        )


def _takes_dictionary(field: pa.Field) -> bool:
    return not pa.types.is_nested(field.type) and not pa.types.is_boolean(field.type)
