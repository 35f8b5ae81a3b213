"""Which of the folders of a name is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.audit.suite import expectations_folder
from lake.cli.job_files import jobs_folder
from lake.contract.load import contracts_folder
from lake.errors import UsageError, did_you_mean
from lake.project_folders import ProjectFolder
from lake.sql.files import sql_folder
from lake.stream.apps import apps_folder

REPOSITORY = Path(__file__).resolve().parents[2]
VARIABLE = "LAKE_CONTRACTS"
CONTRACTS = ProjectFolder("contracts", "*/*.odcs.yaml", VARIABLE, "--contracts")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no variable set."""
    for name in (VARIABLE, "LAKE_SQL", "LAKE_EXPECTATIONS", "LAKE_JOBS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def put(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()


def test_the_option_wins_over_the_variable_over_the_working_directory_over_the_package(
    tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CONTRACTS.path() == REPOSITORY / "contracts"
    put(work / "contracts/shop/orders_v1.odcs.yaml")
    assert CONTRACTS.path() == Path("contracts")
    for name in ("variable", "option"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "variable"))
    assert CONTRACTS.path() == tmp_path / "variable"
    assert CONTRACTS.path(str(tmp_path / "option")) == tmp_path / "option"


def test_a_named_folder_that_does_not_exist_is_an_error_and_no_other_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = str(tmp_path / "absent")
    with pytest.raises(UsageError) as refused:
        CONTRACTS.path(absent)
    assert str(refused.value) == f"looking for the folder contracts: {absent} (--contracts) is not a folder"
    monkeypatch.setenv(VARIABLE, absent)
    with pytest.raises(UsageError) as refused:
        CONTRACTS.find()
    assert str(refused.value) == f"looking for the folder contracts: {absent} (LAKE_CONTRACTS) is not a folder"


def test_a_folder_of_the_name_without_such_files_is_another_projects(work: Path) -> None:
    put(work / "contracts/ethereum/token.sol")
    assert CONTRACTS.path() == REPOSITORY / "contracts"


@pytest.mark.parametrize(
    ("folder", "step"),
    [
        (ProjectFolder("nothing", "*.x", "LAKE_X", "--x"), "name a folder with --x or LAKE_X"),
        (ProjectFolder("nothing", "*.x", "LAKE_X"), "name a folder with LAKE_X"),
        (ProjectFolder("nothing", "*.x"), "run this in a clone of the project"),
    ],
    ids=["option", "variable", "neither"],
)
def test_a_folder_that_is_nowhere_is_an_error_that_says_where_it_was_expected(folder: ProjectFolder, step: str) -> None:
    assert folder.find() is None
    with pytest.raises(UsageError) as refused:
        folder.path()
    places = f"nothing or {REPOSITORY / 'nothing'}"
    assert str(refused.value) == f"looking for the folder nothing: expected *.x in {places}, found none; {step}"


def test_from_the_folder_of_another_project_our_code_is_run_and_our_own_data_folders_are_found(work: Path) -> None:
    for path in ("glue_jobs/raw_to_parquet.py", "flink_apps/pom.xml", "sql/x.sql", "expectations/y", "contracts/z.txt"):
        put(work / path)
    assert jobs_folder() == REPOSITORY / "glue_jobs"
    assert apps_folder() == REPOSITORY / "flink_apps"
    assert sql_folder() == REPOSITORY / "sql"
    assert expectations_folder() == REPOSITORY / "expectations"
    assert contracts_folder() == REPOSITORY / "contracts"


@pytest.mark.parametrize(
    ("name", "most", "hint"),
    [
        ("VERFY", 1, "; did you mean 'verify'?"),
        ("stat", 2, "; did you mean 'stats' or 'status'?"),
        ("wibble", 2, ""),
    ],
)
def test_close_names_are_suggested(name: str, most: int, hint: str) -> None:
    assert did_you_mean(name, ["stats", "status", "verify"], most) == hint
