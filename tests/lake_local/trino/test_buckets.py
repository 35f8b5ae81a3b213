"""A bucketed table as Trino reads it: whole, and by one key from that key's bucket alone."""

from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.catalog import open_catalog
from lake.catalog.model import Buckets, CatalogTable, Partition
from lake.contract.hive_hash import bucket_numbers
from lake.errors import StorageError
from lake.objects import open_store
from lake.query.run import run_query
from lake_local.trino.client import TrinoAnswer

Ask = Callable[[str], TrinoAnswer]

COUNT = 8
HOURS = ("2026-11-21-00", "2026-11-21-01")
TABLE = CatalogTable(
    "sensors",
    "by_sensor",
    (("sensor_id", "string", ""), ("reading", "int", "")),
    (("dt", "string"),),
    "bucketed/sensors/by_sensor",
    {},
    Buckets(("sensor_id",), COUNT, ("sensor_id",)),
)
ROWS = pa.table(
    {"sensor_id": [f"device_{number % 100}" for number in range(5_000)], "reading": pa.array(range(5_000), pa.int32())}
)


def put(root: str, misplaced: bool = False) -> None:
    """Publish two hours with every row in its bucket; misplaced: each bucket's file has the next one's name."""
    catalog, store = open_catalog(root), open_store(root)
    catalog.put_table(TABLE)
    numbers = bucket_numbers(ROWS, ["sensor_id"], COUNT)
    for hour in HOURS:
        location = f"{TABLE.location}/dt={hour}/run=a"
        for bucket in range(COUNT):
            sink = io.BytesIO()
            pq.write_table(ROWS.filter(numbers == bucket).sort_by("sensor_id"), sink)
            name = f"{(bucket + misplaced) % COUNT:06d}_0-a.parquet"
            store.write(f"{location}/{name}", sink.getvalue())
        assert catalog.publish("sensors", "by_sensor", Partition(hour, location), None)


def test_one_key_is_read_from_its_bucket_alone(any_root: str, trino_at_root: Ask) -> None:
    put(any_root)
    select = "SELECT * FROM sensors.by_sensor WHERE dt = '2026-11-21-00'"
    whole = trino_at_root(select)
    pruned = trino_at_root(f"{select} AND sensor_id = 'device_17' ORDER BY reading")
    searched = trino_at_root(f"{select} AND lower(sensor_id) = 'device_17' ORDER BY reading")
    assert pruned.table.equals(searched.table)
    assert pruned.table.equals(run_query(f"{select} AND sensor_id = 'device_17' ORDER BY reading", any_root).table)
    assert (pruned.table.num_rows, whole.table.num_rows) == (50, 5_000)
    assert (pruned.scan_splits, searched.scan_splits, whole.scan_splits) == (1, COUNT, COUNT)
    assert 0 < pruned.bytes_read < whole.bytes_read / 4


def test_rows_in_a_wrong_bucket_are_hidden_from_one_query_and_fail_the_other(any_root: str, trino_at_root: Ask) -> None:
    put(any_root, misplaced=True)
    assert trino_at_root("SELECT * FROM sensors.by_sensor WHERE sensor_id = 'device_17'").table.num_rows == 0
    with pytest.raises(StorageError, match=r"`lake verify TABLE` names the file"):
        trino_at_root("SELECT * FROM sensors.by_sensor WHERE lower(sensor_id) = 'device_17'")
