"""What the cluster itself does: it shows why an application did not start, and goes on from a checkpoint."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lake.stream.errors import AppFailed, ClusterError
from lake_local.emulators.streams import put
from lake_local.flink.cluster import StandaloneCluster
from tests.lake_local.flink.conftest import Aws

HOUR = "2025-03-30T09:00:00"
ONE_TASK = {"parallelism.default": "1"}


def put_homes(aws: Aws, stream: str, *ids: str) -> None:
    """Events of one name within one hour."""
    events = ({"event_id": name, "client_event": "home", "client_timestamp": "2025-03-30T09:10:00Z"} for name in ids)
    put(aws.kinesis, stream, [("one", json.dumps(event).encode()) for event in events])


def test_why_an_application_does_not_start_is_its_own_message(
    cluster: StandaloneCluster, packages: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(AppFailed, match=r"^sessions: reading runtime property gap: invalid value 'soon'; expected"):
        cluster.submit(packages["sessions"], {"source": "clicks", "sink": str(tmp_path), "gap": "soon"})


def test_a_timeout_names_what_was_waited_for_and_the_logs(cluster: StandaloneCluster) -> None:
    with pytest.raises(ClusterError, match=r"^timed out after 0 s waiting for a wonder; the logs are in .*/log"):
        cluster.wait_until(lambda: False, "a wonder", 0)


def test_a_job_that_is_submitted_again_goes_on_from_its_last_checkpoint(
    cluster: StandaloneCluster, packages: dict[str, Path], aws: Aws
) -> None:
    aws.create_streams("again", "again-late", "again-quarantine")
    aws.create_counts_table("again")
    properties = {
        "source": "kinesis://again",
        "kinesis_endpoint": aws.kinesis_endpoint,
        "sink": "dynamodb://again",
        "dynamodb_endpoint": aws.dynamodb_endpoint,
        "late_sink": "kinesis://again-late",
        "quarantine_sink": "kinesis://again-quarantine",
    }
    put_homes(aws, "again", "a", "b")
    first = cluster.submit(
        packages["event_counts"], {**properties, "initial_position": "trim_horizon"}, settings=ONE_TASK
    )
    cluster.wait_until(lambda: aws.counts_in("again") == {("home", HOUR): 2}, "both events to be counted", 120)
    before = cluster.api.completed_checkpoints(first)
    cluster.wait_until(lambda: cluster.api.completed_checkpoints(first) >= before + 2, "a checkpoint", 60)
    cluster.cancel(first)
    cluster.wait_until(lambda: cluster.job_state(first) == "CANCELED", "the job to end", 60)
    put_homes(aws, "again", "c", "a")
    again = cluster.submit(
        packages["event_counts"],
        {**properties, "initial_position": "latest"},
        settings=ONE_TASK,
        from_checkpoint=cluster.latest_checkpoint(first),
    )
    cluster.wait_until(lambda: aws.counts_in("again") == {("home", HOUR): 3}, "the third event", 120)
    cluster.wait_until(lambda: cluster.metrics(again, "duplicates") == {"duplicates": 1.0}, "the repeat", 60)
    cluster.cancel(again)


def test_a_job_that_has_ended_leaves_no_thread_and_no_classes_in_the_task_managers(
    cluster: StandaloneCluster, packages: dict[str, Path], aws: Aws
) -> None:
    aws.create_streams("freed", "freed-out", "freed-out-late", "freed-out-quarantine")
    properties = {"source": "kinesis://freed", "sink": "kinesis://freed-out", "kinesis_endpoint": aws.kinesis_endpoint}
    job = cluster.submit(packages["sessions"], properties, settings=ONE_TASK)
    cluster.wait_until(
        lambda: cluster.is_working(job) and with_mbean(cluster) > 0 and with_reaper(cluster) > 0,
        "the source to be read",
        120,
    )
    cluster.cancel(job)
    # The thread first: a histogram collects all garbage, and with the SDK's clients their thread would end.
    cluster.wait_until(lambda: with_reaper(cluster) == 0, "the AWS SDK's thread to end", 60)
    cluster.wait_until(lambda: with_mbean(cluster) == 0, "the AWS SDK's MBean to be removed", 60)


def with_mbean(cluster: StandaloneCluster) -> int:
    """How many task managers hold a job's classes by the MBean that the Kinesis source's AWS SDK registers."""
    return seen_by_jcmd(cluster, "GC.class_histogram", "com.amazonaws.metrics.MetricAdmin")


def with_reaper(cluster: StandaloneCluster) -> int:
    """How many task managers have the thread in which that SDK closes idle connections."""
    return seen_by_jcmd(cluster, "Thread.print", "java-sdk-http-connection-reaper")


def seen_by_jcmd(cluster: StandaloneCluster, command: str, text: str) -> int:
    words = [["jcmd", str(process), command] for process in cluster.task_manager_processes]
    return sum(text in subprocess.run(each, capture_output=True, text=True, check=True).stdout for each in words)
