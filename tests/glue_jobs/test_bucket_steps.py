"""One run of bucket_by_key after another: what is rebuilt and what is left alone; what a changed contract does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lake.jobs.spark import LocalWorkers
from lake.publish.partition import roll_back, unpin
from lake.query.run import run_query
from tests.glue_jobs.bucket_lakes import (
    BUCKETED,
    UPSTREAM,
    assert_bucketed,
    bucketed_trial,
    orders,
    publish_upstream,
)
from tests.glue_jobs.harness import Trial, logged

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FIRST = orders([f"key {n % 9}" for n in range(60)])
MORE = orders([f"key {n % 11}" for n in range(70)], start=60)
READINGS, BY_SENSOR = "sensors.readings_v1", "sensors.readings_by_sensor_v1"


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    return tmp_path / "contracts"


@pytest.fixture
def trial(tmp_path: Path, contracts: Path) -> Trial:
    """Three hours of the upstream table, bucketed."""
    trial = bucketed_trial(str(tmp_path / "lake"), contracts)
    for hour in (8, 9, 10):
        publish_upstream(trial, hour, FIRST)
    assert trial.outcomes() == {"08": "published", "09": "published", "10": "published"}
    return trial


def published(trial: Trial) -> dict[str, tuple[str, str]]:
    """Location and run of each partition, by hour of the day."""
    found = trial.lake.catalog.partitions(trial.table.database, trial.table.name)
    return {one.dt[-2:]: (one.location, one.get("run_id")) for one in found}


def reasons(trial: Trial) -> dict[str, str]:
    """Why each stale hour is stale."""
    return {hour.dt[-2:]: hour.reason for hour in trial.lake.plan(trial.table).stale}


def reading(sensor: int, temperature: int | None = 20) -> dict[str, Any]:
    return {"sensorId": f"device_{sensor}", "currentTemperature": temperature, "status": "OK"}


def test_from_raw_objects_to_buckets_and_a_late_object_again(any_root: str) -> None:
    raw = Trial(any_root, READINGS)
    bucketed = raw.of(BY_SENSOR)
    for hour in (8, 9):
        raw.land(hour, "a", [reading(n % 20, n) for n in range(50)])
    raw.run()
    assert bucketed.outcomes() == {"08": "published", "09": "published"}
    before = published(bucketed)
    raw.land(9, "late", [reading(3, None), reading(99)])
    raw.run()
    assert reasons(bucketed) == {"09": f"{READINGS} changed"}
    assert bucketed.outcomes() == {"09": "published"}
    assert published(bucketed)["08"] == before["08"]
    upstream, together = raw.rows(9), bucketed.rows(9)
    order = [(name, "ascending") for name in upstream.schema.names]
    assert together.sort_by(order).equals(upstream.sort_by(order))
    answer = run_query(f"SELECT dt, current_temperature FROM {BY_SENSOR} WHERE sensor_id = 'device_99'", any_root)
    assert answer.table.to_pylist() == [{"dt": "2026-11-21-09", "current_temperature": 20}]
    assert bucketed.outcomes() == {}


def test_a_second_run_has_nothing_to_do_and_says_so(trial: Trial, caplog: pytest.LogCaptureFixture) -> None:
    before = (trial.content(), published(trial), [one.key for one in trial.lake.store.list("")])
    caplog.set_level("INFO", "lake")
    caplog.clear()
    assert trial.outcomes() == {}
    assert logged(caplog) == [f"{BUCKETED}: nothing to do; all 3 partitions are current"]
    assert (trial.content(), published(trial), [one.key for one in trial.lake.store.list("")]) == before


def test_an_hour_that_changed_upstream_is_rebuilt_and_no_other(trial: Trial) -> None:
    before = published(trial)
    publish_upstream(trial, 9, FIRST, MORE)
    assert reasons(trial) == {"09": f"{UPSTREAM} changed"}
    assert trial.outcomes() == {"09": "published"}
    after = published(trial)
    assert {hour for hour in before if before[hour] != after[hour]} == {"09"}


def test_an_upstream_that_was_rebuilt_with_equal_rows_makes_nothing_stale(tmp_path: Path) -> None:
    raw = Trial(str(tmp_path / "lake"), READINGS)
    raw.land(8, "a", [reading(n) for n in range(50)])
    raw.run()
    bucketed = raw.of(BY_SENSOR)
    bucketed.run()
    before = (bucketed.content(), published(bucketed))
    assert raw.outcomes(rebuild=True) == {"08": "published"}
    assert bucketed.outcomes() == {}
    assert (bucketed.content(), published(bucketed)) == before


def test_an_upstream_that_was_rolled_back_is_followed(trial: Trial) -> None:
    old = trial.content()
    publish_upstream(trial, 9, MORE)
    trial.run()
    new = trial.content()
    upstream = trial.of(UPSTREAM)
    roll_back(upstream.lake.catalog, upstream.lake.store, upstream.table, "2026-11-21-09")
    assert reasons(trial) == {"09": f"{UPSTREAM} changed"}
    assert trial.outcomes() == {"09": "published"}
    assert trial.content() == old != new
    assert_bucketed(trial, 9)
    assert trial.outcomes() == {}


def test_a_pinned_partition_stays_until_it_is_unpinned(trial: Trial) -> None:
    old = trial.content()
    publish_upstream(trial, 9, MORE)
    trial.run()
    roll_back(trial.lake.catalog, trial.lake.store, trial.table, "2026-11-21-09")
    assert trial.content() == old
    publish_upstream(trial, 9, FIRST, MORE)
    assert trial.outcomes() == {}
    assert trial.outcomes(rebuild=True) == {"08": "published", "10": "published"}
    assert trial.content() == old
    unpin(trial.lake.catalog, trial.table, "2026-11-21-09")
    assert trial.outcomes() == {"09": "published"}
    assert assert_bucketed(trial, 9) != {}


def test_an_hour_that_its_upstream_no_longer_has_is_kept(trial: Trial) -> None:
    before = trial.content()
    trial.lake.catalog.drop_partition("shop", "orders_v1", "2026-11-21-09")
    for rebuild in (False, True):
        assert "09" not in trial.outcomes(rebuild=rebuild)
    assert trial.content() == before
    (hour,) = [one for one in trial.lake.plan(trial.table).partitions if one.dt.endswith("09")]
    assert (hour.state, hour.reason) == ("current", f"no longer published in {UPSTREAM}; kept as published")


def test_since_and_until_bound_what_is_rebuilt(trial: Trial) -> None:
    for hour in (8, 9, 10):
        publish_upstream(trial, hour, MORE)
    assert trial.outcomes(since="2026-11-21-09", until="2026-11-21-10") == {"09": "published"}
    assert trial.outcomes(until="2026-11-21-09") == {"08": "published"}
    assert trial.outcomes() == {"10": "published"}


def test_a_requested_rebuild_replaces_a_damaged_file(trial: Trial) -> None:
    before, where = trial.content(), published(trial)
    partition = trial.partition(9)
    assert partition is not None
    damaged = next(one for one in trial.lake.store.list(partition.location) if one.key.endswith(".parquet"))
    trial.lake.store.write(damaged.key, trial.lake.store.read(damaged.key)[:-8])
    assert trial.outcomes(rebuild=True, since="2026-11-21-09", until="2026-11-21-10") == {"09": "published"}
    assert trial.content() == before
    assert {hour for hour, place in published(trial).items() if place != where[hour]} == {"09"}


class TwiceWorkers(LocalWorkers):
    """Runs every job twice, as Spark may, and hands on what the first attempt said."""

    def run(self, work: Any, jobs: Any) -> Any:
        first = super().run(work, jobs)
        super().run(work, jobs)
        return first


def test_a_task_that_runs_twice_changes_nothing(trial: Trial, tmp_path: Path, contracts: Path) -> None:
    again = bucketed_trial(str(tmp_path / "again"), contracts)
    again.given = {"start_workers": lambda *_: TwiceWorkers()}
    for hour in (8, 9, 10):
        publish_upstream(again, hour, FIRST)
    again.run()
    assert again.content() == trial.content()
    for hour in (8, 9, 10):
        partition = again.partition(hour)
        assert partition is not None
        assert len(again.lake.store.list(partition.location)) == partition.number("files") + 1


@pytest.mark.e2e
def test_a_run_on_spark_writes_the_same_files_as_one_without(
    any_root: str, spark: SparkSession, tmp_path: Path, contracts: Path
) -> None:
    without = bucketed_trial(str(tmp_path / "without"), contracts)
    on_spark = Trial(any_root, BUCKETED, str(contracts), spark=spark)
    for one in (without, on_spark):
        for hour in (8, 9, 10):
            publish_upstream(one, hour, FIRST, MORE)
        assert one.outcomes() == {"08": "published", "09": "published", "10": "published"}
    assert on_spark.content() == without.content()
    assert on_spark.outcomes() == {}
