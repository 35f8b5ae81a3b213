"""The job's own file on a Spark cluster of two workers, one of which is killed while it works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.glue_jobs.harness import EVENTS, JOB, REPOSITORY, Trial
from tests.glue_jobs.spark_cluster import Cluster, cluster, descendants, until

pytestmark = pytest.mark.nightly  # its cheaper forms: test_on_spark.py, and the kills in test_crashes.py

HOURS = range(24)
RECORDS = 20_000


@pytest.fixture
def two_workers(tmp_path: Path) -> Iterator[Cluster]:
    log = tmp_path / "cluster"
    log.mkdir()
    with cluster(log) as started:
        yield started


@pytest.fixture
def undisturbed(tmp_path: Path) -> Trial:
    """What a run in one process, without Spark, makes of the same objects."""
    trial = Trial(str(tmp_path / "undisturbed"))
    land(trial)
    trial.run()
    return trial


def land(trial: Trial) -> None:
    """Hours that take a while, each with a reject and the first record of the hour before once more."""
    for hour in HOURS:
        first = hour * RECORDS
        records = "".join(
            f'{{"event_id":"e{n}","user_id":{n},"device_id":"d{n % 7}","client_event":"home",'
            f'"client_timestamp":"2026-11-21T09:00:{n % 60:02d}Z"}}\n'
            for n in [*range(first, first + RECORDS), max(0, first - RECORDS)]
        )
        trial.land(hour, "a", records + "broken\n")


def job_on(running: Cluster, trial: Trial, events: Path) -> subprocess.Popen[str]:
    """Start the job as a person would on a cluster; Spark's own account of it goes to the folder `events`."""
    events.mkdir()
    settings = f"spark.eventLog.enabled true\nspark.eventLog.dir {events.as_uri()}\n"
    (events.parent / "spark-defaults.conf").write_text(settings)
    environment = os.environ | {"SPARK_CONF_DIR": str(events.parent), "SPARK_LOCAL_IP": "127.0.0.1"}
    command = [sys.executable, str(JOB), "--table", EVENTS, "--root", trial.root, "--master", running.master]
    command += ["--expectations", "/nonexistent"]
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE, text=True)


def is_at_work(running: Cluster, worker: int) -> bool:
    """Whether a task runs there: its executor's Python daemon has forked a process for one."""
    pids = descendants(running.workers[worker].pid)
    daemons = [pid for pid in pids if is_python(pid)]
    return any(is_python(below) for daemon in daemons for below in descendants(daemon))


def is_python(pid: int) -> bool:
    try:
        return b"pyspark" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0", 3)[2]
    except (OSError, IndexError):
        return False


def lost_tasks(events: Path) -> int:
    """Tasks that Spark counts as lost with their executor."""
    lines = [line for path in events.iterdir() for line in path.read_text().splitlines()]
    ends = [event for line in lines if (event := json.loads(line))["Event"] == "SparkListenerTaskEnd"]
    return sum(1 for end in ends if end["Task End Reason"]["Reason"] == "ExecutorLostFailure")


def test_a_worker_killed_in_the_middle_of_a_task_makes_no_difference(
    two_workers: Cluster, undisturbed: Trial, tmp_path: Path
) -> None:
    trial, events = Trial(str(tmp_path / "lake")), tmp_path / "spark" / "events"
    events.parent.mkdir()
    land(trial)
    job = job_on(two_workers, trial, events)
    until(lambda: is_at_work(two_workers, 1) or job.poll() is not None, 120, "a task on the second worker")
    two_workers.kill(1)
    _, log = job.communicate(timeout=240)
    assert job.returncode == 0, log
    assert lost_tasks(events) > 0
    assert trial.content() == undisturbed.content()
    assert trial.counts() == undisturbed.counts()
    assert trial.rejected() == undisturbed.rejected()
    assert trial.outcomes() == {}
