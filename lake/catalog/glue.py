"""The catalog of a root on S3: the AWS Glue Data Catalog, through boto3.

Keys below the root become s3:// URIs here, and here only. A table or partition of the same name that lies outside
the root belongs to another lake, and is refused rather than touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lake import aws
from lake.catalog.model import CatalogTable, Partition, check_location
from lake.errors import CatalogError, UsageError
from lake.objects.root import S3Root, root_of

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import PartitionInputTypeDef, TableInputTypeDef

_PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
}
_HIVE_PARAMETERS = {"EXTERNAL": "TRUE"}  # Hive's own way to say EXTERNAL_TABLE, not the table's
_COMMENT_LENGTH = 255  # Glue's API reference, Column: a comment is one line of at most so many characters
_PLAIN = re.compile(r"[0-9A-Za-z_.-]+")
_ATTEMPTS = 3


class GlueCatalog:
    """Tables and partitions of the account's Glue Data Catalog that lie below `root_uri`."""

    def __init__(self, root_uri: str) -> None:
        root = root_of(root_uri)
        if not isinstance(root, S3Root):
            raise UsageError(f"opening the Glue Data Catalog for {root_uri!r}: expected s3://bucket/prefix")
        self._root = root

    def tables(self) -> list[tuple[str, str]]:
        found = []
        with _explained("listing the tables"):
            glue = aws.client("glue")
            for databases in glue.get_paginator("get_databases").paginate():
                for database in databases["DatabaseList"]:
                    for tables in glue.get_paginator("get_tables").paginate(DatabaseName=database["Name"]):
                        for table in tables["TableList"]:
                            if self._is_below_root(table.get("StorageDescriptor", {}).get("Location", "")):
                                found.append((database["Name"], table["Name"]))
        return sorted(found)

    def table(self, database: str, table: str) -> CatalogTable | None:
        description = self._describe(database, table)
        if description is None:
            return None
        storage = description["StorageDescriptor"]
        parameters = description.get("Parameters", {})
        return CatalogTable(
            database,
            table,
            tuple((c["Name"], c["Type"], c.get("Comment", "")) for c in storage["Columns"]),
            tuple((key["Name"], key["Type"]) for key in description.get("PartitionKeys", ())),
            self._key_of(storage["Location"], f"the table {database}.{table}"),
            {name: value for name, value in parameters.items() if name not in _HIVE_PARAMETERS},
        )

    def put_table(self, table: CatalogTable) -> None:
        check_location(table.location)
        kept = replace(table, columns=tuple((name, kind, _comment(text)) for name, kind, text in table.columns))
        with _explained(f"putting the table {table.database}.{table.name}"):
            for attempt in range(_ATTEMPTS):
                try:
                    self._put(kept)
                    return
                except aws.AWS_ERRORS as error:  # another run may create or update the same table
                    racing = ("AlreadyExistsException", "ConcurrentModificationException", "EntityNotFoundException")
                    if aws.error_code(error) not in racing or attempt == _ATTEMPTS - 1:
                        raise

    def partitions(
        self, database: str, table: str, since: str | None = None, until: str | None = None
    ) -> list[Partition]:
        bounds = [(">=", since), ("<", until)]
        expression = " AND ".join(f"dt {sign} '{dt}'" for sign, dt in bounds if dt and _PLAIN.fullmatch(dt))
        request: dict[str, Any] = {"DatabaseName": database, "TableName": table, "ExcludeColumnSchema": True}
        if expression:
            request["Expression"] = expression
        found = []
        try:
            with _explained(f"listing the partitions of {database}.{table}"):
                for page in aws.client("glue").get_paginator("get_partitions").paginate(**request):
                    found += [self._partition(database, table, entry) for entry in page["Partitions"]]
        except CatalogError as error:
            if _is_absent(error):
                return []
            raise
        within = [p for p in found if (since is None or p.dt >= since) and (until is None or p.dt < until)]
        return sorted(within, key=lambda partition: partition.dt)

    def partition(self, database: str, table: str, dt: str) -> Partition | None:
        try:
            with _explained(f"reading the partition {database}.{table} dt={dt}"):
                answer = aws.client("glue").get_partition(DatabaseName=database, TableName=table, PartitionValues=[dt])
        except CatalogError as error:
            if _is_absent(error):
                return None
            raise
        return self._partition(database, table, answer["Partition"])

    def publish(self, database: str, table: str, partition: Partition, expected: Partition | None) -> bool:
        check_location(partition.location)
        doing = f"publishing {database}.{table} dt={partition.dt}"
        entry = self._partition_input(doing, database, table, partition)
        glue = aws.client("glue")
        try:
            with _explained(doing):
                if expected is None:
                    glue.create_partition(DatabaseName=database, TableName=table, PartitionInput=entry)
                    return True
                if self.partition(database, table, partition.dt) != expected:
                    return False
                glue.update_partition(
                    DatabaseName=database, TableName=table, PartitionValueList=[partition.dt], PartitionInput=entry
                )
                return True
        except CatalogError as error:
            lost = ("AlreadyExistsException", "EntityNotFoundException", "ConcurrentModificationException")
            if error.__cause__ is not None and aws.error_code(error.__cause__) in lost:
                return False
            raise

    def drop_partition(self, database: str, table: str, dt: str) -> None:
        try:
            with _explained(f"dropping {database}.{table} dt={dt}"):
                aws.client("glue").delete_partition(DatabaseName=database, TableName=table, PartitionValues=[dt])
        except CatalogError as error:
            if not _is_absent(error):
                raise

    def _describe(self, database: str, table: str) -> Any:
        """Glue's own description of a table, None where there is none."""
        try:
            with _explained(f"reading the table {database}.{table}"):
                return aws.client("glue").get_table(DatabaseName=database, Name=table)["Table"]
        except CatalogError as error:
            if _is_absent(error):
                return None
            raise

    def _put(self, table: CatalogTable) -> None:
        glue = aws.client("glue")
        existing = self.table(table.database, table.name)
        if existing == table:
            return
        if existing is not None:
            glue.update_table(DatabaseName=table.database, TableInput=self._table_input(table))
            return
        try:
            glue.get_database(Name=table.database)
        except glue.exceptions.EntityNotFoundException:
            glue.create_database(DatabaseInput={"Name": table.database})
        glue.create_table(DatabaseName=table.database, TableInput=self._table_input(table))

    def _table_input(self, table: CatalogTable) -> TableInputTypeDef:
        columns: Any = [{"Name": name, "Type": kind, "Comment": comment} for name, kind, comment in table.columns]
        storage: Any = {"Columns": columns, "Location": self._uri_of(table.location), **_PARQUET}
        return {
            "Name": table.name,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in table.partition_keys],
            "StorageDescriptor": storage,
            "Parameters": {**table.parameters, **_HIVE_PARAMETERS},
        }

    def _partition_input(self, doing: str, database: str, table: str, partition: Partition) -> PartitionInputTypeDef:
        description = self._describe(database, table)
        if description is None:
            raise CatalogError(f"{doing} in the Glue Data Catalog: there is no such table; put the table first")
        self._key_of(description["StorageDescriptor"]["Location"], f"the table {database}.{table}")
        storage: Any = {**description["StorageDescriptor"], "Location": self._uri_of(partition.location)}
        return {"Values": [partition.dt], "StorageDescriptor": storage, "Parameters": partition.parameters}

    def _partition(self, database: str, table: str, entry: Any) -> Partition:
        dt = entry["Values"][0]
        key = self._key_of(entry["StorageDescriptor"]["Location"], f"the partition {database}.{table} dt={dt}")
        return Partition(dt, key, entry.get("Parameters", {}))

    def _uri_of(self, key: str) -> str:
        return f"{self._root.uri}/{key}/"  # Athena takes a location without the slash for a prefix of names

    def _is_below_root(self, uri: str) -> bool:
        return uri.startswith(f"{self._root.uri}/")

    def _key_of(self, uri: str, what: str) -> str:
        if not self._is_below_root(uri):
            raise CatalogError(
                f"reading {what} in the Glue Data Catalog: it lies at {uri}, not below {self._root.uri}: "
                "give the root that it belongs to, or another name to the database in the contract"
            )
        return uri.removeprefix(f"{self._root.uri}/").rstrip("/")


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except aws.AWS_ERRORS as error:
        raise CatalogError(f"{doing} in the Glue Data Catalog: {aws.next_step(error)}") from error


def _is_absent(error: CatalogError) -> bool:
    return error.__cause__ is not None and aws.error_code(error.__cause__) == "EntityNotFoundException"


def _comment(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _COMMENT_LENGTH else line[: _COMMENT_LENGTH - 1] + "…"
