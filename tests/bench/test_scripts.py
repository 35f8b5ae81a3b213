"""Both benchmarks of bucketing, run as `make` runs them, on an hour of few readings.

By day, test_bucketing_rows.py has their comparison of rows, and test_readings.py their input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.nightly


def run(folder: Path, name: str, *options: str) -> str:
    """What the script printed, having ended with exit code 0; its cache is below the folder."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "-m", f"bench.{name}", *options]
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=500, check=False
    )
    logs = "".join(path.read_text(errors="replace") for path in folder.glob(".cache/bench/*.log"))
    assert ended.returncode == 0, ended.stdout + ended.stderr + logs
    return ended.stdout


def test_spark_s_own_insert_puts_the_same_rows_into_the_same_buckets(tmp_path: Path) -> None:
    said = run(tmp_path, "bucketing", "--rows", "20000", "--runs", "1")

    assert "rows and buckets: the same 20,000 in both" in said
    assert [line.split()[0] for line in said.splitlines()[2:5]] == ["ours", "INSERT", "flat"]
    assert not (tmp_path / "derby.log").exists()


def test_one_sensor_is_read_from_a_thousandth_of_the_json(tmp_path: Path) -> None:
    said = run(tmp_path, "scan", "--rows", "200000", "--runs", "1")

    assert "the aim, 99.9%, is met" in said
    assert "the aim, 99.0%, is met" in said
    ways = [line[:14].strip() for line in said.splitlines()[5:9]]
    assert ways == ["raw JSON", "raw gzip", "flat Parquet", "bucketed"]
