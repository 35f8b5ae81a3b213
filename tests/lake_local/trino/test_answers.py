"""What Trino answers over a lake: what DuckDB answers, types and all, and of the catalog as it is at that moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lake.catalog.model import CatalogView
from lake.query.run import run_query
from lake_local.trino.client import TrinoAnswer
from tests.glue_jobs.harness import Trial, click
from tests.trino_servers import TestTrino

Ask = Callable[[str], TrinoAnswer]

QUERIES = [
    "SELECT * FROM clickstream.events_v1 ORDER BY event_id",
    "SELECT count(*), count(DISTINCT user_id), min(client_timestamp), sum(user_id) FROM clickstream.events_v1",
    "SELECT dt, client_event, count(*) AS events FROM clickstream.events_v1 GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT event_id FROM clickstream.events_v1 WHERE dt BETWEEN '2026-11-21-01' AND '2026-11-21-02' ORDER BY 1",
    "SELECT * FROM clickstream.events_v1 WHERE dt = '2026-11-21-23'",
    "SELECT reason, payload, source_object LIKE '%dt=2026-11-21-02%' AS late FROM clickstream.events_v1_quarantine",
    'SELECT dt FROM clickstream."events_v1$partitions" ORDER BY dt',
    "SELECT count(*) FROM AwsDataCatalog.clickstream.events_v1 WHERE dt LIKE '2026-11-21-0%'",
]


@pytest.fixture
def lake_of_three_hours(any_root: str) -> Trial:
    trial = Trial(any_root)
    for hour in range(3):
        trial.land(hour, "a", [click(hour * 10 + number, client_event=f"page_{number % 2}") for number in range(5)])
    trial.land(2, "b", '{"event_id": "é 漢字", "user_id": "no number"}\n')
    trial.run()
    return trial


def test_rows_and_types_are_those_of_the_embedded_engine(
    lake_of_three_hours: Trial, any_root: str, trino_at_root: Ask
) -> None:
    for sql in QUERIES:
        assert trino_at_root(sql).table.equals(run_query(sql, any_root).table), sql


def test_a_publish_is_seen_by_the_very_next_query(any_root: str, trino_at_root: Ask) -> None:
    trial, count = Trial(any_root), "SELECT count(*) AS n FROM clickstream.events_v1"
    seen = []
    for hour in range(3):
        trial.land(hour, "a", [click(hour)])
        trial.run()
        seen += trino_at_root(count).table.to_pylist()
    trial.land(0, "b", [click(100), click(101)])  # a late object moves the hour to a new folder
    trial.run()
    seen += trino_at_root(count).table.to_pylist()
    assert [row["n"] for row in seen] == [1, 2, 3, 5]


def test_a_partition_that_is_filtered_out_costs_no_byte(lake_of_three_hours: Trial, trino_at_root: Ask) -> None:
    whole = trino_at_root("SELECT * FROM clickstream.events_v1")
    hour = trino_at_root("SELECT * FROM clickstream.events_v1 WHERE dt = '2026-11-21-00'")
    none = trino_at_root("SELECT * FROM clickstream.events_v1 WHERE dt = '2026-11-20-00'")
    assert (whole.table.num_rows, hour.table.num_rows, none.table.num_rows) == (15, 5, 0)
    assert (whole.scan_splits, hour.scan_splits, none.bytes_read) == (3, 1, 0)
    assert 0 < hour.bytes_read < whole.bytes_read / 2


def test_a_view_answers_as_its_query_and_its_replacement_at_once(
    lake_of_three_hours: Trial, any_root: str, trino_at_root: Ask
) -> None:
    catalog = lake_of_three_hours.lake.catalog
    select = "SELECT event_id, client_timestamp, dt FROM clickstream.events_v1 WHERE dt < '{}'"
    columns = (("event_id", "varchar", "The event."), ("client_timestamp", "timestamp(3)", ""), ("dt", "varchar", ""))
    counts = []
    for until in ("2026-11-21-01", "2026-11-21-03"):
        sql = select.format(until)
        catalog.put_view(CatalogView("clickstream", "events", sql, columns, {"comment": "The picture now."}))
        from_view = trino_at_root("SELECT * FROM clickstream.events ORDER BY event_id").table
        assert from_view.equals(trino_at_root(f"{sql} ORDER BY event_id").table)
        counts.append(from_view.num_rows)
    assert counts == [5, 15]
    assert trino_at_root("SHOW TABLES FROM clickstream").table.column(0).to_pylist() == [
        "events",
        "events_v1",
        "events_v1_quarantine",
    ]


def test_a_view_whose_query_has_grown_other_columns_is_refused(lake_of_three_hours: Trial, trino_at_root: Ask) -> None:
    catalog = lake_of_three_hours.lake.catalog
    sql = "SELECT user_id FROM clickstream.events_v1"
    catalog.put_view(CatalogView("clickstream", "events", sql, (("user_id", "varchar", ""),), {}))
    with pytest.raises(Exception, match="is stale or in invalid state"):
        trino_at_root("SELECT * FROM clickstream.events")


@pytest.mark.parametrize("any_root", ["local"], indirect=True)
def test_trino_filters_again_where_the_metastore_could_not(
    lake_of_three_hours: Trial, any_root: str, trino_local: TestTrino, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What allows the metastore to give all partitions where it cannot read a condition."""
    assert trino_local.metastore is not None
    monkeypatch.setattr(trino_local.metastore, "satisfying", lambda expression, key, values: set(values))
    sql = "SELECT event_id FROM clickstream.events_v1 WHERE dt IN ('2026-11-21-00', 'x') OR dt > '2026-11-21-01'"
    answer = trino_local.query(any_root, f"{sql} ORDER BY 1")
    assert answer.table.equals(run_query(f"{sql} ORDER BY 1", any_root).table)
    assert answer.scan_splits == 2
