"""Which hours are stale, and why; what is gone is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lake.catalog import Catalog, Partition, open_catalog
from lake.contract.model import Column, Source, Table
from lake.errors import UsageError
from lake.objects import Store, open_store
from lake.plan.manifest import MANIFEST
from lake.plan.partition_plan import PartitionPlan, PlanScope, TablePlan
from lake.plan.raw import RawInputs, plan_raw_hours

ORDERS = Table(
    "shop",
    "orders_v1",
    "1.0.0",
    "",
    (Column("id", "id", "string", required=True, key_position=1), Column("total", "total", "int")),
    Source("raw/shop/orders", "json"),
    lookback_hours=2,
)


@pytest.fixture
def store(tmp_path: object) -> Store:
    return open_store(f"{tmp_path}/lake")


@pytest.fixture
def catalog(store: Store) -> Catalog:
    return open_catalog(store.uri)


def land(store: Store, hour: int, name: str, data: bytes = b"{}") -> None:
    store.write(f"raw/shop/orders/dt=2026-11-21-{hour:02d}/{name}", data)


def publish(
    store: Store, catalog: Catalog, hour: PartitionPlan[RawInputs], table: Table = ORDERS, **parameters: str
) -> None:
    """Publish an hour as the job does, as far as a plan looks at it."""
    from lake.contract.catalog_tables import catalog_table

    catalog.put_table(catalog_table(table))
    location = f"curated/shop/orders_v1/dt={hour.dt}/run=1"
    manifest = {
        "objects_read": {one.key: one.etag for one in hour.inputs.objects},
        "lookback_read": {one.key: one.etag for members in hour.inputs.lookback.values() for one in members},
    }
    store.write(f"{location}/{MANIFEST}", json.dumps(manifest).encode())
    partition = Partition(hour.dt, location).with_parameters(
        input_digest=hour.input_digest,
        own_digest=hour.inputs.own_digest(),
        reading_digest=table.reading_digest(),
        columns=",".join(column.name for column in table.columns),
        **parameters,
    )
    assert catalog.publish("shop", "orders_v1", partition, expected=catalog.partition("shop", "orders_v1", hour.dt))


def plan(store: Store, catalog: Catalog, table: Table = ORDERS, **scope: Any) -> TablePlan[RawInputs]:
    return plan_raw_hours(table, store, catalog, "1", PlanScope(**scope))


def reasons(made: TablePlan[RawInputs]) -> dict[str, tuple[str, str]]:
    return {hour.dt[-2:]: (hour.state, hour.reason) for hour in made.partitions}


@pytest.fixture
def published(store: Store, catalog: Catalog) -> TablePlan[RawInputs]:
    """Three hours, 09 to 11, of one object each, all published."""
    for hour in (9, 10, 11):
        land(store, hour, "a")
    made = plan(store, catalog)
    for hour in made.stale:
        publish(store, catalog, hour)
    return made


def test_hours_never_published_are_stale_and_published_ones_current(
    store: Store, catalog: Catalog, published: TablePlan[RawInputs]
) -> None:
    assert reasons(published) == dict.fromkeys(("09", "10", "11"), ("stale", "never published"))
    assert reasons(plan(store, catalog)) == dict.fromkeys(("09", "10", "11"), ("current", "inputs unchanged"))


def test_a_late_object_makes_its_hour_stale_and_those_that_look_back_on_it(
    store: Store, catalog: Catalog, published: TablePlan[RawInputs]
) -> None:
    land(store, 12, "a")
    publish(store, catalog, plan(store, catalog).stale[0])
    land(store, 9, "late")
    reached = ("stale", "an hour that it looks back on changed")
    assert reasons(plan(store, catalog)) == {
        "09": ("stale", "1 late object(s)"),
        "10": reached,
        "11": reached,
        "12": ("current", "inputs unchanged"),
    }
    stale = plan(store, catalog).stale
    is_own_unchanged = [
        hour.published and hour.published.get("own_digest") == hour.inputs.own_digest() for hour in stale
    ]
    assert is_own_unchanged == [False, True, True]


def test_a_table_without_a_key_looks_back_on_nothing(store: Store, catalog: Catalog) -> None:
    keyless = replace(ORDERS, columns=(Column("id", "id", "string"), Column("total", "total", "int")))
    for hour in (9, 10):
        land(store, hour, "a")
    for hour_ in plan(store, catalog, keyless).stale:
        publish(store, catalog, hour_, keyless)
    land(store, 9, "late")
    assert reasons(plan(store, catalog, keyless))["10"] == ("current", "inputs unchanged")


def test_an_object_with_other_bytes_under_its_name_is_seen(
    store: Store, catalog: Catalog, published: TablePlan[RawInputs]
) -> None:
    land(store, 11, "a", b"{ }")
    assert reasons(plan(store, catalog))["11"] == ("stale", "1 changed object(s)")


def test_only_the_hours_asked_for_are_planned_but_their_look_back_counts(
    store: Store, catalog: Catalog, published: TablePlan[RawInputs]
) -> None:
    made = plan(store, catalog, since="2026-11-21-11", until="2026-11-21-12")
    assert reasons(made) == {"11": ("current", "inputs unchanged")}
    assert sorted(made.partitions[0].inputs.lookback) == ["2026-11-21-09", "2026-11-21-10"]


def test_raw_objects_that_expired_leave_their_partition_as_it_is(
    store: Store, catalog: Catalog, published: TablePlan[RawInputs]
) -> None:
    land(store, 10, "b")
    publish(store, catalog, plan(store, catalog).stale[0])
    publish(store, catalog, plan(store, catalog).stale[0])
    store.delete(["raw/shop/orders/dt=2026-11-21-09/a", "raw/shop/orders/dt=2026-11-21-10/a"])
    first = "raw/shop/orders/dt=2026-11-21-09/a"
    assert reasons(plan(store, catalog)) == {
        "09": ("current", "its raw objects are gone; kept as published"),
        "10": ("current", f"raw objects that were read are gone (first of 2: {first}); kept as published"),
        "11": ("current", f"raw objects that were read are gone (first of 2: {first}); kept as published"),
    }


def test_a_rebuild_takes_every_hour_that_has_raw_objects(
    store: Store, catalog: Catalog, published: TablePlan[RawInputs]
) -> None:
    assert reasons(plan(store, catalog, rebuild=True)) == dict.fromkeys(
        ("09", "10", "11"), ("stale", "rebuild requested")
    )


def test_a_pinned_partition_is_left_alone_even_by_a_rebuild(
    store: Store, catalog: Catalog, published: TablePlan[RawInputs]
) -> None:
    publish(store, catalog, published.partitions[0], pinned="true", run_id="20261121T090000Z-abcdef")
    pinned = ("current", "pinned to run 20261121T090000Z-abcdef; `lake unpin` releases it")
    assert reasons(plan(store, catalog, rebuild=True))["09"] == pinned


def test_a_new_optional_column_leaves_old_partitions_valid(
    store: Store, catalog: Catalog, published: TablePlan[RawInputs]
) -> None:
    wider = replace(ORDERS, columns=(*ORDERS.columns, Column("note", "note", "string")))
    assert reasons(plan(store, catalog, wider)) == dict.fromkeys(("09", "10", "11"), ("current", "inputs unchanged"))


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ((ORDERS.columns[0], Column("total", "total", "bigint")), "the contract changed"),
        ((*ORDERS.columns, Column("note", "note", "string", required=True)), "the contract's columns changed"),
        (ORDERS.columns[:1], "the contract's columns changed"),
        ((ORDERS.columns[0], Column("total", "total", "int", description="euros")), None),
    ],
)
def test_only_what_can_change_rows_makes_partitions_stale(
    store: Store, catalog: Catalog, published: TablePlan[RawInputs], columns: tuple[Column, ...], reason: str | None
) -> None:
    state = ("stale", reason) if reason else ("current", "inputs unchanged")
    assert reasons(plan(store, catalog, replace(ORDERS, columns=columns))) == dict.fromkeys(("09", "10", "11"), state)


def test_another_parser_makes_every_hour_stale(store: Store, catalog: Catalog, published: TablePlan[RawInputs]) -> None:
    made = plan_raw_hours(ORDERS, store, catalog, "2", PlanScope())
    assert reasons(made) == dict.fromkeys(("09", "10", "11"), ("stale", "the parser changed"))


def test_what_lies_in_no_hour_is_named(store: Store, catalog: Catalog, published: TablePlan[RawInputs]) -> None:
    store.write("raw/shop/orders/dt=2026-11-21/a", b"{}")
    store.write("raw/shop/orders/2026/11/21/09/a", b"{}")
    assert plan(store, catalog).strays == ("raw/shop/orders/2026/", "raw/shop/orders/dt=2026-11-21/")


def test_a_table_without_a_raw_source_is_refused(store: Store, catalog: Catalog) -> None:
    with pytest.raises(UsageError, match=r"shop\.orders_v1: its contract names no raw source"):
        plan(store, catalog, replace(ORDERS, source=None))
