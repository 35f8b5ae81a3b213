"""The Glue Data Catalog's own: what other engines read there, other lakes beside ours, refusals."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from lake.catalog import Catalog, CatalogTable, Partition, open_catalog
from lake.catalog.glue import GlueCatalog
from lake.contract.catalog_tables import catalog_table, quarantine_table
from lake.contract.load import contracts_folder, load_tables
from lake.errors import CatalogError, UsageError
from tests.lake.aws_answers import answering, refusing

DT = "2026-11-21-09"


@pytest.fixture
def table() -> CatalogTable:
    database = f"clicks_{uuid.uuid4().hex[:8]}"
    columns = (("event_id", "string", "who"), ("user_id", "bigint", ""))
    return CatalogTable(
        database=database,
        name="events_v1",
        columns=columns,
        partition_keys=(("dt", "string"),),
        location=f"curated/{database}/events_v1",
        parameters={"classification": "parquet"},
    )


@pytest.fixture
def catalog(s3_root: str) -> Catalog:
    return open_catalog(s3_root)


def run(name: str) -> Partition:
    return Partition(DT, f"curated/clicks/events_v1/dt={DT}/run={name}", {"lake.run_id": name})


def described(table: CatalogTable) -> Any:
    return boto3.client("glue").get_table(DatabaseName=table.database, Name=table.name)["Table"]


def test_table_is_one_that_athena_and_spark_read_as_parquet(
    catalog: Catalog, table: CatalogTable, s3_root: str
) -> None:
    catalog.put_table(table)
    kept = described(table)
    assert {name: kept[name] for name in ("TableType", "PartitionKeys", "Parameters", "StorageDescriptor")} == {
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "dt", "Type": "string"}],
        "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
        "StorageDescriptor": {
            "Columns": [
                {"Name": "event_id", "Type": "string", "Comment": "who"},
                {"Name": "user_id", "Type": "bigint", "Comment": ""},
            ],
            "Location": f"{s3_root}/{table.location}/",
            "NumberOfBuckets": 0,
            "BucketColumns": [],
            "SortColumns": [],
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                "Parameters": {"serialization.format": "1"},
            },
        },
    }


def test_partition_has_the_tables_storage_and_its_own_location(
    catalog: Catalog, table: CatalogTable, s3_root: str
) -> None:
    catalog.put_table(table)
    catalog.publish(table.database, table.name, run("a"), None)
    catalog.publish(table.database, table.name, run("b"), run("a"))
    answer = boto3.client("glue").get_partition(DatabaseName=table.database, TableName=table.name, PartitionValues=[DT])
    location = f"{s3_root}/curated/clicks/events_v1/dt={DT}/run=b/"
    assert answer["Partition"]["StorageDescriptor"] == {**described(table)["StorageDescriptor"], "Location": location}


def test_put_of_an_equal_table_updates_nothing(catalog: Catalog, table: CatalogTable) -> None:
    catalog.put_table(table)
    versions = described(table)["VersionId"]
    catalog.put_table(table)
    assert described(table)["VersionId"] == versions
    catalog.put_table(replace(table, parameters={"lake.contract_version": "2"}))
    assert described(table)["VersionId"] != versions


def test_tables_of_the_contracts_come_back_as_they_were_put(catalog: Catalog, table: CatalogTable) -> None:
    contracts = load_tables(contracts_folder())
    assert contracts
    for contract in contracts.values():
        for given in (catalog_table(contract), quarantine_table(contract)):
            own = replace(given, database=table.database)
            catalog.put_table(own)
            assert catalog.table(own.database, own.name) == own


def test_comment_is_made_one_line_that_glue_takes(catalog: Catalog, table: CatalogTable) -> None:
    long = replace(table, columns=(("event_id", "string", "first\n  second\t" + "é" * 300),))
    catalog.put_table(long)
    versions = described(table)["VersionId"]
    catalog.put_table(long)
    assert described(table)["VersionId"] == versions
    kept = catalog.table(table.database, table.name)
    assert kept is not None
    assert kept.columns == (("event_id", "string", "first second " + "é" * 241 + "…"),)


def test_tables_elsewhere_in_the_account_are_not_ours(catalog: Catalog, table: CatalogTable, s3_root: str) -> None:
    neighbour = open_catalog(f"{s3_root}2")
    neighbour.put_table(table)
    assert catalog.tables() == []
    assert neighbour.tables() == [(table.database, table.name)]


def test_table_of_another_lake_is_refused_and_left_alone(catalog: Catalog, table: CatalogTable, s3_root: str) -> None:
    neighbour = open_catalog(f"{s3_root}2")
    neighbour.put_table(table)
    neighbour.publish(table.database, table.name, run("theirs"), None)
    for use in (
        lambda: catalog.table(table.database, table.name),
        lambda: catalog.put_table(table),
        lambda: catalog.partitions(table.database, table.name),
        lambda: catalog.publish(table.database, table.name, run("mine"), run("theirs")),
    ):
        with pytest.raises(CatalogError, match=rf"it lies at {s3_root}2/.*, not below {s3_root}: give the root"):
            use()
    assert neighbour.partitions(table.database, table.name) == [run("theirs")]


def test_partition_that_is_dropped_between_reading_and_the_call_is_no_success(
    s3_root: str, table: CatalogTable
) -> None:
    class DroppedAfterReading(GlueCatalog):
        def partition(self, database: str, table: str, dt: str) -> Partition:
            return run("read")

    catalog = DroppedAfterReading(s3_root)
    catalog.put_table(table)
    assert catalog.publish(table.database, table.name, run("mine"), run("read")) is False


def test_root_must_be_on_s3(tmp_path: Any) -> None:
    with pytest.raises(UsageError, match="expected s3://bucket/prefix"):
        GlueCatalog(str(tmp_path))


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("UnrecognizedClientException", "AWS rejected the credentials"),
        ("ExpiredTokenException", "the AWS credentials have expired: sign in again"),
        ("AccessDeniedException", "access denied: the policy of these credentials must allow GetTable"),
        ("InternalServiceException", "An error occurred .* AWS's own words"),
    ],
)
def test_refusal_says_what_to_do(code: str, step: str, aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    body = f'{{"__type": "{code}", "message": "AWS\'s own words"}}'
    with answering(refusing(400, body)) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(CatalogError, match=rf"^reading the table d\.t in the Glue Data Catalog: {step}"):
            open_catalog("s3://b/lake").table("d", "t")


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "AWS is not reachable: check AWS_ENDPOINT_URL"),
        ({"AWS_DEFAULT_REGION": None, "AWS_CONFIG_FILE": "/nonexistent"}, "missing AWS region: set AWS_DEFAULT_R"),
    ],
)
def test_way_to_glue_that_is_not_there(
    changes: dict[str, str | None], step: str, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name, value in changes.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    catalog = open_catalog("s3://b/lake")
    uses: list[Callable[[], object]] = [
        catalog.tables,
        lambda: catalog.partitions("d", "t"),
        lambda: catalog.publish("d", "t", run("a"), None),
        lambda: catalog.drop_partition("d", "t", DT),
    ]
    for use in uses:
        with pytest.raises(CatalogError, match=rf" in the Glue Data Catalog: {step}"):
            use()
