"""All that the demonstration runs on, as processes on this machine: Kinesis, DynamoDB, a Flink cluster, two jobs."""

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
class Stage:
    """What has been started. `jobs` are Flink's ids, by application."""

    kinesis: Any
    dynamodb: Any
    cluster: StandaloneCluster
    jobs: dict[str, str]


@contextmanager
def stage(folder: Path, contracts: str | None, say: Say) -> Iterator[Stage]:
    """Both applications running, from their zips; all processes end with the block. `folder` is for what they write.

    Raises StreamSetupError and EmulatorSetupError (what to install), JarError, EmulatorError, ClusterError, AppFailed.
    """
    ends = ExitStack()
    try:
        yield _started(ends, folder, contracts, say)
    finally:
        with undisturbed():
            ends.close()


def _started(ends: ExitStack, folder: Path, contracts: str | None, say: Say) -> Stage:
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
    for app, given in properties.items():
        say(f"submitting {app}")
        jobs[app] = cluster.submit(packages[app], given, settings=_SUBMIT)
    return Stage(kinesis, dynamodb, cluster, jobs)


def watermark(api: FlinkApi, job: str) -> int | None:
    """How far event time has come, in milliseconds since 1970, in that task of a job that is furthest behind.

    None before there is any, and when all input has ended. Raises ClusterError.
    """
    values = []
    for vertex in api.get(f"/jobs/{job}")["vertices"]:
        told = api.get(f"/jobs/{job}/vertices/{vertex['id']}/watermarks")
        values += [int(entry["value"]) for entry in told]
    known = [value for value in values if _NEVER < value < _ENDED]  # a source is given none
    return min(known, default=None)


def task_managers_of(api: FlinkApi, at: int) -> set[str]:
    """Flink's ids of the task manager of this number: several for a while, where it was started anew.

    Raises ClusterError.
    """
    return {one for one in api.task_managers() if one.startswith(f"tm-{at}-")}


def drain(api: FlinkApi, job: str, savepoints: Path) -> None:
    """Tells a job to end as if its sources had ended: all sessions are closed, and all is written. Does not wait.

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
