"""A table bucketed by its key, the one that it was made from, and a view that takes each hour from one of them."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from lake.catalog import Buckets, CatalogTable, CatalogView, Partition
from lake.catalog.view_routing import PLACEHOLDER, TEMPLATE
from lake.contract.hive_hash import bucket_numbers
from lake.write.bucket_files import file_name
from tests.lake.query.small_lake import Columns, SmallLake

READINGS: Columns = (("sensor_id", "string", ""), ("user_id", "bigint", ""), ("current_temperature", "int", ""))
HOURS = [f"2026-11-21-{hour:02d}" for hour in range(20, 24)] + [f"2026-11-22-{hour:02d}" for hour in range(2)]
BUCKETED = HOURS[:4]
ROUTE = "(dt >= '2026-11-21-20' AND dt < '2026-11-22-00' AND NOT (dt >= '2026-11-21-22' AND dt < '2026-11-21-23'))"
"""By it, hour 22 is not read from the bucketed table, though it is there."""
PAGE_TABLES = (
    ("sensors", "readings_by_sensor_v1", "sensor_id"),
    ("clickstream", "events_by_user_v1", "user_id"),
)
SENSORS, COUNT = 40, 8


def readings(hour: int) -> pa.Table:
    """One reading of each sensor, device_00 to device_39, whose users are 0 to 39."""
    return pa.table(
        {
            "sensor_id": pa.array([f"device_{number:02d}" for number in range(SENSORS)]),
            "user_id": pa.array(range(SENSORS), pa.int64()),
            "current_temperature": pa.array([100 * hour + number for number in range(SENSORS)], pa.int32()),
        }
    )


def make_readings_lake(root: str) -> SmallLake:
    """sensors.readings_v1, six hours; sensors.readings_by_sensor_v1, four of them in 8 buckets; and their view."""
    lake = SmallLake(root)
    lake.declare("sensors", "readings_v1", READINGS)
    declare_bucketed(lake, "readings_by_sensor_v1", ("sensor_id",))
    for hour, dt in enumerate(HOURS):
        lake.publish("sensors", "readings_v1", dt, readings(hour))
        if dt in BUCKETED:
            publish_bucketed(lake, "readings_by_sensor_v1", dt, readings(hour))
    put_view(lake, "readings", routed(ROUTE), READINGS, **{TEMPLATE: routed(PLACEHOLDER)})
    return lake


def make_page_lake(root: str) -> SmallLake:
    """What docs/query.md's table of filters is about: six hours each of two bucketed tables."""
    lake = SmallLake(root)
    for database, table, column in PAGE_TABLES:
        declare_bucketed(lake, table, (column,), database)
        for hour, dt in enumerate(HOURS):
            publish_bucketed(lake, table, dt, readings(hour), database)
    return lake


def routed(condition: str) -> str:
    columns = "sensor_id, user_id, current_temperature, dt"
    return (
        f"SELECT {columns} FROM sensors.readings_by_sensor_v1 WHERE {condition}\n"
        f"UNION ALL\nSELECT {columns} FROM sensors.readings_v1 WHERE NOT {condition}"
    )


def put_view(lake: SmallLake, name: str, sql: str, columns: Columns, **parameters: str) -> None:
    trino = {"string": "varchar", "int": "integer"}
    typed = tuple((column, trino.get(hive, hive), comment) for column, hive, comment in columns)
    lake.catalog.put_view(CatalogView("sensors", name, sql, (*typed, ("dt", "varchar", "")), parameters))


def declare_bucketed(lake: SmallLake, table: str, columns: tuple[str, ...], database: str = "sensors") -> None:
    buckets = Buckets(columns, COUNT, columns)
    location = f"bucketed/{database}/{table}"
    lake.catalog.put_table(CatalogTable(database, table, READINGS, (("dt", "string"),), location, buckets=buckets))


def publish_bucketed(lake: SmallLake, table: str, dt: str, rows: pa.Table, database: str = "sensors") -> None:
    found = lake.catalog.table(database, table)
    assert found is not None
    assert found.buckets is not None
    numbers = bucket_numbers(rows, found.buckets.columns, COUNT)
    location = f"bucketed/{database}/{table}/dt={dt}/run=r1"
    for bucket in sorted(set(numbers.tolist())):
        sink = io.BytesIO()
        mine = rows.filter(pa.array(numbers == bucket)).sort_by([(name, "ascending") for name in found.buckets.columns])
        pq.write_table(mine, sink, row_group_size=2)
        lake.store.write(f"{location}/{file_name(bucket, 0, 'abcdef')}", sink.getvalue())
    assert lake.catalog.publish(database, table, Partition(dt, location), None)
