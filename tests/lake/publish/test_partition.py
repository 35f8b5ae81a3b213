"""Publishing: one swap, on both kinds of catalog; what is newer, pinned or the same stays."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from lake.catalog import Catalog, Partition, open_catalog
from lake.contract.catalog_tables import catalog_table, quarantine_table
from lake.contract.model import Column, Source, Table
from lake.errors import StorageError, UsageError
from lake.objects import Store, open_store
from lake.publish.partition import (
    content_digest,
    publish_partition,
    quarantine_name,
    roll_back,
    unpin,
    verify_staged_files,
)
from lake.write.parquet import DataFile

DT = "2026-11-21-09"


@pytest.fixture
def orders() -> Table:
    """A table of its own name: moto's Glue databases are shared by all tests."""
    columns = (Column("id", "id", "string", key_position=1),)
    return Table(f"shop_{uuid.uuid4().hex[:8]}", "orders_v1", "1.0.0", "", columns, Source("raw/shop/orders", "json"))


@pytest.fixture
def store(any_root: str) -> Store:
    return open_store(any_root)


@pytest.fixture
def catalog(any_root: str, orders: Table) -> Catalog:
    opened = open_catalog(any_root)
    opened.put_table(catalog_table(orders))
    opened.put_table(quarantine_table(orders))
    return opened


def made(run: str, listed_at: str, content: str, **parameters: str) -> Partition:
    known = {"run_id": run, "listed_at": listed_at, "content_digest": content, **parameters}
    return Partition(DT, f"curated/shop/orders_v1/dt={DT}/run={run}").with_parameters(**known)


def at(minute: int) -> str:
    return f"2026-11-21T10:{minute:02d}:00+00:00"


def put(catalog: Catalog, store: Store, orders: Table, candidate: Partition, name: str = "orders_v1") -> str:
    outcome, _ = publish_partition(catalog, store, orders, name, candidate=candidate, details={})
    return outcome


def seen(catalog: Catalog, orders: Table, name: str = "orders_v1") -> Partition:
    partition = catalog.partition(orders.database, name, DT)
    assert partition is not None
    return partition.with_parameters(published_at=None)


def test_the_first_run_publishes_and_the_next_moves_on_from_it(catalog: Catalog, store: Store, orders: Table) -> None:
    assert put(catalog, store, orders, made("1", at(1), "x")) == "published"
    assert put(catalog, store, orders, made("2", at(2), "y")) == "published"
    assert seen(catalog, orders) == made("2", at(2), "y", previous_location=made("1", at(1), "x").location)


def test_a_run_that_listed_its_inputs_earlier_does_not_overwrite_a_later_one(
    catalog: Catalog, store: Store, orders: Table
) -> None:
    put(catalog, store, orders, made("2", at(2), "y"))
    assert put(catalog, store, orders, made("1", at(1), "x")) == "superseded"
    assert seen(catalog, orders) == made("2", at(2), "y")


def test_equal_content_keeps_the_location_and_takes_the_new_inputs(
    catalog: Catalog, store: Store, orders: Table
) -> None:
    put(catalog, store, orders, made("1", at(1), "x", input_digest="old", records="5"))
    assert put(catalog, store, orders, made("2", at(2), "x", input_digest="new", records="6")) == "unchanged"
    expected = made("1", at(2), "x", input_digest="new", records="6")
    assert seen(catalog, orders) == expected


def test_racing_runs_with_equal_inputs_publish_once(catalog: Catalog, store: Store, orders: Table) -> None:
    assert put(catalog, store, orders, made("1", at(1), "x")) == "published"
    assert put(catalog, store, orders, made("2", at(1), "x")) == "unchanged"
    assert seen(catalog, orders).location == made("1", at(1), "x").location


def test_a_rollback_goes_back_with_its_quarantine_and_is_pinned(catalog: Catalog, store: Store, orders: Table) -> None:
    quarantine = quarantine_name(orders)
    for run, minute, content in (("1", 1, "x"), ("2", 2, "y")):
        beside = replace(made(run, at(minute), f"q{content}"), location=f"quarantine/shop/orders_v1/dt={DT}/run={run}")
        put(catalog, store, orders, beside, quarantine)
        put(catalog, store, orders, made(run, at(minute), content, quarantine_location=beside.location))
    assert roll_back(catalog, store, orders, DT).location == made("1", at(1), "x").location
    assert seen(catalog, orders).is_pinned
    assert seen(catalog, orders).get("run_id") == "1"
    assert seen(catalog, orders, quarantine).location == f"quarantine/shop/orders_v1/dt={DT}/run=1"
    assert put(catalog, store, orders, made("3", at(3), "z")) == "pinned"
    unpin(catalog, orders, DT)
    assert not seen(catalog, orders).is_pinned
    assert not seen(catalog, orders, quarantine).is_pinned
    assert put(catalog, store, orders, made("3", at(3), "z")) == "published"


def test_there_is_nothing_to_roll_back_to_before_a_second_publish(
    catalog: Catalog, store: Store, orders: Table
) -> None:
    with pytest.raises(UsageError, match="the partition is not published"):
        roll_back(catalog, store, orders, DT)
    put(catalog, store, orders, made("1", at(1), "x"))
    with pytest.raises(UsageError, match="nothing was published before it"):
        roll_back(catalog, store, orders, DT)


def test_a_vacuumed_folder_cannot_be_rolled_back_to(catalog: Catalog, store: Store, orders: Table) -> None:
    put(catalog, store, orders, made("1", at(1), "x"))
    put(catalog, store, orders, made("2", at(2), "y"))
    store.delete([one.key for one in store.list(made("1", at(1), "x").location)])
    with pytest.raises(UsageError, match=r"run=1 was vacuumed; nothing to roll back to"):
        roll_back(catalog, store, orders, DT)


def test_unpinning_what_is_not_pinned_is_refused(catalog: Catalog, store: Store, orders: Table) -> None:
    put(catalog, store, orders, made("1", at(1), "x"))
    with pytest.raises(UsageError, match="it is not pinned"):
        unpin(catalog, orders, DT)


def test_a_folder_with_a_file_too_many_or_too_few_is_not_published(store: Store) -> None:
    store.write("curated/a/1.parquet", b"one")
    one, two = DataFile("curated/a/1.parquet", 1, 3, "s"), DataFile("curated/a/2.parquet", 1, 3, "s")
    verify_staged_files(store, "curated/a", [one])
    with pytest.raises(StorageError, match="expected 2 files as written, found 1"):
        verify_staged_files(store, "curated/a", [one, two])
    store.write("curated/a/2.parquet", b"longer")
    with pytest.raises(StorageError, match=r"differ at curated/a/2\.parquet"):
        verify_staged_files(store, "curated/a", [one, two])


def test_content_is_the_files_bytes_whatever_their_names_and_order() -> None:
    one, two = DataFile("a", 1, 3, "s1"), DataFile("b", 1, 3, "s2")
    assert content_digest([one, two]) == content_digest([replace(two, key="c"), one])
    assert content_digest([one, two]) != content_digest([one])


def test_the_bucket_in_a_files_name_is_part_of_its_content() -> None:
    """Readers of one key look into one bucket: two files under each other's names are other content."""
    seven, nine = (DataFile(f"f/00000{n}_0-abc.parquet", 1, 1, f"sha{n}") for n in (7, 9))
    swapped = [replace(seven, key=nine.key), replace(nine, key=seven.key)]
    assert content_digest([seven, nine]) != content_digest(swapped)
    assert content_digest([seven, nine]) == content_digest([replace(seven, key="g/000007_0-def.parquet"), nine])
