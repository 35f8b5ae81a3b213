"""--explain: what a query would read, through views and joins, and what it tells to write instead."""

from __future__ import annotations

import pytest

from lake.query.explain import explained
from lake.query.price import athena_dollars
from lake.query.run import run_query
from lake.sql.query_errors import StatementError
from tests.lake.query.readings_lake import HOURS, READINGS, make_readings_lake, put_view

ONE = f"dt = '{HOURS[0]}'"
BY_SENSOR, PLAIN = "sensors.readings_by_sensor_v1", "sensors.readings_v1"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    lake = make_readings_lake(str(tmp_path_factory.mktemp("explain")))
    put_view(lake, "newest", f"SELECT * FROM sensors.readings WHERE dt >= '{HOURS[4]}'", READINGS)
    return lake.root


@pytest.mark.parametrize(
    ("sql", "about"),
    [
        ("SELECT user_id FROM readings", ["sensors.readings"]),
        ("SELECT user_id FROM readings WHERE user_id = 1", ["sensors.readings"]),
        (f"SELECT user_id FROM readings WHERE {ONE}", []),
        (f"SELECT * FROM readings WHERE {ONE}", ["SELECT *"]),
        (f"SELECT count(*) FROM readings WHERE {ONE}", []),
        ("SELECT user_id FROM newest", []),
        (f"WITH r AS (SELECT * FROM readings) SELECT user_id FROM r WHERE {ONE}", []),
        ("WITH r AS (SELECT dt AS hour FROM readings) SELECT 1 FROM r WHERE hour LIKE '2026-11-21%'", []),
        ("SELECT user_id FROM (SELECT user_id FROM readings_v1)", [PLAIN]),
        (f"SELECT a.user_id FROM readings_v1 AS a JOIN readings AS b ON a.dt = b.dt WHERE a.{ONE}", []),
        (f"SELECT a.user_id FROM readings_v1 AS a JOIN readings_v1 AS b USING (dt) WHERE {ONE}", []),
        (
            f"SELECT user_id FROM readings_v1 AS a JOIN readings AS b USING (user_id) WHERE a.{ONE}",
            ["sensors.readings"],
        ),
        (f"SELECT user_id FROM readings_v1 WHERE {ONE} UNION ALL SELECT user_id FROM readings_v1", [PLAIN]),
        (f"SELECT 1 FROM readings WHERE {ONE} AND upper(sensor_id) = 'A'", ["upper(sensor_id) = 'A'"]),
        (f"SELECT 1 FROM readings WHERE {ONE} AND upper(sensor_id) = 'A' AND sensor_id = 'a'", []),
        (f"SELECT 1 FROM readings_v1 WHERE {ONE} AND upper(sensor_id) = 'A'", []),
        ("SELECT 1 FROM readings WHERE dt = sensor_id", ["sensors.readings"]),
        (f"SELECT 1 FROM readings_v1 WHERE NOT {ONE}", [f"NOT {ONE}"]),
        (f"SELECT 1 FROM readings_v1 WHERE dt LIKE '%-20' AND NOT {ONE}", ["dt LIKE '%-20'", f"NOT {ONE}"]),
        (f"SELECT 1 FROM readings_v1 WHERE {ONE} AND substr(dt, 12) = '20'", []),
        (f"SELECT 1 FROM (SELECT dt FROM readings_v1 LIMIT 9) WHERE {ONE}", [PLAIN]),
        (f"SELECT a.user_id FROM readings_v1 AS a LEFT JOIN readings_v1 AS b ON a.dt = b.dt WHERE a.{ONE}", []),
        (f"SELECT 1 FROM (SELECT dt FROM readings_v1 WHERE {ONE}) AS a JOIN readings_v1 AS b ON a.dt = b.dt", []),
        (f"WITH r AS (SELECT dt FROM readings_v1) SELECT 1 FROM r JOIN r AS s ON true WHERE r.{ONE}", [PLAIN]),
        ("SELECT 1 FROM readings_v1 AS r (who, what, how, dt2) WHERE dt2 LIKE '2026-11-21%'", []),
        (f"SELECT 1 FROM readings_v1 WHERE {ONE} AND user_id = 'x'", ["user_id = 'x'"]),
        (f"SELECT dt FROM readings_v1 GROUP BY dt HAVING {ONE} AND max(dt) > ''", []),
        ("SELECT dt FROM readings_v1 GROUP BY dt HAVING max(dt) > '2026-11-21-20'", [PLAIN]),
        (f"SELECT 1 FROM (readings_v1 AS a JOIN readings_v1 AS b ON a.dt = b.dt) WHERE a.{ONE}", []),
        (
            "SELECT 1 FROM readings_v1 AS c RIGHT JOIN (readings_v1 AS a JOIN readings_v1 AS b ON a.dt = b.dt) "
            f"ON a.{ONE}",
            [PLAIN],
        ),
        (
            "SELECT 1 FROM readings_v1 AS a JOIN readings_v1 AS b USING (dt) WHERE substr(dt, 12) = '20'",
            ["substr(dt, 12) = '20'"],
        ),
        (f"SELECT sum(user_id) FROM readings CROSS JOIN UNNEST(ARRAY[1]) AS u (x) WHERE {ONE} AND x = 1", []),
        ('SELECT max(dt) FROM "readings_v1$partitions"', []),
        ("SELECT 1", []),
    ],
)
def test_advice_is_about(sql: str, about: list[str], root: str) -> None:
    assert [each.about for each in explained(sql, root).advice] == about


