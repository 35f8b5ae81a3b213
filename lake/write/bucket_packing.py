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
from lake.objects.layout import is_data_file

UNIT_BYTES = 256 << 20
"""Rows, as Arrow holds them, that a unit aims at. A task needs some three times as much memory.

Every unit makes a file of its own in each bucket, so a smaller unit means more files for a reader to open.
"""

_EXPANSION = 4
"""Bytes of encoded values that a stored byte may stand for, if no footer is read: on events zstd makes 2 to 3."""

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


def pack_partition(
    store: Store, source: Partition, columns: int, rules: str, unit_bytes: int = UNIT_BYTES
) -> list[BucketUnit]:
    """Units of an hour, in the order of its files; a function of the upstream partition and of the other arguments.

    `columns` is how many columns are read; `rules` the digest of what decides where rows lie. Raises StorageError.
    """
    objects = [stored for stored in store.list(source.location) if is_data_file(stored.key)]
    members: list[list[Piece]] = []
    costs: list[int] = []
    for piece, cost in _pieces(store, objects, source.number("rows"), columns, unit_bytes):
        if not members or costs[-1] + cost > unit_bytes:
            members.append([])
            costs.append(0)
        members[-1].append(piece)
        costs[-1] += cost
    content = source.get("content_digest")
    return [
        BucketUnit(source.dt, number, tuple(_joined(pieces)), digest_of([rules, content, number, len(members)]), cost)
        for number, (pieces, cost) in enumerate(zip(members, costs, strict=True))
    ]


def _pieces(
    store: Store, objects: Sequence[StoredObject], rows: int, columns: int, unit_bytes: int
) -> Iterator[tuple[Piece, int]]:
    estimate = sum(stored.size for stored in objects) * _EXPANSION + rows * columns * _VALUE_BYTES
    if estimate <= unit_bytes:
        for stored in objects:
            yield Piece(stored.key), stored.size * _EXPANSION
        return
    system, root = store.arrow()
    for stored in objects:
        try:
            metadata = pq.read_metadata(f"{root}/{stored.key}", filesystem=system)
        except (OSError, pa.ArrowException) as error:
            raise StorageError(
                f"reading {store.uri_of(stored.key)}: it is not a whole Parquet object ({error}); run `lake verify` to "
                "find out more"
            ) from error
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            yield Piece(stored.key, number, number + 1), group.total_byte_size + group.num_rows * columns * _VALUE_BYTES


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
