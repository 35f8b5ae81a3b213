"""Which rows of an hour are duplicates: of the same primary key, in its own units and in those it looks back on.

The first record of a key, by arrival (hour, then object key, then place in the object), is kept. Later ones with the
same row are dropped as duplicates; with another row they are conflicts, and go to quarantine. An hour's look-back
window decides: what is first is a function of the raw objects in it, never of what is published.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from lake.contract.model import Table
from lake.digest import digest_of
from lake.objects import Store
from lake.plan.packing import WorkUnit
from lake.write.key_index import INDEX_SCHEMA, Hashes, index_key, places_of, repeated_among

KEYS_AT_ONCE = 50_000_000
"""Halves of keys sorted in one go, 8 bytes each; a larger window takes more passes over the indexes."""


@dataclass(frozen=True)
class Decisions:
    """Row numbers (in a unit's order of good rows, sorted) to drop as duplicates or to quarantine as conflicts."""

    duplicates: tuple[int, ...] = ()
    conflicts: tuple[int, ...] = ()


def duplicate_decisions(
    table: Table,
    store: Store,
    before: Sequence[WorkUnit],
    own: Sequence[WorkUnit],
    keys_at_once: int = KEYS_AT_ONCE,
) -> dict[str, Decisions]:
    """What to do with rows of an hour's `own` units, by unit name; units with nothing to do are left out.

    `before` are the units of the look-back hours. The key indexes of all units must exist. Units come in the order of
    arrival.
    """
    units = [*before, *own]
    indexes = [_Index(store, index_key(table, unit)) for unit in units]
    candidates = _candidates(indexes, keys_at_once)
    duplicates: dict[int, list[int]] = defaultdict(list)
    conflicts: dict[int, list[int]] = defaultdict(list)
    for unit, place, is_alike in _later_ones(candidates, len(before)):
        (duplicates if is_alike else conflicts)[unit].append(place)
    return {
        units[number].name: Decisions(tuple(sorted(duplicates[number])), tuple(sorted(conflicts[number])))
        for number in sorted(duplicates.keys() | conflicts.keys())
    }


def decisions_digest(decided: dict[str, Decisions]) -> str:
    """One digest of all decisions of an hour: equal digests, equal rows from equal raw objects."""
    return digest_of([[unit, rows.duplicates, rows.conflicts] for unit, rows in sorted(decided.items())])


@dataclass(frozen=True)
class _Index:
    """A unit's key index, read again at each use: a window of many units would not fit into memory."""

    store: Store
    key: str

    def read(self, columns: Sequence[str]) -> pa.Table:
        return pq.read_table(io.BytesIO(self.store.read(self.key)), columns=list(columns), use_threads=False)

    def first_halves(self) -> Hashes:
        halves: Hashes = self.read(["k1"])["k1"].to_numpy()
        return halves

    def rows(self, unit: int, places: npt.NDArray[np.int64]) -> pa.Table:
        """The rows at `places`, with the number of their unit, and their place in it."""
        rows = self.read(INDEX_SCHEMA.names).take(pa.array(places)) if len(places) else INDEX_SCHEMA.empty_table()
        return rows.append_column("place", pa.array(places)).append_column("unit", _same(unit, len(places)))


def _candidates(indexes: Sequence[_Index], keys_at_once: int) -> Iterator[pa.Table]:
    """Rows whose first half of the key stands more than once in the window: the index's columns, unit and place.

    At once, or in as many passes as it takes where the window is too large to be sorted at once.
    """
    rows = 0
    held: list[Hashes] = []
    for index in indexes:
        held.append(index.first_halves())
        rows += len(held[-1])
        if rows > keys_at_once:
            held.clear()
    passes = -(-rows // keys_at_once)
    for number in range(passes):
        if passes > 1:
            held = [_of_pass(index.first_halves(), number, passes) for index in indexes]
        repeated = repeated_among(held)
        every = held if passes == 1 else [index.first_halves() for index in indexes]
        yield pa.concat_tables(
            [
                index.rows(unit, places_of(repeated, halves))
                for unit, (index, halves) in enumerate(zip(indexes, every, strict=True))
            ]
        )


def _of_pass(halves: Hashes, number: int, passes: int) -> Hashes:
    part: Hashes = halves[halves % np.uint64(passes) == number]
    return part


def _same(value: int, length: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.int64()), length)


def _later_ones(candidates: Iterable[pa.Table], first_unit: int) -> Iterator[tuple[int, int, bool]]:
    """Unit and place of each row whose key stood before, and whether the row is the one that stood there first.

    Rows of units before `first_unit` are left out.
    """
    for rows in candidates:
        if not rows.num_rows:
            continue
        k1, k2, p, unit, place = (rows[name].to_numpy() for name in ("k1", "k2", "p", "unit", "place"))
        order = np.lexsort((place, unit, k2, k1))
        k1, k2, p, unit, place = k1[order], k2[order], p[order], unit[order], place[order]
        is_first = np.concatenate([[True], (k1[1:] != k1[:-1]) | (k2[1:] != k2[:-1])])
        is_alike = p == p[np.flatnonzero(is_first)][np.cumsum(is_first) - 1]
        later = ~is_first & (unit >= first_unit)
        yield from zip(unit[later].tolist(), place[later].tolist(), is_alike[later].tolist(), strict=True)
