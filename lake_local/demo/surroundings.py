"""The services of the demonstration, as processes on this machine: Kinesis, DynamoDB, a Flink cluster, two jobs."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake.contract.load import contracts_folder
from lake.stream.apps import app_file, apps_folder
from lake.stream.errors import ClusterError
from lake.stream.jar import connectors_jar
from lake.stream.package import write_package
from lake_local.demo.settings import CLICKS, COUNTS, OUTPUTS, SHARDS, count_properties, session_properties
from lake_local.demo.signals import undisturbed
from lake_local.emulators.aws import moto_server
from lake_local.emulators.clients import client
from lake_local.emulators.kinesis import kinesis_mock
from lake_local.emulators.streams import create_stream
from lake_local.emulators.tables import create_counts_table
from lake_local.flink.cluster import StandaloneCluster
from lake_local.flink.flink_api import FlinkApi

Say = Callable[[str], None]

TASK_MANAGERS = 2
_SLOTS = 2  # a slot of each task manager for each of the two jobs
_SUBMIT = {"parallelism.default": str(SHARDS)}
_ASK_SECONDS = 30.0
_NEVER, _ENDED = -(1 << 63), (1 << 63) - 1


@dataclass(frozen=True)
class Surroundings:
    """The running services. `jobs` are Flink's ids, by application."""

    kinesis: Any
    dynamodb: Any
    cluster: StandaloneCluster
    jobs: dict[str, str]


@contextmanager
def surroundings(folder: Path, contracts: str | None, say: Say) -> Iterator[Surroundings]:
    """Both applications running, from their zips; all processes end with the block. `folder` is for what they write.

    Raises StreamSetupError and EmulatorSetupError (what to install), JarError, EmulatorError, ClusterError, AppFailed.
    """
    ends = ExitStack()
    try:
        yield _start(ends, folder, contracts, say)
    finally:
        with undisturbed():
            ends.close()


def _start(ends: ExitStack, folder: Path, contracts: str | None, say: Say) -> Surroundings:
    say("packing the applications")
    packages = _packages(folder, contracts, say)
    say("starting kinesis-mock and moto")
    kinesis_at = ends.enter_context(kinesis_mock(folder, say=say)).endpoint
    dynamodb_at = ends.enter_context(moto_server())
    kinesis, dynamodb = client("kinesis", kinesis_at), client("dynamodb", dynamodb_at)
    _make_streams(kinesis)
    create_counts_table(dynamodb, COUNTS)
    say(f"starting Flink: a job manager, {TASK_MANAGERS} task managers")
    cluster = ends.enter_context(StandaloneCluster(folder / "flink", task_managers=TASK_MANAGERS, slots=_SLOTS))
    properties = {
        "sessions": session_properties(kinesis_at),
        "event_counts": count_properties(kinesis_at, dynamodb_at),
    }
    jobs = {}
    for app, app_properties in properties.items():
        say(f"submitting {app}")
        jobs[app] = cluster.submit(packages[app], app_properties, settings=_SUBMIT)
    return Surroundings(kinesis, dynamodb, cluster, jobs)


def watermark(api: FlinkApi, job: str) -> int | None:
    """The lowest watermark of a job's tasks, in milliseconds since 1970.

    None before the first one, and after the end of all input. Raises ClusterError.
    """
    values = []
    for vertex in api.get(f"/jobs/{job}")["vertices"]:
        watermarks = api.get(f"/jobs/{job}/vertices/{vertex['id']}/watermarks")
        values += [int(entry["value"]) for entry in watermarks]
    known = [value for value in values if _NEVER < value < _ENDED]  # a source has none
    return min(known, default=None)


def task_managers_of(api: FlinkApi, at: int) -> set[str]:
    """Flink's ids of the task manager of this number: for a while several, if it was restarted.

    Raises ClusterError.
    """
    return {name for name in api.task_managers() if name.startswith(f"tm-{at}-")}


def drain(api: FlinkApi, job: str, savepoints: Path) -> None:
    """Stop a job as if its sources had ended: it closes all sessions and writes everything. Does not wait.

    Raises ClusterError.
    """
    words = {"drain": True, "targetDirectory": savepoints.absolute().as_uri()}
    request = urllib.request.Request(  # noqa: S310 # an address of ours
        f"{api.address}/jobs/{job}/stop", json.dumps(words).encode(), {"Content-Type": "application/json"}
    )
    try:
        urllib.request.urlopen(request, timeout=_ASK_SECONDS).close()  # noqa: S310 # an address of ours
    except OSError as error:
        raise ClusterError(f"ending the job {job}: {error}") from error


def _packages(folder: Path, contracts: str | None, say: Say) -> dict[str, Path]:
    apps = apps_folder()
    jar = connectors_jar(apps, say)
    return {
        app: write_package(app_file(app, apps), jar, contracts_folder(contracts), folder / f"{app}.zip")
        for app in ("sessions", "event_counts")
    }


def _make_streams(kinesis: Any) -> None:
    for name, shards in {CLICKS: SHARDS, **dict.fromkeys(OUTPUTS, 1)}.items():
        create_stream(kinesis, name, shards)
