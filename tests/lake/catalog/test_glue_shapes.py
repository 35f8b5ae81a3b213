"""The JSON by which Athena, Trino and Spark know a table, a partition and a view, whole."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from lake.catalog import Buckets, CatalogTable, CatalogView, Partition
from lake.catalog.glue_shapes import (
    is_view,
    partition_input,
    partition_of,
    table_input,
    table_of,
    view_input,
    view_of,
    view_root,
)
from lake.errors import CatalogError

ROOT = "s3://bucket/lake"
TABLE = CatalogTable(
    "sensors",
    "readings_by_sensor_v1",
    (("sensor_id", "string", "Who it is,\nin two lines."), ("current_temperature", "int", "")),
    (("dt", "string"),),
    "bucketed/sensors/readings_by_sensor_v1",
    {"classification": "parquet", "comment": "By sensor."},
    Buckets(("sensor_id",), 64, ("sensor_id", "current_temperature")),
)
PARTITION = Partition("2026-11-21-09", f"{TABLE.location}/dt=2026-11-21-09/run=a", {"lake.rows": "3"})
STORAGE = {
    "Columns": [
        {"Name": "sensor_id", "Type": "string", "Comment": "Who it is, in two lines."},
        {"Name": "current_temperature", "Type": "int", "Comment": ""},
    ],
    "Location": "s3://bucket/lake/bucketed/sensors/readings_by_sensor_v1/",
    "NumberOfBuckets": 64,
    "BucketColumns": ["sensor_id"],
    "SortColumns": [{"Column": "sensor_id", "SortOrder": 1}, {"Column": "current_temperature", "SortOrder": 1}],
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
}
VIEW = CatalogView(
    "sensors",
    "readings",
    "SELECT sensor_id, taken_at FROM sensors.readings_v1",
    (("sensor_id", "varchar", "Who é."), ("taken_at", "timestamp(3)", "")),
    {"comment": "Every reading.", "lake.template": "x"},
)


def uri_of(key: str) -> str:
    return f"{ROOT}/{key}/"


def key_of(uri: str) -> str:
    return uri.removeprefix(f"{ROOT}/").rstrip("/")


def answered(given: Any, **more: str) -> Any:
    """What Glue answers for an input, as JSON makes of it."""
    return {**json.loads(json.dumps(given)), "DatabaseName": "sensors", **more}


def test_bucketed_table() -> None:
    assert table_input(TABLE, uri_of) == {
        "Name": "readings_by_sensor_v1",
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "dt", "Type": "string"}],
        "StorageDescriptor": STORAGE,
        "Parameters": {"classification": "parquet", "comment": "By sensor.", "EXTERNAL": "TRUE"},
    }


def test_partition_of_a_bucketed_table_says_its_buckets() -> None:
    location = "s3://bucket/lake/bucketed/sensors/readings_by_sensor_v1/dt=2026-11-21-09/run=a/"
    assert partition_input(TABLE, PARTITION, uri_of) == {
        "Values": ["2026-11-21-09"],
        "StorageDescriptor": {**STORAGE, "Location": location},
        "Parameters": {"lake.rows": "3"},
    }


def test_table_without_buckets_says_that_there_are_none() -> None:
    storage = table_input(replace(TABLE, buckets=None), uri_of)["StorageDescriptor"]
    assert storage == {**STORAGE, "NumberOfBuckets": 0, "BucketColumns": [], "SortColumns": []}


@pytest.mark.parametrize("buckets", [TABLE.buckets, None, Buckets(("a", "b"), 2)])
def test_table_and_partition_come_back(buckets: Buckets | None) -> None:
    one_line = replace(TABLE, columns=(("sensor_id", "string", "Who."),), buckets=buckets)
    assert table_of(answered(table_input(one_line, uri_of)), key_of) == one_line
    assert partition_of(answered(partition_input(one_line, PARTITION, uri_of)), key_of) == PARTITION


@pytest.mark.parametrize("none", [{}, {"NumberOfBuckets": 0}, {"NumberOfBuckets": -1, "BucketColumns": []}])
def test_table_of_other_hands_without_buckets_has_none(none: dict[str, Any]) -> None:
    storage = {"Columns": [], "Location": uri_of("curated/a/b"), **none}
    assert table_of({"DatabaseName": "a", "Name": "b", "StorageDescriptor": storage}, key_of).buckets is None


def test_descending_order_is_not_taken_for_ascending() -> None:
    entry = answered(table_input(TABLE, uri_of))
    entry["StorageDescriptor"]["SortColumns"][1]["SortOrder"] = 0
    assert table_of(entry, key_of).buckets == Buckets(("sensor_id",), 64, ("sensor_id",))


def test_view_is_one_that_athena_and_trino_take_for_their_own() -> None:
    entry: Any = view_input(VIEW, ROOT)
    text = entry.pop("ViewOriginalText")
    assert entry == {
        "Name": "readings",
        "TableType": "VIRTUAL_VIEW",
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [
                {"Name": "sensor_id", "Type": "string", "Comment": "Who é."},
                {"Name": "taken_at", "Type": "timestamp", "Comment": ""},
            ],
            "Location": "",
            "NumberOfBuckets": 0,
            "BucketColumns": [],
            "SortColumns": [],
            "SerdeInfo": {},
        },
        "Parameters": {
            "presto_view": "true",
            "comment": "Presto View",
            "lake.root": "s3://bucket/lake",
            "lake.template": "x",
        },
        "ViewExpandedText": "/* Presto View */",
    }
    before, encoded, after = text[:16], text[16:-3], text[-3:]
    assert (before, after) == ("/* Presto View: ", " */")
    assert json.loads(base64.b64decode(encoded, validate=True)) == {
        "originalSql": "SELECT sensor_id, taken_at FROM sensors.readings_v1",
        "catalog": "awsdatacatalog",
        "schema": "sensors",
        "columns": [
            {"name": "sensor_id", "type": "varchar", "comment": "Who é."},
            {"name": "taken_at", "type": "timestamp(3)"},
        ],
        "comment": "Every reading.",
        "runAsInvoker": True,
    }


def test_view_comes_back_and_is_known_for_whose_it_is() -> None:
    entry = answered(view_input(VIEW, ROOT))
    assert (is_view(entry), view_root(entry), view_of(entry)) == (True, ROOT, VIEW)
    assert is_view(answered(table_input(TABLE, uri_of))) is False


def test_view_that_athena_made_is_read_and_is_no_lakes() -> None:
    definition = {
        "originalSql": "SELECT 1 a",
        "catalog": "awsdatacatalog",
        "schema": "sensors",
        "columns": [{"name": "a", "type": "integer"}],
    }
    entry = {
        "DatabaseName": "sensors",
        "Name": "mine",
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"comment": "Presto View", "presto_view": "true"},
        "ViewOriginalText": f"/* Presto View: {base64.b64encode(json.dumps(definition).encode()).decode()} */",
    }
    assert view_of(entry) == CatalogView("sensors", "mine", "SELECT 1 a", (("a", "integer", ""),))
    assert view_root(entry) == ""


def test_view_of_another_engine_is_refused() -> None:
    entry = {"DatabaseName": "d", "Name": "v", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "SELECT `a` FROM t"}
    with pytest.raises(CatalogError, match=r"reading the view d\.v: its text begins 'SELECT `a` FROM t'; expected "):
        view_of(entry)


def test_column_that_hive_cannot_say_is_named() -> None:
    zoned = replace(VIEW, columns=(("at", "timestamp(3) with time zone", ""),))
    with pytest.raises(
        CatalogError, match=r"putting the column at of the view sensors\.readings into the catalog: Hive"
    ):
        view_input(zoned, ROOT)
