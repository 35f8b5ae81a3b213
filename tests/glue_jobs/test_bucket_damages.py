"""An upstream partition with a file that is missing or damaged: what is said, and that what was published stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.catalog import Partition
from lake.errors import StorageError
from tests.glue_jobs.bucket_lakes import UPSTREAM, assert_bucketed, bucketed_trial, orders, publish_upstream
from tests.glue_jobs.harness import Trial

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLD = orders([f"key {n % 9}" for n in range(60)])
NEW = orders([f"key {n % 40}" for n in range(200)], start=60)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """An hour that is published, and has other rows upstream since."""
    trial = bucketed_trial(str(tmp_path / "lake"), tmp_path / "contracts")
    publish_upstream(trial, 9, OLD)
    trial.run()
    publish_upstream(trial, 9, NEW)
    return trial


def test_an_upstream_file_that_is_missing_is_named_with_what_to_do(trial: Trial) -> None:
    publish_upstream(trial, 9, OLD, NEW)
    store, source = trial.lake.store, upstream(trial)
    gone = next(one.key for one in store.list(source.location) if "unit1" in one.key)
    data = store.read(gone)
    message = refused_by_its_upstream(trial, lambda: store.delete([gone]), lambda: store.write(gone, data))
    assert message == (
        f"bucketing shop.orders_by_key_v1 dt=2026-11-21-09: 60 rows were read from {store.uri_of(source.location)}, "
        "and the catalog says that it has 260; 1 of its files are missing, the first of them unit1-00000.parquet. "
        "Nothing of the hour was published; run `lake verify shop.orders_v1 --since 2026-11-21-09`, and `lake run` it "
        "with --rebuild"
    )


@pytest.mark.parametrize("is_large", [False, True])
def test_an_upstream_file_that_is_damaged_is_named_with_what_to_do(trial: Trial, is_large: bool) -> None:
    trial.given = {"unit_bytes": 1000 if is_large else None}
    store, source = trial.lake.store, upstream(trial)
    key = next(one.key for one in store.list(source.location) if one.key.endswith(".parquet"))
    data = store.read(key)
    message = refused_by_its_upstream(trial, lambda: store.write(key, data[:-8]), lambda: store.write(key, data))
    assert message.startswith(f"reading {store.uri_of(key)}: ")
    assert message.endswith("; run `lake verify` to find out more")


@pytest.mark.e2e
def test_what_a_worker_on_spark_could_not_read_has_the_message_that_it_has_without(
    trial: Trial, spark: SparkSession
) -> None:
    store, source = trial.lake.store, upstream(trial)
    key = next(one.key for one in store.list(source.location) if one.key.endswith(".parquet"))
    data = store.read(key)
    messages = set()
    for session in (None, spark):
        store.write(key, data[:-8])
        with pytest.raises(StorageError) as refused:
            replace(trial, spark=session).run()
        messages.add(str(refused.value))
    assert len(messages) == 1
    store.write(key, data)
    assert replace(trial, spark=spark).outcomes() == {"09": "published"}
    assert_bucketed(trial, 9)


def upstream(trial: Trial) -> Partition:
    partition = trial.of("shop.orders_v1").partition(9)
    assert partition is not None
    return partition


def refused_by_its_upstream(trial: Trial, damage: Callable[[], None], repair: Callable[[], None]) -> str:
    """Run the job over a damaged upstream: what it says. What was published stays; once repaired, it succeeds."""
    old = trial.content()
    damage()
    with pytest.raises(StorageError) as refused:
        trial.run()
    assert trial.content() == old
    repair()
    assert trial.outcomes() == {"09": "published"}
    assert_bucketed(trial, 9)
    return str(refused.value)


def damage(trial: Trial, hour: int) -> None:
    """Cut an upstream file of the hour in two."""
    source = trial.of(UPSTREAM).partition(hour)
    assert source is not None
    (file,) = [one for one in trial.lake.store.list(source.location) if one.key.endswith(".parquet")]
    trial.lake.store.write(file.key, trial.lake.store.read(file.key)[: file.size // 2])


@pytest.mark.parametrize("damaged", [(8,), (9,), (8, 10)])
def test_a_damaged_hour_costs_itself_alone_and_is_reported_once_the_others_are_published(
    trial: Trial, tmp_path: Path, damaged: tuple[int, ...]
) -> None:
    trial = replace(trial, root=str(tmp_path / "fresh"))
    for hour in (8, 9, 10):
        publish_upstream(trial, hour, orders([f"key {hour}"]))
    for hour in damaged:
        damage(trial, hour)
    more = "1 more partition(s) failed likewise; all others are published"
    with pytest.raises(StorageError, match=rf"dt=2026-11-21-{damaged[0]:02d}") as raised:
        trial.run()
    assert (more in str(raised.value)) == (len(damaged) == 2)
    assert [hour for hour in (8, 9, 10) if trial.partition(hour) is None] == list(damaged)
    for hour in damaged:
        publish_upstream(trial, hour, orders([f"key {hour}", "repaired"]))
    assert set(trial.outcomes()) == {f"{hour:02d}" for hour in damaged}
    for hour in (8, 9, 10):
        assert_bucketed(trial, hour)


def test_what_fails_hour_after_hour_ends_the_run(trial: Trial, tmp_path: Path) -> None:
    trial = replace(trial, root=str(tmp_path / "fresh"))
    for hour in (6, 7, 8, 9):
        publish_upstream(trial, hour, orders([f"key {hour}"]))
        if hour < 9:
            damage(trial, hour)
    with pytest.raises(StorageError):
        trial.run()
    assert trial.partition(9) is None
