"""Buckets and views: what a catalog of either kind does alike."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lake.catalog import Buckets, Catalog, CatalogTable, CatalogView, Partition
from lake.errors import CatalogError

TEMPLATE = "SELECT * FROM s.by_sensor_v1 WHERE {is_bucketed} UNION ALL SELECT * FROM s.r_v1 WHERE NOT {is_bucketed}"


@pytest.fixture
def table(database: str) -> CatalogTable:
    return CatalogTable(
        database=database,
        name="readings_by_sensor_v1",
        columns=(("sensor_id", "string", "who"), ("taken_at", "timestamp", ""), ("region", "int", "")),
        partition_keys=(("dt", "string"),),
        location=f"bucketed/{database}/readings_by_sensor_v1",
        parameters={"classification": "parquet"},
        buckets=Buckets(("sensor_id", "region"), 64, ("sensor_id", "region", "taken_at")),
    )


@pytest.fixture
def view(database: str) -> CatalogView:
    return CatalogView(
        database=database,
        name="readings",
        sql=f"SELECT \"sensor_id\", 'it''s /* a */ 日本語 ?' AS note\n  FROM {database}.readings_v1 -- all\n",
        columns=(
            ("sensor_id", "varchar", 'Who: "it\'s" 日本語'),
            ("taken_at", "timestamp(3)", ""),
            ("axes", 'array(row("dimension_x" integer, dimension_y integer))', "two lines\n and " + "é" * 300),
            ("price", "decimal(10,2)", ""),
        ),
        parameters={"comment": "Every reading, once. 'é' \"\\", "lake.template": TEMPLATE, "not.ours": "kept"},
    )


@pytest.mark.parametrize(
    "buckets",
    [None, Buckets(("sensor_id",), 1), Buckets(("region", "sensor_id"), 4096, ("region", "sensor_id"))],
    ids=["none", "unsorted", "sorted"],
)
def test_buckets_of_a_table_come_back_and_change_with_it(
    catalog: Catalog, table: CatalogTable, buckets: Buckets | None
) -> None:
    catalog.put_table(table)
    assert catalog.table(table.database, table.name) == table
    other = replace(table, buckets=buckets)
    catalog.put_table(other)
    assert catalog.table(table.database, table.name) == other


def test_partition_of_a_bucketed_table_is_as_any_other(catalog: Catalog, table: CatalogTable) -> None:
    catalog.put_table(table)
    partition = Partition("2026-11-21-09", f"{table.location}/dt=2026-11-21-09/run=a", {"lake.run_id": "a"})
    assert catalog.publish(table.database, table.name, partition, None) is True
    assert catalog.partitions(table.database, table.name) == [partition]


def test_catalog_that_nothing_was_written_to_has_no_views(catalog: Catalog, database: str) -> None:
    assert catalog.views() == []
    assert catalog.view(database, "readings") is None
    catalog.drop_view(database, "readings")
    assert catalog.views() == []


def test_view_comes_back_as_it_was_put(catalog: Catalog, view: CatalogView) -> None:
    catalog.put_view(view)
    catalog.put_view(view)
    assert catalog.view(view.database, view.name) == view
    assert catalog.views() == [(view.database, view.name)]


@pytest.mark.parametrize("comment", [None, "", "Presto View"])
def test_comment_of_a_view_is_its_own(catalog: Catalog, view: CatalogView, comment: str | None) -> None:
    other = replace(view, parameters={} if comment is None else {"comment": comment})
    catalog.put_view(other)
    assert catalog.view(view.database, view.name) == other


def test_view_put_again_is_replaced_whole(catalog: Catalog, view: CatalogView) -> None:
    catalog.put_view(view)
    changed = replace(view, sql="SELECT 1 AS one", columns=(("one", "integer", ""),), parameters={"lake.template": "x"})
    catalog.put_view(changed)
    assert catalog.view(view.database, view.name) == changed
    assert catalog.views() == [(view.database, view.name)]


def test_views_are_listed_in_order_and_tables_are_not_among_them(
    catalog: Catalog, view: CatalogView, table: CatalogTable
) -> None:
    for name in ("status", "readings"):
        catalog.put_view(replace(view, name=name))
    elsewhere = replace(view, database=f"a{view.database}")
    catalog.put_view(elsewhere)
    catalog.put_table(table)
    own = [(view.database, "readings"), (view.database, "status")]
    assert catalog.views() == [(elsewhere.database, view.name), *own]
    assert catalog.tables() == [(table.database, table.name)]


def test_table_and_view_share_their_names(catalog: Catalog, view: CatalogView, table: CatalogTable) -> None:
    own = replace(table, name=view.name)
    catalog.put_view(view)
    with pytest.raises(CatalogError, match=rf"putting the table {view.database}\.readings in .*: a view has that name"):
        catalog.put_table(own)
    assert catalog.table(view.database, view.name) is None
    assert catalog.view(view.database, view.name) == view
    catalog.drop_view(view.database, view.name)
    catalog.put_table(own)
    with pytest.raises(CatalogError, match=rf"putting the view {view.database}\.readings in .*: a table has that name"):
        catalog.put_view(view)
    assert catalog.view(view.database, view.name) is None
    assert catalog.table(view.database, view.name) == own


def test_view_has_no_partitions(catalog: Catalog, view: CatalogView) -> None:
    catalog.put_view(view)
    partition = Partition("2026-11-21-09", "curated/a/b/dt=2026-11-21-09/run=a")
    with pytest.raises(CatalogError, match=r"publishing .*\.readings dt=2026-11-21-09 .* table not found; put the tab"):
        catalog.publish(view.database, view.name, partition, None)
    assert catalog.partitions(view.database, view.name) == []


def test_dropping_a_view_leaves_the_others(catalog: Catalog, view: CatalogView, table: CatalogTable) -> None:
    other = replace(view, name="status")
    for each in (view, other):
        catalog.put_view(each)
    catalog.put_table(table)
    catalog.drop_view(view.database, view.name)
    catalog.drop_view(view.database, view.name)
    catalog.drop_view(table.database, table.name)
    assert catalog.views() == [(view.database, "status")]
    assert catalog.view(view.database, view.name) is None
    assert catalog.table(table.database, table.name) == table


def test_view_is_replaced_where_it_is_as_expected(catalog: Catalog, view: CatalogView) -> None:
    catalog.put_view(view)
    changed = replace(view, sql="SELECT 1 AS one")
    assert catalog.replace_view(changed, expected=view) is True
    assert catalog.view(view.database, view.name) == changed


@pytest.mark.parametrize("found", ["another view", "nothing", "a table"])
def test_view_that_is_not_as_expected_is_left_alone(
    catalog: Catalog, view: CatalogView, table: CatalogTable, found: str
) -> None:
    theirs = replace(view, sql="SELECT 2 AS two")
    if found == "another view":
        catalog.put_view(theirs)
    if found == "a table":
        catalog.put_table(replace(table, name=view.name))
    assert catalog.replace_view(replace(view, sql="SELECT 1 AS one"), expected=view) is False
    assert catalog.view(view.database, view.name) == (theirs if found == "another view" else None)


def test_readers_see_one_version_of_a_view_whole(catalog: Catalog, view: CatalogView) -> None:
    versions = [
        replace(view, sql=f"SELECT {number} AS c{number}", columns=((f"c{number}", "integer", ""),), parameters={})
        for number in range(2)
    ]
    catalog.put_view(versions[0])
    done = threading.Event()

    def poll() -> list[CatalogView | None]:
        seen = []
        while not done.is_set():
            seen.append(catalog.view(view.database, view.name))
        return seen

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(poll)
        for turn in range(20):
            catalog.put_view(versions[turn % 2])
        done.set()
        seen = reader.result()
    assert seen
    assert [one for one in seen if one not in versions] == []
