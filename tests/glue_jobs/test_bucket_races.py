"""Two runs of bucket_by_key at a time, and a run that is overtaken by its upstream."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.glue_jobs.bucket_lakes import assert_bucketed, bucketed_trial, orders, publish_upstream
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.in_processes import ended, started

READINGS, BY_SENSOR = "sensors.readings_v1", "sensors.readings_by_sensor_v1"
HOURS = (8, 9, 10)
VERSIONS = [orders([f"key {n % count}" for n in range(60)]) for count in (7, 9, 11)]


def publish_version(trial: Trial, number: int) -> None:
    for hour in HOURS:
        publish_upstream(trial, hour, VERSIONS[number])


def test_a_run_that_listed_its_inputs_before_another_does_not_undo_it(any_root: str, tmp_path: Path) -> None:
    trial = bucketed_trial(any_root, tmp_path / "contracts")
    publish_version(trial, 0)
    trial.run()
    publish_version(trial, 1)
    old = trial.lake.plan(trial.table)
    publish_version(trial, 2)
    trial.run()
    newest, counts = trial.content(), trial.counts()
    files = [one.key for one in trial.lake.store.list("bucketed")]
    assert trial.continued(old) == {"08": "superseded", "09": "superseded", "10": "superseded"}
    assert (trial.content(), trial.counts()) == (newest, counts)
    assert [one.key for one in trial.lake.store.list("bucketed")] == files
    for hour in HOURS:
        assert_bucketed(trial, hour)
    assert trial.outcomes() == {}


def test_what_was_made_from_an_upstream_that_has_moved_on_since_is_stale_at_once(tmp_path: Path) -> None:
    trial = bucketed_trial(str(tmp_path / "lake"), tmp_path / "contracts")
    publish_version(trial, 0)
    old = trial.lake.plan(trial.table)
    trial.lake.declare(trial.table)
    publish_version(trial, 1)
    # The folder that the plan saw is still there: what is published is whole, though no longer the newest.
    assert trial.continued(old) == {"08": "published", "09": "published", "10": "published"}
    assert trial.rows(8).num_rows == 60
    partition, upstream = trial.partition(8), trial.of("shop.orders_v1").partition(8)
    assert partition is not None
    assert upstream is not None
    assert partition.get("upstream_digest") != upstream.get("content_digest")
    assert trial.outcomes() == {"08": "published", "09": "published", "10": "published"}
    for hour in HOURS:
        assert_bucketed(trial, hour)
    assert trial.outcomes() == {}


def test_a_run_that_comes_to_what_another_has_published_stays_where_that_is(tmp_path: Path) -> None:
    trial = bucketed_trial(str(tmp_path / "lake"), tmp_path / "contracts")
    publish_version(trial, 0)
    trial.run()
    publish_version(trial, 1)
    plans = [trial.lake.plan(trial.table) for _ in range(2)]
    assert set(trial.continued(plans[0]).values()) == {"published"}
    content = trial.content()
    files = [one.key for one in trial.lake.store.list("bucketed")]
    assert set(trial.continued(plans[1]).values()) == {"unchanged"}
    assert trial.content() == content
    assert [one.key for one in trial.lake.store.list("bucketed")] == files


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("attempt", range(3))
def test_two_runs_at_a_time_come_to_what_one_comes_to(attempt: int, tmp_path: Path) -> None:
    alone, raced = (Trial(str(tmp_path / name), BY_SENSOR) for name in ("alone", "raced"))
    for sensors in (20, 30):
        for trial in (alone, raced):
            raw = trial.of(READINGS)
            for hour in HOURS:
                readings = [{"sensorId": f"d{n % sensors}", "status": "OK"} for n in range(50)]
                raw.land(hour, f"{sensors}", readings)
            raw.run()
        alone.run()
        runs = [started("none", raced) for _ in range(2)]
        assert [ended(run) for run in runs] == [0, 0]
        assert raced.content() == alone.content()
        assert raced.counts() == alone.counts()
    assert raced.outcomes() == {}
