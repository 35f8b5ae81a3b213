"""Files of the SQLite catalog that an older release wrote."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from lake.catalog import Buckets, CatalogTable, CatalogView, Partition
from lake.catalog.sqlite import SqliteCatalog

# What the release before buckets and views wrote, word for word.
VERSION_1 = """
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
CREATE TABLE tables (
        database TEXT NOT NULL, name TEXT NOT NULL, columns TEXT NOT NULL, partition_keys TEXT NOT NULL,
        location TEXT NOT NULL, parameters TEXT NOT NULL, PRIMARY KEY (database, name)) WITHOUT ROWID;
CREATE TABLE partitions (
        database TEXT NOT NULL, name TEXT NOT NULL, dt TEXT NOT NULL, location TEXT NOT NULL,
        parameters TEXT NOT NULL, PRIMARY KEY (database, name, dt));
PRAGMA user_version = 1;
INSERT INTO tables VALUES ('sensors', 'readings_v1', '[["sensor_id", "string", "Who it is."]]', '[["dt", "string"]]',
        'curated/sensors/readings_v1', '{"lake.contract_version": "1.0.0"}');
INSERT INTO partitions VALUES ('sensors', 'readings_v1', '2026-11-21-09',
        'curated/sensors/readings_v1/dt=2026-11-21-09/run=a', '{"lake.rows": "3", "lake.pinned": "true"}');
COMMIT;
"""
TABLE = CatalogTable(
    "sensors",
    "readings_v1",
    (("sensor_id", "string", "Who it is."),),
    (("dt", "string"),),
    "curated/sensors/readings_v1",
    {"lake.contract_version": "1.0.0"},
)
PARTITION = Partition(
    "2026-11-21-09",
    "curated/sensors/readings_v1/dt=2026-11-21-09/run=a",
    {"lake.rows": "3", "lake.pinned": "true"},
)
BUCKETED = replace(TABLE, name="by_sensor_v1", buckets=Buckets(("sensor_id",), 64, ("sensor_id",)))
VIEW = CatalogView("sensors", "readings", "SELECT 1 AS one", (("one", "integer", ""),))


@pytest.fixture
def old(tmp_path: Path) -> SqliteCatalog:
    """A catalog whose file is of version 1."""
    db = sqlite3.connect(tmp_path / "catalog.sqlite", isolation_level=None)
    db.executescript(VERSION_1)
    db.close()
    return SqliteCatalog(tmp_path)


def version_of(catalog: SqliteCatalog) -> int:
    db = sqlite3.connect(catalog.path)
    version = db.execute("PRAGMA user_version").fetchone()[0]
    db.close()
    return int(version)


def test_old_file_is_read_and_not_written(old: SqliteCatalog) -> None:
    before = old.path.read_bytes()
    assert old.tables() == [("sensors", "readings_v1")]
    assert old.table("sensors", "readings_v1") == TABLE
    assert old.partitions("sensors", "readings_v1") == [PARTITION]
    assert old.partition("sensors", "readings_v1", PARTITION.dt) == PARTITION
    assert old.views() == []
    assert old.view("sensors", "readings") is None
    old.drop_view("sensors", "readings")
    old.put_table(TABLE)
    assert old.path.read_bytes() == before
    assert version_of(old) == 1


@pytest.mark.parametrize("first_write", ["table", "view", "partition", "drop"])
def test_first_write_brings_an_old_file_up_to_date_and_keeps_what_is_in_it(
    old: SqliteCatalog, first_write: str
) -> None:
    if first_write == "table":
        old.put_table(BUCKETED)
    if first_write == "view":
        old.put_view(VIEW)
    if first_write == "partition":
        assert old.publish("sensors", "readings_v1", PARTITION.with_parameters(pinned=None), PARTITION) is True
    if first_write == "drop":
        old.drop_partition("sensors", "readings_v1", PARTITION.dt)
    assert version_of(old) == 2
    assert old.table("sensors", "readings_v1") == TABLE
    assert old.table("sensors", "by_sensor_v1") == (BUCKETED if first_write == "table" else None)
    assert old.view("sensors", "readings") == (VIEW if first_write == "view" else None)
    kept = {"partition": [PARTITION.with_parameters(pinned=None)], "drop": []}
    assert old.partitions("sensors", "readings_v1") == kept.get(first_write, [PARTITION])


def test_racing_first_writers_bring_an_old_file_up_to_date_once(old: SqliteCatalog) -> None:
    views = [replace(VIEW, name=f"v{number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda view: SqliteCatalog(old.path.parent).put_view(view), views))
    assert old.views() == [("sensors", f"v{number}") for number in range(6)]
    assert old.partitions("sensors", "readings_v1") == [PARTITION]
    assert version_of(old) == 2


def test_old_table_can_become_a_bucketed_one(old: SqliteCatalog) -> None:
    bucketed = replace(TABLE, buckets=Buckets(("sensor_id",), 8))
    old.put_table(bucketed)
    assert old.table("sensors", "readings_v1") == bucketed
