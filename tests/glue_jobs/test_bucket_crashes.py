"""SIGKILL at the steps that bucket_by_key alone has; test_crashes has those that all jobs share."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lake.publish.run_report import is_finished
from tests.glue_jobs.harness import REPOSITORY, Trial
from tests.glue_jobs.in_processes import ended, started
from tests.glue_jobs.killed_run import BUCKET_KILLS
from tests.glue_jobs.test_crashes import copied, polled, run_and_die

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


@pytest.mark.parametrize(
    "step", [step if step == "mid-proof" else pytest.param(step, marks=pytest.mark.nightly) for step in BUCKET_KILLS]
)
def test_after_a_run_killed_at_a_step_of_its_own_the_next_run_publishes_what_an_undisturbed_one_does(
    step: str, tmp_path: Path, undisturbed: tuple[Trial, Trial]
) -> None:
    before, after = undisturbed
    trial = copied(before, tmp_path)
    land(trial, "late", 30)
    with polled(trial, before, after, [f"{TABLE}/2026-11-21-{hour:02d}" for hour in HOURS]) as unexpected:
        run_and_die(step, trial)
        trial.run()
    assert unexpected == []
    assert trial.content() == after.content() != before.content()
    assert trial.counts() == after.counts()
    assert trial.outcomes() == {}
    vacuumed(trial)
    assert trial.content() == after.content()


@pytest.mark.nightly
def test_after_a_first_run_that_was_killed_the_next_publishes_what_an_undisturbed_one_does(
    tmp_path: Path, undisturbed: tuple[Trial, Trial]
) -> None:
    before, _ = undisturbed
    trial = Trial(str(tmp_path / "lake"), BY_SENSOR)
    land(trial, "a", 20)
    run_and_die("after publish", trial)
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


@pytest.mark.nightly
def test_a_vacuum_killed_in_the_middle_harms_nothing_and_is_finished_by_the_next(
    tmp_path: Path, undisturbed: tuple[Trial, Trial]
) -> None:
    before, after = undisturbed
    trial = copied(before, tmp_path)
    land(trial, "late", 30)
    trial.run()
    assert ended(started("vacuum", trial)) == -signal.SIGKILL
    assert trial.content() == after.content()
    vacuumed(trial)
    for hour in HOURS:
        assert len(trial.lake.store.folders(f"bucketed/sensors/{TABLE}/dt=2026-11-21-{hour:02d}")) == 1
    assert trial.content() == after.content()
