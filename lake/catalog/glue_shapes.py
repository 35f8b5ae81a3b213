"""The JSON in which the Glue Data Catalog keeps tables, partitions and views, from and to the lake's own. Pure.

`uri_of` makes the URI of a key below the root, `key_of` the key of a URI, or refuses one that lies elsewhere.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from lake.catalog.model import Buckets, CatalogTable, CatalogView, Partition
from lake.catalog.sql_types import hive_type
from lake.errors import CatalogError

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import PartitionInputTypeDef, TableInputTypeDef

VIEW = "VIRTUAL_VIEW"

_PARQUET: dict[str, Any] = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
}
_TABLE_PARAMETERS = {"EXTERNAL": "TRUE"}  # Hive's own way to say EXTERNAL_TABLE, not the table's
# By these Trino tells its views from Hive's; a Description beside them would take the comment's place there, so the
# view's own comment goes into the JSON of its text.
_VIEW_PARAMETERS = {"presto_view": "true", "comment": "Presto View"}
_ROOT = "lake.root"  # a view has no location to tell whose it is
_VIEW_START, _VIEW_END = "/* Presto View: ", " */"
_VIEW_CATALOG = "awsdatacatalog"
_ASCENDING = 1  # Glue's API reference, Order: 1 is ascending, 0 descending
_COMMENT_LENGTH = 255  # Glue's API reference, Column: a comment is one line of at most so many characters


def table_input(table: CatalogTable, uri_of: Callable[[str], str]) -> TableInputTypeDef:
    """A table of Parquet files, as Glue's CreateTable and UpdateTable take it."""
    return {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in table.partition_keys],
        "StorageDescriptor": _storage(table, uri_of(table.location)),
        "Parameters": {**table.parameters, **_TABLE_PARAMETERS},
    }


def table_of(description: Mapping[str, Any], key_of: Callable[[str], str]) -> CatalogTable:
    """The table that Glue's GetTable or GetTables describes; `key_of` may raise where it lies elsewhere."""
    storage = description["StorageDescriptor"]
    return CatalogTable(
        description["DatabaseName"],
        description["Name"],
        tuple((column["Name"], column["Type"], column.get("Comment", "")) for column in storage["Columns"]),
        tuple((key["Name"], key["Type"]) for key in description.get("PartitionKeys", ())),
        key_of(storage["Location"]),
        _without(description.get("Parameters", {}), _TABLE_PARAMETERS),
        _buckets_of(storage),
    )


def partition_input(table: CatalogTable, partition: Partition, uri_of: Callable[[str], str]) -> PartitionInputTypeDef:
    """A partition, as Glue's CreatePartition and UpdatePartition take it: the table's storage, its own location.

    The buckets are in it too: Trino refuses a bucketed table with a partition that says nothing of them.
    """
    storage = _storage(table, uri_of(partition.location))
    return {"Values": [partition.dt], "StorageDescriptor": storage, "Parameters": partition.parameters}


def partition_of(entry: Mapping[str, Any], key_of: Callable[[str], str]) -> Partition:
    """The partition that Glue's GetPartition or GetPartitions describes."""
    return Partition(entry["Values"][0], key_of(entry["StorageDescriptor"]["Location"]), entry.get("Parameters", {}))


def view_input(view: CatalogView, root_uri: str) -> TableInputTypeDef:
    """A view, as Athena and Trino keep theirs: its text and its columns are JSON, in Base64, in a comment.

    Trino wants runAsInvoker or an owner. Raises CatalogError where Hive lacks a column's type.
    """
    definition: dict[str, Any] = {
        "originalSql": view.sql,
        "catalog": _VIEW_CATALOG,
        "schema": view.database,
        "columns": [_view_column(*column) for column in view.columns],
        "runAsInvoker": True,
    }
    if "comment" in view.parameters:
        definition["comment"] = view.parameters["comment"]
    text = base64.b64encode(json.dumps(definition).encode()).decode()
    what = f"the view {view.database}.{view.name}"
    columns = [(name, hive_type(kind, f"the column {name} of {what}"), note) for name, kind, note in view.columns]
    return {
        "Name": view.name,
        "TableType": VIEW,
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": _columns(columns),
            "Location": "",
            "NumberOfBuckets": 0,
            "BucketColumns": [],
            "SortColumns": [],
            "SerdeInfo": {},
        },
        "Parameters": {**view.parameters, **_VIEW_PARAMETERS, _ROOT: root_uri},
        "ViewOriginalText": f"{_VIEW_START}{text}{_VIEW_END}",
        "ViewExpandedText": "/* Presto View */",
    }


def view_of(description: Mapping[str, Any]) -> CatalogView:
    """The view that Glue describes. Raises CatalogError where its text is not as Athena and Trino write it."""
    database, name = description["DatabaseName"], description["Name"]
    text = description.get("ViewOriginalText", "")
    if not text.startswith(_VIEW_START) or not text.endswith(_VIEW_END):
        raise CatalogError(
            f"reading the view {database}.{name}: its text begins {text[:40]!r}; expected {_VIEW_START!r} and the JSON "
            "that Athena writes: drop it, and deploy it again with `lake sql deploy`"
        )
    definition = json.loads(base64.b64decode(text.removeprefix(_VIEW_START).removesuffix(_VIEW_END)))
    parameters = _without(description.get("Parameters", {}), {*_VIEW_PARAMETERS, _ROOT})
    comment = {"comment": definition["comment"]} if definition.get("comment") is not None else {}
    columns = tuple((one["name"], one["type"], one.get("comment") or "") for one in definition["columns"])
    return CatalogView(database, name, definition["originalSql"], columns, {**parameters, **comment})


def is_view(description: Mapping[str, Any]) -> bool:
    """Whether what Glue describes is a view, of whatever lake and engine."""
    return description.get("TableType") == VIEW


def view_root(description: Mapping[str, Any]) -> str:
    """The URI of the root that a view belongs to, empty where it is no lake's."""
    return str(description.get("Parameters", {}).get(_ROOT, ""))


def one_line(comment: str) -> str:
    """A column's comment as Glue takes it: one line, cut where it is too long."""
    line = " ".join(comment.split())
    return line if len(line) <= _COMMENT_LENGTH else line[: _COMMENT_LENGTH - 1] + "…"


def _storage(table: CatalogTable, uri: str) -> Any:
    buckets = table.buckets or Buckets((), 0)
    return {
        "Columns": _columns(table.columns),
        "Location": uri,
        "NumberOfBuckets": buckets.count,
        "BucketColumns": list(buckets.columns),
        "SortColumns": [{"Column": name, "SortOrder": _ASCENDING} for name in buckets.sorted_by],
        **_PARQUET,
    }


def _columns(columns: Any) -> Any:
    return [{"Name": name, "Type": kind, "Comment": one_line(comment)} for name, kind, comment in columns]


def _buckets_of(storage: Mapping[str, Any]) -> Buckets | None:
    columns, count = storage.get("BucketColumns", []), storage.get("NumberOfBuckets", 0)
    if not columns or count <= 0:  # Glue answers 0, Hive's metastore -1, for a table without
        return None
    ascending = takewhile(lambda order: order["SortOrder"] == _ASCENDING, storage.get("SortColumns", []))
    return Buckets(tuple(columns), count, tuple(order["Column"] for order in ascending))


def _view_column(name: str, kind: str, comment: str) -> dict[str, str]:
    column = {"name": name, "type": kind}
    return {**column, "comment": comment} if comment else column


def _without(parameters: Mapping[str, str], names: Any) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if name not in names}
