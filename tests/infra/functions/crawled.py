"""A database that a crawler fills, on moto, and the function that repairs what it writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.functions.repair_set_types.handler import handler
from tests.infra.functions.faults import Faults
from tests.infra.functions.table_streams import Context

DATABASE, TABLE = "shop", "orders"
Column = tuple[str, str]


@dataclass
class CrawledTable:
    """`glue` speaks to moto itself; the function's calls go through `faults`, which adds what moto lacks.

    An UpdateTable with a VersionId that is not the table's is refused, as by Glue. `meanwhile` are called once each,
    before an UpdateTable of the function: they are what others do between its reading and its writing.
    """

    glue: Any
    faults: Faults
    calls: list[str] = field(default_factory=list)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults.answer = self._refused
        self.glue.create_database(DatabaseInput={"Name": DATABASE})

    def crawl(self, *columns: Column, keys: tuple[str, ...] = (), **fields: Any) -> None:
        """Create or update the table, as a crawler does."""
        table = {
            "Name": TABLE,
            "Owner": "owner",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "dynamodb", "UPDATED_BY_CRAWLER": "orders"},
            "PartitionKeys": [{"Name": name, "Type": "string"} for name in keys],
            "StorageDescriptor": storage(columns, "s3://exports/orders/"),
            **fields,
        }
        if self.glue.get_tables(DatabaseName=DATABASE)["TableList"]:
            self.glue.update_table(DatabaseName=DATABASE, TableInput=table)
        else:
            self.glue.create_table(DatabaseName=DATABASE, TableInput=table)

    def add_partitions(self, values: list[list[str]], *columns: Column) -> None:
        for first in range(0, len(values), 100):
            self.glue.batch_create_partition(
                DatabaseName=DATABASE,
                TableName=TABLE,
                PartitionInputList=[
                    {
                        "Values": one,
                        "Parameters": {"recordCount": "7"},
                        "StorageDescriptor": storage(columns, f"s3://exports/orders/{'/'.join(one)}/"),
                    }
                    for one in values[first : first + 100]
                ],
            )

    def table(self) -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_table(DatabaseName=DATABASE, Name=TABLE)["Table"]
        return found

    def types(self) -> dict[str, str]:
        return types_of(self.table())

    def partitions(self) -> list[dict[str, Any]]:
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=DATABASE, TableName=TABLE)
        return [partition for page in pages for partition in page["Partitions"]]

    def changes(self) -> list[str]:
        """Calls of the function that change the catalog, since the last asking."""
        made = [name for name in self.calls if name.startswith(("Update", "BatchUpdate"))]
        self.calls.clear()
        return made

    def _refused(self, operation: str, body: bytes) -> tuple[int, bytes] | None:
        self.calls.append(operation)
        if operation != "UpdateTable":
            return None
        if self.meanwhile:
            self.meanwhile.pop(0)()
        try:
            current = self.table()["VersionId"]
        except self.glue.exceptions.EntityNotFoundException:
            return None
        if json.loads(body)["VersionId"] == current:
            return None
        error = {"__type": "ConcurrentModificationException", "Message": "Update table failed due to concurrency"}
        return 400, json.dumps(error).encode()


def storage(columns: tuple[Column, ...], location: str) -> dict[str, Any]:
    return {
        "Columns": [{"Name": name, "Type": kind, "Comment": f"the {name}"} for name, kind in columns],
        "Location": location,
        "Compressed": True,
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {"paths": "id"}},
        "Parameters": {"averageRecordSize": "40"},
    }


def types_of(described: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in described["StorageDescriptor"]["Columns"]}


def changed(kind: str, *partitions: str, detail: dict[str, Any] | None = None) -> dict[str, Any]:
    """An event of the catalog, as EventBridge hands it to a function."""
    of_database = kind in ("CreateTable", "DeleteTable")
    own: dict[str, Any] = {"changedTables": [TABLE]} if of_database else {"tableName": TABLE}
    if partitions:
        own["changedPartitions"] = list(partitions)
    return {
        "version": "0",
        "id": "5089ddb8-2ab5-4739-7323-8519741f53d7",
        "detail-type": f"Glue Data Catalog {'Database' if of_database else 'Table'} State Change",
        "source": "aws.glue",
        "account": "123456789012",
        "time": "2026-11-21T09:00:00Z",
        "region": "eu-central-1",
        "resources": [f"arn:aws:glue:eu-central-1:123456789012:table/{DATABASE}/{TABLE}"],
        "detail": {"databaseName": DATABASE, "typeOfChange": kind, **own, **(detail or {})},
    }


def repair(event: dict[str, Any], context: Context | None = None) -> dict[str, int]:
    return handler(event, context or Context())
