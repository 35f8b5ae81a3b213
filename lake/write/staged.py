"""A partition that is written and not published yet: its files, its counts, and what it is published with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lake.write.parquet import DataFile


@dataclass(frozen=True)
class StagedFiles:
    """The files of a run's folder, all of them; the folder is a key below the root."""

    folder: str
    files: tuple[DataFile, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(file.key for file in self.files)

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True)
class StagedPartition:
    """Rows of a partition, staged. records = rows + duplicates + quarantined, counted in records of the inputs.

    `quarantine` has the rejected records, if the table has a quarantine. `parameters` and `manifest` are the kind of
    table's own, beside those that every partition is published with. `coerced` says how many values rules of the
    contract took (lake.parse.block), by field and rule, in rows before duplicates are taken out.
    """

    dt: str
    run_id: str
    files: StagedFiles
    input_digest: str
    records: int
    rows: int
    duplicates: int = 0
    quarantined: int = 0
    quarantine: StagedFiles | None = None
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    coerced: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        return self.files.keys

    @property
    def quarantine_keys(self) -> tuple[str, ...]:
        return () if self.quarantine is None else self.quarantine.keys
