"""What a statement can read: the contracts' tables, and the views that were found sound so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lake.catalog.model import CatalogTable
from lake.catalog.sql_types import trino_type
from lake.contract.catalog_tables import catalog_table, quarantine_table
from lake.contract.model import Table
from lake.sql.files import SqlFile
from lake.sql.translation.scopes import Field
from lake.sql.translation.signatures import Typed
from lake.sql.translation.types import parsed_type

KEY = "dt"
"""The partition key of every table."""

# What Athena knows of each row beside its columns; SELECT * has none of them.
_HIDDEN = {"$path": "varchar", "$file_size": "bigint", "$file_modified_time": "timestamp(3) with time zone"}
_BUCKET = {"$bucket": "integer"}
_PARTITIONS = "$partitions"


@dataclass(frozen=True)
class View:
    """A view that holds. `reads` are full names of tables and views; `columns` are (name, type as Trino spells it).

    `scans` has, for each scan of a table that the view leaves unbounded, the columns that a filter on prunes it by.
    A routed view has `bucketed` and `unbucketed`, full names of its two tables.
    """

    file: SqlFile
    reads: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    scans: tuple[frozenset[str], ...]
    bucketed: str | None = None
    unbucketed: str | None = None


@dataclass
class Relations:
    """Tables and views by full name: their columns' types, and the scans that reading one begins.

    `broken` are views that have problems of their own; what reads them is not judged.
    """

    tables: dict[str, Table]
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    scans: dict[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def fields(self, database: str, name: str) -> list[Field] | None:
        """The columns of one, as the translation of queries asks for them."""
        columns = self.columns.get(f"{database}.{name}")
        if columns is None:
            return None
        return [Field(each, Typed("", parsed_type(kind)), each.startswith("$")) for each, kind in columns.items()]

    def add_view(self, view: View) -> None:
        name = view.file.full_name
        self.views[name] = view
        self.columns[name] = dict(view.columns)
        self.scans[name] = view.scans


def relations_of(tables: dict[str, Table]) -> Relations:
    """The tables of the contracts, those of rejected records among them."""
    relations = Relations(tables)
    for table in catalog_tables(tables.values()):
        name = f"{table.database}.{table.name}"
        columns = {column: trino_type(hive) for column, hive, _ in table.columns}
        keys = {key: trino_type(hive) for key, hive in table.partition_keys}
        relations.columns[name] = columns | keys | _HIDDEN | (_BUCKET if table.buckets else {})
        relations.scans[name] = (frozenset({KEY}),)
        relations.columns[f"{name}{_PARTITIONS}"] = keys
    return relations


def catalog_tables(tables: Iterable[Table]) -> list[CatalogTable]:
    """What the catalog has of contracts: the table of each, and that of its rejected records where it has one."""
    made = [(catalog_table(table), quarantine_table(table) if table.has_quarantine else None) for table in tables]
    return [each for pair in made for each in pair if each is not None]
