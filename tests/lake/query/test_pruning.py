"""Only partitions that a filter can match are read, whatever shape the filter has; and the answer stays the same."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlglot
from sqlglot import exp

from lake.query.duckdb_session import Engine
from lake.query.pruning import add_partition_hints
from lake.query.run import run_query
from lake.sql.resolve import resolve, schema_of
from lake.sql.scan_filters import query_blocks
from tests.lake.query.conftest import HOURS
from tests.lake.query.small_lake import SmallLake

ALL = len(HOURS)


@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ("dt = '2026-11-21-22'", 1),
        ("'2026-11-21-22' = dt", 1),
        ("dt IN ('2026-11-21-22', '2026-11-22-01')", 2),
        ("dt BETWEEN '2026-11-21-22' AND '2026-11-22-00'", 3),
        ("dt >= '2026-11-22-00'", 4),
        ("dt < '2026-11-21-21'", 1),
        ("dt <> '2026-11-21-21'", 7),
        ("dt LIKE '2026-11-22%'", 4),
        ("dt LIKE '%-01'", 1),
        ("substr(dt, 1, 10) = '2026-11-22'", 4),
        ("NOT substr(dt, 1, 10) = '2026-11-22'", 4),
        ("NOT (dt LIKE '2026-11-22%' OR dt = '2026-11-21-22')", 3),
        ("date_parse(dt, '%Y-%m-%d-%H') >= timestamp '2026-11-22 02:00:00'", 2),
        ("dt >= date_format(timestamp '2026-11-22 03:00:00' - interval '1' hour, '%Y-%m-%d-%H')", 2),
        ("dt = '2026-11-21-22' OR dt LIKE '%-01'", 2),
        ("(dt LIKE '2026-11-22%' OR dt = '2026-11-21-22') AND user_id > 20", 5),
        ("dt LIKE '2026-11-22%' AND substr(dt, 12) = '03'", 1),
        ("dt = '2026-11-21-22' AND user_id = 20", 1),
        ("(dt = '2026-11-21-22' AND user_id = 20) OR (dt = '2026-11-21-23' AND user_id = 30)", 2),
        ("dt = 'never'", 0),
        ("dt LIKE 'never%'", 0),
        ("dt IS NULL", 0),
        ("dt = '2026-11-21-22' OR user_id = 0", ALL),
        ("length(dt) = 13", ALL),
        ("user_id = 0", ALL),
    ],
)
def test_a_filter_reads_the_partitions_that_can_match(condition: str, read: int, eight_hours: str) -> None:
    result = run_query(f"SELECT user_id, dt FROM clicks.events_v1 WHERE {condition} ORDER BY user_id", eight_hours)
    unpruned = "WITH e AS (SELECT user_id, reverse(reverse(dt)) AS dt FROM clicks.events_v1)"
    whole = run_query(f"{unpruned} SELECT * FROM e WHERE {condition} ORDER BY user_id", eight_hours)
    assert (result.partitions_read, result.partitions) == (read, ALL)
    assert whole.partitions_read == ALL
    assert result.table.to_pylist() == whole.table.to_pylist()


@pytest.mark.parametrize(
    ("sql", "read", "answer"),
    [
        ("WITH e AS (SELECT * FROM clicks.events_v1) SELECT count(*) FROM e WHERE dt = '2026-11-21-22'", 1, 3),
        (
            "SELECT count(*) FROM (SELECT dt, count(*) AS c FROM clicks.events_v1 GROUP BY dt) WHERE dt < '2026-11-22'",
            4,
            4,
        ),
        (
            "SELECT count(*) FROM clicks.events_v1 AS a JOIN clicks.events_v1 AS b ON a.dt = b.dt "
            "WHERE a.dt LIKE '2026-11-22-0_' AND b.user_id >= 0",
            4,
            36,
        ),
        (
            "SELECT sum(c) FROM (SELECT count(*) AS c FROM clicks.events_v1 WHERE dt = '2026-11-21-20' "
            "UNION ALL SELECT count(*) FROM clicks.events_v1 WHERE substr(dt, 12) = '00')",
            2,
            6,
        ),
        (
            "SELECT count(*) FROM clicks.events_v1 AS e "
            "CROSS JOIN UNNEST(ARRAY[1, 2]) AS u (x) WHERE dt = '2026-11-21-20'",
            1,
            6,
        ),
        (
            "SELECT count(*) FROM clicks.events_v1 AS e, UNNEST(ARRAY[1, 2]) AS u (x) WHERE e.dt LIKE '%-20' AND x = 1",
            1,
            3,
        ),
        ("SELECT count(*) FROM clicks.events_v1 LIMIT 1", ALL, 24),
        ('SELECT count(*) FROM clicks."events_v1$partitions"', 0, 8),
    ],
)
def test_a_filter_reaches_the_table_through(sql: str, read: int, answer: int, eight_hours: str) -> None:
    result = run_query(sql, eight_hours)
    assert (result.table.column(0).to_pylist(), result.partitions_read) == ([answer], read)


def test_a_condition_on_the_missing_side_of_an_outer_join_keeps_its_meaning(eight_hours: str) -> None:
    sql = (
        "SELECT count(*) FROM (VALUES '2026-11-21-20', 'none') AS v (hour) "
        "LEFT JOIN clicks.events_v1 AS e ON e.dt = v.hour WHERE coalesce(substr(e.dt, 1, 4), 'no') = 'no'"
    )
    assert run_query(sql, eight_hours).table.column(0).to_pylist() == [1]


def test_a_dt_of_a_subquerys_own_making_is_not_taken_for_the_partition(eight_hours: str) -> None:
    sql = "SELECT count(*) FROM (SELECT 'x' || dt AS dt FROM clicks.events_v1) WHERE substr(dt, 1, 1) = 'x'"
    assert run_query(sql, eight_hours).table.column(0).to_pylist() == [24]


def test_only_the_folders_of_partitions_that_match_are_listed(
    eight_hours: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    store = type(SmallLake(eight_hours).store)
    original = store.list

    def counted(self: object, prefix: str) -> object:
        listed.append(prefix)
        return original(self, prefix)  # type: ignore[arg-type] # the class's own method

    monkeypatch.setattr(store, "list", counted)
    run_query("SELECT * FROM clicks.events_v1 WHERE substr(dt, 12) = '03'", eight_hours)
    assert listed == ["curated/clicks/events_v1/dt=2026-11-22-03/run=r1"]


def test_one_hour_of_each_day_of_years_is_named_hour_by_hour() -> None:
    days = [date(2020, 1, 1) + timedelta(days=day) for day in range(1_500)]
    query = sqlglot.parse_one("SELECT 1 FROM clicks.events_v1 WHERE substr(dt, 12) = '09'", read="athena")
    assert isinstance(query, exp.Query)
    resolved = resolve(query, schema_of({"clicks.events_v1": {"dt": "varchar"}}))
    with Engine({}) as engine:
        hours = [f"{day}-{hour}" for day in days for hour in ("08", "09")]
        values = {("clicks", "events_v1"): ("dt", hours)}
        add_partition_hints(resolved, query_blocks(resolved.query), values, engine.satisfying)
    named = next(query.find_all(exp.In))
    assert [literal.name for literal in named.expressions] == [f"{day}-09" for day in days]
