"""Packing an hour's files into units: whole files where they fit, row groups where they do not; nothing left out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.catalog import Partition
from lake.errors import StorageError
from lake.objects import Store, open_store
from lake.write.bucket_packing import UNIT_BYTES, BucketUnit, Piece, pack_partition
from lake.write.parquet import ParquetWriter

FOLDER = "curated/shop/orders_v1/dt=2026-11-21-09/run=1"
SCHEMA = pa.schema([("key", pa.string())])


def hour_of(root: Path, groups: list[int], name: str = "unit") -> tuple[Store, Partition]:
    """A partition with a file for each number, which is how many row groups of 100 rows it has."""
    store = open_store(str(root))
    for number, count in enumerate(groups):
        writer = ParquetWriter(store, FOLDER, f"{name}{number}", SCHEMA, frozenset())
        for group in range(count):
            writer.write(pa.table({"key": [f"{number} {group} {row}" for row in range(100)]}, SCHEMA))
        writer.close()
    store.write(f"{FOLDER}/_manifest.json", b"{}")
    partition = Partition("2026-11-21-09", FOLDER)
    return store, partition.with_parameters(content_digest="abc", rows=str(sum(groups) * 100))


def packed(
    hour: tuple[Store, Partition], columns: int = 1, rules: str = "rules", unit_bytes: int = UNIT_BYTES
) -> list[BucketUnit]:
    return pack_partition(*hour, columns, rules, unit_bytes)


def key(number: int, name: str = "unit") -> str:
    return f"{FOLDER}/{name}{number}-00000.parquet"


def test_a_small_hour_is_one_unit_of_whole_files_in_their_order(tmp_path: Path) -> None:
    (unit,) = packed(hour_of(tmp_path, [1, 3, 1]))
    assert unit.pieces == (Piece(key(0)), Piece(key(1)), Piece(key(2)))
    assert (unit.dt, unit.number, unit.version) == ("2026-11-21-09", 0, f"2026-11-21-09/{unit.name}")


def test_an_hour_of_no_files_has_no_units(tmp_path: Path) -> None:
    assert packed(hour_of(tmp_path, [])) == []


def test_a_large_hour_is_packed_by_row_groups_and_neighbours_are_one_piece(
    tmp_path: Path,
) -> None:
    hour = hour_of(tmp_path, [3, 2])
    (whole,) = packed(hour)
    single = packed(hour, unit_bytes=1)
    assert [unit.pieces for unit in single] == [
        *((Piece(key(0), group, group + 1),) for group in range(3)),
        *((Piece(key(1), group, group + 1),) for group in range(2)),
    ]
    pairs = packed(hour, unit_bytes=max(unit.cost for unit in single) * 2)
    assert [unit.pieces for unit in pairs] == [
        (Piece(key(0), 0, 2),),
        (Piece(key(0), 2, 3), Piece(key(1), 0, 1)),
        (Piece(key(1), 1, 2),),
    ]
    assert [unit.number for unit in pairs] == [0, 1, 2]
    assert whole.name not in {unit.name for unit in (*single, *pairs)}


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(1, 40))
def test_every_row_group_is_in_one_unit_and_the_order_is_that_of_the_files(groups: list[int], size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hour = hour_of(Path(folder), groups)
        found = [
            (piece.key, group)
            for unit in packed(hour, unit_bytes=size * 300)
            for piece in unit.pieces
            for group in range(piece.first, groups[int(piece.key[-15])] if piece.end is None else piece.end)
        ]
    assert found == [(key(number), group) for number, count in enumerate(groups) for group in range(count)]


def test_names_follow_from_content_and_rules_alone(tmp_path: Path) -> None:
    hour, elsewhere = hour_of(tmp_path / "hour", [2]), hour_of(tmp_path / "elsewhere", [2], "other")
    names = [unit.name for unit in packed(hour, unit_bytes=1)]
    assert len(set(names)) == 2
    assert [unit.name for unit in packed(elsewhere, unit_bytes=1)] == names
    assert not {unit.name for unit in packed(hour, rules="other", unit_bytes=1)} & set(names)
    changed = (hour[0], hour[1].with_parameters(content_digest="def"))
    assert not {unit.name for unit in packed(changed, unit_bytes=1)} & set(names)


def test_wider_rows_make_more_units(tmp_path: Path) -> None:
    hour = hour_of(tmp_path, [4])
    few, many = (len(packed(hour, columns=columns, unit_bytes=10_000)) for columns in (1, 12))
    assert few < many == 4


@pytest.mark.parametrize("damage", [b"", b"no Parquet at all"])
def test_a_damaged_file_of_a_large_hour_is_named(tmp_path: Path, damage: bytes) -> None:
    store, partition = hour_of(tmp_path, [2, 2])
    store.write(key(1), damage)
    with pytest.raises(StorageError, match="it is not a whole Parquet object") as raised:
        packed((store, partition), unit_bytes=1)
    assert str(raised.value).startswith(f"reading {store.uri_of(key(1))}: ")
