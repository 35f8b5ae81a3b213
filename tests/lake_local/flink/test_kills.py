"""SIGKILL of task managers and of the job manager, ten times at random moments: as if nothing had happened.

Three jobs read one stream while it is written: sessions into streams, sessions into files, counts into DynamoDB.
test_task_manager_killed.py has one kill by day, and tests/flink_apps/test_restart.py failures of every task.
"""

from __future__ import annotations

import base64
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lake.stream.errors import ClusterError
from lake_local.emulators.streams import StreamReader
from lake_local.flink.cluster import StandaloneCluster
from tests.lake_local.flink.clicks import PROPERTIES, Clicks, Row, as_sent
from tests.lake_local.flink.conftest import Aws
from tests.lake_local.flink.producer import Producer

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

KILLS = 10
PATIENCE = 300.0
PARALLELISM = {"parallelism.default": "2"}


@dataclass(frozen=True)
class Story:
    """What ten kills left: the clicks that were sent, what came out of them, and how often jobs were restored."""

    clicks: Clicks
    streamed: dict[str, list[Row]]
    files: dict[str, list[Row]]
    counts: dict[tuple[str, str], int]
    counts_too_high: list[tuple[str, str]]
    restores: int


@pytest.fixture(scope="module")
def story(
    cluster: StandaloneCluster, packages: dict[str, Path], aws: Aws, tmp_path_factory: pytest.TempPathFactory
) -> Story:
    """All tests here look at the same ten kills."""
    out = tmp_path_factory.mktemp("kills") / "out"
    aws.create_streams("clicks", shards=4)
    aws.create_streams("ended", "ended-late", "ended-quarantine", "counts-late", "counts-quarantine")
    aws.create_counts_table("counts")
    clicks = Clicks(seed=20)
    producer = Producer(aws.kinesis, "clicks", clicks)
    source = {**PROPERTIES, "source": "kinesis://clicks", "kinesis_endpoint": aws.kinesis_endpoint}
    beside = {"late_sink": "kinesis://counts-late", "quarantine_sink": "kinesis://counts-quarantine"}
    too_high: list[tuple[str, str]] = []

    def watch() -> None:
        found = aws.counts_in("counts")
        truth = producer.counts_so_far()
        too_high.extend(key for key, count in found.items() if count > truth.get(key, 0))

    jobs = [
        cluster.submit(packages[app], {**source, **properties}, settings=PARALLELISM)
        for app, properties in (
            ("sessions", {"sink": "kinesis://ended"}),
            ("sessions", {"sink": str(out)}),
            ("event_counts", {"sink": "dynamodb://counts", "dynamodb_endpoint": aws.dynamodb_endpoint, **beside}),
        )
    ]
    wait_for_checkpoints(cluster, jobs, 1)
    with producer.sending():
        restores = disturb(cluster, jobs, random.Random(7), watch)
    producer.send_last()
    reader = StreamReader(aws.kinesis, "ended")
    streamed: list[Row] = []
    expected, counts = clicks.sessions(), clicks.counts()

    def is_all_out() -> bool:
        streamed.extend(json.loads(data) for data in reader.read())
        return (
            len({str(row["session_id"]) for row in streamed}) >= len(expected)
            and len(rows_in(out / "sessions")) >= len(expected)
            and aws.counts_in("counts") == counts
        )

    try:
        cluster.wait_until(is_all_out, "all sessions and counts", PATIENCE)
    except ClusterError as error:  # the tests say what is missing
        print(error)
    wait_for_checkpoints(cluster, jobs, 2)  # whatever is under way still comes out
    is_all_out()
    for job in jobs:
        cluster.cancel(job)
    others = {name: records_of(aws.kinesis, f"ended-{name}") for name in ("late", "quarantine")}
    files = {name: rows_in(out / name) for name in ("sessions", "late", "quarantine")}
    return Story(clicks, {"sessions": streamed, **others}, files, aws.counts_in("counts"), too_high, restores)


def disturb(cluster: StandaloneCluster, jobs: list[str], chance: random.Random, watch: Callable[[], None]) -> int:
    """Ten kills, of a task manager and of the job manager in turn, at random moments; some while jobs still recover.

    Returns how often a job was seen to go on from a checkpoint.
    """
    restores = 0
    for number in range(KILLS):
        if number < 2 or chance.random() < 0.7:
            wait_for_checkpoints(cluster, jobs, 1)
            restores += number > 0 and sum(was_restored(cluster, job) for job in jobs)
        time.sleep(chance.uniform(0, 4))  # the moment is what is tried
        watch()
        if number % 2:
            cluster.kill_job_manager()
            cluster.start_job_manager()
        else:
            at = chance.randrange(2)
            cluster.kill_task_manager(at)
            cluster.start_task_manager(at)
    wait_for_checkpoints(cluster, jobs, 1)
    return restores + sum(was_restored(cluster, job) for job in jobs)


def wait_for_checkpoints(cluster: StandaloneCluster, jobs: list[str], count: int) -> None:
    """Until each job works, and has completed `count` checkpoints from then on."""
    for job in jobs:
        cluster.wait_until(partial(cluster.is_working, job), f"job {job} to work", PATIENCE)
    wanted = {job: cluster.api.completed_checkpoints(job) + count for job in jobs}
    cluster.wait_until(
        lambda: all(cluster.api.completed_checkpoints(job) >= wanted[job] for job in jobs), "checkpoints", PATIENCE
    )


def was_restored(cluster: StandaloneCluster, job: str) -> bool:
    return cluster.api.get(f"/jobs/{job}/checkpoints")["latest"]["restored"] is not None


def rows_in(folder: Path) -> list[Row]:
    """Rows of finished files; those of an attempt that was cut off stay hidden."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def records_of(kinesis: Any, stream: str) -> list[Row]:
    return [json.loads(data) for data in StreamReader(kinesis, stream).read()]


def by_id(rows: list[Row]) -> list[Row]:
    return sorted(map(as_sent, rows), key=lambda row: str(row["session_id"]))


def reasons(rows: list[Row]) -> Counter[tuple[str, bytes]]:
    return Counter((str(row["reason"]), base64.b64decode(str(row["payload"]))) for row in rows)


def test_every_kill_was_felt(story: Story) -> None:
    assert story.restores >= KILLS


def test_sessions_in_a_stream_are_as_if_undisturbed_and_those_sent_again_are_the_same_rows(story: Story) -> None:
    different = {json.dumps(row, sort_keys=True): row for row in story.streamed["sessions"]}
    assert by_id(list(different.values())) == story.clicks.sessions()
    assert story.streamed["late"] == []


def test_sessions_in_files_are_each_there_once(story: Story) -> None:
    assert by_id(story.files["sessions"]) == story.clicks.sessions()
    assert story.files["late"] == []


def test_records_that_are_no_events_are_in_the_quarantine(story: Story) -> None:
    refused = Counter(
        [*(("invalid_json", record) for record in story.clicks.rejected)]
        + [("missing_key", record) for record in story.clicks.timeless_records()]
    )
    assert reasons(story.files["quarantine"]) == refused
    assert set(reasons(story.streamed["quarantine"])) == set(refused)


def test_every_counter_is_exact(story: Story) -> None:
    assert story.counts == story.clicks.counts()


def test_no_counter_was_ever_too_high(story: Story) -> None:
    assert story.counts_too_high == []
