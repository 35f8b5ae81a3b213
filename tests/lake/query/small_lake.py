"""A published table without a job: rows written as Parquet, and put in the catalog."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from lake.catalog import CatalogTable, Partition, open_catalog
from lake.objects import open_store

Columns = tuple[tuple[str, str, str], ...]
EVENTS: Columns = (("user_id", "bigint", "who"), ("client_event", "string", ""), ("client_timestamp", "timestamp", ""))


class SmallLake:
    """Publishes partitions below a root of either kind."""

    def __init__(self, root: str) -> None:
        self.root, self.store, self.catalog = root, open_store(root), open_catalog(root)

    def declare(self, database: str, table: str, columns: Columns = EVENTS) -> None:
        keys = (("dt", "string"),)
        self.catalog.put_table(CatalogTable(database, table, columns, keys, f"curated/{database}/{table}"))

    def publish(self, database: str, table: str, dt: str, *files: pa.Table, run: str = "r1") -> str:
        """One partition of several files; returns its location."""
        location = f"curated/{database}/{table}/dt={dt}/run={run}"
        for number, rows in enumerate(files):
            self.write(f"{location}/part-{number}.parquet", rows)
        before = self.catalog.partition(database, table, dt)
        assert self.catalog.publish(database, table, Partition(dt, location), before)
        return location

    def write(self, key: str, rows: pa.Table) -> None:
        buffer = io.BytesIO()
        pq.write_table(rows, buffer)
        self.store.write(key, buffer.getvalue())


def events(*users: int, event: str = "view") -> pa.Table:
    """Clicks of these users, without times."""
    return pa.table(
        {
            "user_id": pa.array(users, pa.int64()),
            "client_event": pa.array([event] * len(users), pa.string()),
            "client_timestamp": pa.array([None] * len(users), pa.timestamp("us", tz="UTC")),
        }
    )
