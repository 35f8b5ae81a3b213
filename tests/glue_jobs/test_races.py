"""Two runs at a time, a run that is overtaken, and readers while a partition moves."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lake.catalog import Partition
from lake.jobs.lake import Lake
from lake.objects.layout import new_run_id
from lake.publish.partition import publish_partition
from lake.publish.run_report import RunReport, save
from lake.publish.vacuum import vacuum
from tests.glue_jobs.harness import Trial, click
from tests.glue_jobs.in_processes import ended, started

HOURS = (8, 9, 10)
READERS = 4
LINGER = 20
"""Publishes that a superseded folder outlives: no reader takes as long."""


def land(trial: Trial, name: str, first: int) -> None:
    """An object for each hour: rows, a duplicate of the hour before, and a reject."""
    for hour in HOURS:
        rows = [click(hour * 1000 + first + n) for n in range(50)]
        trial.land(hour, name, [*rows, click((hour - 1) * 1000 + first), click(0, user_id="no number")])


def pointed_to(trial: Trial) -> set[str]:
    """Every folder that a partition, of rows or of quarantine, points to."""
    names = (trial.table.name, f"{trial.table.name}_quarantine")
    return {one.location for name in names for one in trial.lake.catalog.partitions(trial.table.database, name)}


@pytest.mark.e2e
@pytest.mark.parametrize("attempt", [0, *(pytest.param(again, marks=pytest.mark.nightly) for again in (1, 2, 3))])
def test_two_runs_at_a_time_come_to_what_one_comes_to(attempt: int, tmp_path: Path) -> None:
    alone, raced = Trial(str(tmp_path / "alone")), Trial(str(tmp_path / "raced"))
    for number, name in enumerate(("a", "late")):
        for trial in (alone, raced):
            land(trial, name, number * 25)
        alone.run()
        runs = [started("none", raced) for _ in range(2)]
        assert [ended(run) for run in runs] == [0, 0]
        assert raced.content() == alone.content()
        assert raced.counts() == alone.counts()
        assert raced.rejected() == alone.rejected()
    assert raced.outcomes() == {}


def test_a_run_that_listed_its_inputs_before_another_does_not_undo_it(any_root: str) -> None:
    trial = Trial(any_root)
    land(trial, "a", 0)
    trial.run()
    land(trial, "late", 25)
    old = trial.lake.plan(trial.table)
    land(trial, "later", 50)
    trial.run()
    newest, counts, folders = trial.content(), trial.counts(), pointed_to(trial)
    assert trial.continued(old) == {"08": "superseded", "09": "superseded", "10": "superseded"}
    assert trial.content() == newest
    assert trial.counts() == counts
    assert pointed_to(trial) == folders
    assert trial.outcomes() == {}


def test_a_first_run_that_is_overtaken_leaves_no_files_behind(any_root: str) -> None:
    trial = Trial(any_root)
    land(trial, "a", 0)
    old = trial.lake.plan(trial.table)
    land(trial, "late", 25)
    trial.run()
    before = {one.key for zone in ("curated", "quarantine") for one in trial.lake.store.list(zone)}
    assert set(trial.continued(old).values()) == {"superseded"}
    assert {one.key for zone in ("curated", "quarantine") for one in trial.lake.store.list(zone)} == before
    assert trial.outcomes() == {}


def test_a_run_that_only_rechecks_a_look_back_gives_way_too(any_root: str) -> None:
    trial = Trial(any_root)
    for hour in (8, 9):
        trial.land(hour, "a", [click(hour)])
    trial.run()
    trial.land(8, "late", [click(80)])
    old = trial.lake.plan(trial.table)
    trial.land(9, "late", [click(90), click(80)])
    trial.run()
    newest = trial.content()
    assert trial.continued(old) == {"08": "superseded", "09": "superseded"}
    assert trial.content() == newest
    assert trial.rows(9)["user_id"].to_pylist() == [9, 90]
    assert trial.outcomes() == {}


class Readers:
    """Polls a partition from several threads, each with a lake of its own; `mixed` is what was neither content."""

    def __init__(self, trial: Trial, whole: set[frozenset[tuple[str, bytes]]]) -> None:
        self.reads = [0] * READERS
        self.mixed: list[list[str]] = []
        self._trial, self._whole = trial, whole
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._poll, args=[number]) for number in range(READERS)]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _poll(self, number: int) -> None:
        lake = Lake.open(self._trial.root)
        while not self._done.is_set():
            partition = lake.catalog.partition("clickstream", "events_v1", "2026-11-21-08")
            seen = set() if partition is None else files(lake, partition)
            if frozenset(seen) not in self._whole:
                self.mixed.append(sorted(name for name, _ in seen))
            self.reads[number] += 1


def files(lake: Lake, partition: Partition) -> set[tuple[str, bytes]]:
    keys = [one.key for one in lake.store.list(partition.location) if one.key.endswith(".parquet")]
    return {(key.rsplit("/", 1)[-1], lake.store.read(key)) for key in keys}


def two_versions(trial: Trial) -> list[tuple[Partition, set[tuple[str, bytes]]]]:
    """What a run made of an hour's objects, and what the next made of more of them: several files each."""
    found = []
    for name, first in (("a", 0), ("b", 1000)):
        for part in range(2):
            trial.land(8, f"{name}{part}", [click(first + part * 100 + n) for n in range(40)])
        trial.run()
        partition = trial.partition(8)
        assert partition is not None
        found.append((partition, files(trial.lake, partition)))
    return found


