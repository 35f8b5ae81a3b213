"""What `lake sql check` refuses, and what it lets pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lake.cli.app import run_command
from lake.sql.check import Checked, check_folder
from lake.sql.files import read_sql_files
from tests.conftest import REPOSITORY
from tests.lake.sql.golden import CASES, all_cases, put, rendered, said_of, shipped_tables, with_views


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    return all_cases(tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def of_this_repository() -> Checked:
    return check_folder(REPOSITORY / "sql", shipped_tables())


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_each_case_has_the_problems_that_are_expected_of_it_and_no_others(case: str, checked: Checked) -> None:
    assert said_of(checked, case) == (CASES / case / "expected.txt").read_text()


def test_nothing_else_is_said_beside_the_cases(checked: Checked) -> None:
    assert [p for p in checked.problems if p.path.parent.parent.name != "cases"] == []


def test_the_files_of_this_repository_have_no_problems(of_this_repository: Checked) -> None:
    assert of_this_repository.problems == ()


def test_the_views_of_this_repository_come_after_what_they_read(of_this_repository: Checked) -> None:
    views = [view.file.full_name for view in of_this_repository.views]
    assert views.index("clickstream.events") < views.index("clickstream.clicks_today")


def test_the_view_of_rejected_records_reads_the_quarantine_of_every_table(of_this_repository: Checked) -> None:
    views = {view.file.full_name: view for view in of_this_repository.views}
    expected = sorted(f"{name}_quarantine" for name, table in shipped_tables().items() if table.has_quarantine)
    assert list(views["operations.rejected"].reads) == expected


def test_a_statement_that_is_stale_missing_or_of_no_contract_is_named(tmp_path: Path) -> None:
    sql = rendered(tmp_path)
    put(sql, "taxi/trips_v1/ddl.sql", "CREATE EXTERNAL TABLE taxi.trips_v1 (a int) LOCATION 's3://x/'")
    (sql / "sensors/bundles_v1/ddl.sql").unlink()
    put(sql, "taxi/rides_v1/ddl.sql", "CREATE EXTERNAL TABLE taxi.rides_v1 (a int) LOCATION 's3://x/'")
    assert [(p.path.relative_to(sql).as_posix(), p.message) for p in check_folder(sql, shipped_tables()).problems] == [
        ("sensors/bundles_v1/ddl.sql", "file not found; run python -m lake.contract.render_ddl"),
        ("taxi/rides_v1/ddl.sql", "no contract describes taxi.rides_v1; remove it"),
        ("taxi/trips_v1/ddl.sql", "it differs from the contract; run python -m lake.contract.render_ddl"),
    ]


def test_views_that_lead_back_to_themselves_are_named_in_order(tmp_path: Path) -> None:
    sql = rendered(tmp_path)
    put(sql, "sensors/one/view.sql", "-- description: One.\nSELECT dt FROM sensors.other\n")
    put(sql, "sensors/other/view.sql", "-- description: Other.\nSELECT dt FROM sensors.one\n")
    (problem,) = check_folder(sql, shipped_tables()).problems
    assert "circular views: sensors." in problem.message
    assert " reads sensors." in problem.message


@pytest.mark.parametrize(
    "place",
    ["stray.sql", "sensors/readings.sql", "sensors/readings/views.sql", "Sensors/readings/view.sql"],
)
def test_a_statement_out_of_place_is_no_silent_absence(place: str, tmp_path: Path) -> None:
    sql = rendered(tmp_path)
    path = put(sql, place, "-- description: Where?\nSELECT 1 AS one\n")
    (problem,) = check_folder(sql, shipped_tables()).problems
    assert str(problem) == (
        f"{path}:1: unexpected file; expected <database>/<object>/ddl.sql, view.sql or query.sql, "
        "in lower case, e.g. sensors/readings/view.sql"
    )


def test_a_statement_too_deep_is_named_with_its_place(tmp_path: Path) -> None:
    sql = rendered(tmp_path)
    put(sql, "more/sensors/hot/view.sql", "-- description: Deep.\nSELECT dt FROM sensors.readings_v1\n")
    files, problems = read_sql_files(sql)
    assert [problem.message for problem in problems] == [f"expected at {sql}/sensors/hot/view.sql"]
    assert "sensors.hot" not in [file.full_name for file in files]


def test_the_command_prints_every_problem_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sql = with_views(tmp_path)
    one = put(sql, "sensors/a/query.sql", "-- description: A.\nSELECT dt FROM sensors.nothing\n")
    two = put(sql, "sensors/b/query.sql", "-- description: B.\nSELECT dt FROM taxi.trips\n")
    words = ["sql", "check", "--sql", str(sql), "--contracts", str(REPOSITORY / "contracts")]
    assert run_command(words) == 1
    said = capsys.readouterr()
    assert [line.split(": ")[0] for line in said.out.splitlines()] == [f"{one}:2", f"{two}:2"]
    assert said.err.endswith(": 2 problems\n")

    assert run_command([*words, "--json"]) == 1
    assert [(each["file"], each["line"]) for each in json.loads(capsys.readouterr().out)] == [
        (str(one), 2),
        (str(two), 2),
    ]


def test_the_command_is_silent_but_for_a_count_where_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["sql", "check", "--sql", str(REPOSITORY / "sql")]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith(": no problems\n")
