"""Every statement under sql/, on the embedded engine and on Trino: equal answers, types too, over each kind of root."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from lake.jobs.lake import Lake
from lake.query.run import run_query
from lake.sql.files import SqlFile, read_sql_file, sql_folder
from tests.conftest import REPOSITORY
from tests.sql.analysts_lake import make_analysts_lake, make_readings_lake
from tests.trino_servers import TestTrino

FILES = sorted((REPOSITORY / "sql").glob("*/*/*.sql"))
QUERIES = [path for path in FILES if path.name == "query.sql"]
VIEWS = [path for path in FILES if path.name == "view.sql"]
TABLES = [path for path in FILES if path.name == "ddl.sql"]


def named(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.parent.name}"


@pytest.fixture(scope="module")
def local_lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("analysts")
    make_analysts_lake(str(folder / "lake"), folder / "events")
    return str(folder / "lake")


def test_there_are_views_and_at_least_twelve_queries() -> None:
    assert len(QUERIES) >= 12
    assert {"sensors/readings", "clickstream/clicks_today", "clickstream/clicks_month"} <= set(map(named, VIEWS))
    assert sql_folder().resolve() == (REPOSITORY / "sql").resolve()


@pytest.mark.parametrize("path", QUERIES, ids=named)
def test_a_query_gives_equal_rows_and_types_on_both_engines(
    path: Path, local_lake: str, trino_local: TestTrino
) -> None:
    assert_equal_answers(read_sql_file(path).bound({}), local_lake, trino_local, in_order=True)


@pytest.mark.parametrize("path", VIEWS, ids=named)
def test_a_view_gives_equal_rows_and_types_on_both_engines(path: Path, local_lake: str, trino_local: TestTrino) -> None:
    assert_equal_answers(whole(read_sql_file(path)), local_lake, trino_local, in_order=False)


@pytest.mark.parametrize("path", TABLES, ids=named)
def test_a_table_as_its_ddl_says_is_the_same_on_both_engines(
    path: Path, local_lake: str, trino_local: TestTrino
) -> None:
    """Hive's DDL is for Athena alone; what it declares is what `lake sql deploy` puts, and both engines read."""
    file = read_sql_file(path)
    assert_equal_answers(whole(file), local_lake, trino_local, in_order=False, may_be_empty=True)
    table = Lake.open(local_lake).catalog.table(file.database, file.name)
    assert table is not None
    declared = [line.split("`")[1] for line in file.text.splitlines() if line.startswith("    `")]
    assert [name for name, _, _ in table.columns] == declared


FEW = ("sensors/status_counts", "sensors/hottest_sensors", "sensors/readings", "sensors/readings_by_sensor_v1")


@pytest.mark.parametrize(
    "names", [FEW, pytest.param(tuple(map(named, FILES)), marks=pytest.mark.nightly)], ids=["few", "all"]
)
def test_files_give_equal_answers_over_s3_and_the_glue_catalog(
    names: tuple[str, ...], s3_root: str, trino_s3: TestTrino, tmp_path: Path
) -> None:
    (make_readings_lake if names == FEW else make_analysts_lake)(s3_root, tmp_path)
    wrong = []
    for path in [path for path in FILES if named(path) in names]:
        file = read_sql_file(path)
        sql = file.bound({}) if file.kind == "query" else whole(file)
        try:
            assert_equal_answers(sql, s3_root, trino_s3, in_order=file.kind == "query", may_be_empty=file.kind == "ddl")
        except AssertionError as error:
            wrong.append(f"{named(path)}: {error}")
    assert wrong == []
    assert set(names) <= set(map(named, FILES))


def whole(file: SqlFile) -> str:
    return f"SELECT * FROM {file.full_name}"


def assert_equal_answers(sql: str, root: str, trino: TestTrino, *, in_order: bool, may_be_empty: bool = False) -> None:
    ours, theirs = run_query(sql, root).table, trino.query(root, sql).table
    assert ours.schema == theirs.schema
    assert may_be_empty or ours.num_rows > 0
    assert (ours.to_pylist() if in_order else in_some_order(ours)) == (
        theirs.to_pylist() if in_order else in_some_order(theirs)
    )


def in_some_order(table: pa.Table) -> list[str]:
    return sorted(map(repr, table.to_pylist()))
