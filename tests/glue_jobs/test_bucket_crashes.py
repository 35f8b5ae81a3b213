"""SIGKILL at each step of bucket_by_key: readers see old or new rows, and the next run ends where it should."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lake.publish.run_report import is_finished
from tests.glue_jobs.harness import REPOSITORY, Trial
from tests.glue_jobs.in_processes import ended, started
from tests.glue_jobs.killed_run import BUCKET_STEPS
from tests.glue_jobs.test_crashes import polled, run_and_die

pytestmark = pytest.mark.e2e

READINGS, BY_SENSOR = "sensors.readings_v1", "sensors.readings_by_sensor_v1"
HOURS = (8, 9, 10)
TABLE = "readings_by_sensor_v1"


def land(trial: Trial, name: str, sensors: int) -> None:
    """Objects for every hour, made into partitions of the upstream table."""
    raw = trial.of(READINGS)
    for hour in HOURS:
        readings = [{"sensorId": f"d{n % sensors}", "currentTemperature": hour, "status": "OK"} for n in range(50)]
        raw.land(hour, name, readings)
    raw.run()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trial, Trial]:
    """What the old and the new content are: (before the late objects, after them)."""
    before, after = (Trial(str(tmp_path_factory.mktemp(name) / "lake"), BY_SENSOR) for name in ("before", "after"))
    for trial in (before, after):
        land(trial, "a", 20)
        trial.run()
    land(after, "late", 30)
    after.run()
    return before, after


@pytest.mark.parametrize("step", BUCKET_STEPS)
def test_a_run_killed_at_any_step_leaves_nothing_that_the_next_run_does_not_mend(
    step: str, tmp_path: Path, undisturbed: tuple[Trial, Trial]
) -> None:
    before, after = undisturbed
    trial = Trial(str(tmp_path / "lake"), BY_SENSOR)
    land(trial, "a", 20)
    trial.run()
    assert trial.content() == before.content()
    land(trial, "late", 30)
    with polled(trial, before, after, [f"{TABLE}/2026-11-21-{hour:02d}" for hour in HOURS]) as odd:
        run_and_die(step, trial)
        trial.run()
    assert odd == []
    assert trial.content() == after.content() != before.content()
    assert trial.counts() == after.counts()
    assert trial.outcomes() == {}
    vacuumed(trial)
    assert trial.content() == after.content()


@pytest.mark.parametrize("step", ["mid-task", "between write and proof", "after the manifest", "after publish"])
def test_a_first_run_killed_at_any_step_is_made_good_by_the_next(
    step: str, tmp_path: Path, undisturbed: tuple[Trial, Trial]
) -> None:
    before, _ = undisturbed
    trial = Trial(str(tmp_path / "lake"), BY_SENSOR)
    land(trial, "a", 20)
    run_and_die(step, trial)
    trial.run()
    assert trial.content() == before.content()
    assert trial.counts() == before.counts()


def vacuumed(trial: Trial) -> None:
    """Vacuum, and see that one folder an hour is left of zone bucketed/: those of killed runs are too young to go."""
    command = [sys.executable, "-m", "lake", "vacuum", BY_SENSOR, "--older-than", "0s", "--root", trial.root]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    store = trial.lake.store
    for partition in trial.lake.catalog.partitions("sensors", TABLE):
        folder, _, own = partition.location.rpartition("/")
        left = [run for run in store.folders(folder) if run != own and is_finished(store, trial.table, run[4:])]
        assert left == []


def test_the_catalog_is_whole_after_every_death(tmp_path: Path) -> None:
    trial = Trial(str(tmp_path / "lake"), BY_SENSOR)
    land(trial, "a", 20)
    for step in ("after the manifest", "after publish", "between two partitions"):
        run_and_die(step, trial)
    with sqlite3.connect(tmp_path / "lake" / "catalog.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_vacuum_killed_in_the_middle_harms_nothing_and_is_finished_by_the_next(
    tmp_path: Path, undisturbed: tuple[Trial, Trial]
) -> None:
    _, after = undisturbed
    trial = Trial(str(tmp_path / "lake"), BY_SENSOR)
    land(trial, "a", 20)
    trial.run()
    land(trial, "late", 30)
    trial.run()
    assert ended(started("vacuum", trial)) == -signal.SIGKILL
    assert trial.content() == after.content()
    vacuumed(trial)
    for hour in HOURS:
        assert len(trial.lake.store.folders(f"bucketed/sensors/{TABLE}/dt=2026-11-21-{hour:02d}")) == 1
    assert trial.content() == after.content()
