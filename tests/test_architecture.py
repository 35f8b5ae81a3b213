"""Which way imports point is held by import-linter: a copy of the packages with one import against it is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two packages and the contracts on their imports, to be changed."""
    folder = tmp_path_factory.mktemp("packages")
    for name in ("lake", "lake_local"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    return folder


def linted(packages: Path) -> subprocess.CompletedProcess[str]:
    """What `make lint` runs."""
    program = Path(sys.executable).with_name("lint-imports")
    words = [str(program), "--no-logo", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    return subprocess.run(
        words, cwd=packages, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.e2e
def test_the_packages_as_they_are_are_accepted(packages: Path) -> None:
    ended = linted(packages)
    assert (ended.returncode, "Contracts: 6 kept, 0 broken." in ended.stdout) == (0, True), ended.stdout


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("module", "line", "refusal"),
    [
        ("lake/objects/local.py", "from lake.publish import vacuum", "Packages of lake import downwards only BROKEN"),
        ("lake/plan/packing.py", "import lake_local.datagen", "needs nothing of the laptop's package"),
        ("lake/write/parquet.py", "import boto3", "boto3 only where objects lie"),
        ("lake/audit/suite.py", "from pyspark.sql import DataFrame", "Spark only in the jobs' driver"),
        ("lake/publish/partition.py", "import awsglue.utils", "Glue's own package only where"),
        ("lake_local/emulators/node.py", "import lake_local.demo.play", "No rings of packages BROKEN"),
    ],
)
def test_an_import_against_the_boundaries_is_refused(packages: Path, module: str, line: str, refusal: str) -> None:
    file = packages / module
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(f"{before}\n{line}\n", encoding="utf-8")
        ended = linted(packages)
    finally:
        file.write_text(before, encoding="utf-8")
    broken = [found for found in ended.stdout.splitlines() if "BROKEN" in found]
    assert (ended.returncode, any(refusal in found for found in broken)) == (1, True), ended.stdout
