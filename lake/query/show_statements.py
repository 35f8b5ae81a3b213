"""SHOW and DESCRIBE, answered from the catalog."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

import pyarrow as pa

from lake.catalog.model import Catalog, CatalogView
from lake.errors import did_you_mean
from lake.query.tables import Name, known_table
from lake.sql.query_errors import StatementError, UnknownTableError
from lake.sql.statement import Listing


def listed(listing: Listing, catalog: Catalog, database: str | None) -> pa.Table:
    """The rows of a listing. Raises UnknownTableError where its table or database is not in the catalog."""
    views = set(catalog.views())
    known = sorted({*catalog.tables(), *views})
    if listing.kind == "databases":
        return _one_column("database", _matching(sorted({home for home, _ in known}), listing.pattern))
    if listing.kind == "tables":
        return _tables(listing, known, database)
    name = known_table(listing.name, known, database)
    if name in views:
        return _of_view(listing, catalog.view(*name), name)
    table = catalog.table(*name)
    if table is None:
        raise UnknownTableError(f"reading {'.'.join(name)}: the table was dropped while the query began")
    if listing.kind == "partitions":
        key = table.partition_keys[0][0] if table.partition_keys else "dt"
        return _one_column("partition", [f"{key}={partition.dt}" for partition in catalog.partitions(*name)])
    columns = [*table.columns, *((key, kind, "partition key") for key, kind in table.partition_keys)]
    return _columns(listing, columns)


def _of_view(listing: Listing, view: CatalogView | None, name: Name) -> pa.Table:
    if view is None:
        raise UnknownTableError(f"reading {'.'.join(name)}: the view was dropped while the query began")
    if listing.kind == "partitions":
        raise StatementError(
            f"reading SHOW PARTITIONS: {'.'.join(name)} is a view; the tables below it have partitions"
        )
    return _columns(listing, view.columns)


def _columns(listing: Listing, columns: Sequence[tuple[str, str, str]]) -> pa.Table:
    if listing.kind == "columns":
        return _one_column("column", [column for column, _, _ in columns])
    names = ("column", "type", "comment")
    return pa.table({name: pa.array([row[at] for row in columns], pa.string()) for at, name in enumerate(names)})


def _tables(listing: Listing, known: list[tuple[str, str]], database: str | None) -> pa.Table:
    if len(listing.name) > 2:
        raise StatementError("reading SHOW TABLES: expected a database's name after IN")
    home = listing.name[-1] if listing.name else database
    homes = sorted({each for each, _ in known})
    if home is None:
        rows = [(each, name) for each, name in known if _matching([name], listing.pattern)]
        return pa.table(
            {
                "database": pa.array([row[0] for row in rows], pa.string()),
                "table": pa.array([row[1] for row in rows], pa.string()),
            }
        )
    if home not in homes:
        raise UnknownTableError(f"reading SHOW TABLES IN {home}: database not found{did_you_mean(home, homes, 3)}")
    return _one_column("table", _matching([name for each, name in known if each == home], listing.pattern))


def _matching(names: list[str], pattern: str | None) -> list[str]:
    """Hive's patterns: * is anything, | is or."""
    if pattern is None:
        return names
    return [name for name in names if any(fnmatch.fnmatchcase(name, each.lower()) for each in pattern.split("|"))]


def _one_column(name: str, values: list[str]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string())})
