"""Units of work: a function of the listing alone, in the order of arrival; tasks of even size."""

from __future__ import annotations

from datetime import UTC, datetime

from lake.objects import StoredObject
from lake.plan.packing import UNIT_BYTES, UNIT_OBJECTS, WorkUnit, balance, pack

HOUR = "2026-11-21-09"


def stored(key: str, size: int, etag: str = "1") -> StoredObject:
    return StoredObject(f"raw/shop/orders/dt={HOUR}/{key}", size, etag, datetime(2026, 11, 21, tzinfo=UTC))


def sizes(units: list[WorkUnit]) -> list[list[int]]:
    return [[one.size for one in unit.objects] for unit in units]


def test_units_follow_the_order_of_keys_whatever_the_order_of_the_listing() -> None:
    objects = [stored("c", 3), stored("a", 1), stored("b", 2)]
    assert pack(HOUR, objects, "r") == pack(HOUR, objects[::-1], "r")
    assert sizes(pack(HOUR, objects, "r")) == [[1, 2, 3]]


def test_an_object_larger_than_a_unit_is_a_unit_of_its_own() -> None:
    objects = [stored("a", 10), stored("b", 5_000_000_000), stored("c", 10)]
    assert sizes(pack(HOUR, objects, "r")) == [[10], [5_000_000_000], [10]]


def test_thousands_of_small_objects_share_units_of_bounded_count() -> None:
    units = pack(HOUR, [stored(f"{n:05d}", 5_000) for n in range(20_000)], "r")
    assert sum(len(unit.objects) for unit in units) == 20_000
    assert max(len(unit.objects) for unit in units) <= UNIT_OBJECTS
    assert len(units) < 12


def test_no_unit_is_larger_than_it_should_be_unless_one_object_is() -> None:
    units = pack(HOUR, [stored(f"{n:03d}", UNIT_BYTES // 3) for n in range(10)], "r")
    assert all(sum(one.size for one in unit.objects) <= UNIT_BYTES for unit in units)


def test_an_empty_hour_has_no_units() -> None:
    assert pack(HOUR, [], "r") == []


def test_names_change_with_rules_keys_and_sizes_but_not_with_etags() -> None:
    (base,) = pack(HOUR, [stored("a", 1)], "r")
    (touched,) = pack(HOUR, [stored("a", 1, etag="2")], "r")
    (longer,) = pack(HOUR, [stored("a", 2)], "r")
    (other,) = pack(HOUR, [stored("b", 1)], "r")
    (ruled,) = pack(HOUR, [stored("a", 1)], "s")
    assert touched.name == base.name
    assert touched.version != base.version
    assert len({base.name, longer.name, other.name, ruled.name}) == 4


def test_tasks_are_even_when_a_few_units_are_huge() -> None:
    megabytes = {"a": 900, "b": 500, "c": 400} | {f"d{n}": 100 for n in range(9)}
    objects = [stored(key, size * 1_000_000) for key, size in megabytes.items()]
    units = [unit for one in objects for unit in pack(HOUR, [one], "r")]
    tasks = balance(units, 3)
    totals = sorted(sum(one.size for unit in task for one in unit.objects) for task in tasks)
    assert totals == [900_000_000] * 3


def test_no_task_is_empty_when_units_are_fewer_than_tasks() -> None:
    units = pack(HOUR, [stored("a", 1)], "r")
    assert balance(units, 8) == [units]
