"""Generated lines into files, named by the hour of arrival so that each can be landed at its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from isal import isal_zlib

from lake.errors import StorageError
from lake_local.datagen.query import csv_header, lines
from lake_local.datagen.volume import HOUR_MS, Volume

_GZIP_WINDOW = 31  # gzip's header and trailer around the largest window
_GZIP_LEVEL = 2


@dataclass(frozen=True)
class GeneratedFile:
    """A file that was written, with its number of records (a CSV header is not one) and its size in bytes."""

    path: Path
    records: int
    size: int


def generate_files(
    volume: Volume, folder: Path, progress: Callable[[int], None] = lambda _records: None
) -> list[GeneratedFile]:
    """Write the records into files below the folder, which is made where it does not exist.

    NDJSON, or gzip CSV with a header, as the contract's source says; equal volumes give equal bytes. Files of the same
    names are replaced. Memory is bounded; what does not fit is sorted on disk. Raises StorageError where a file cannot
    be written.
    """
    generated: list[GeneratedFile] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _Files(volume, folder, generated) as files:
            for batch in lines(volume):
                files.write(batch["arrived"].to_numpy(), batch["line"])
                progress(len(batch))
    except OSError as error:
        raise StorageError(f"writing generated files to {folder}: {error.strerror}; choose another --out") from error
    return generated


class _Files:
    """One open file at a time: lines come in the order of arrival."""

    def __init__(self, volume: Volume, folder: Path, generated: list[GeneratedFile]) -> None:
        self._volume = volume
        self._folder = folder
        self._generated = generated
        self._slot_ms = HOUR_MS // volume.files
        self._slot: int | None = None
        self._out: _Out | None = None

    def __enter__(self) -> _Files:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def write(self, arrived: npt.NDArray[np.int64], lines: pa.Array) -> None:
        slots, begins = np.unique(arrived // self._slot_ms, return_index=True)
        edges = pairwise([*begins.tolist(), len(lines)])
        for slot, (begin, end) in zip(slots.tolist(), edges, strict=True):
            if slot != self._slot or self._out is None:
                self._close()
                self._slot, self._out = slot, _Out(self._volume, self._folder / self._name(slot * self._slot_ms))
            self._out.write(_bytes_of(lines[begin:end]), end - begin)

    def _close(self) -> None:
        if self._out is not None:
            self._generated.append(self._out.close())
            self._out = None

    def _name(self, slot_start_ms: int) -> str:
        time = datetime.fromtimestamp(slot_start_ms / 1000, UTC)
        table = re.sub(r"_v\d+$", "", self._volume.table.name)
        minutes = "" if self._volume.files == 1 else f"-{time:%M}"
        return f"{table}-{time:%Y-%m-%d-%H}{minutes}{'.csv.gz' if self._volume.is_csv else '.ndjson'}"


class _Out:
    """A file being written."""

    def __init__(self, volume: Volume, path: Path) -> None:
        self._path = path
        self._records = 0
        self._stream: BinaryIO = path.open("wb")
        self._gzip = isal_zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_WINDOW) if volume.is_csv else None
        if self._gzip is not None:
            self.write(memoryview(csv_header(volume)), 0)

    def write(self, data: memoryview, records: int) -> None:
        self._stream.write(data if self._gzip is None else self._gzip.compress(data))
        self._records += records

    def close(self) -> GeneratedFile:
        with self._stream:
            if self._gzip is not None:
                self._stream.write(self._gzip.flush())
        return GeneratedFile(self._path, self._records, self._path.stat().st_size)


def _bytes_of(lines: pa.Array) -> memoryview:
    """The bytes of all lines, as they lie one after the other in the array's buffer."""
    _, offsets, data = lines.buffers()
    if not len(lines) or data is None:
        return memoryview(b"")
    ends = np.frombuffer(offsets, dtype=np.int32)
    return memoryview(data)[ends[lines.offset] : ends[lines.offset + len(lines)]]
