"""What is deployed to Glue is one wheel: it finds its contracts and suites, wherever it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PARTS = ("lake", "contracts", "expectations", "sql", "pyproject.toml", "README.md", "LICENSE")

SCRIPT = """
import json
from lake.audit.suite import load_suite
from lake.contract.load import contracts_folder, load_tables
from lake.contract.schema_suite import schema_suite
from lake.sql.files import read_sql_files, sql_folder

tables = load_tables(contracts_folder())
suites = {name: load_suite(table, schema_suite(table)) for name, table in tables.items()}
counts = {name: len(suite.expectations) for name, suite in suites.items()}
files, _ = read_sql_files(sql_folder())
print(json.dumps([str(contracts_folder()), counts, sorted(f"{one.kind} {one.full_name}" for one in files)]))
"""


@pytest.mark.e2e
def test_an_installed_wheel_reads_the_contracts_suites_and_sql_that_it_carries(tmp_path: Path) -> None:
    source, installed, elsewhere = (tmp_path / name for name in ("source", "installed", "elsewhere"))
    elsewhere.mkdir()
    for name in PARTS:
        path = REPOSITORY / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / name)
    words = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    subprocess.run(words, cwd=source, capture_output=True, text=True, check=True, timeout=120)
    (wheel,) = (source / "dist").glob("lake-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
        packages = {name.split("/")[0] for name in archive.namelist()}
    assert packages == {
        "lake",
        "contracts",
        "expectations",
        "sql",
        wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info",
    }

    said = asked(SCRIPT, installed, elsewhere)
    here = asked(SCRIPT, REPOSITORY, elsewhere)
    assert said.partition(",")[0] == f'["{installed / "contracts"}"'
    # All tables, as many expectations of each, and every statement, as in the repository.
    assert said.partition(",")[2] == here.partition(",")[2]


@pytest.mark.e2e
@pytest.mark.parametrize("job", sorted(path.stem for path in (REPOSITORY / "glue_jobs").glob("*.py")))
def test_a_job_imports_nothing_of_the_laptops_package(job: str, tmp_path: Path) -> None:
    script = (
        f"import json, runpy, sys; runpy.run_path({str(REPOSITORY / 'glue_jobs' / f'{job}.py')!r}); "
        "laptop = [name for name in sys.modules if name.partition('.')[0] in ('lake_local', 'moto', 'trino')]; "
        "print(json.dumps(laptop))"
    )
    assert asked(script, REPOSITORY, tmp_path) == "[]\n"


def asked(script: str, package: Path, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAKE_")}
    environment["PYTHONPATH"] = str(package)
    words = [sys.executable, "-c", script]
    ended = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
