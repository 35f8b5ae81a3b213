"""Commands typed in folders that hold what hides the lake's own: a root called lake, another project's code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.glue_jobs.harness import EVENTS, Trial, click

LAKE = Path(sys.executable).with_name("lake")


def lake(where: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The console script, in a working directory."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAKE_")}
    return subprocess.run([LAKE, *words], cwd=where, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A working directory with another project's lake/, glue_jobs/ and tests/, each of which fails when imported."""
    for name in ("lake/__init__.py", "glue_jobs/__init__.py", "glue_jobs/raw_to_parquet.py", "tests/__init__.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('raise SystemExit("another project\'s code was imported")\n')
    return tmp_path


@pytest.mark.e2e
def test_another_projects_code_is_not_imported_by_a_command(foreign: Path) -> None:
    done = lake(foreign, "status", EVENTS, "--root", "data")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{EVENTS}: no raw objects, nothing published\n", "")
    unknown = lake(foreign, "run", "job", "--root", "data")
    assert unknown.returncode == 2
    assert "jobs: bucket_by_key, event_counts, raw_to_parquet, sessions" in unknown.stderr


@pytest.mark.e2e
def test_another_package_called_lake_is_an_error_of_python_m_lake(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "__init__.py").touch()
    command = [sys.executable, "-m", "lake", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: starting lake: expected the package in {REPOSITORY / 'lake'}, Python imported another one from "
        f"{tmp_path / 'lake'}; run `lake` or `python -P -m lake`, or change the working directory\n"
    )


@pytest.mark.spark
@pytest.mark.nightly
@pytest.mark.parametrize("is_foreign", [True, False], ids=["another project", "a root called lake"])
def test_a_job_runs_twice_whatever_the_working_directory_holds(
    tmp_path: Path, request: pytest.FixtureRequest, is_foreign: bool
) -> None:
    where: Path = request.getfixturevalue("foreign") if is_foreign else tmp_path
    root = "data" if is_foreign else "lake"
    Trial(str(where / root)).land(9, "a", [click(number) for number in range(100)])
    if not is_foreign:
        # Folders of a root may have a package's name; they have had before.
        (where / root / "write").mkdir()
        (where / root / "jobs").mkdir()
    for _ in range(2):
        done = lake(where, "run", "raw_to_parquet", "--table", EVENTS, "--root", root, "--rebuild")
        assert done.returncode == 0, done.stderr
        assert "1 published" in done.stderr or "1 unchanged" in done.stderr
