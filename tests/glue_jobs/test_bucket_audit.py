"""Whatever goes wrong between reading and publishing: nothing of the hour is published, but by the next run."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lake.write.bucket_files
import lake.write.bucket_order
import lake.write.bucket_task
from lake.errors import StorageError
from lake.objects.local import LocalStore
from lake.steps import Step
from lake.write.bucket_order import Ordered
from tests.glue_jobs.bucket_lakes import assert_bucketed, bucketed_trial, orders, publish_upstream
from tests.glue_jobs.harness import Trial

pytestmark = pytest.mark.e2e

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


Break = Callable[[pytest.MonkeyPatch], None]


def refusal(trial: Trial, break_it: Break) -> str:
    """Run the job with something broken: what it says. What was published stays; a sound run replaces it."""
    old, before = trial.content(), trial.partition(9)
    with pytest.MonkeyPatch.context() as patch:
        break_it(patch)
        with pytest.raises(StorageError) as refused:
            trial.run()
    assert (trial.content(), trial.partition(9)) == (old, before)
    assert trial.rows(9).num_rows == 60
    assert trial.outcomes() == {"09": "published"}
    assert_bucketed(trial, 9)
    assert trial.rows(9).num_rows == 200
    return str(refused.value)


def in_the_task(change: Callable[[Ordered], Ordered]) -> Break:
    """The task takes its rows in another order than it should."""
    real = lake.write.bucket_order.ordered
    return lambda patch: patch.setattr(lake.write.bucket_task, "ordered", lambda *given: change(real(*given)))


def test_a_hash_that_is_wrong_in_the_task_alone_is_seen_by_the_proof(trial: Trial) -> None:
    def break_it(patch: pytest.MonkeyPatch) -> None:
        real = lake.write.bucket_order.hive_hashes
        patch.setattr(lake.write.bucket_order, "hive_hashes", lambda columns: real(columns) + 1)

    shown = refusal(trial, break_it)
    assert "00000" in shown
    assert "belong to other buckets than" in shown
    assert shown.endswith("Nothing of its hour is published; run the job again")


def test_a_hash_that_is_wrong_everywhere_is_seen_by_its_plain_implementation(trial: Trial) -> None:
    def break_it(patch: pytest.MonkeyPatch) -> None:
        real = lake.write.bucket_order.hive_hashes
        for module in (lake.write.bucket_order, lake.write.bucket_files):
            patch.setattr(module, "hive_hashes", lambda columns: real(columns) + 1)

    shown = refusal(trial, break_it)
    assert "the first of them row 0 ({'key': 'key " in shown
    assert "`WHERE key = …` would not find them" in shown


def test_a_row_in_another_bucket_is_named(trial: Trial) -> None:
    def exchanged(order: Ordered) -> Ordered:
        places = order.places.copy()
        inner = [int(order.starts[bucket]) + 3 for bucket in (0, 1)]
        places[inner] = places[inner[::-1]]
        return Ordered(places, order.starts)

    shown = refusal(trial, in_the_task(exchanged))
    assert "/000000_0-" in shown
    assert ": 1 of " in shown
    assert "the first of them row 3 ({'key': 'key " in shown
    assert "belong to other buckets than 0, and" in shown


def test_two_rows_that_changed_places_are_seen(trial: Trial) -> None:
    def swapped(order: Ordered) -> Ordered:
        places = order.places.copy()
        first, last = order.starts[1], order.starts[2] - 1
        places[[first, last]] = places[[last, first]]
        return Ordered(places, order.starts)

    shown = refusal(trial, in_the_task(swapped))
    assert "/000001_0-" in shown
    assert "it is not sorted by key at row" in shown


def test_a_row_that_is_lost_is_seen(trial: Trial) -> None:
    def lost(order: Ordered) -> Ordered:
        starts = order.starts.copy()
        starts[-1] -= 1
        return Ordered(order.places, starts)

    shown = refusal(trial, in_the_task(lost))
    assert "auditing unit 0 of shop.orders_by_key_v1 dt=2026-11-21-09: 200 rows were read and 199 lie in its" in shown


@pytest.mark.parametrize("same_key", [True, False])
def test_a_row_that_is_there_twice_in_place_of_another_is_seen(trial: Trial, same_key: bool) -> None:
    def doubled(order: Ordered) -> Ordered:
        places = order.places.copy()
        # Each key has five rows, one after the other.
        to = int(order.starts[1]) + (3 if same_key else 5)
        places[to] = places[to + 1 if same_key else to - 1]
        return Ordered(places, order.starts)

    shown = refusal(trial, in_the_task(doubled))
    assert shown.startswith(
        "sorting unit 0 of shop.orders_by_key_v1 dt=2026-11-21-09: a row would be lost, and another"
    )


def test_keys_that_are_not_those_that_were_read_are_seen(trial: Trial) -> None:
    def break_it(patch: pytest.MonkeyPatch) -> None:
        real = lake.write.bucket_task.bucket_bytes

        def one_key(rows: pa.Table, *rest: Any) -> pa.Buffer:
            return real(rows.take(pa.array([0] * rows.num_rows)), *rest)

        patch.setattr(lake.write.bucket_task, "bucket_bytes", one_key)

    assert "200 rows were read and 200 lie in its buckets, or their keys are others" in refusal(trial, break_it)


def test_a_file_of_fewer_rows_than_were_meant_is_named(trial: Trial) -> None:
    def break_it(patch: pytest.MonkeyPatch) -> None:
        real = lake.write.bucket_task.bucket_bytes
        patch.setattr(lake.write.bucket_task, "bucket_bytes", lambda rows, *rest: real(rows.slice(1), *rest))

    shown = refusal(trial, break_it)
    assert "rows; " in shown
    assert "were written" in shown


def test_a_file_of_other_columns_is_named(trial: Trial) -> None:
    def break_it(patch: pytest.MonkeyPatch) -> None:
        def narrow(rows: pa.Table, *_: Any) -> pa.Buffer:
            sink = io.BytesIO()
            pq.write_table(rows.drop_columns(["note"]), sink)
            return pa.py_buffer(sink.getvalue())

        patch.setattr(lake.write.bucket_task, "bucket_bytes", narrow)

    shown = refusal(trial, break_it)
    assert "/000000_0-" in shown
    assert "its columns are not the contract's" in shown


def after(step: Step, spoil: Callable[[LocalStore, str], None], trial: Trial) -> Break:
    """Something happens to the first file of the run right after a step."""
    keys: list[str] = []

    def on_step(happened: Step, subject: str) -> None:
        if happened is Step.FILE_ENCODED:
            keys.append(subject)
        if happened is step:
            spoil(LocalStore(Path(trial.root)), keys[0])

    return lambda patch: patch.setitem(trial.given, "on_step", on_step)


def truncate(store: LocalStore, key: str) -> None:
    store.write(key, store.read(key)[:-10])


def remove(store: LocalStore, key: str) -> None:
    store.delete([key])


def add_a_stray(store: LocalStore, key: str) -> None:
    store.write(key.replace("/000000_0-", "/000001_7-"), store.read(key))


def overwrite(store: LocalStore, key: str) -> None:
    """Other bytes, as many."""
    store.write(key, bytes(len(store.read(key))))


@pytest.mark.parametrize(
    ("step", "spoil", "shown"),
    [
        (Step.UNITS_WRITTEN, truncate, "its bytes are not those that were written"),
        (Step.UNITS_WRITTEN, overwrite, "its bytes are not those that were written"),
        (Step.UNITS_WRITTEN, remove, "it cannot be read back"),
        (Step.UNITS_WRITTEN, add_a_stray, "they differ at bucketed/shop/orders_by_key_v1/dt=2026-11-21-09/run="),
        (Step.BATCH_WRITTEN, truncate, "they differ at bucketed/shop/orders_by_key_v1/dt=2026-11-21-09/run="),
        (
            Step.BATCH_WRITTEN,
            remove,
            "expected 4 files as written, found 3; they differ at bucketed/shop/orders_by_key_v1",
        ),
        (
            Step.BATCH_WRITTEN,
            add_a_stray,
            "expected 4 files as written, found 5; they differ at bucketed/shop/orders_by_",
        ),
    ],
)
def test_a_file_that_is_spoilt_after_it_was_written_is_named_and_not_published(
    trial: Trial, step: Step, spoil: Callable[[LocalStore, str], None], shown: str
) -> None:
    message = refusal(trial, after(step, spoil, trial))
    assert shown in message
    assert "/000000_0-" in message or "/000001_7-" in message
    assert message.endswith("run the job again")
