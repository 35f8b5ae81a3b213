"""The Parquet objects of one run folder, read one row group at a time and only the requested columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake.audit.json_values import json_value
from lake.errors import StorageError
from lake.objects import Store

Mask = Callable[[pa.Table], pa.Array]


class PartitionFiles:
    """Open Parquet objects that hold one partition; `schema` is used if there are none. Close after use."""

    def __init__(self, store: Store, keys: Sequence[str], schema: pa.Schema) -> None:
        self._store = store
        self._open = ExitStack()
        self._files = self._opened(keys)
        self.schema = self._files[0][1].schema_arrow if self._files else schema
        self.rows = sum(file.metadata.num_rows for _, file in self._files)
        for key, file in self._files:
            if not file.schema_arrow.equals(self.schema):
                self.__exit__(None, None, None)
                raise StorageError(
                    f"auditing {store.uri_of(key)}: its columns differ from those of {store.uri_of(keys[0])}; one run "
                    "writes one schema, so other files got into its folder: run the job again"
                )

    def _opened(self, keys: Sequence[str]) -> list[tuple[str, pq.ParquetFile]]:
        system, root = self._store.arrow()
        files = []
        for key in keys:
            try:
                files.append((key, self._open.enter_context(pq.ParquetFile(f"{root}/{key}", filesystem=system))))
            except (OSError, pa.ArrowException) as error:
                self._open.close()
                raise StorageError(
                    f"auditing {self._store.uri_of(key)}: it cannot be read as Parquet ({error}); run the job again"
                ) from error
        return files

    def __enter__(self) -> PartitionFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def null_count(self, column: str) -> int | None:
        """Nulls of a column from the footers; None if one of them has no count."""
        total = 0
        for _, file in self._files:
            position = _leaf_position(file.metadata, column)
            if position is None:
                return None
            for group in range(file.metadata.num_row_groups):
                statistics = file.metadata.row_group(group).column(position).statistics
                if statistics is None or not statistics.has_null_count:
                    return None
                total += statistics.null_count
        return total

    def chunks(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The columns, one row group after the other."""
        for key, file in self._files:
            for group in range(file.metadata.num_row_groups):
                try:
                    yield file.read_row_group(group, columns=list(columns))
                except (OSError, pa.ArrowException) as error:
                    raise StorageError(
                        f"auditing {self._store.uri_of(key)}: row group {group} cannot be read ({error}); "
                        "run the job again"
                    ) from error

    def whole(self, columns: Sequence[str]) -> pa.Table:
        """The columns of all rows, in memory."""
        empty = pa.schema([self.schema.field(name) for name in columns]).empty_table()
        return pa.concat_tables([empty, *self.chunks(columns)])

    def samples(self, columns: Sequence[str], mask: Mask, limit: int) -> tuple[dict[str, Any], ...]:
        """The first `limit` whole rows that `mask` (given the columns of a chunk) is true for, with JSON values."""
        rows: list[dict[str, Any]] = []
        chunks = self.chunks(columns)
        for _, file in self._files:
            for group in range(file.metadata.num_row_groups):
                found = pc.indices_nonzero(mask(next(chunks)))[: limit - len(rows)]
                if len(found):
                    rows += [json_value(row) for row in file.read_row_group(group).take(found).to_pylist()]
                if len(rows) >= limit:
                    return tuple(rows)
        return tuple(rows)

    def rows_at(self, positions: Sequence[int]) -> tuple[dict[str, Any], ...]:
        """Whole rows by their position in the partition, in the order of the files, with JSON values."""
        rows: list[dict[str, Any]] = []
        start = 0
        for _, file in self._files:
            for group in range(file.metadata.num_row_groups):
                end = start + file.metadata.row_group(group).num_rows
                here = [position - start for position in sorted(positions) if start <= position < end]
                if here:
                    rows += [json_value(row) for row in file.read_row_group(group).take(here).to_pylist()]
                start = end
        return tuple(rows)


def _leaf_position(metadata: pq.FileMetaData, column: str) -> int | None:
    """Position of a flat column among the leaves; None for a nested one, whose statistics are its parts'."""
    for position in range(metadata.num_columns):
        if metadata.schema.column(position).path == column:
            return position
    return None
