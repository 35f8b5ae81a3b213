"""Queries over published tables: what is read, with which types, and the advice to an author of SQL."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from lake.query.run import run_query
from lake.sql.query_errors import (
    QueryError,
    QuerySyntaxError,
    UnknownColumnError,
    UnknownTableError,
    UnsupportedSqlError,
)
from tests.lake.query.small_lake import SmallLake, events

H9, H10 = "2026-11-21-09", "2026-11-21-10"


def one(sql: str, root: str) -> object:
    return run_query(sql, root).table.column(0).to_pylist()


def test_a_row_comes_back_whole_and_in_athenas_types(any_root: str) -> None:
    lake = SmallLake(any_root)
    at = datetime(2026, 11, 21, 9, 1, 2, 3, tzinfo=UTC)
    columns = (
        ("user_id", "bigint", ""),
        ("at", "timestamp", ""),
        ("price", "decimal(10,2)", ""),
        ("readings", "array<struct<x:int,at:timestamp>>", ""),
        ("labels", "map<string,int>", ""),
        ("payload", "binary", ""),
        ("day", "date", ""),
    )
    lake.declare("types", "all_v1", columns)
    reading = pa.struct([("x", pa.int32()), ("at", pa.timestamp("us", tz="UTC"))])
    rows = pa.table(
        {
            "user_id": pa.array([2**63 - 1, None], pa.int64()),
            "at": pa.array([at, None], pa.timestamp("us", tz="UTC")),
            "price": pa.array(["1.50", None], pa.string()).cast(pa.decimal128(10, 2)),
            "readings": pa.array([[{"x": 1, "at": at}], None], pa.list_(reading)),
            "labels": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int32())),
            "payload": pa.array([b"\xff\x00", None], pa.binary()),
            "day": pa.array([at.date(), None], pa.date32()),
        }
    )
    lake.publish("types", "all_v1", H9, rows)
    naive = datetime(2026, 11, 21, 9, 1, 2)  # noqa: DTZ001 (as Athena reads it: in milliseconds)
    table = run_query(f"SELECT * FROM types.all_v1 WHERE dt = '{H9}' ORDER BY user_id", any_root).table
    assert table.schema.field("at").type == pa.timestamp("us")
    assert [str(kind) for kind in table.schema.types[:3]] == ["int64", "timestamp[us]", "decimal128(10, 2)"]
    expected = dict(zip(rows.column_names, [column[0].as_py() for column in rows.columns], strict=True))
    expected |= {"at": naive, "readings": [{"x": 1, "at": naive}], "dt": H9}
    assert table.to_pylist() == [expected, {**dict.fromkeys(rows.column_names), "dt": H9}]


def test_a_timestamp_is_compared_as_utc(any_root: str) -> None:
    lake = SmallLake(any_root)
    lake.declare("times", "events_v1")
    times = [datetime(2026, 11, 21, 9, minute, tzinfo=UTC) for minute in (0, 30)]
    rows = events(1, 2).set_column(2, "client_timestamp", pa.array(times, pa.timestamp("us", tz="UTC")))
    lake.publish("times", "events_v1", H9, rows)
    sql = "SELECT user_id FROM times.events_v1 WHERE client_timestamp > timestamp '2026-11-21 09:00:00'"
    assert one(sql, any_root) == [2]


def test_a_column_added_later_is_null_in_older_partitions(any_root: str) -> None:
    lake = SmallLake(any_root)
    lake.declare("grown", "events_v1", (("user_id", "bigint", ""), ("client_event", "string", "")))
    lake.publish("grown", "events_v1", H9, events(1))
    lake.declare("grown", "events_v1", (("user_id", "bigint", ""), ("campaign", "string", "")))
    lake.publish("grown", "events_v1", H10, pa.table({"user_id": [2], "campaign": ["c"]}))
    assert run_query("SELECT * FROM grown.events_v1 ORDER BY dt", any_root).table.to_pylist() == [
        {"user_id": 1, "campaign": None, "dt": H9},
        {"user_id": 2, "campaign": "c", "dt": H10},
    ]


def test_only_what_the_catalog_points_to_is_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = str(tmp_path_factory.mktemp("swap") / "lake")
    lake = SmallLake(root)
    lake.declare("clicks", "events_v1")
    lake.publish("clicks", "events_v1", H9, events(1), run="old")
    location = lake.publish("clicks", "events_v1", H9, events(2), events(3), run="new")
    lake.write(f"{location}/_hidden.parquet", events(4))
    lake.write(f"{location}/.temp.parquet", events(5))
    lake.store.write(f"{location}/_manifest.json", b"{}")
    lake.write(f"curated/clicks/events_v1/dt={H10}/run=unpublished/part-0.parquet", events(6))
    assert one("SELECT user_id FROM clicks.events_v1 ORDER BY 1", root) == [2, 3]


def test_a_partition_without_files_has_no_rows(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = str(tmp_path_factory.mktemp("empty") / "lake")
    lake = SmallLake(root)
    lake.declare("clicks", "events_v1")
    lake.publish("clicks", "events_v1", H9)
    assert run_query("SELECT * FROM clicks.events_v1", root).table.num_rows == 0
    assert one("SELECT count(*) FROM clicks.events_v1", root) == [0]


@pytest.mark.parametrize(
    "name",
    [
        "clicks.events_v1",
        "CLICKS.Events_V1",
        '"clicks"."events_v1"',
        '"awsdatacatalog"."clicks"."events_v1"',
        "AwsDataCatalog.clicks.events_v1",
        "events_v1",
    ],
)
def test_a_table_is_found_by(name: str, eight_hours: str) -> None:
    assert one(f"SELECT count(*) FROM {name}", eight_hours) == [24]


def test_a_column_is_found_by_its_tables_full_name(eight_hours: str) -> None:
    sql = "SELECT clicks.events_v1.user_id FROM clicks.events_v1 WHERE dt = '2026-11-21-21' ORDER BY 1"
    assert one(sql, eight_hours) == [10, 11, 12]


def test_a_with_clause_named_as_a_table_reads_the_table_inside_and_itself_outside(eight_hours: str) -> None:
    sql = "WITH events_v1 AS (SELECT 1 AS x FROM events_v1 WHERE dt = '2026-11-21-21') SELECT sum(x) FROM events_v1"
    assert one(sql, eight_hours) == [3]


def test_the_path_is_shown_to_those_who_ask_for_it(eight_hours: str) -> None:
    sql = 'SELECT *, "$path" FROM clicks.events_v1 WHERE user_id = 10'
    path = f"{eight_hours}/curated/clicks/events_v1/dt=2026-11-21-21/run=r1/part-0.parquet"
    row = {"user_id": 10, "client_event": "view", "client_timestamp": None, "dt": "2026-11-21-21", "$path": path}
    assert run_query(sql, eight_hours).table.to_pylist() == [row]


def test_a_table_in_two_databases_needs_its_database(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = str(tmp_path_factory.mktemp("two") / "lake")
    lake = SmallLake(root)
    for database, user in (("a", 1), ("b", 2)):
        lake.declare(database, "events_v1")
        lake.publish(database, "events_v1", H9, events(user))
    with pytest.raises(UnknownTableError, match=r"it is in a and b; write a\.events_v1"):
        run_query("SELECT * FROM events_v1", root)
    assert run_query("SELECT user_id FROM events_v1", root, database="b").table.to_pylist() == [{"user_id": 2}]


@pytest.mark.parametrize(
    ("sql", "columns", "rows"),
    [
        ("SHOW DATABASES", ["database"], [("clicks",)]),
        ("SHOW TABLES IN clicks LIKE 'e*'", ["table"], [("events_v1",)]),
        ("SHOW TABLES", ["database", "table"], [("clicks", "events_v1"), ("clicks", "other_v1")]),
        ("SHOW COLUMNS IN other_v1", ["column"], [("user_id",), ("client_event",), ("client_timestamp",), ("dt",)]),
        (
            "DESCRIBE clicks.other_v1",
            ["column", "type", "comment"],
            [
                ("user_id", "bigint", "who"),
                ("client_event", "string", ""),
                ("client_timestamp", "timestamp", ""),
                ("dt", "string", "partition key"),
            ],
        ),
        ("SHOW PARTITIONS clicks.other_v1", ["partition"], []),
    ],
)
def test_listings(sql: str, columns: list[str], rows: list[tuple[str, ...]], eight_hours: str) -> None:
    table = run_query(sql, eight_hours).table
    assert (table.column_names, [tuple(row.values()) for row in table.to_pylist()]) == (columns, rows)


@pytest.mark.parametrize(
    ("sql", "kind", "message"),
    [
        ("SELECT 1 FROM clicks.event", UnknownTableError, "did you mean 'clicks.events_v1'"),
        ("SELECT 1 FROM click.events_v1", UnknownTableError, "did you mean 'clicks.events_v1'"),
        ("SELECT 1 FROM other.clicks.events_v1", UnknownTableError, 'the catalog here is "awsdatacatalog"'),
        ("SHOW TABLES IN click", UnknownTableError, "did you mean 'clicks'?"),
        ('SELECT * FROM "/etc/passwd"', UnknownTableError, "table not found"),
        (
            "SELECT count(*) FROM sensors.readings",
            UnknownTableError,
            "reading sensors.readings: the view sensors.readings is not deployed in this lake; deploy it with "
            "`lake sql deploy sensors`, and run the query again",
        ),
        ("SELECT count(*) FROM readings", UnknownTableError, "reading readings: the view sensors.readings is not"),
        ("SELECT * FROM read_csv('/etc/passwd')", UnsupportedSqlError, "table function"),
        (
            "SELECT\n  clint_event FROM events_v1",
            UnknownColumnError,
            "line 2:3: column clint_event not found; did you mean 'client_event'?\n"
            "    clint_event FROM events_v1\n    ^^^^^^^^^^^",
        ),
        (
            "SELECT e.nope FROM events_v1 AS e",
            UnknownColumnError,
            "line 1:10: column nope not found; expected one of client_event",
        ),
        ("SELECT f.user_id FROM events_v1 AS e", UnknownColumnError, "table or column f not found in this FROM"),
        (
            "SELECT entropy_of(user_id) FROM events_v1",
            UnsupportedSqlError,
            "line 1:8: function entropy_of not found",
        ),
        ("SELECT user_id, count(*) FROM events_v1", QuerySyntaxError, "GROUP BY"),
    ],
)
def test_an_author_is_advised(sql: str, kind: type[QueryError], message: str, eight_hours: str) -> None:
    with pytest.raises(kind) as error:
        run_query(sql, eight_hours)
    assert message in str(error.value)
    assert error.value.exit_code == 2


def test_an_empty_lake_says_that_nothing_is_published(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = str(tmp_path_factory.mktemp("none") / "lake")
    with pytest.raises(UnknownTableError, match="nothing is published in this lake yet"):
        run_query("SELECT 1 FROM clicks.events_v1", root)


def test_a_file_that_is_no_parquet_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = str(tmp_path_factory.mktemp("broken") / "lake")
    lake = SmallLake(root)
    lake.declare("clicks", "events_v1")
    location = lake.publish("clicks", "events_v1", H9)
    lake.store.write(f"{location}/part-0.parquet", b"no Parquet at all")
    with pytest.raises(Exception, match=r"part-0\.parquet") as error:
        run_query("SELECT * FROM clicks.events_v1", root)
    assert type(error.value).__name__ == "StorageError"
