"""Tables and views into the catalog: in order, once, and nothing of anybody else's."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from lake.catalog import Catalog, CatalogView, Partition, open_catalog
from lake.catalog.view_routing import route_condition
from lake.cli.app import run_command
from lake.errors import UsageError
from lake.sql.check import Checked, check_folder
from lake.sql.deploy import Change, deploy
from lake.sql.errors import SqlRefusedError
from lake.sql.relations import catalog_tables
from tests.lake.sql.golden import put, shipped_tables, with_views

HOUR = "2026-11-21-00"


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    return with_views(tmp_path)


def deployed(sql: Path, catalog: Catalog, *databases: str, dry_run: bool = False, prune: bool = False) -> list[Change]:
    texts = tuple(sorted((path, path.read_text(encoding="utf-8")) for path in sql.rglob("*.sql")))
    tables = shipped_tables().values()
    return deploy(checked(sql, texts), tables, catalog, databases, dry_run=dry_run, prune=prune)


@cache
def checked(sql: Path, texts: tuple[tuple[Path, str], ...]) -> Checked:
    """The folder, which holds these texts now: a test deploys it several times."""
    return check_folder(sql, shipped_tables())


def changed(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.name, change.outcome) for change in changes if change.outcome != "unchanged"]


def everything(catalog: Catalog) -> list[object]:
    tables = [catalog.table(*name) for name in catalog.tables()]
    return [*tables, *(catalog.view(*name) for name in catalog.views())]


def test_the_first_time_puts_all_tables_and_views_and_the_second_has_nothing_to_do(any_root: str, sql: Path) -> None:
    catalog = open_catalog(any_root)
    first = deployed(sql, catalog)
    assert {change.outcome for change in first} == {"created"}
    assert [change.name for change in first if change.kind == "table"] == sorted(
        f"{table.database}.{table.name}" for table in catalog_tables(shipped_tables().values())
    )
    assert [f"{database}.{name}" for database, name in catalog.views()] == [
        "api.access_logs",
        "api.traces",
        "clickstream.clicks_month",
        "clickstream.clicks_today",
        "clickstream.event_counts",
        "clickstream.events",
        "clickstream.sessions",
        "clickstream.sessions_streamed",
        "clickstream.stagger_sessions",
        "clickstream.stagger_sessions_streamed",
        "clickstream.user_events",
        "devices.accelerometer",
        "devices.additional_data",
        "devices.gps",
        "devices.illuminance",
        "devices.messages",
        "devices.temperature",
        "dynamodb.changes",
        "dynamodb.items",
        "iot.analog",
        "market.tickers",
        "operations.gc_java8_pauses",
        "operations.gc_pauses",
        "operations.rejected",
        "sensors.bundles",
        "sensors.readings",
        "taxi.trips",
        "web.events",
    ]
    before = everything(catalog)
    assert changed(deployed(sql, catalog)) == []
    assert everything(catalog) == before


def test_a_view_is_kept_with_its_types_its_file_and_its_description(any_root: str, sql: Path) -> None:
    catalog = open_catalog(any_root)
    deployed(sql, catalog)
    text = (sql / "sensors/bundles/view.sql").read_text().split("\n", 1)[1].strip()
    assert catalog.view("sensors", "bundles") == CatalogView(
        "sensors",
        "bundles",
        text,
        (
            ("device_id", "varchar", ""),
            ("recorded_at", "timestamp(3)", ""),
            ("readings", "array(row(dimension_x integer, dimension_y integer, dimension_z integer))", ""),
            ("rescued", "varchar", ""),
            ("dt", "varchar", ""),
        ),
        {
            "comment": "Every bundle of three-dimensional readings that a device sent.",
            "lake.sql": "sql/sensors/bundles/view.sql",
        },
    )


def test_a_routed_view_reads_each_hour_from_where_it_is_now(any_root: str, sql: Path) -> None:
    catalog = open_catalog(any_root)
    deployed(sql, catalog)
    view = catalog.view("sensors", "readings")
    assert view is not None
    assert view.sql.count("(1 = 0)") == 2
    assert view.parameters["lake.bucketed"] == "sensors.readings_by_sensor_v1"
    assert view.parameters["lake.unbucketed"] == "sensors.readings_v1"

    flat = Partition(HOUR, "curated/x").with_parameters(content_digest="c")
    bucketed = Partition(HOUR, "bucketed/x").with_parameters(upstream_digest="c")
    assert catalog.publish("sensors", "readings_v1", flat, None)
    assert catalog.publish("sensors", "readings_by_sensor_v1", bucketed, None)
    assert changed(deployed(sql, catalog, dry_run=True)) == [("sensors.readings", "updated")]
    assert changed(deployed(sql, catalog)) == [("sensors.readings", "updated")]
    condition = route_condition([bucketed], [flat])
    routed = catalog.view("sensors", "readings")
    assert routed == replace(view, sql=view.parameters["lake.template"].replace("{is_bucketed}", condition))
    assert changed(deployed(sql, catalog)) == []


def test_a_dry_run_says_the_same_and_changes_nothing(any_root: str, sql: Path) -> None:
    catalog = open_catalog(any_root)
    planned = deployed(sql, catalog, dry_run=True)
    assert everything(catalog) == []
    assert deployed(sql, catalog) == planned


def test_what_changed_is_updated_and_the_rest_left_alone(any_root: str, sql: Path) -> None:
    catalog = open_catalog(any_root)
    deployed(sql, catalog)
    table = catalog.table("taxi", "trips_v1")
    assert table is not None
    catalog.put_table(replace(table, columns=table.columns[:-1]))
    path = sql / "clickstream/events/view.sql"
    path.write_text(path.read_text().replace("    rescued,\n", ""))
    for dependent in ("clicks_today", "clicks_month"):
        (sql / f"clickstream/{dependent}/view.sql").write_text(
            (sql / f"clickstream/{dependent}/view.sql").read_text().replace("    rescued,\n", "")
        )
    assert changed(deployed(sql, catalog)) == [
        ("taxi.trips_v1", "updated"),
        ("clickstream.events", "updated"),
        ("clickstream.clicks_month", "updated"),
        ("clickstream.clicks_today", "updated"),
    ]
    assert catalog.table("taxi", "trips_v1") == table


def test_a_database_brings_what_its_views_read_and_no_more(tmp_path: Path, sql: Path) -> None:
    catalog = open_catalog(str(tmp_path / "lake"))
    rejected = {f"{name}_quarantine" for name, table in shipped_tables().items() if table.has_quarantine}
    own = {"operations.gc_lines_v1", "operations.gc_log_java8_v1", "operations.gc_log_v1"}
    views = ["operations.gc_java8_pauses", "operations.rejected", "operations.gc_pauses"]
    assert changed(deployed(sql, catalog, "operations")) == [
        (name, "created") for name in (*sorted(rejected | own), *views)
    ]
    databases = ", ".join(sorted({table.database for table in shipped_tables().values()} | {"operations"}))
    with pytest.raises(UsageError, match=rf"did you mean 'taxi'\?; databases: {databases}"):
        deployed(sql, catalog, "taxis")


def test_a_view_without_its_file_is_left_over_until_it_is_pruned(any_root: str, sql: Path) -> None:
    catalog = open_catalog(any_root)
    deployed(sql, catalog)
    somebodys = CatalogView("taxi", "my_trips", "SELECT dt FROM taxi.trips_v1", (("dt", "varchar", ""),), {})
    catalog.put_view(somebodys)
    (sql / "taxi/trips/view.sql").unlink()

    assert changed(deployed(sql, catalog)) == [("taxi.trips", "left over")]
    assert changed(deployed(sql, catalog, "clickstream", prune=True)) == []
    assert changed(deployed(sql, catalog, prune=True, dry_run=True)) == [("taxi.trips", "dropped")]
    assert ("taxi", "trips") in catalog.views()
    assert changed(deployed(sql, catalog, prune=True)) == [("taxi.trips", "dropped")]
    assert ("taxi", "trips") not in catalog.views()
    assert catalog.view("taxi", "my_trips") == somebodys
    assert ("taxi", "trips_v1") in catalog.tables()


def test_nothing_is_deployed_while_a_view_has_a_problem_but_a_query_may(tmp_path: Path, sql: Path) -> None:
    catalog = open_catalog(str(tmp_path / "lake"))
    put(sql, "sensors/wrong/query.sql", "-- description: Wrong.\nSELECT nothing FROM sensors.readings\n")
    assert deployed(sql, catalog, dry_run=True)
    path = put(sql, "sensors/hot/view.sql", "-- description: Wrong.\nSELECT * FROM sensors.readings\n")
    with pytest.raises(SqlRefusedError) as refused:
        deployed(sql, catalog)
    assert str(refused.value).splitlines() == [
        "deploying: nothing was done, for files that have problems",
        f"{path}:2: SELECT * in a view: a new column of the table makes it stale; name its columns",
    ]
    assert everything(catalog) == []


def test_the_command_says_what_it_did_and_then_that_there_is_nothing_to_do(
    tmp_path: Path, sql: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sql", "deploy", "--root", str(tmp_path / "lake"), "--sql", str(sql)]
    assert run_command([*words, "--dry-run", "taxi"]) == 0
    assert capsys.readouterr().err == "3 would change, 0 tables and views are up to date\n"
    assert run_command([*words, "taxi", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == [
        {"kind": "table", "name": "taxi.trips_v1", "outcome": "created"},
        {"kind": "table", "name": "taxi.trips_v1_quarantine", "outcome": "created"},
        {"kind": "view", "name": "taxi.trips", "outcome": "created"},
    ]
    assert said.err == "3 changed, 0 tables and views are up to date\n"
    assert run_command([*words, "taxi"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "nothing to do: 3 tables and views are up to date\n")
    (sql / "taxi/trips/view.sql").unlink()
    assert run_command([*words, "taxi"]) == 0
    assert capsys.readouterr().err == (
        "1 deployed earlier, now without a file; --prune drops them\nnothing to do: 2 tables and views are up to date\n"
    )
