"""Packing an hour's published files into units of bucketing: as many row groups as one task may hold in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from lake.catalog import Partition
from lake.digest import digest_of
from lake.errors import StorageError
from lake.objects import Store, StoredObject

UNIT_BYTES = 256 << 20
"""Rows, as Arrow holds them, that a unit aims at. A task needs some three times as much memory.

Every unit makes a file of its own in each bucket, so a smaller unit means more files for a reader to open.
"""

_EXPANSION = 4
"""Bytes of encoded values that a stored byte may stand for, where no footer is asked: on events zstd makes 2 to 3."""

_VALUE_BYTES = 8
"""What a value takes in memory beside its own bytes: its offset, its share of a validity bitmap, its number."""


@dataclass(frozen=True)
class Piece:
    """Row groups first <= n < end of a Parquet object; to its last one where `end` is None."""

    key: str
    first: int = 0
    end: int | None = None


@dataclass(frozen=True)
class BucketUnit:
    """Rows of one hour that are sorted together; its outputs' names follow from `number` and `name` alone.

    `name` is a digest of the upstream partition's content and of the rules: a repeated task writes the same files.
    `cost` is an estimate of the rows' bytes in memory.
    """

    dt: str
    number: int
    pieces: tuple[Piece, ...]
    name: str
    cost: int

    @property
    def version(self) -> str:
        return f"{self.dt}/{self.name}"


def units_of_partition(store: Store, source: Partition, columns: int, rules: str) -> list[BucketUnit]:
    """Units of an hour, in the order of its files; a function of the upstream partition and of `rules` alone.

    `columns` is how many columns are read; `rules` the digest of what decides where rows lie. Raises StorageError.
    """
    objects = [one for one in store.list(source.location) if _is_rows(one.key)]
    packs: list[list[Piece]] = []
    costs: list[int] = []
    for piece, cost in _pieces(store, objects, source.number("rows"), columns):
        if not packs or costs[-1] + cost > UNIT_BYTES:
            packs.append([])
            costs.append(0)
        packs[-1].append(piece)
        costs[-1] += cost
    content = source.get("content_digest")
    return [
        BucketUnit(source.dt, number, tuple(_joined(pack)), digest_of([rules, content, number, len(packs)]), cost)
        for number, (pack, cost) in enumerate(zip(packs, costs, strict=True))
    ]


def _pieces(store: Store, objects: Sequence[StoredObject], rows: int, columns: int) -> Iterator[tuple[Piece, int]]:
    estimate = sum(one.size for one in objects) * _EXPANSION + rows * columns * _VALUE_BYTES
    if estimate <= UNIT_BYTES:
        for one in objects:
            yield Piece(one.key), one.size * _EXPANSION
        return
    system, root = store.arrow()
    for one in objects:
        try:
            metadata = pq.read_metadata(f"{root}/{one.key}", filesystem=system)
        except (OSError, pa.ArrowException) as error:
            raise StorageError(
                f"reading {store.uri_of(one.key)}: it is no whole Parquet object ({error}); `lake verify` tells more"
            ) from error
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            yield Piece(one.key, number, number + 1), group.total_byte_size + group.num_rows * columns * _VALUE_BYTES


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Neighbouring row groups of one object as one piece."""
    last: Piece | None = None
    for piece in pieces:
        if last is not None and last.key == piece.key and last.end is not None and last.end == piece.first:
            last = Piece(last.key, last.first, piece.end)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _is_rows(key: str) -> bool:
    name = key.rsplit("/", 1)[-1]
    return name.endswith(".parquet") and not name.startswith(("_", "."))
