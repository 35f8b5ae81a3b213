"""information_schema: what the catalog has, as tables that a query can ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from lake.catalog.model import Catalog
from lake.catalog.sql_types import trino_type

DATABASE = "information_schema"
_CATALOG = "awsdatacatalog"
_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "schemata": (("catalog_name", "varchar"), ("schema_name", "varchar")),
    "tables": tuple((name, "varchar") for name in ("table_catalog", "table_schema", "table_name", "table_type")),
    "columns": (
        *((name, "varchar") for name in ("table_catalog", "table_schema", "table_name", "column_name")),
        ("ordinal_position", "bigint"),
        *((name, "varchar") for name in ("column_default", "is_nullable", "data_type")),
    ),
}
"""Columns and their types, by table. The other tables of Trino's are not there."""
TABLES = tuple((DATABASE, name) for name in _COLUMNS)


def columns_of(name: str) -> dict[str, str]:
    """Types by column of one of the tables."""
    return dict(_COLUMNS[name])


def rows_of(name: str, catalog: Catalog) -> pa.Table:
    """The rows of one of the tables. Raises CatalogError."""
    rows = list({"schemata": _schemata, "tables": _tables, "columns": _columns}[name](catalog))
    kinds = {"varchar": pa.string(), "bigint": pa.int64()}
    return pa.table(
        {column: pa.array([row[at] for row in rows], kinds[kind]) for at, (column, kind) in enumerate(_COLUMNS[name])}
    )


def _schemata(catalog: Catalog) -> Iterator[tuple[Any, ...]]:
    names = {database for database, _ in (*catalog.tables(), *catalog.views())}
    yield from ((_CATALOG, name) for name in sorted({*names, DATABASE}))


def _tables(catalog: Catalog) -> Iterator[tuple[Any, ...]]:
    views = set(catalog.views())
    for database, name in sorted({*catalog.tables(), *views}):
        yield _CATALOG, database, name, "VIEW" if (database, name) in views else "BASE TABLE"


def _columns(catalog: Catalog) -> Iterator[tuple[Any, ...]]:
    views = set(catalog.views())
    for database, name in sorted({*catalog.tables(), *views}):
        for at, (column, kind) in enumerate(_columns_of(catalog, database, name, (database, name) in views), start=1):
            yield _CATALOG, database, name, column, at, None, "YES", kind


def _columns_of(catalog: Catalog, database: str, name: str, is_view: bool) -> list[tuple[str, str]]:
    """Names and Trino types of a table's or a view's columns; none where it was dropped meanwhile."""
    if is_view:
        view = catalog.view(database, name)
        return [(column, kind) for column, kind, _ in view.columns] if view is not None else []
    table = catalog.table(database, name)
    if table is None:
        return []
    columns = [*((column, kind) for column, kind, _ in table.columns), *table.partition_keys]
    return [(column, trino_type(kind)) for column, kind in columns]
