"""Metrics of runs: freshness, stale and refused partitions and the account, by which alarms are set."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake.errors import GateRefused, StorageError
from lake.jobs.runner import main
from lake.steps import Step
from tests.glue_jobs.harness import EVENTS, Trial, click, job, runtime
from tests.glue_jobs.test_gate import Suite

NOW = datetime(2026, 11, 21, 13, 30, tzinfo=UTC)


@pytest.fixture
def trial(aws: str, tmp_path: Path) -> Trial:
    suite = Suite(tmp_path / "expectations")
    suite.allow(["home", "cart"])
    return Trial(str(tmp_path / "lake"), expectations=str(suite.folder), given={"clock": lambda: NOW})


def points(namespace: str = "Lake") -> dict[str, Any]:
    """The newest value of each metric of the table, as CloudWatch has it."""
    cloudwatch = boto3.client("cloudwatch")
    found = {}
    for listed in cloudwatch.list_metrics(Namespace=namespace)["Metrics"]:
        assert listed["Dimensions"] == [{"Name": "Table", "Value": EVENTS}]
        answer = cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName=listed["MetricName"],
            Dimensions=listed["Dimensions"],
            StartTime=NOW.replace(hour=0),
            EndTime=NOW.replace(hour=23),
            Period=86_400,
            Statistics=["Maximum"],
        )
        (point,) = answer["Datapoints"]
        found[listed["MetricName"]] = point["Maximum"]
    return found


def test_a_run_that_is_refused_in_part_publishes_freshness_what_is_stale_and_the_account(trial: Trial) -> None:
    trial.land(9, "a", [click(1), click(2), click(2)])
    trial.land(10, "a", json.dumps(click(3)) + "\nbroken\n")
    trial.land(11, "a", [click(4, client_event="surprise")])
    with pytest.raises(GateRefused):
        trial.run(metrics_namespace="Lake")
    assert points() == {
        **{"FreshnessSeconds": 2.5 * 3600, "PartitionsStale": 1, "PartitionsRefused": 1},
        **{"Records": 5, "Rows": 3, "Duplicates": 1, "Quarantined": 1, "Skipped": 0},
    }


def test_a_run_with_nothing_to_do_publishes_how_old_the_table_is(trial: Trial) -> None:
    trial.land(9, "a", [click(1)])
    trial.run()
    assert points() == {}
    trial.run(metrics_namespace="Lake")
    found = points()
    assert (found["FreshnessSeconds"], found["PartitionsStale"], found["Records"]) == (3.5 * 3600, 0, 0)


def test_a_run_of_some_hours_says_nothing_of_the_table(trial: Trial) -> None:
    trial.land(9, "a", [click(1)])
    trial.land(10, "a", [click(2)])
    trial.run(since="2026-11-21-10", metrics_namespace="Lake")
    assert set(points()) == {"PartitionsRefused", "Records", "Rows", "Duplicates", "Quarantined", "Skipped"}


def test_a_run_that_fails_publishes_what_is_left_stale(trial: Trial) -> None:
    trial.land(9, "a", [click(1)])
    trial.given["on_step"] = fails
    with pytest.raises(StorageError):
        trial.run(metrics_namespace="Lake")
    assert points()["PartitionsStale"] == 1
    assert "FreshnessSeconds" not in points()


def fails(step: Step, _: str) -> None:
    if step is Step.BATCH_WRITTEN:
        raise StorageError("out of reach")


def test_metrics_that_cannot_be_published_fail_no_run(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    trial.land(9, "a", [click(1)])
    with caplog.at_level(logging.WARNING):
        assert trial.outcomes(metrics_namespace="Lake") == {"09": "published"}
    assert f"publishing the metrics of {EVENTS} in Lake: AWS is not reachable" in caplog.text


@pytest.mark.parametrize(("on_refusal", "code"), [("fail", 3), ("succeed", None), ("ignore", 2)])
def test_a_refusal_ends_the_job_as_the_option_says(
    trial: Trial, on_refusal: str, code: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trial.land(9, "a", [click(1, client_event="surprise")])
    where = ["--root", trial.root, "--expectations", str(trial.expectations)]
    monkeypatch.setattr("sys.argv", ["raw_to_parquet.py", "--table", EVENTS, *where, "--on-refusal", on_refusal])
    names = job()
    try:
        main(names["run"], names["Args"], runtime())
        ended = None
    except SystemExit as stopped:
        ended = stopped.code
    assert ended == code
    said = {"ignore": "--on-refusal: expected fail or succeed, got 'ignore'"}.get(on_refusal, "surprise")
    assert said in capsys.readouterr().err


def test_a_failure_ends_the_job_as_one_whatever_is_said_of_refusals(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["raw_to_parquet.py", "--table", "no.such_v1", "--root", trial.root, "--on-refusal", "succeed"]
    monkeypatch.setattr("sys.argv", words)
    names = job()
    with pytest.raises(SystemExit) as stopped:
        main(names["run"], names["Args"], runtime())
    assert stopped.value.code == 2
