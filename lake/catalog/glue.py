"""The catalog of a root on S3: the AWS Glue Data Catalog, through boto3.

Keys below the root become s3:// URIs here, and here only. A table or partition of the same name that lies outside
the root belongs to another lake, and is refused rather than touched.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any

from lake.catalog.glue_calls import describe, explained, is_absent, is_overtaken, make_database, named, retrying
from lake.catalog.glue_shapes import (
    is_view,
    one_line,
    partition_input,
    partition_of,
    table_input,
    table_of,
    view_input,
    view_of,
    view_root,
)
from lake.catalog.model import CatalogTable, CatalogView, Partition, check_location
from lake.errors import CatalogError, UsageError
from lake.objects import aws
from lake.objects.root import S3Root, root_of

_PLAIN = re.compile(r"[0-9A-Za-z_.-]+")


class GlueCatalog:
    """Tables, views and partitions of the account's Glue Data Catalog that belong to the root `root_uri`."""

    def __init__(self, root_uri: str) -> None:
        root = root_of(root_uri)
        if not isinstance(root, S3Root):
            raise UsageError(f"opening the Glue Data Catalog for {root_uri!r}: expected s3://bucket/prefix")
        self._root = root

    def tables(self) -> list[tuple[str, str]]:
        return named(
            "listing the tables",
            lambda one: not is_view(one) and self._is_below_root(one.get("StorageDescriptor", {}).get("Location", "")),
        )

    def table(self, database: str, table: str) -> CatalogTable | None:
        description = describe(database, table)
        if description is None or is_view(description):
            return None
        return table_of(description, partial(self._key_of, f"the table {database}.{table}"))

    def put_table(self, table: CatalogTable) -> None:
        check_location(table.location)
        kept = replace(table, columns=tuple((name, kind, one_line(text)) for name, kind, text in table.columns))
        with explained(f"putting the table {table.database}.{table.name}"):
            retrying(lambda: self._put_table(kept))

    def views(self) -> list[tuple[str, str]]:
        return named("listing the views", lambda one: is_view(one) and view_root(one) == self._root.uri)

    def view(self, database: str, name: str) -> CatalogView | None:
        description = describe(database, name)
        if description is None or not is_view(description):
            return None
        self._check_view(description, f"reading the view {database}.{name}")
        return view_of(description)

    def put_view(self, view: CatalogView) -> None:
        with explained(f"putting the view {view.database}.{view.name}"):
            retrying(lambda: self._put_view(view))

    def replace_view(self, view: CatalogView, expected: CatalogView) -> bool:
        doing = f"replacing the view {view.database}.{view.name}"
        try:
            description = describe(view.database, view.name)
            if description is None or not is_view(description):
                return False
            self._check_view(description, doing)
            if view_of(description) != expected:
                return False
            with explained(doing):
                self._update_view(view, description)
            return True
        except CatalogError as error:
            if is_overtaken(error):
                return False
            raise

    def drop_view(self, database: str, name: str) -> None:
        if self.view(database, name) is None:
            return
        try:
            with explained(f"dropping the view {database}.{name}"):
                aws.client("glue").delete_table(DatabaseName=database, Name=name)
        except CatalogError as error:
            if not is_absent(error):
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
            with explained(f"listing the partitions of {database}.{table}"):
                for page in aws.client("glue").get_paginator("get_partitions").paginate(**request):
                    found += [self._partition(database, table, entry) for entry in page["Partitions"]]
        except CatalogError as error:
            if is_absent(error):
                return []
            raise
        within = [p for p in found if (since is None or p.dt >= since) and (until is None or p.dt < until)]
        return sorted(within, key=lambda partition: partition.dt)

    def partition(self, database: str, table: str, dt: str) -> Partition | None:
        try:
            with explained(f"reading the partition {database}.{table} dt={dt}"):
                answer = aws.client("glue").get_partition(DatabaseName=database, TableName=table, PartitionValues=[dt])
        except CatalogError as error:
            if is_absent(error):
                return None
            raise
        return self._partition(database, table, answer["Partition"])

    def publish(self, database: str, table: str, partition: Partition, expected: Partition | None) -> bool:
        check_location(partition.location)
        doing = f"publishing {database}.{table} dt={partition.dt}"
        storage = self.table(database, table)
        if storage is None:
            raise CatalogError(f"{doing} in the Glue Data Catalog: table not found; put the table first")
        entry = partition_input(storage, partition, self._uri_of)
        glue = aws.client("glue")
        try:
            with explained(doing):
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
            if is_overtaken(error):
                return False
            raise

    def drop_partition(self, database: str, table: str, dt: str) -> None:
        try:
            with explained(f"dropping {database}.{table} dt={dt}"):
                aws.client("glue").delete_partition(DatabaseName=database, TableName=table, PartitionValues=[dt])
        except CatalogError as error:
            if not is_absent(error):
                raise

    def _put_table(self, table: CatalogTable) -> None:
        glue = aws.client("glue")
        description = describe(table.database, table.name)
        if description is not None and is_view(description):
            raise CatalogError(
                f"putting the table {table.database}.{table.name} in the Glue Data Catalog: a view has that name; "
                "drop the view, or give the table another name in its contract"
            )
        if description is not None and self.table(table.database, table.name) == table:
            return
        if description is not None:
            glue.update_table(DatabaseName=table.database, TableInput=table_input(table, self._uri_of))
            return
        make_database(table.database)
        glue.create_table(DatabaseName=table.database, TableInput=table_input(table, self._uri_of))

    def _put_view(self, view: CatalogView) -> None:
        description = describe(view.database, view.name)
        if description is None:
            make_database(view.database)
            entry = view_input(view, self._root.uri)
            aws.client("glue").create_table(DatabaseName=view.database, TableInput=entry)
            return
        self._check_view(description, f"putting the view {view.database}.{view.name}")
        if view_of(description) != view:
            self._update_view(view, description)

    def _update_view(self, view: CatalogView, description: Any) -> None:
        """One call, which Glue refuses where the view is no longer the version described.

        Views are replaced every hour, and the versions that Glue would archive each time are limited in number.
        """
        aws.client("glue").update_table(
            DatabaseName=view.database,
            TableInput=view_input(view, self._root.uri),
            VersionId=description["VersionId"],
            SkipArchive=True,
        )

    def _check_view(self, description: Any, doing: str) -> None:
        """Raises CatalogError where what Glue describes is a table, or a view of another lake or of nobody."""
        if not is_view(description):
            raise CatalogError(f"{doing} in the Glue Data Catalog: a table has that name; choose another for the view")
        if view_root(description) != self._root.uri:
            whose = f"belongs to the root {view_root(description)}" if view_root(description) else "is no lake's"
            raise CatalogError(
                f"{doing} in the Glue Data Catalog: it {whose}, not to {self._root.uri}: give the root that it belongs "
                "to, or drop it, or choose another name"
            )

    def _partition(self, database: str, table: str, entry: Any) -> Partition:
        what = f"the partition {database}.{table} dt={entry['Values'][0]}"
        return partition_of(entry, partial(self._key_of, what))

    def _uri_of(self, key: str) -> str:
        return f"{self._root.uri}/{key}/"  # Athena takes a location without the slash for a prefix of names

    def _is_below_root(self, uri: str) -> bool:
        return uri.startswith(f"{self._root.uri}/")

    def _key_of(self, what: str, uri: str) -> str:
        if not self._is_below_root(uri):
            raise CatalogError(
                f"reading {what} in the Glue Data Catalog: it lies at {uri}, not below {self._root.uri}: "
                "give the root that it belongs to, or another name to the database in the contract"
            )
        return uri.removeprefix(f"{self._root.uri}/").rstrip("/")
