"""What a catalog holds, whichever kind it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from lake.errors import CatalogError

NO_COLUMN = "-"
"""An empty list of columns, as a parameter: Glue's are not empty."""


@dataclass(frozen=True)
class Buckets:
    """Hive v1 buckets of a table, and of each of its partitions; `sorted_by` is the order in a file, ascending."""

    columns: tuple[str, ...]
    count: int
    sorted_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class CatalogTable:
    """A table as a catalog knows it. `columns` are (name, hive type, comment), without partition keys.

    `location` is a key below the root, as a partition's is: the catalog of a root on S3 makes URIs of them.
    """

    database: str
    name: str
    columns: tuple[tuple[str, str, str], ...]
    partition_keys: tuple[tuple[str, str], ...]
    location: str
    parameters: dict[str, str] = field(default_factory=dict)
    buckets: Buckets | None = None


@dataclass(frozen=True)
class CatalogView:
    """A view: `sql` is one query in Athena's dialect, every table in it named in full, as database.table.

    `columns` are (name, type as Trino spells it, comment), in the order of the query: Trino and Athena refuse a view
    whose query gives others. `parameters` are strings; `comment` among them is the view's description.
    """

    database: str
    name: str
    sql: str
    columns: tuple[tuple[str, str, str], ...]
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Partition:
    """One published partition. `location` is a key below the root (no scheme, no trailing slash).

    `parameters` are strings, as the Glue Data Catalog keeps them; the lake's own start with `lake.`:
    input_digest, content_digest, reading_digest, columns (comma separated), run_id, listed_at and published_at
    (ISO 8601, UTC), records, rows, duplicates, quarantined, bytes, files, verdict, audited_by (the run whose audit
    gave the verdict; another than run_id where a later run found the content unchanged), contract_version,
    null_columns (comma separated, "-" if none: those of which a row holds a null),
    previous_location, quarantine_location, pinned ("true" or absent).
    """

    dt: str
    location: str
    parameters: dict[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """A parameter of the lake's own, by its name without the prefix."""
        return self.parameters.get(f"lake.{name}", default)

    def is_known(self, name: str) -> bool:
        """Whether it has the parameter: those published by an older version may not."""
        return f"lake.{name}" in self.parameters

    def number(self, name: str) -> int:
        return int(self.get(name, "0"))

    def at(self, name: str) -> datetime:
        """A parameter that is a UTC instant; the beginning of time where it is absent."""
        text = self.get(name)
        return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC)

    @property
    def is_pinned(self) -> bool:
        return self.get("pinned") == "true"

    def with_parameters(self, **changes: str | None) -> Partition:
        """A copy with parameters of the lake's own set, or removed where None."""
        merged = {**self.parameters, **{f"lake.{name}": value for name, value in changes.items()}}
        return replace(self, parameters={name: value for name, value in merged.items() if value is not None})


class Catalog(Protocol):
    """Tables and partitions. Every method raises CatalogError when the catalog cannot be reached."""

    def tables(self) -> list[tuple[str, str]]:
        """(database, table) of all tables, sorted."""

    def table(self, database: str, table: str) -> CatalogTable | None: ...

    def put_table(self, table: CatalogTable) -> None:
        """Create the table (and its database), or bring it up to date; idempotent, no call where nothing differs.

        Raises CatalogError where a view has that name.
        """

    def views(self) -> list[tuple[str, str]]:
        """(database, view) of all views, sorted; `tables` has none of them."""

    def view(self, database: str, name: str) -> CatalogView | None: ...

    def put_view(self, view: CatalogView) -> None:
        """Create the view (and its database), or replace it, in one atomic call; no call where nothing differs.

        Raises CatalogError where a table has that name, or the view belongs to another lake.
        """

    def replace_view(self, view: CatalogView, expected: CatalogView) -> bool:
        """Replace the view in one atomic call where it still is `expected`; returns False, having changed nothing,
        where it is no longer that, or gone. Both kinds compare and set: Glue by the version of what was read.
        """

    def drop_view(self, database: str, name: str) -> None:
        """Remove the view, if it exists."""

    def partitions(
        self, database: str, table: str, since: str | None = None, until: str | None = None
    ) -> list[Partition]:
        """Partitions with since <= dt < until, sorted by dt; none where the table does not exist."""

    def partition(self, database: str, table: str, dt: str) -> Partition | None: ...

    def publish(self, database: str, table: str, partition: Partition, expected: Partition | None) -> bool:
        """Set the partition's location and parameters in one atomic call; the swap that readers see.

        `expected` is what the caller last read (None: no partition). Returns False, having changed nothing,
        where the partition is no longer that. The SQLite kind compares and sets in one transaction; the Glue Data
        Catalog has no compare-and-set, so its kind reads again right before the call, and creation alone is exact.
        """

    def drop_partition(self, database: str, table: str, dt: str) -> None:
        """Remove the partition's entry; its objects stay. Nothing happens if it does not exist."""


def check_location(location: str) -> None:
    """Raises CatalogError where a location is no key below the root."""
    if not location or "://" in location or location.startswith("/") or location.endswith("/"):
        raise CatalogError(f"placing {location!r} in the catalog: expected a key below the root, e.g. curated/db/table")