@pytest.mark.parametrize(
    ("condition", "instead"),
    [
        ("substr(dt, 1, 10) = '2026-11-22'", "the bare column: dt BETWEEN '2026-11-22-00' AND '2026-11-22-23'"),
        ("dt = 20261122", "a value of its type: dt = '2026-11-22-00'"),
        ("dt = DATE '2026-11-22'", "a value of its type: dt = '2026-11-22-00'"),
        ("dt = '2026-11-22'", "a whole day is a range: dt BETWEEN '2026-11-22-00' AND '2026-11-22-23'"),
        (f"{ONE} AND lower(sensor_id) = 'device_01'", "the bare column: sensor_id = 'device_01'"),
        (f"{ONE} AND sensor_id LIKE 'device_01%'", "the whole value: sensor_id = 'device_01'"),
        (f"{ONE} AND sensor_id = 17", "a value of its type: sensor_id = '17'"),
        (f"{ONE} AND sensor_id > 'a'", "name the values: sensor_id IN (...)"),
        (f"{ONE} AND NOT sensor_id = 'a'", "name the values: sensor_id IN (...)"),
    ],
)
def test_what_to_write_instead(condition: str, instead: str, root: str) -> None:
    found = explained(f"SELECT user_id FROM readings WHERE {condition}", root).advice
    assert [each.instead for each in found] == [instead]


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT user_id FROM readings WHERE {ONE} AND sensor_id = 'device_07'",
        "SELECT * FROM readings WHERE dt LIKE '2026-11-21%' AND sensor_id IN ('device_07', 'device_08')",
        "SELECT count(*) FROM newest",
        "SELECT max(current_temperature) FROM readings_v1 WHERE user_id < 3",
    ],
)
def test_what_is_foreseen_is_what_is_read(sql: str, root: str) -> None:
    explanation, result = explained(sql, root), run_query(sql, root)
    assert explanation.tables == result.tables
    assert (explanation.bytes, explanation.is_exact) == (result.bytes, True)
    assert explanation.dollars == athena_dollars(result.bytes)


def test_what_cannot_be_computed_from_a_row_can_be_explained(root: str) -> None:
    """No row is handed over, so nothing can fail on one."""
    assert explained(f"SELECT CAST(sensor_id AS integer) FROM readings WHERE {ONE}", root).bytes > 0


def test_a_listing_reads_no_table(root: str) -> None:
    with pytest.raises(StatementError, match="read the catalog alone"):
        explained("SHOW TABLES", root)


@pytest.mark.parametrize(
    ("scanned", "dollars"),
    [
        (0, 0.0),
        (1, 10 * 5 / 2**20),
        (10 * 2**20, 10 * 5 / 2**20),
        (10 * 2**20 + 1, 11 * 5 / 2**20),
        (2**40, 5.0),
    ],
)
def test_athena_charges_whole_megabytes_and_ten_at_least(scanned: int, dollars: float) -> None:
    assert athena_dollars(scanned) == pytest.approx(dollars)
