"""SIGKILL at each step of the driver: the next run ends where it should, and readers saw the old or the new rows."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.glue_jobs.harness import EVENTS, REPOSITORY, Trial, click
from tests.glue_jobs.in_processes import ended, started
from tests.glue_jobs.killed_run import KILLS

pytestmark = pytest.mark.e2e

HOURS = (8, 9, 10)
POLLED_EVERY = 0.01
"""Seconds: a reader that never rests would take a core from the run that it watches."""


def run_and_die(step: str, trial: Trial) -> None:
    """Run the job in a process of its own, that kills itself at a step; the catalog is whole afterwards."""
    assert ended(started(step, trial)) == -signal.SIGKILL, f"at {step}"
    with sqlite3.connect(Path(trial.root) / "catalog.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def land_first(trial: Trial) -> None:
    """What is published before anything goes wrong: three hours, duplicates and rejects among them."""
    for hour in HOURS:
        trial.land(hour, "a", [click(hour * 100 + n) for n in range(50)])
        trial.land(hour, "b", json.dumps(click(hour * 100)) + "\nbroken\n")


def land_more(trial: Trial) -> None:
    """Late objects for every hour, with rejects, duplicates and a conflict of their own."""
    for hour in HOURS:
        late = [click(hour * 100 + n) for n in range(40, 60)] + [click(hour * 100, user_id=-1)]
        trial.land(hour, "late", "".join(json.dumps(record) + "\n" for record in late) + "also broken\n")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trial, Trial]:
    """What the old and the new content are: (before the late objects, after them)."""
    before, after = (Trial(str(tmp_path_factory.mktemp(name) / "lake")) for name in ("before", "after"))
    for trial in (before, after):
        land_first(trial)
        trial.run()
    land_more(after)
    after.run()
    return before, after


def copied(trial: Trial, folder: Path) -> Trial:
    """A lake of its own with the same objects and partitions."""
    shutil.copytree(trial.root, folder / "lake")
    return replace(trial, root=str(folder / "lake"))


PARTITIONS = [f"events_v1/2026-11-21-{hour:02d}" for hour in HOURS]


@contextmanager
def polled(trial: Trial, old: Trial, new: Trial, partitions: Sequence[str] = PARTITIONS) -> Iterator[list[str]]:
    """A reader that polls the partitions; yields what it saw that was neither old nor new."""
    whole = {
        dt: {frozenset(content.content()[dt].items()) for content in (old, new) if dt in content.content()}
        for dt in partitions
    }
    unexpected: list[str] = []
    reads = 0
    done = threading.Event()

    def poll() -> None:
        nonlocal reads
        while not done.is_set():
            seen = trial.content()
            for dt, allowed in whole.items():
                if frozenset(seen.get(dt, {}).items()) not in allowed:
                    unexpected.append(f"{dt}: {sorted(seen.get(dt, {}))}")
            reads += 1
            done.wait(POLLED_EVERY)

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        yield unexpected
    finally:
        done.set()
        reader.join()
    assert reads > 3


@pytest.mark.parametrize("step", KILLS)
def test_after_a_run_killed_at_any_step_the_next_run_publishes_what_an_undisturbed_one_does(
    step: str, tmp_path: Path, undisturbed: tuple[Trial, Trial]
) -> None:
    before, after = undisturbed
    trial = copied(before, tmp_path)
    land_more(trial)
    with polled(trial, before, after) as unexpected:
        run_and_die(step, trial)
        trial.run()
    assert unexpected == []
    assert trial.content() == after.content()
    assert trial.counts() == after.counts()
    assert trial.rejected() == after.rejected()
    assert trial.outcomes() == {}


@pytest.mark.parametrize(
    "step", ["between quarantine and rows", pytest.param("after the second manifest", marks=pytest.mark.nightly)]
)
def test_after_a_first_run_that_was_killed_the_next_publishes_what_an_undisturbed_one_does(
    step: str, tmp_path: Path, undisturbed: tuple[Trial, Trial]
) -> None:
    before, _ = undisturbed
    trial = Trial(str(tmp_path / "lake"))
    land_first(trial)
    run_and_die(step, trial)
    trial.run()
    assert trial.content() == before.content()
    assert trial.counts() == before.counts()


def test_a_vacuum_killed_in_the_middle_harms_nothing_and_is_finished_by_the_next(
    tmp_path: Path, undisturbed: tuple[Trial, Trial]
) -> None:
    before, after = undisturbed
    trial = copied(before, tmp_path)
    land_more(trial)
    trial.run()
    with polled(trial, after, after) as unexpected:
        run_and_die("vacuum", trial)
        command = [sys.executable, "-m", "lake", "vacuum", EVENTS, "--older-than", "0s", "--root", trial.root]
        subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    assert unexpected == []
    assert trial.content() == after.content()
    store = trial.lake.store
    for hour in HOURS:
        assert len(store.folders(f"curated/clickstream/events_v1/dt=2026-11-21-{hour:02d}")) == 1
