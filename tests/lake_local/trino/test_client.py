"""What comes back from Trino: DuckDB's types for the same types, errors in the query's own terms, what it cost."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.catalog import open_catalog
from lake.catalog.model import CatalogTable, Partition
from lake.errors import LakeError
from lake.objects import open_store
from lake.query.run import run_query
from lake.sql.query_errors import (
    QueryFailedError,
    QuerySyntaxError,
    StatementError,
    UnknownColumnError,
    UnknownTableError,
    UnsupportedSqlError,
)
from lake_local.trino.client import run_on_trino
from lake_local.trino.errors import TrinoServerError, TrinoTimeoutError
from tests.trino_servers import TestTrino

# Values whose types and rows are the same on both engines.
SAME = [
    "true AS b, tinyint '1' AS t, smallint '2' AS s, 3 AS i, bigint '4' AS l, real '1.5' AS r, 1e0 AS d",
    "1.50 AS d, -1.5 AS e, sum(1.5) AS s, CAST(NULL AS decimal(38, 10)) AS n",
    "infinity() AS p, -infinity() AS m",
    "'é 漢字 😀' AS t, varchar '' AS e, x'00ff' AS b, x'' AS c, NULL AS n",
    "date '2026-11-21' AS d, date '0001-01-01' AS first, date '9999-12-31' AS last",
    "timestamp '2026-11-21 09:00:00' AS s, timestamp '2026-11-21 09:00:00.123456' AS us, time '10:00:00.123' AS t",
    "from_iso8601_timestamp('2026-11-21T09:00:00Z') AS z, timestamp '2026-07-01 09:00:00 Europe/Berlin' AS b",
    "interval '1' day AS d, interval '1' month AS m, timestamp '2026-01-02 00:00:00' - timestamp '2026-01-01 01:00:00'",
    "ARRAY[1, NULL, 3] AS a, ARRAY[ARRAY['x']] AS b, ARRAY[] AS c",
    "row(1, 'a') AS r, CAST(row(1, NULL) AS row(x integer, y varchar)) AS named, ARRAY[row(date '2026-01-01')] AS c",
    "map(ARRAY['a', 'b'], ARRAY[1, NULL]) AS m, map(ARRAY[1], ARRAY[ARRAY[1.5]]) AS n",
    "map(ARRAY[true], ARRAY[1]) AS b, map(ARRAY[1.5], ARRAY[1]) AS d, map(ARRAY[date '2026-01-01'], ARRAY[1]) AS e",
    "count(*) AS n, avg(2) AS a, sum(1) AS s, 1 / 2 AS h",
    "1 AS twice, 2 AS twice",
]


@pytest.fixture(scope="module")
def lake_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A lake with one event, which no test changes."""
    return one_event(str(tmp_path_factory.mktemp("one") / "lake"))


def one_event(root: str) -> str:
    columns, location = (("event_id", "string", ""),), "curated/clickstream/events_v1"
    catalog = open_catalog(root)
    catalog.put_table(CatalogTable("clickstream", "events_v1", columns, (("dt", "string"),), location))
    sink = io.BytesIO()
    pq.write_table(pa.table({"event_id": ["e1"]}), sink)
    open_store(root).write(f"{location}/dt=2026-11-21-00/a.parquet", sink.getvalue())
    assert catalog.publish("clickstream", "events_v1", Partition("2026-11-21-00", f"{location}/dt=2026-11-21-00"), None)
    return root


@pytest.fixture
def no_lake(tmp_path: Path) -> str:
    return str(tmp_path / "lake")


@pytest.mark.parametrize("select", SAME)
def test_types_and_values_are_the_embedded_engines(trino_local: TestTrino, no_lake: str, select: str) -> None:
    answer = trino_local.query(no_lake, f"SELECT {select}").table
    assert answer.equals(run_query(f"SELECT {select}", no_lake).table), answer.schema


@pytest.mark.parametrize("select", SAME)
def test_an_empty_answer_keeps_its_types(trino_local: TestTrino, no_lake: str, select: str) -> None:
    whole = trino_local.query(no_lake, f"SELECT {select}").table
    empty = trino_local.query(
        no_lake,
        f"SELECT * FROM (SELECT {select}) AS t LIMIT 0" if "twice" not in select else f"SELECT {select} LIMIT 0",
    ).table
    assert (empty.num_rows, empty.schema) == (0, whole.schema)


def test_what_duckdb_has_no_word_for(trino_local: TestTrino, no_lake: str) -> None:
    answer = trino_local.query(
        no_lake,
        "SELECT timestamp '2026-01-01 00:00:00 +02:30' AS z, interval '-1 02:03:04.567' DAY TO SECOND AS d, "
        "interval '-1-2' YEAR TO MONTH AS m, time '10:00:00 +02:00' AS t, nan() AS n, uuid() IS NULL AS u",
    ).table
    assert answer.schema == pa.schema(
        {
            "z": pa.timestamp("us", "UTC"),
            "d": pa.month_day_nano_interval(),
            "m": pa.month_day_nano_interval(),
            "t": pa.string(),
            "n": pa.float64(),
            "u": pa.bool_(),
        }
    )
    (row,) = answer.to_pylist()
    assert row["z"].isoformat() == "2025-12-31T21:30:00+00:00"
    assert tuple(row["d"]) == (0, -1, -7_384_567_000_000)
    assert tuple(row["m"]) == (-14, 0, 0)
    assert (row["t"], str(row["n"]), row["u"]) == ("10:00:00+02:00", "nan", False)


