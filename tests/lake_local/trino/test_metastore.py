"""The metastore: Glue's reading calls over a local root, as it is at each call."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake.catalog import open_catalog
from lake.catalog.model import Buckets, Catalog, CatalogTable, CatalogView, Partition
from lake_local.trino.metastore import GlueRefusal, Metastore, answered

TABLE = CatalogTable("db", "t", (("a", "int", "A number."),), (("dt", "string"),), "curated/db/t", {"comment": "T."})
NAMES = {"DatabaseName": "db", "TableName": "t"}


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "a lake")


@pytest.fixture
def catalog(root: str) -> Catalog:
    catalog = open_catalog(root)
    catalog.put_table(TABLE)
    return catalog


def publish(catalog: Catalog, *dts: str, run: str = "1") -> None:
    for dt in dts:
        expected = catalog.partition("db", "t", dt)
        assert catalog.publish("db", "t", Partition(dt, f"curated/db/t/dt={dt}/run={run}"), expected)


def values(root: str, **request: Any) -> list[str]:
    answer = answered(root, "GetPartitions", {**NAMES, **request})
    return [partition["Values"][0] for partition in answer["Partitions"]]


def test_a_table_is_described_as_glue_does(root: str, catalog: Catalog) -> None:
    described = answered(root, "GetTable", {"DatabaseName": "db", "Name": "t"})["Table"]
    assert described["DatabaseName"] == "db"
    assert described["Name"] == "t"
    assert described["TableType"] == "EXTERNAL_TABLE"
    assert described["PartitionKeys"] == [{"Name": "dt", "Type": "string"}]
    assert described["StorageDescriptor"]["Columns"] == [{"Name": "a", "Type": "int", "Comment": "A number."}]
    assert described["StorageDescriptor"]["Location"] == f"local://{root}/curated/db/t/"


def test_partitions_lie_where_the_catalog_says_now(root: str, catalog: Catalog) -> None:
    locations = []
    for run in ("1", "2"):
        publish(catalog, "2026-11-21-00", run=run)
        found = answered(root, "BatchGetPartition", {**NAMES, "PartitionsToGet": [{"Values": ["2026-11-21-00"]}]})
        locations.append(found["Partitions"][0]["StorageDescriptor"]["Location"])
    folder = f"local://{root}/curated/db/t/dt=2026-11-21-00"
    assert locations == [f"{folder}/run=1/", f"{folder}/run=2/"]


def test_a_partition_of_a_bucketed_table_says_so_itself(root: str, catalog: Catalog) -> None:
    catalog.put_table(replace(TABLE, buckets=Buckets(("a",), 4, ("a",))))
    publish(catalog, "2026-11-21-00")
    storage = answered(root, "GetPartition", {**NAMES, "PartitionValues": ["2026-11-21-00"]})["Partition"]
    assert storage["StorageDescriptor"]["BucketColumns"] == ["a"]
    assert storage["StorageDescriptor"]["NumberOfBuckets"] == 4


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", ["2026-11-21-00", "2026-11-21-01", "2026-11-22-00"]),
        ("(dt = '2026-11-21-01')", ["2026-11-21-01"]),
        ("((dt >= '2026-11-21' AND dt < '2026-11-22'))", ["2026-11-21-00", "2026-11-21-01"]),
        ("((dt > '2026-11-21-00' AND dt <= '2026-11-21-01') OR (dt = 'x'))", ["2026-11-21-01"]),
        ("(dt IN ('2026-11-21-00', '2026-11-22-00'))", ["2026-11-21-00", "2026-11-22-00"]),
        ("(dt = 'it''s')", []),
        ("no condition of SQLite's, so all: Trino filters again", ["2026-11-21-00", "2026-11-21-01", "2026-11-22-00"]),
    ],
)
def test_partitions_are_filtered_as_glue_does(
    root: str, catalog: Catalog, expression: str, expected: list[str]
) -> None:
    publish(catalog, "2026-11-21-00", "2026-11-21-01", "2026-11-22-00")
    assert values(root, Expression=expression) == expected


def test_all_partitions_are_in_the_first_segment(root: str, catalog: Catalog) -> None:
    publish(catalog, "2026-11-21-00", "2026-11-21-01")
    segments = [values(root, Segment={"SegmentNumber": number, "TotalSegments": 3}) for number in range(3)]
    assert segments == [["2026-11-21-00", "2026-11-21-01"], [], []]


def test_partitions_that_are_not_there_are_left_out_of_a_batch(root: str, catalog: Catalog) -> None:
    publish(catalog, "2026-11-21-00", "2026-11-21-01", "2026-11-21-02")
    wanted = [{"Values": [dt]} for dt in ("2026-11-21-02", "2026-11-21-00", "2026-11-20-00")]
    found = answered(root, "BatchGetPartition", {**NAMES, "PartitionsToGet": wanted})
    assert [partition["Values"][0] for partition in found["Partitions"]] == ["2026-11-21-00", "2026-11-21-02"]
    assert found["UnprocessedKeys"] == []


def test_views_stand_beside_tables(root: str, catalog: Catalog) -> None:
    catalog.put_view(CatalogView("views", "v", "SELECT a FROM db.t", (("a", "integer", ""),), {}))
    databases = answered(root, "GetDatabases", {})["DatabaseList"]
    assert [database["Name"] for database in databases] == ["db", "views"]
    listed = answered(root, "GetTables", {"DatabaseName": "views"})["TableList"]
    assert [(table["Name"], table["TableType"]) for table in listed] == [("v", "VIRTUAL_VIEW")]
    assert answered(root, "GetTable", {"DatabaseName": "views", "Name": "v"})["Table"] == listed[0]


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("GetDatabase", {"Name": "other"}),
        ("GetTable", {"DatabaseName": "db", "Name": "other"}),
        ("GetTable", {"DatabaseName": "other", "Name": "t"}),
        ("GetPartition", {**NAMES, "PartitionValues": ["2026-11-21-00"]}),
        ("GetPartitions", {"DatabaseName": "db", "TableName": "other"}),
    ],
)
def test_what_is_not_there_is_refused_by_glues_name_for_it(
    root: str, catalog: Catalog, call: str, request_: dict[str, Any]
) -> None:
    with pytest.raises(GlueRefusal) as refusal:
        answered(root, call, request_)
    assert refusal.value.kind == "EntityNotFoundException"


@pytest.mark.parametrize("call", ["CreateTable", "UpdateTable", "DeletePartition", "BatchCreatePartition", "", "x"])
def test_whatever_could_change_something_is_refused(root: str, catalog: Catalog, call: str) -> None:
    with pytest.raises(GlueRefusal, match="is read-only here") as refusal:
        answered(root, call, NAMES)
    assert refusal.value.kind == "AccessDeniedException"


def test_a_root_without_a_catalog_has_no_database(tmp_path: Path) -> None:
    assert answered(str(tmp_path / "nothing"), "GetDatabases", {}) == {"DatabaseList": []}
    assert not (tmp_path / "nothing").exists()


@pytest.fixture
def metastore(root: str) -> Iterator[Metastore]:
    with Metastore(root) as server:
        yield server


def post(metastore: Metastore, call: str, request: dict[str, Any]) -> tuple[int, Any]:
    asked = urllib.request.Request(
        metastore.url, json.dumps(request).encode(), {"X-Amz-Target": f"AWSGlue.{call}"}, method="POST"
    )
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_answers_and_refusals_travel_as_glues_do(metastore: Metastore, catalog: Catalog) -> None:
    assert post(metastore, "GetDatabase", {"Name": "db"}) == (200, {"Database": {"Name": "db"}})
    status, refusal = post(metastore, "GetDatabase", {"Name": "other"})
    assert (status, refusal["__type"]) == (400, "EntityNotFoundException")
    assert refusal["Message"] == "other: database not found"


def test_a_catalog_that_cannot_be_read_is_said_so(metastore: Metastore, root: str) -> None:
    Path(root).mkdir()
    (Path(root) / "catalog.sqlite").write_text("this is no database, and long enough to be looked at as one " * 20)
    status, refusal = post(metastore, "GetDatabases", {})
    assert (status, refusal["__type"]) == (400, "InvalidInputException")
    assert "it is no whole catalog" in refusal["Message"]


def test_another_root_can_be_looked_at(metastore: Metastore, catalog: Catalog, tmp_path: Path) -> None:
    metastore.root = str(tmp_path / "other")
    assert post(metastore, "GetDatabases", {}) == (200, {"DatabaseList": []})
