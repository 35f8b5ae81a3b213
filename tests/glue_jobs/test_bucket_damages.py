"""An upstream partition with a file that is missing or damaged: what is said, and that what was published stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.catalog import Partition
from lake.errors import StorageError
from tests.glue_jobs.bucket_lakes import assert_bucketed, bucketed_trial, orders, publish_upstream
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
        "and the catalog says that it has 260; 1 of its files are gone, the first of them unit1-00000.parquet. Nothing "
        "of the hour was published; see `lake verify shop.orders_v1 --since 2026-11-21-09`, and `lake run` it with "
        "--rebuild"
    )


@pytest.mark.parametrize("is_large", [False, True])
def test_an_upstream_file_that_is_damaged_is_named_with_what_to_do(
    trial: Trial, is_large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_large:
        monkeypatch.setattr("lake.buckets.units.UNIT_BYTES", 1000)
    store, source = trial.lake.store, upstream(trial)
    key = next(one.key for one in store.list(source.location) if one.key.endswith(".parquet"))
    data = store.read(key)
    message = refused_by_its_upstream(trial, lambda: store.write(key, data[:-8]), lambda: store.write(key, data))
    assert message.startswith(f"reading {store.uri_of(key)}: ")
    assert message.endswith("; `lake verify` tells more")


@pytest.mark.slow
def test_what_a_worker_on_spark_could_not_read_is_told_as_plainly_as_without(trial: Trial, spark: SparkSession) -> None:
    store, source = trial.lake.store, upstream(trial)
    key = next(one.key for one in store.list(source.location) if one.key.endswith(".parquet"))
    data = store.read(key)
    told = set()
    for session in (None, spark):
        store.write(key, data[:-8])
        with pytest.raises(StorageError) as refused:
            replace(trial, spark=session).run()
        told.add(str(refused.value))
    assert len(told) == 1
    store.write(key, data)
    assert replace(trial, spark=spark).outcomes() == {"09": "published"}
    assert_bucketed(trial, 9)


def upstream(trial: Trial) -> Partition:
    partition = trial.of("shop.orders_v1").partition(9)
    assert partition is not None
    return partition


def refused_by_its_upstream(trial: Trial, damage: Callable[[], None], mend: Callable[[], None]) -> str:
    """Run the job over a damaged upstream: what it says. What was published stays; mended, all is well."""
    old = trial.content()
    damage()
    with pytest.raises(StorageError) as refused:
        trial.run()
    assert trial.content() == old
    mend()
    assert trial.outcomes() == {"09": "published"}
    assert_bucketed(trial, 9)
    return str(refused.value)
