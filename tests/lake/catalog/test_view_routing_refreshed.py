"""Refreshing routed views: what the catalog's state says, whoever races, and whatever becomes of the run."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lake.catalog import Catalog, CatalogTable, CatalogView, Partition, open_catalog
from lake.catalog.view_routing import refresh_routes, routed_afterwards, with_routes
from lake.errors import CatalogError, GateRefused
from tests.lake.catalog.test_view_routing import at, bucketed, shown


@pytest.fixture
def catalog(any_root: str) -> Catalog:
    return open_catalog(any_root)


@pytest.fixture
def names(catalog: Catalog) -> tuple[str, str]:
    """The bucketed table and the one that it is made from, in a database of their own; a view is over them."""
    database = f"sensors_{uuid.uuid4().hex[:8]}"
    for name in ("by_sensor_v1", "readings_v1"):
        columns, keys = (("sensor_id", "string", ""),), (("dt", "string"),)
        catalog.put_table(CatalogTable(database, name, columns, keys, f"curated/{database}/{name}"))
    catalog.put_view(view_over(database))
    return f"{database}.by_sensor_v1", f"{database}.readings_v1"


def view_over(database: str) -> CatalogView:
    template = (
        f"SELECT sensor_id, dt FROM {database}.by_sensor_v1 WHERE {{is_bucketed}} UNION ALL "
        f"SELECT sensor_id, dt FROM {database}.readings_v1 WHERE NOT {{is_bucketed}}"
    )
    parameters = {
        "comment": "Every reading, once.",
        "lake.template": template,
        "lake.bucketed": f"{database}.by_sensor_v1",
        "lake.unbucketed": f"{database}.readings_v1",
    }
    columns = (("sensor_id", "varchar", "Who."), ("dt", "varchar", ""))
    return CatalogView(database, "readings", template.replace("{is_bucketed}", "(1 = 0)"), columns, parameters)


def publish(catalog: Catalog, name: str, partition: Partition) -> None:
    database, table = name.split(".")
    assert catalog.publish(database, table, partition, catalog.partition(database, table, partition.dt))


def expected(names: tuple[str, str], condition: str) -> CatalogView:
    """The view with that condition in both of its places, all else as it was put."""
    view = view_over(names[0].split(".")[0])
    return replace(view, sql=view.sql.replace("(1 = 0)", condition))


def view_of(catalog: Catalog, names: tuple[str, str]) -> CatalogView | None:
    return catalog.view(names[0].split(".")[0], "readings")


def test_refresh_writes_what_the_catalog_says_and_nothing_else(catalog: Catalog, names: tuple[str, str]) -> None:
    by_sensor, readings = names
    full_name = by_sensor.replace("by_sensor_v1", "readings")
    assert refresh_routes(catalog, by_sensor) == []
    for number in range(3):
        publish(catalog, readings, shown(number))
    assert refresh_routes(catalog, readings) == []
    publish(catalog, by_sensor, bucketed(0))
    publish(catalog, by_sensor, bucketed(1))
    assert refresh_routes(catalog, "elsewhere.readings_v1") == []
    assert refresh_routes(catalog, by_sensor) == [full_name]
    assert refresh_routes(catalog, by_sensor) == []
    assert view_of(catalog, names) == expected(names, "(dt >= '2026-12-30-20' AND dt < '2026-12-30-22')")
    publish(catalog, readings, shown(0, "with a late one"))
    assert refresh_routes(catalog, readings) == [full_name]
    assert view_of(catalog, names) == expected(names, "(dt >= '2026-12-30-21' AND dt < '2026-12-30-22')")


def test_view_that_is_not_routed_is_left_alone(catalog: Catalog, names: tuple[str, str]) -> None:
    database = names[0].split(".")[0]
    plain = CatalogView(database, "plain", f"SELECT dt FROM {names[1]}", (("dt", "varchar", ""),))
    catalog.put_view(plain)
    publish(catalog, names[0], bucketed(0))
    assert refresh_routes(catalog, names[0]) == [f"{database}.readings"]
    assert with_routes(catalog, plain) == catalog.view(database, "plain") == plain


def test_view_is_put_with_the_routes_of_the_moment(catalog: Catalog, names: tuple[str, str]) -> None:
    publish(catalog, names[0], bucketed(5))
    view = with_routes(catalog, view_over(names[0].split(".")[0]))
    assert view == expected(names, "(dt >= '2026-12-31-01' AND dt < '2026-12-31-02')")


def test_tables_that_are_not_there_yet_route_nothing(catalog: Catalog, names: tuple[str, str]) -> None:
    elsewhere = view_over("sensors_absent")
    assert with_routes(catalog, elsewhere) == elsewhere


def test_change_between_reading_and_writing_is_not_written_over(
    catalog: Catalog, names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run publishes and refreshes right before this one's write, which it had worked out before."""
    publish(catalog, names[0], bucketed(0))
    replace_view = type(catalog).replace_view
    calls = []

    def overtaken(own: Catalog, view: CatalogView, expected: CatalogView) -> bool:
        calls.append(view.sql)
        if len(calls) == 1:
            publish(catalog, names[0], bucketed(1))
            refresh_routes(catalog, names[0])
        return replace_view(own, view, expected)  # type: ignore[arg-type]

    monkeypatch.setattr(type(catalog), "replace_view", overtaken)
    assert refresh_routes(catalog, names[0]) == []  # the other one has done it
    assert view_of(catalog, names) == expected(names, "(dt >= '2026-12-30-20' AND dt < '2026-12-30-22')")
    assert len(calls) == 2


