"""Views of the catalog: what they mean in a query, which partitions are read through them, what is said of bad ones."""

from __future__ import annotations

import pytest
from sqlglot import exp

from lake.catalog import CatalogView
from lake.query.result import Result
from lake.query.run import run_query
from lake.query.views import ViewError, expand_views
from lake.sql.query_errors import QueryError, StatementError, UnknownTableError
from lake.sql.statement import parsed
from tests.lake.query.readings_lake import HOURS, READINGS, make_readings_lake, put_view, routed
from tests.lake.query.small_lake import SmallLake

H20, H22, H00 = "2026-11-21-20", "2026-11-21-22", "2026-11-22-00"
BY_SENSOR, PLAIN = "sensors.readings_by_sensor_v1", "sensors.readings_v1"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    lake = make_readings_lake(str(tmp_path_factory.mktemp("views")))
    put_view(lake, "warm", "SELECT * FROM sensors.readings WHERE current_temperature % 2 = 0", READINGS)
    put_view(
        lake,
        "by_with",
        "WITH r AS (SELECT dt AS hour, sensor_id FROM sensors.warm) SELECT sensor_id, hour AS dt FROM r",
        READINGS[:1],
    )
    put_view(lake, "one", "SELECT * FROM sensors.other", READINGS)
    put_view(lake, "other", "SELECT * FROM sensors.one", READINGS)
    put_view(lake, "selfish", "SELECT * FROM sensors.selfish", READINGS)
    put_view(lake, "broken", "SELECT * FROM sensors.gone_v1", READINGS)
    put_view(lake, "garbled", "SELEC 1", READINGS)
    return lake.root


def read(result: Result) -> dict[str, tuple[str, ...]]:
    return {each.name: each.hours for each in result.tables}


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT count(*) FROM sensors.readings", 240),
        ("SELECT count(*) FROM readings", 240),
        ('SELECT count(*) FROM "awsdatacatalog"."sensors"."readings"', 240),
        ("SELECT count(*) FROM Sensors.READINGS AS r WHERE r.sensor_id = 'device_07'", 6),
        (f"SELECT max(sensors.readings.user_id) FROM sensors.readings WHERE sensors.readings.dt = '{H20}'", 39),
        ("SELECT count(DISTINCT hour) FROM sensors.readings AS r (sensor, who, degrees, hour) WHERE who = 3", 6),
        ("SELECT count(*) FROM sensors.warm", 120),
        ("SELECT count(*) FROM sensors.by_with", 120),
        (
            "SELECT count(*) FROM warm AS a JOIN readings AS b ON a.dt = b.dt AND a.user_id = b.user_id",
            120,
        ),
        ("WITH readings_v1 AS (SELECT 1 AS x) SELECT count(*) FROM readings, readings_v1", 240),
        ("WITH readings AS (SELECT * FROM readings WHERE user_id = 1) SELECT count(*) FROM readings", 6),
        (f"SELECT count(*) FROM readings WHERE dt IN (SELECT max(dt) FROM readings WHERE dt < '{H20}')", 0),
    ],
)
def test_a_view_is_read_as_a_table_is(sql: str, answer: int, root: str) -> None:
    assert run_query(sql, root).table.column(0).to_pylist() == [answer]


def test_rows_of_a_view_come_whole_and_each_once(root: str) -> None:
    sql = "SELECT * FROM readings WHERE user_id = 7 ORDER BY dt"
    row = {"sensor_id": "device_07", "user_id": 7}
    assert run_query(sql, root).table.to_pylist() == [
        {**row, "current_temperature": 100 * hour + 7, "dt": dt} for hour, dt in enumerate(HOURS)
    ]


@pytest.mark.parametrize("view", ["sensors.readings", "sensors.warm", "sensors.by_with"])
@pytest.mark.parametrize(
    ("condition", "bucketed", "plain"),
    [
        (f"dt = '{H20}'", [H20], []),
        (f"dt = '{H22}'", [], [H22]),
        (f"dt = '{H00}'", [], [H00]),
        (f"dt IN ('{H20}', '{H00}')", [H20], [H00]),
        ("dt LIKE '2026-11-21%'", [H20, HOURS[1], HOURS[3]], [H22]),
        ("substr(dt, 1, 10) = '2026-11-22'", [], HOURS[4:]),
        ("NOT substr(dt, 1, 10) = '2026-11-22' AND dt LIKE '%-2_'", [H20, HOURS[1], HOURS[3]], [H22]),
        ("date_parse(dt, '%Y-%m-%d-%H') >= timestamp '2026-11-21 23:00:00'", [HOURS[3]], HOURS[4:]),
        ("sensor_id = 'device_01'", [H20, HOURS[1], HOURS[3]], [H22, *HOURS[4:]]),
    ],
)
def test_a_filter_reaches_the_tables_below(
    view: str, condition: str, bucketed: list[str], plain: list[str], root: str
) -> None:
    result = run_query(f"SELECT count(*) FROM {view} WHERE {condition}", root)
    assert read(result) == {name: tuple(hours) for name, hours in ((BY_SENSOR, bucketed), (PLAIN, plain))}