def test_many_rows_come_whole_and_in_order(trino_local: TestTrino, no_lake: str) -> None:
    sql = "SELECT a * 1000 + b AS n FROM unnest(sequence(0, 119)) AS t (a) CROSS JOIN unnest(sequence(0, 999)) AS u (b)"
    answer = trino_local.query(no_lake, f"{sql} ORDER BY n;").table
    assert answer.equals(pa.table({"n": pa.array(range(120_000), pa.int64())}).combine_chunks())


@pytest.mark.parametrize(
    ("sql", "kind", "message"),
    [
        (
            "SELEC 1",
            QuerySyntaxError,
            r"^reading the query, line 1:1: mismatched input 'SELEC'\. Expecting: .{,100} and more\n",
        ),
        ("SELECT 1\n  FRO x y", QuerySyntaxError, "reading the query, line 2:"),
        ("SELECT 'a' + 1", QuerySyntaxError, r"line 1:12: .*\n  SELECT 'a' \+ 1\n             \^$"),
        ("SELECT nope FROM clickstream.events_v1", UnknownColumnError, "line 1:8: Column 'nope' cannot be resolved"),
        ("SELECT 1 FROM clickstream.nope", UnknownTableError, "'awsdatacatalog.clickstream.nope' does not exist; SHOW"),
        ("SELECT 1 FROM nope.events_v1", UnknownTableError, "Schema 'nope' does not exist; SHOW DATABASES lists"),
        ("SELECT 1 FROM a.b.c", UnknownTableError, "Catalog 'a' not found; the only catalog here is AwsDataCatalog"),
        ("SELECT 1 FROM events_v1", UnknownTableError, "write database.table, or name one with --database"),
        ("SELECT nope(1)", UnsupportedSqlError, "line 1:8: Function 'nope' not registered"),
        ("SELECT 1 / 0", QueryFailedError, "^running the query: Division by zero$"),
        ("SELECT CAST('x' AS integer)", QueryFailedError, "running the query: Cannot cast 'x' to INT"),
        ("DROP TABLE clickstream.events_v1", StatementError, "Cannot drop table .*; a query only reads"),
        ("CREATE TABLE clickstream.x AS SELECT 1 AS a", StatementError, "Cannot create table .*; a query only reads"),
        (
            "SELECT timestamp '12000-01-01 00:00:00 Europe/Berlin'",
            QueryFailedError,
            "reading Trino's answer: .*cast what lies beyond to varchar",
        ),
    ],
)
def test_errors_are_in_the_querys_own_terms(
    trino_local: TestTrino, lake_root: str, sql: str, kind: type[LakeError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        trino_local.query(lake_root, sql)


def test_a_table_without_a_database_is_looked_for_in_the_one_that_is_named(
    trino_local: TestTrino, lake_root: str
) -> None:
    answer = trino_local.query(lake_root, "SELECT event_id FROM events_v1", database="clickstream")
    assert answer.table.to_pylist() == [{"event_id": "e1"}]


def test_a_truncated_object_is_named(trino_local: TestTrino, no_lake: str) -> None:
    (path,) = Path(one_event(no_lake)).glob("curated/clickstream/events_v1/*/*.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(LakeError, match=rf"reading a published object through Trino: .*{path.name}.*; `lake verify"):
        trino_local.query(no_lake, "SELECT * FROM clickstream.events_v1")


def test_a_root_with_an_unusual_path(trino_local: TestTrino, tmp_path: Path) -> None:
    root = one_event(str(tmp_path / "ü & a+b %20 #1"))
    sql = "SELECT * FROM clickstream.events_v1"
    assert trino_local.query(root, sql).table.equals(run_query(sql, root).table)


ENDLESS = (
    "SELECT count(*) FROM unnest(sequence(1, 10000)) AS a CROSS JOIN unnest(sequence(1, 10000)) AS b "
    "CROSS JOIN unnest(sequence(1, 10000)) AS c"
)


def test_a_query_that_takes_too_long_is_cancelled(trino_local: TestTrino, no_lake: str) -> None:
    started = time.monotonic()
    with pytest.raises(TrinoTimeoutError, match=r"timed out after 1 s and was cancelled"):
        run_on_trino(ENDLESS, trino_local.at(no_lake), timeout_seconds=1)
    assert time.monotonic() - started < 30


def test_ctrl_c_cancels_the_query_on_the_server(
    trino_local: TestTrino, no_lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(3, lambda: os.kill(os.getpid(), signal.SIGINT))
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            trino_local.query(no_lake, f"/* mine */ {ENDLESS}")
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
    asked = "SELECT state, error_code FROM system.runtime.queries WHERE query LIKE '/* mine */%'"
    assert trino_local.query(no_lake, asked).table.to_pylist() == [{"state": "FAILED", "error_code": "USER_CANCELED"}]


def test_a_server_that_ended_is_named_as_the_reason(trino_local: TestTrino, no_lake: str) -> None:
    with pytest.raises(TrinoServerError, match=r"asking Trino at http://127.0.0.1:9: .*`lake trino up` starts it"):
        run_on_trino("SELECT 1", replace(trino_local.at(no_lake), port=9))


def test_no_proxy_stands_in_between(trino_local: TestTrino, no_lake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert trino_local.query(no_lake, "SELECT 1 AS one").table.to_pylist() == [{"one": 1}]
