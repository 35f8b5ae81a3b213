"""The job on a real Spark session: the rows, rejects, file names and bytes are those of a run without Spark."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.errors import StorageError
from tests.glue_jobs.harness import Trial, click

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

HOURS = (9, 10)


SMALL_UNITS = {"unit_bytes": 1, "batch_bytes": 4_000}
"""Each object is a unit, and two or so fill a batch: many tasks, in several Spark jobs, two at a time."""


@pytest.fixture
def on_spark(any_root: str, spark: SparkSession) -> Trial:
    return Trial(any_root, spark=spark, given=SMALL_UNITS)


@pytest.fixture
def without(tmp_path: Path) -> Trial:
    return Trial(str(tmp_path / "without"), given=SMALL_UNITS)


def lines(*records: dict[str, object]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def land_first(trial: Trial) -> None:
    """Plain, gzip of many members, damaged gzip, an empty object; duplicates and conflicts across units and hours."""
    for hour in HOURS:
        first = hour * 1000
        trial.land(hour, "a", lines(*(click(first + n) for n in range(30))) + b"broken\n")
        members = [gzip.compress(lines(*(click(first + n) for n in range(at, at + 10))), mtime=0) for at in (20, 30)]
        trial.land(hour, "b", b"".join(members))
        trial.land(hour, "c", members[0] + members[1][:-9])
        trial.land(hour, "d", b"")
        trial.land(hour, "e", lines(click(first - 1000, user_id=-1), click(first - 999), click(first, extra="x")))


def land_late(trial: Trial) -> None:
    trial.land(9, "late", lines(*(click(9000 + n) for n in range(35, 45)), click(10_001, client_event=None)))


def results(trial: Trial) -> dict[str, object]:
    """All that two runs must agree on: names and bytes of files, sums, rejects."""
    return {"content": trial.content(), "counts": trial.counts(), "rejected": trial.rejected()}


def test_a_run_on_spark_writes_the_same_files_as_one_without_and_so_with_a_late_object(
    on_spark: Trial, without: Trial
) -> None:
    for trial in (on_spark, without):
        land_first(trial)
    assert on_spark.outcomes() == without.outcomes() == {f"{hour:02d}": "published" for hour in HOURS}
    assert results(on_spark) == results(without)
    reasons = {reason for reason, _, _ in on_spark.rejected()}
    assert reasons == {"invalid_json", "damaged_gzip", "empty_object", "conflicting_duplicate"}
    for trial in (on_spark, without):
        land_late(trial)
    assert on_spark.outcomes() == without.outcomes()
    assert results(on_spark) == results(without)
    assert on_spark.outcomes() == {}


def test_what_a_worker_could_not_write_is_reported_as_without_spark(
    spark: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    trial = Trial(str(tmp_path / "lake"), spark=spark)
    trial.land(9, "a", [click(1)])
    in_the_way = tmp_path / "lake" / "curated"
    in_the_way.write_text("a file where a folder should be")
    messages = {raised(Trial(trial.root, spark=session)) for session in (spark, None)}
    assert {message.split("run=")[0] for message in messages} == {
        f"writing {in_the_way}/clickstream/events_v1/dt=2026-11-21-09/"
    }
    assert not any("\n" in message for message in messages)
    in_the_way.unlink()
    assert trial.outcomes() == {"09": "published"}


def raised(trial: Trial) -> str:
    with pytest.raises(StorageError) as caught:
        trial.run()
    return str(caught.value)
