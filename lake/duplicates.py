"""Which rows of an hour are duplicates: of the same primary key, in its own units and in those it looks back on.

The first record of a key, by arrival (hour, then object key, then place in the object), is kept. Later ones with the
same row are dropped as duplicates; with another row they are conflicts, and go to quarantine. An hour's look-back
window decides: what is first is a function of the raw objects in it, never of what is published.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.contract.model import Table
from lake.keys import index_key
from lake.objects import Store
from lake.units import Unit, digest_of

_MEMORY_LIMIT = "2GB"
"""DuckDB's share of the driver; beyond it, it spills to a temporary folder."""


@dataclass(frozen=True)
class Decisions:
    """Row numbers (in a unit's order of good rows, sorted) to drop as duplicates or to quarantine as conflicts."""

    duplicates: tuple[int, ...] = ()
    conflicts: tuple[int, ...] = ()


def decisions(table: Table, store: Store, before: Sequence[Unit], own: Sequence[Unit]) -> dict[str, Decisions]:
    """What to do with rows of an hour's `own` units, by unit name; units with nothing to do are left out.

    `before` are the units of the look-back hours. All of both need their key index to be there. Units are given in
    the order of arrival.
    """
    units = [*before, *own]
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lake-keys-"))
        connection = stack.enter_context(_connected(folder))
        names = _local_files(store, [index_key(table, unit) for unit in units], Path(folder))
        found = connection.sql(_SQL, params={"names": names, "own_from": len(before)}).to_arrow_table()
    return _by_unit(found, units)


def decisions_digest(decided: dict[str, Decisions]) -> str:
    """One digest of all decisions of an hour: equal digests, equal rows from equal raw objects."""
    return digest_of([[unit, one.duplicates, one.conflicts] for unit, one in sorted(decided.items())])


_SQL = """
WITH files AS (SELECT unnest($names) AS filename, unnest(range(len($names))) AS unit),
repeated AS (SELECT k1 FROM read_parquet($names) GROUP BY k1 HAVING count(*) > 1),
candidates AS (
    SELECT unit, file_row_number AS place, k1, k2, p
    FROM read_parquet($names, filename = true, file_row_number = true)
    SEMI JOIN repeated USING (k1) JOIN files USING (filename)
),
ranked AS (
    SELECT unit, place, p = first_value(p) OVER arrival AS is_alike, row_number() OVER arrival AS nth
    FROM candidates WINDOW arrival AS (PARTITION BY k1, k2 ORDER BY unit, place)
)
SELECT unit, place, is_alike FROM ranked WHERE nth > 1 AND unit >= $own_from ORDER BY unit, place
"""


@contextmanager
def _connected(folder: str) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY_LIMIT,
        "temp_directory": folder,
        "preserve_insertion_order": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        yield connection
    finally:
        connection.close()


def _local_files(store: Store, keys: Sequence[str], folder: Path) -> list[str]:
    """Paths of the objects: in place where the root is a folder, copied where it is not."""
    root = Path(store.uri)
    if root.is_absolute():
        return [str(root / key) for key in keys]
    paths = []
    for number, key in enumerate(keys):
        path = folder / f"{number}.parquet"
        path.write_bytes(store.read(key))
        paths.append(str(path))
    return paths


def _by_unit(found: pa.Table, units: Sequence[Unit]) -> dict[str, Decisions]:
    dropped: dict[int, list[int]] = defaultdict(list)
    conflicting: dict[int, list[int]] = defaultdict(list)
    for unit, place, is_alike in zip(*(found[name].to_pylist() for name in found.column_names), strict=True):
        (dropped if is_alike else conflicting)[unit].append(place)
    return {
        units[number].name: Decisions(tuple(dropped[number]), tuple(conflicting[number]))
        for number in sorted(dropped.keys() | conflicting.keys())
    }