class Republishing:
    """Publishes two versions in turn, each time from a new folder, as runs of one second each would."""

    def __init__(self, trial: Trial) -> None:
        self.trial, self.versions = trial, two_versions(trial)
        self.began = datetime.now(UTC) + timedelta(seconds=1)

    def publish(self, number: int) -> None:
        lake, table = self.trial.lake, self.trial.table
        version, content = self.versions[number % 2]
        started_at = self.began + timedelta(seconds=number)
        run_id = new_run_id(started_at)
        location = f"{version.location.rsplit('/', 1)[0]}/run={run_id}"
        for name, data in content:
            lake.store.write(f"{location}/{name}", data)
        save(lake.store, table, RunReport(run_id, table.full_name, "raw_to_parquet", "succeeded"))
        candidate = Partition(version.dt, location, version.parameters).with_parameters(
            run_id=run_id, listed_at=started_at.isoformat()
        )
        outcome, _ = publish_partition(lake.catalog, lake.store, table, table.name, candidate=candidate, details={})
        assert outcome == "published"

    def sweep(self, number: int) -> int:
        """Vacuum what went out of use LINGER publishes ago, as if one had gone by a second; how many folders went."""
        now = self.began + timedelta(seconds=number)
        lake, kept = self.trial.lake, timedelta(seconds=LINGER)
        return len(vacuum(self.trial.table, lake.store, lake.catalog, kept, dry_run=False, now=now))


@pytest.mark.parametrize("republishes", [LINGER + 20, pytest.param(200, marks=pytest.mark.nightly)])
def test_readers_of_a_partition_that_is_republished_again_and_again_see_one_version_or_the_other(
    any_root: str, republishes: int
) -> None:
    republishing = Republishing(Trial(any_root, given={"unit_bytes": 1}))
    whole = {frozenset(content) for _, content in republishing.versions}
    assert [len(content) for content in sorted(whole, key=len)] == [2, 4]
    swept = 0
    with Readers(republishing.trial, whole) as readers:
        number = 0
        while number < republishes or min(readers.reads) <= 20:
            republishing.publish(number)
            if number % 20 == 19:
                swept += republishing.sweep(number)
            number += 1
    assert readers.mixed == []
    assert swept >= number - LINGER - 20