def test_hour_published_while_the_view_is_written_is_seen_before_the_refresh_ends(
    catalog: Catalog, names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(catalog, names[0], bucketed(0))
    replace_view = type(catalog).replace_view

    def followed(own: Catalog, view: CatalogView, expected: CatalogView) -> bool:
        is_written = replace_view(own, view, expected)  # type: ignore[arg-type]
        if catalog.partition(*names[0].split("."), at(1)) is None:
            publish(catalog, names[0], bucketed(1))
        return is_written

    monkeypatch.setattr(type(catalog), "replace_view", followed)
    refresh_routes(catalog, names[0])
    assert view_of(catalog, names) == expected(names, "(dt >= '2026-12-30-20' AND dt < '2026-12-30-22')")


def test_racing_publishers_end_with_all_hours_routed_and_every_state_on_the_way_is_safe(
    catalog: Catalog, names: tuple[str, str]
) -> None:
    hours = range(12)
    for number in hours:
        publish(catalog, names[1], shown(number))
    done = threading.Event()

    def bucket(own: Iterable[int]) -> None:
        for number in own:
            publish(catalog, names[0], bucketed(number))
            refresh_routes(catalog, names[0])

    def poll() -> int:
        polls = 0
        while not done.is_set():
            view = view_of(catalog, names)  # before the partitions: they only ever become more
            there = {one.dt for one in catalog.partitions(*names[0].split("."))}
            assert view is not None
            condition = view.sql.split(" WHERE ")[1].split(" UNION ")[0]
            db = sqlite3.connect(":memory:")
            db.execute("CREATE TABLE hours (dt TEXT)")
            db.executemany("INSERT INTO hours VALUES (?)", [(at(number),) for number in range(-2, 20)])
            read_there = {dt for (dt,) in db.execute(f"SELECT dt FROM hours WHERE {condition}")}
            assert read_there <= there
            polls += 1
        return polls

    with ThreadPoolExecutor(4) as pool:
        reader = pool.submit(poll)
        writers = [pool.submit(bucket, hours[number::3]) for number in range(3)]
        for writer in writers:
            writer.result()
        done.set()
        assert reader.result() > 0
    assert view_of(catalog, names) == expected(names, "(dt >= '2026-12-30-20' AND dt < '2026-12-31-08')")


def test_refresh_says_where_readers_are_left_when_it_fails(catalog: Catalog, names: tuple[str, str]) -> None:
    publish(catalog, names[0], Partition("2026-12", "bucketed/month"))
    with pytest.raises(
        CatalogError, match=r"routing the views over .*by_sensor_v1 .*'2026-12': .* where they did before$"
    ):
        refresh_routes(catalog, names[0])


def test_routes_follow_what_a_block_published_also_where_it_raises(catalog: Catalog, names: tuple[str, str]) -> None:
    def run() -> None:
        with routed_afterwards(catalog, names[0]):
            publish(catalog, names[0], bucketed(0))
            raise GateRefused("the gate's words")

    with pytest.raises(GateRefused, match=r"^the gate's words$"):
        run()
    assert view_of(catalog, names) == expected(names, "(dt >= '2026-12-30-20' AND dt < '2026-12-30-21')")
    with routed_afterwards(catalog, names[0]):
        publish(catalog, names[0], bucketed(1))
    assert view_of(catalog, names) == expected(names, "(dt >= '2026-12-30-20' AND dt < '2026-12-30-22')")


def test_failing_refresh_hides_no_outcome_of_the_block(catalog: Catalog, names: tuple[str, str]) -> None:
    publish(catalog, names[0], Partition("2026-12", "bucketed/month"))
    message = r"(?s)^the gate's words\n\nrouting the views over .* is done"
    with pytest.raises(GateRefused, match=message), routed_afterwards(catalog, names[0]):
        raise GateRefused("the gate's words")
    with pytest.raises(KeyError) as raised, routed_afterwards(catalog, names[0]):
        raise KeyError("a fault of the program")
    assert [note[:22] for note in raised.value.__notes__] == ["routing the views over"]
    with pytest.raises(CatalogError, match="routing the views over"), routed_afterwards(catalog, names[0]):
        pass
