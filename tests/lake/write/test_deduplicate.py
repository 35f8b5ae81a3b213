"""Duplicates across units and hours, against the plainest loop that says the same."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from lake.contract.model import Column, Table
from lake.objects import Store, StoredObject, open_store
from lake.plan.packing import WorkUnit, pack
from lake.write.deduplicate import Decisions, decisions_digest, duplicate_decisions
from lake.write.key_index import INDEX_SCHEMA, index_bytes, index_key

TABLE = Table("shop", "orders_v1", "1.0.0", "", (Column("id", "id", "string", key_position=1),), None)
Row = tuple[int, int]  # (key, payload)


def unit(store: Store, dt: str, name: str, rows: list[Row]) -> WorkUnit:
    """A unit of one object, whose key index is put into the store."""
    stored = StoredObject(f"raw/shop/orders/dt={dt}/{name}", 1, "1", datetime(2026, 11, 21, tzinfo=UTC))
    (made,) = pack(dt, [stored], "rules")
    columns = [pa.array([row[0] for row in rows]), pa.array([0] * len(rows)), pa.array([row[1] for row in rows])]
    index = pa.Table.from_arrays([column.cast(pa.uint64()) for column in columns], schema=INDEX_SCHEMA)
    store.write(index_key(TABLE, made), index_bytes([index]))
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "lake"))


def test_a_later_copy_is_a_duplicate_and_another_payload_a_conflict(store: Store) -> None:
    one = unit(store, "2026-11-21-09", "a", [(1, 10), (2, 20), (1, 10)])
    two = unit(store, "2026-11-21-09", "b", [(1, 11), (1, 10), (3, 30), (1, 11)])
    assert duplicate_decisions(TABLE, store, [], [one, two]) == {
        one.name: Decisions(duplicates=(2,)),
        two.name: Decisions(duplicates=(1,), conflicts=(0, 3)),
    }


def test_the_look_back_decides_what_is_first_but_is_not_decided_upon(store: Store) -> None:
    before = unit(store, "2026-11-21-08", "a", [(1, 10), (1, 11), (2, 20)])
    own = unit(store, "2026-11-21-09", "b", [(1, 11), (2, 20), (3, 30)])
    assert duplicate_decisions(TABLE, store, [before], [own]) == {own.name: Decisions(duplicates=(1,), conflicts=(0,))}


def test_nothing_to_do_is_nothing_said(store: Store) -> None:
    before = unit(store, "2026-11-21-08", "a", [(1, 10), (1, 10)])
    own = unit(store, "2026-11-21-09", "b", [(2, 20), (3, 30)])
    assert duplicate_decisions(TABLE, store, [before], [own]) == {}


def test_a_unit_without_rows_is_no_trouble(store: Store) -> None:
    own = [unit(store, "2026-11-21-09", "a", []), unit(store, "2026-11-21-09", "b", [(1, 1), (1, 1)])]
    assert duplicate_decisions(TABLE, store, [], own) == {own[1].name: Decisions(duplicates=(1,))}


@pytest.mark.parametrize("seed", range(10))
def test_random_units_are_decided_as_a_plain_loop_decides_them(store: Store, seed: int) -> None:
    rng = random.Random(seed)
    rows = [[(rng.randrange(12), rng.randrange(2)) for _ in range(rng.randrange(12))] for _ in range(6)]
    units = [unit(store, f"2026-11-21-0{n // 2}", f"object-{n}", one) for n, one in enumerate(rows)]
    first: dict[int, int] = {}
    expected: dict[str, Decisions] = {}
    for number, (members, made) in enumerate(zip(rows, units, strict=True)):
        duplicates, conflicts = [], []
        for place, (key, payload) in enumerate(members):
            if key in first and number >= 4:
                (duplicates if first[key] == payload else conflicts).append(place)
            first.setdefault(key, payload)
        if duplicates or conflicts:
            expected[made.name] = Decisions(tuple(duplicates), tuple(conflicts))
    assert duplicate_decisions(TABLE, store, units[:4], units[4:]) == expected


def test_digests_tell_decisions_apart() -> None:
    some = {"u": Decisions(duplicates=(1,))}
    others = [{}, {"u": Decisions(conflicts=(1,))}, {"v": Decisions(duplicates=(1,))}, {"u": Decisions((1, 2))}]
    assert decisions_digest(some) not in {decisions_digest(other) for other in others}
    assert decisions_digest(some) == decisions_digest({"u": Decisions((1,), ())})


def test_a_window_too_large_to_sort_at_once_is_decided_alike(store: Store) -> None:
    rng = random.Random(7)
    units = [
        unit(store, "2026-11-21-09", f"object-{n}", [(rng.randrange(40), rng.randrange(3)) for _ in range(50)])
        for n in range(4)
    ]
    at_once = duplicate_decisions(TABLE, store, units[:1], units[1:])
    assert duplicate_decisions(TABLE, store, units[:1], units[1:], keys_at_once=30) == at_once
