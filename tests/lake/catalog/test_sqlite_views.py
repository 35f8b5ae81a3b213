"""Views in the SQLite catalog: many writers, and none where nothing differs."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from lake.catalog import CatalogTable, CatalogView
from lake.catalog.sqlite import SqliteCatalog
from lake.errors import CatalogError

TABLE = CatalogTable("clicks", "events_v1", (("event_id", "string", ""),), (("dt", "string"),), "curated/clicks/e_v1")
VIEW = CatalogView("clicks", "events", "SELECT 1 AS one", (("one", "integer", ""),), {"comment": "one"})


@pytest.fixture
def catalog(tmp_path: Path) -> SqliteCatalog:
    catalog = SqliteCatalog(tmp_path / "lake")
    catalog.put_table(TABLE)
    return catalog


def test_racing_threads_lose_no_change_of_a_view(catalog: SqliteCatalog) -> None:
    catalog.put_view(replace(VIEW, parameters={"count": "0"}))

    def count_up_view(_: int) -> int:
        ours = 0
        while ours < 10:
            seen = SqliteCatalog(catalog.path.parent).view("clicks", "events")
            assert seen is not None
            wanted = replace(seen, parameters={"count": str(int(seen.parameters["count"]) + 1)})
            ours += SqliteCatalog(catalog.path.parent).replace_view(wanted, expected=seen)
        return ours

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(count_up_view, range(4))) == 40
    assert catalog.view("clicks", "events") == replace(VIEW, parameters={"count": "40"})


def test_put_of_what_is_there_writes_nothing(tmp_path: Path) -> None:
    catalog = SqliteCatalog(tmp_path, busy_seconds=0.1)
    catalog.put_table(TABLE)
    catalog.put_view(VIEW)
    other = sqlite3.connect(catalog.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")  # no write gets past it
    try:
        catalog.put_table(TABLE)
        catalog.put_view(VIEW)
        catalog.drop_view("clicks", "absent")
        with pytest.raises(CatalogError, match=r"putting the view clicks\.events in .* another process has held it"):
            catalog.put_view(replace(VIEW, sql="SELECT 2 AS one"))
    finally:
        other.close()
