"""SIGKILL of both task managers under a job: its counts are exact. At night, test_kills.py has more of the kind."""

from __future__ import annotations

from pathlib import Path

from lake_local.flink.cluster import StandaloneCluster
from tests.lake_local.flink.conftest import Aws
from tests.lake_local.flink.test_cluster import HOUR, ONE_TASK, put_homes


def test_counts_are_exact_though_the_task_managers_were_killed(
    cluster: StandaloneCluster, packages: dict[str, Path], aws: Aws
) -> None:
    aws.create_streams("killed", "killed-late", "killed-quarantine")
    aws.create_counts_table("killed")
    properties = {
        "source": "kinesis://killed",
        "kinesis_endpoint": aws.kinesis_endpoint,
        "initial_position": "trim_horizon",
        "sink": "dynamodb://killed",
        "dynamodb_endpoint": aws.dynamodb_endpoint,
        "late_sink": "kinesis://killed-late",
        "quarantine_sink": "kinesis://killed-quarantine",
    }
    put_homes(aws, "killed", "a", "b")
    job = cluster.submit(packages["event_counts"], properties, settings=ONE_TASK)
    cluster.wait_until(lambda: aws.counts_in("killed") == {("home", HOUR): 2}, "both events to be counted", 120)
    before = cluster.api.completed_checkpoints(job)
    cluster.wait_until(lambda: cluster.api.completed_checkpoints(job) > before, "a checkpoint", 60)
    for number in range(2):
        cluster.kill_task_manager(number)
    put_homes(aws, "killed", "b", "c")
    for number in range(2):
        cluster.start_task_manager(number)
    cluster.wait_until(lambda: aws.counts_in("killed") == {("home", HOUR): 3}, "the third event", 180)
    restored = cluster.api.get(f"/jobs/{job}/checkpoints")["latest"]["restored"]
    assert restored is not None
    cluster.wait_until(lambda: cluster.metrics(job, "duplicates") == {"duplicates": 1.0}, "the repeat", 60)
    assert aws.counts_in("killed") == {("home", HOUR): 3}
    cluster.cancel(job)