def test_a_filter_reaches_the_tables_below_beside_an_unnest(root: str) -> None:
    sql = "SELECT sum(x) FROM readings CROSS JOIN UNNEST(ARRAY[1, 2]) AS u (x) WHERE dt LIKE '%-22'"
    result = run_query(sql, root)
    assert result.table.column(0).to_pylist() == [120]
    assert read(result) == {BY_SENSOR: (), PLAIN: (H22,)}


def test_a_view_that_takes_every_hour_from_one_table_reads_that_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    lake = make_readings_lake(str(tmp_path_factory.mktemp("route")))
    put_view(lake, "readings", routed("(1 = 0)"), READINGS)
    assert read(run_query(f"SELECT count(*) FROM readings WHERE dt = '{H20}'", lake.root))[PLAIN] == (H20,)


def test_a_column_that_only_sounds_like_the_partition_key_is_not_taken_for_it(root: str) -> None:
    for source in ("readings AS r (dt, a, b, c)", "readings_v1 AS r (dt, a, b, c)"):
        sql = f"SELECT count(*) FROM {source} WHERE substr(dt, 1, 6) = 'device'"
        assert run_query(sql, root).table.column(0).to_pylist() == [240]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SHOW TABLES IN sensors LIKE 'readings*'", [["readings"], ["readings_by_sensor_v1"], ["readings_v1"]]),
        ("SHOW COLUMNS IN sensors.readings", [["sensor_id"], ["user_id"], ["current_temperature"], ["dt"]]),
        (
            "DESCRIBE readings",
            [
                ["sensor_id", "varchar", ""],
                ["user_id", "bigint", ""],
                ["current_temperature", "integer", ""],
                ["dt", "varchar", ""],
            ],
        ),
    ],
)
def test_views_are_listed(sql: str, rows: list[list[str]], root: str) -> None:
    assert [list(row.values()) for row in run_query(sql, root).table.to_pylist()] == rows


@pytest.mark.parametrize(
    ("sql", "kind", "message"),
    [
        ("SELECT 1 FROM sensors.reading", UnknownTableError, "did you mean 'sensors.readings'"),
        (
            "SELECT 1 FROM sensors.one",
            ViewError,
            "the view is circular (sensors.one -> sensors.other -> sensors.one)",
        ),
        ("SELECT 1 FROM selfish", ViewError, "the view is circular (sensors.selfish -> sensors.selfish)"),
        (
            "SELECT 1 FROM sensors.broken",
            ViewError,
            "reading the view sensors.broken: reading sensors.gone_v1: table not found",
        ),
        ("SELECT 1 FROM sensors.garbled", ViewError, "reading the view sensors.garbled: reading the query, line 1:1"),
        ('SELECT 1 FROM sensors."readings$partitions"', UnknownTableError, "is a view; a table has partitions"),
        ("SHOW PARTITIONS sensors.readings", StatementError, "is a view; the tables below it have partitions"),
        ("SELECT sensor FROM readings", QueryError, "column sensor not found; did you mean 'sensor_id'?"),
    ],
)
def test_an_author_is_advised(sql: str, kind: type[QueryError], message: str, root: str) -> None:
    with pytest.raises(kind) as error:
        run_query(sql, root)
    assert message in str(error.value)
    assert error.value.exit_code == 2


def test_a_view_is_read_from_the_catalog_before_any_partition_is_listed(
    root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = SmallLake(root)
    kind = type(lake.catalog)
    calls: list[str] = []
    for name in ("view", "partitions"):
        original = getattr(kind, name)

        def noted(*arguments: object, _name: str = name, _original: object = original, **named: object) -> object:
            calls.append(_name)
            return _original(*arguments, **named)  # type: ignore[operator] # the class's own method

        monkeypatch.setattr(kind, name, noted)
    run_query("SELECT count(*) FROM warm JOIN readings_v1 USING (dt)", root)
    assert calls == ["view", "view", "partitions", "partitions"]


def test_the_query_that_is_expanded_stays_as_it_was(root: str) -> None:
    query = parsed("SELECT * FROM sensors.readings AS r")
    assert isinstance(query, exp.Query)
    expanded = expand_views(query, SmallLake(root).catalog, None)
    assert query.sql() == "SELECT * FROM sensors.readings AS r"
    assert [table.sql() for table in expanded.find_all(exp.Table)] == [
        '"sensors"."readings_by_sensor_v1"',
        '"sensors"."readings_v1"',
    ]


def test_views_of_a_root_of_either_kind(any_root: str) -> None:
    lake = make_readings_lake(any_root)
    view = lake.catalog.view("sensors", "readings")
    assert isinstance(view, CatalogView)
    result = run_query(f"SELECT count(*) FROM readings WHERE dt = '{H20}' AND sensor_id = 'device_03'", any_root)
    assert (result.table.column(0).to_pylist(), read(result)) == ([1], {BY_SENSOR: (H20,), PLAIN: ()})
