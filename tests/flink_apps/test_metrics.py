"""The operators' metrics as the cluster reports them: their names, where they stand, and their values."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from pyflink.common import JobClient
from runs import Cluster
from upgrades import SECONDS, Version, event, meet, started

GROUP = ".kinesisanalytics.Service.lake."
LAG = "watermarkLagMillis"
RULES = {"watermark_delay": "0", "gap": "10m", "retention": "5m"}
WAITS = 3_000

Values = dict[str, int]


def metrics_of(cluster: Cluster, job: JobClient) -> Values:
    """All metrics of our group by `operator.name`; those of the job's tasks added up."""
    path = f"/jobs/{job.get_job_id()}"
    vertices = cast("Mapping[str, list[dict[str, str]]]", cluster.rest(path))["vertices"]
    values: Values = {}
    for vertex in vertices:
        metrics = f"{path}/vertices/{vertex['id']}/metrics"
        names = [one["id"] for one in cast("list[dict[str, str]]", cluster.rest(metrics)) if GROUP in one["id"]]
        if not names:
            continue
        for one in cast("list[dict[str, str]]", cluster.rest(f"{metrics}?get={','.join(names)}")):
            _, name = one["id"].split(".", 1)  # the task's number
            short = name.replace(GROUP, ".")
            values[short] = values.get(short, 0) + int(one["value"])
    return values


def met(cluster: Cluster, job: JobClient, is_met: Callable[[Values], bool]) -> Values:
    """The metrics, when they are as they should be; else the last ones before the deadline."""
    deadline = time.monotonic() + SECONDS
    while not is_met(values := metrics_of(cluster, job)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return values


def stopped_at(cluster: Cluster, app: str, lines: list[str], folder: Path, gate: str) -> JobClient:
    """A job that has read the lines, and runs on."""
    (folder / "input.replay").write_text("\n".join([*lines, *[f"wait {gate}"] * WAITS]) + "\n")
    job = started(cluster, app, Version(RULES), folder, None)
    meet(gate, job, cluster)
    return job


LINES = [
    event("10:00:00", "A", user=1),
    event("10:00:00", "A", user=1),  # a repeat
    event("10:00:00", "A", user=1).replace("10:00:00", "10:00:01"),  # other content
    "one no record",
    event("10:01:00", "B", user=2),
    event("10:30:00", "C", user=2),  # closes both
    event("10:00:00", "late", user=3),
]
WATERMARK = datetime(2018, 11, 29, 10, 29, 59, 999_000, tzinfo=UTC)
COMMON = {
    "parse_events.recordsIn": 7,
    "parse_events.events": 6,
    "parse_events.quarantined": 1,
    "distinct_events.duplicates": 1,
    "distinct_events.quarantined": 1,
}


@pytest.mark.parametrize(
    ("app", "own", "lagging"),
    [
        ("sessions", {"sessions.late": 1, "sessions.sessionsOpen": 1}, f"sessions.{LAG}"),
        ("event_counts", {"retained_events.late": 1}, f"retained_events.{LAG}"),
    ],
)
def test_metrics_are_those_of_what_was_read(
    app: str, own: Values, lagging: str, cluster: Cluster, tmp_path: Path
) -> None:
    before = datetime.now(tz=UTC)
    job = stopped_at(cluster, app, LINES, tmp_path, f"metrics-{app}")
    try:
        expected = {**COMMON, **own}
        values = met(cluster, job, lambda found: {**found, lagging: 0} == {**expected, lagging: 0})
        lag = values.pop(lagging)
        assert values == expected
        assert (before - WATERMARK).total_seconds() * 1000 <= lag + 1
        assert lag - 1 <= (datetime.now(tz=UTC) - WATERMARK).total_seconds() * 1000
    finally:
        job.cancel().result()


@pytest.mark.parametrize(("app", "operator"), [("sessions", "sessions"), ("event_counts", "retained_events")])
def test_lag_is_minus_one_before_there_is_a_watermark(
    app: str, operator: str, cluster: Cluster, tmp_path: Path
) -> None:
    job = stopped_at(cluster, app, ["one no record"], tmp_path, f"no-lag-{app}")
    try:
        values = met(cluster, job, lambda found: found.get("parse_events.quarantined") == 1)
        assert (values["parse_events.recordsIn"], values[f"{operator}.{LAG}"]) == (1, -1)
    finally:
        job.cancel().result()
