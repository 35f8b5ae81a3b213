"""What the check takes for a filter that prunes is one for Trino: its plans leave out hours of every table."""

from __future__ import annotations

import json

import pytest

from lake.catalog import Partition, open_catalog
from lake.sql.check import check_folder
from lake.sql.deploy import deploy
from lake.sql.files import read_sql_file
from tests.lake.sql.golden import CASES, shipped_tables, with_views
from tests.trino_servers import TestTrino

HOURS = ("2025-01-01-00", "2026-11-20-23", "2026-11-21-00", "2026-11-21-09", "2026-11-22-00", "2026-12-01-00")
SOUND = [
    path.parent.name
    for path in sorted(CASES.glob("*/query.sql"))
    if not (path.parent / "expected.txt").read_text(encoding="utf-8")
]


@pytest.fixture(scope="module")
def planned_lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All tables and views, and hours of every table; there are no objects, for nothing is read."""
    folder = tmp_path_factory.mktemp("planned")
    catalog, tables = open_catalog(str(folder / "lake")), shipped_tables()
    checked = check_folder(with_views(folder), tables)
    deploy(checked, tables.values(), catalog)
    for database, name in catalog.tables():
        for hour in HOURS:
            digests = {"content_digest": hour, "upstream_digest": hour}
            partition = Partition(hour, f"curated/{database}/{name}/dt={hour}").with_parameters(**digests)
            assert catalog.publish(database, name, partition, None)
    deploy(checked, tables.values(), catalog)
    return str(folder / "lake")


def hours_planned(sql: str, root: str, trino: TestTrino) -> dict[str, int]:
    """By table, how many of its hours the plan reads."""
    (row,) = trino.query(root, f"EXPLAIN (TYPE IO, FORMAT JSON) {sql}").table.to_pylist()
    planned = {}
    for scan in json.loads(next(iter(row.values())))["inputTableColumnInfos"]:
        table = scan["table"]["schemaTable"]["table"]
        constraints = scan["constraint"]["columnConstraints"]
        ranges = [each["domain"]["ranges"] for each in constraints if each["columnName"] == "dt"]
        if not table.endswith("$partitions"):
            planned[table] = len(ranges[0]) if ranges else len(HOURS)
    return planned


@pytest.mark.parametrize("case", SOUND)
def test_a_filter_that_passes_leaves_out_hours_of_every_table(
    case: str, planned_lake: str, trino_local: TestTrino
) -> None:
    planned = hours_planned(read_sql_file(CASES / case / "query.sql").bound({}), planned_lake, trino_local)
    assert {table: count for table, count in planned.items() if count >= len(HOURS)} == {}


@pytest.mark.parametrize(
    "case", ["no_filter", "bound_on_one_side_of_an_or", "bound_outside_a_limit", "window_over_all_hours"]
)
def test_a_query_that_is_refused_reads_every_hour(case: str, planned_lake: str, trino_local: TestTrino) -> None:
    sql = read_sql_file(CASES / case / "query.sql").bound({})
    assert hours_planned(sql, planned_lake, trino_local) == {"readings_v1": len(HOURS)}
