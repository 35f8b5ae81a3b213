"""A run that is killed leaves each day as it was or as it shall be, and the next run finishes the work."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import REPOSITORY
from tests.glue_jobs.day_lakes import DayLake
from tests.glue_jobs.killed_day_run import STEPS
from tests.glue_jobs.plain_sessions import Event, micros

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def event(name: str, time: str, arrived: str) -> Event:
    return Event(name, 1, "phone", "view", micros(f"2026-11-{time}:00Z"), f"2026-11-{arrived}")


BEFORE = [event("a", "20T23:50", "20-23"), event("b", "21T12:00", "21-12")]
LATE = [event("c", "21T00:10", "22-05"), event("d", "21T12:10", "22-05")]


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_a_killed_run_leaves_old_days_or_new_ones(step: str, spark: SparkSession, tmp_path: Path) -> None:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    killed, whole = DayLake(str(tmp_path / "killed"), spark), DayLake(str(tmp_path / "whole"), spark)
    killed.publish(BEFORE)
    killed.run()
    old = killed.days()
    killed.publish(LATE)
    shutil.copytree(killed.root, whole.root)
    whole.run()
    new = whole.days()
    command = [sys.executable, "-m", "tests.glue_jobs.killed_day_run", step, killed.root, "sessions"]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    assert ended.returncode == -9, ended.stderr.decode()
    assert all(rows in (old[day], new[day]) for day, rows in killed.days().items())
    killed.run()
    assert killed.days() == new
    assert killed.content() == whole.content()
    assert killed.outcomes() == {}
