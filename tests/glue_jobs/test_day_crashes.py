"""A run that is killed leaves each day as it was or as it shall be, and the next run finishes the work."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import REPOSITORY
from tests.glue_jobs.day_lakes import COUNTS, SESSIONS, DayLake
from tests.glue_jobs.plain_sessions import Event, Row, micros

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.e2e


def event(name: str, time: str, arrived: str) -> Event:
    return Event(name, 1, "phone", "view", micros(f"2026-11-{time}:00Z"), f"2026-11-{arrived}")


AT_NIGHT = ("planning", "after a batch is written", "between audit and publish", "after the first manifest")
DAYS = ["2026-11-20", "2026-11-21"]
BEFORE = [event("a", "20T23:50", "20-23"), event("b", "21T12:00", "21-12")]
LATE = [event("c", "21T00:10", "22-05"), event("d", "21T12:10", "22-05"), event("e", "20T09:00", "22-05")]


@dataclass(frozen=True)
class Undisturbed:
    """A lake whose days were made before the late events came; its days then, and after a run that was let be."""

    table: str
    root: Path
    old: dict[str, list[Row]]
    new: dict[str, list[Row]]
    content: dict[str, str]


@pytest.fixture(scope="module")
def undisturbed_sessions(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed(SESSIONS, spark, tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def undisturbed_counts(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed(COUNTS, spark, tmp_path_factory.mktemp("undisturbed"))


def undisturbed(table: str, spark: SparkSession, folder: Path) -> Undisturbed:
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    lake = DayLake(str(folder / "whole"), spark)
    make_stale(lake, table)
    old = lake.days(table)
    shutil.copytree(lake.root, folder / "before")
    lake.run(table)
    new = lake.days(table)
    assert [day for day in new if old[day] != new[day]] == DAYS
    return Undisturbed(table, folder / "before", old, new, lake.content(table))


def make_stale(lake: DayLake, table: str) -> None:
    """Days of events, and late events of each of them that no run has seen."""
    lake.publish(BEFORE)
    lake.run(table)
    lake.publish(LATE)


def check_killed(step: str, lake: DayLake, undisturbed: Undisturbed) -> None:
    """After a run that dies at a step, the next one publishes what an undisturbed run does."""
    table, old, new = undisturbed.table, undisturbed.old, undisturbed.new
    command = [sys.executable, "-m", "tests.glue_jobs.killed_run", step, lake.root, table]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    assert ended.returncode == -9, ended.stderr.decode()
    assert all(rows in (old[day], new[day]) for day, rows in lake.days(table).items())
    lake.run(table)
    assert lake.days(table) == new
    assert lake.content(table) == undisturbed.content
    assert lake.outcomes(table) == {}


def copied(undisturbed: Undisturbed, folder: Path, spark: SparkSession) -> DayLake:
    shutil.copytree(undisturbed.root, folder / "killed")
    return DayLake(str(folder / "killed"), spark)


@pytest.mark.parametrize(
    "step",
    ["between two partitions", *(pytest.param(step, marks=pytest.mark.nightly) for step in AT_NIGHT)],
)
def test_a_killed_run_of_sessions_leaves_old_days_or_new_ones(
    step: str, undisturbed_sessions: Undisturbed, spark: SparkSession, tmp_path: Path
) -> None:
    check_killed(step, copied(undisturbed_sessions, tmp_path, spark), undisturbed_sessions)


@pytest.mark.nightly
@pytest.mark.parametrize("step", ["after a batch is written", "between audit and publish", "between two partitions"])
def test_a_killed_run_of_counts_leaves_old_days_or_new_ones(
    step: str, undisturbed_counts: Undisturbed, spark: SparkSession, tmp_path: Path
) -> None:
    check_killed(step, copied(undisturbed_counts, tmp_path, spark), undisturbed_counts)


@pytest.mark.nightly
@pytest.mark.parametrize("step", ["after the first manifest", "between two partitions"])
def test_a_killed_run_on_s3_leaves_old_days_or_new_ones(
    step: str, undisturbed_sessions: Undisturbed, spark: SparkSession, s3_root: str
) -> None:
    lake = DayLake(s3_root, spark)
    make_stale(lake, SESSIONS)
    check_killed(step, lake, undisturbed_sessions)
