"""Only files of buckets whose keys a filter names are read, and only row groups that it can match."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest

from lake.catalog import Buckets, CatalogTable
from lake.contract.hive_hash import bucket_of
from lake.objects import open_store
from lake.query.bucket_pruning import matching_buckets
from lake.query.result import Result
from lake.query.run import run_query
from tests.lake.query.readings_lake import (
    COUNT,
    HOURS,
    SENSORS,
    declare_bucketed,
    make_readings_lake,
    publish_bucketed,
    readings,
)

TABLE = "sensors.readings_by_sensor_v1"


def bucket(sensor: str | None) -> int:
    return bucket_of([sensor], ["string"], COUNT)


def buckets_of(*sensors: str) -> int:
    return len({bucket(sensor) for sensor in sensors})


ALL = len({bucket(f"device_{number:02d}") for number in range(SENSORS)})


@pytest.mark.parametrize(
    ("condition", "buckets"),
    [
        ("sensor_id = 'device_07'", 1),
        ("'device_07' = sensor_id", 1),
        ("sensor_id = 'nobody'", 1),
        ("sensor_id = concat('device_', '07')", 1),
        ("sensor_id IN ('device_07', 'device_08', 'device_09')", buckets_of("device_07", "device_08", "device_09")),
        ("sensor_id = 'device_07' OR sensor_id = 'device_08'", buckets_of("device_07", "device_08")),
        ("sensor_id = 'device_07' AND user_id = 7", 1),
        ("sensor_id = 'device_07' AND user_id > 3", 1),
        (f"(sensor_id = 'device_07' AND dt = '{HOURS[0]}') OR (sensor_id = 'device_07' AND dt = '{HOURS[1]}')", 1),
        ("sensor_id IN ('device_07', 'device_08') AND sensor_id <> 'device_08'", 1),
        ("sensor_id IS NULL", 1),
        ("sensor_id = 'device_07' AND sensor_id = 'device_08'", 0),
        ("sensor_id = 'device_07' OR user_id = 7", COUNT),
        ("sensor_id >= 'device_07' AND sensor_id <= 'device_08'", COUNT),
        ("sensor_id BETWEEN 'device_07' AND 'device_07'", 1),
        ("sensor_id <> 'device_07'", COUNT),
        ("sensor_id NOT IN ('device_07')", COUNT),
        ("lower(sensor_id) = 'device_07'", COUNT),
        ("sensor_id LIKE 'device_07%'", COUNT),
        ("sensor_id = lower('DEVICE_07')", 1),
        ("user_id = 7", COUNT),
        ("sensor_id = (SELECT max(sensor_id) FROM sensors.readings_v1)", COUNT),
        ("TRUE", COUNT),
    ],
)
def test_a_filter_reads_the_buckets_that_it_names(condition: str, buckets: int, readings_root: str) -> None:
    sql = f"SELECT dt, user_id FROM {TABLE} WHERE {condition} ORDER BY 1, 2"
    result = run_query(sql, readings_root)
    unpruned = f"(SELECT dt, user_id, reverse(reverse(sensor_id)) AS sensor_id FROM {TABLE})"
    whole = run_query(f"SELECT dt, user_id FROM {unpruned} WHERE {condition} ORDER BY 1, 2", readings_root)
    assert result.table.to_pylist() == whole.table.to_pylist()
    read = next(each for each in result.tables if each.name == TABLE)
    assert (read.buckets_read, read.buckets) == (buckets, COUNT)
    assert read.files == len(read.hours) * min(buckets, ALL)


def test_one_sensor_in_one_hour_reads_one_file_and_one_row_group_of_it(readings_root: str) -> None:
    sql = f"SELECT current_temperature FROM {TABLE} WHERE sensor_id = 'device_07' AND dt = '{HOURS[1]}'"
    result = run_query(sql, readings_root)
    assert result.table.to_pylist() == [{"current_temperature": 107}]
    assert (result.partitions_read, result.buckets_read, result.files_read) == (1, 1, 1)
    folder = f"{readings_root}/bucketed/sensors/readings_by_sensor_v1/dt={HOURS[1]}/run=r1"
    metadata = pq.read_metadata(f"{folder}/{bucket('device_07'):06d}_0-abcdef.parquet")
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    mine = [each for each in groups if each.column(0).statistics.min <= "device_07" <= each.column(0).statistics.max]
    assert len(groups) > len(mine) == 1
    chunks = mine[0].column(0).total_compressed_size + mine[0].column(2).total_compressed_size
    assert (result.bytes, result.is_exact) == (chunks + metadata.serialized_size + 8, True)


def test_fewer_columns_are_fewer_bytes_and_more_files_than_are_looked_into_are_an_upper_bound(
    readings_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(what: str) -> Result:
        return run_query(f"SELECT {what} FROM sensors.readings_v1", readings_root)

    assert measured("sum(user_id)").bytes < measured("*").bytes
    monkeypatch.setattr("lake.query.parquet_footers.MOST_FOOTERS", 5)
    files = [each for each in open_store(readings_root).list("curated") if each.key.endswith(".parquet")]
    bound = measured("sum(user_id)")
    assert (len(files), bound.bytes, bound.is_exact) == (6, sum(each.size for each in files), False)


def test_a_bucket_with_no_file_has_no_rows(tmp_path_factory: pytest.TempPathFactory) -> None:
    lake = make_readings_lake(str(tmp_path_factory.mktemp("gap")))
    publish_bucketed(lake, "readings_by_sensor_v1", HOURS[5], readings(5).slice(0, 1))
    sql = f"SELECT count(*) FROM {TABLE} WHERE sensor_id = 'device_01' AND dt = '{HOURS[5]}'"
    result = run_query(sql, lake.root)
    assert (result.table.column(0).to_pylist(), result.files_read) == ([0], 0)


@pytest.mark.parametrize("name", ["part.parquet", f"{COUNT:06d}_0-abcdef.parquet"])
def test_a_file_that_names_no_bucket_of_the_table_is_read_always(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = make_readings_lake(str(tmp_path_factory.mktemp("unusual")))
    lake.write(f"bucketed/sensors/readings_by_sensor_v1/dt={HOURS[0]}/run=r1/{name}", readings(9))
    sql = f"SELECT count(*) FROM {TABLE} WHERE sensor_id = 'device_01' AND dt = '{HOURS[0]}'"
    assert run_query(sql, lake.root).table.column(0).to_pylist() == [2]


@pytest.mark.parametrize(
    ("condition", "buckets"),
    [
        ("sensor_id = 'device_07' AND user_id = 7", 1),
        (
            "sensor_id = 'device_07' AND user_id IN (7, 8)",
            len({bucket_of(["device_07", u], ["string", "bigint"], COUNT) for u in (7, 8)}),
        ),
        ("sensor_id = 'device_07'", COUNT),
        ("user_id = 7", COUNT),
    ],
)
def test_buckets_of_two_columns_need_both(
    condition: str, buckets: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = make_readings_lake(str(tmp_path_factory.mktemp("both")))
    declare_bucketed(lake, "by_both_v1", ("sensor_id", "user_id"))
    publish_bucketed(lake, "by_both_v1", HOURS[0], readings(0))
    result = run_query(f"SELECT user_id FROM sensors.by_both_v1 WHERE {condition}", lake.root)
    assert (result.buckets_read, result.buckets) == (buckets, COUNT)
    assert {"user_id": 7} in result.table.to_pylist()


@pytest.mark.parametrize(
    ("hive", "value", "text"),
    [
        ("bigint", -(2**40), str(-(2**40))),
        ("int", 2**31 - 1, str(2**31 - 1)),
        ("date", date(2026, 11, 21), "2026-11-21"),
        ("string", "é \"quoted\" \\ 'x'", "é \"quoted\" \\ 'x'"),
        ("string", "", ""),
    ],
)
def test_a_key_of_each_type(hive: str, value: Any, text: str) -> None:
    columns = (("key", hive, ""), ("other", "string", ""))
    table = CatalogTable("db", "t", columns, (("dt", "string"),), "x", buckets=Buckets(("key",), 1_000))
    condition = (pads.field("key") == pa.scalar(value)) & (pads.field("dt") == "2026-11-21-09")
    found = matching_buckets(table, condition, [text, "unrelated", "12"])
    assert found == {bucket_of([value], [hive], 1_000)}
    assert matching_buckets(table, pads.field("other") == "x", [text]) is None


def test_a_key_that_no_text_of_the_query_shows_reads_all_buckets(readings_root: str) -> None:
    """More keys than an Arrow expression writes out, and none of them is guessed: nothing is left out for it."""
    sensors = ", ".join(f"chr(100) || 'evice_{number:02d}'" for number in range(SENSORS))
    result = run_query(f"SELECT count(*) FROM {TABLE} WHERE sensor_id IN ({sensors})", readings_root)
    assert result.table.column(0).to_pylist() == [4 * SENSORS]
