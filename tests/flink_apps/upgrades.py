"""Programs that are stopped with a savepoint in the middle of their input, and others that start from it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyflink.common import JobClient
from pyflink.java_gateway import get_gateway
from runs import MAIN, Cluster, Outputs, ReplaySource, application, rows_of

from lake.flink.properties import properties_of
from lake.flink.sinks import Sink, sinks_of

STOP = "stop"
"""A line at which the program is stopped, and the next one started."""

SECONDS = 90
_WAITS = 4_000


@dataclass(frozen=True)
class Version:
    """One version of a program. `ignores_lost_state` is the service's AllowNonRestoredState.

    `folder` is that of its outputs; `main` another sink than that for the main one; `contracts` a folder of rendered
    ones, if not the repository's.
    """

    properties: Mapping[str, str] = field(default_factory=dict)
    parallelism: int = 1
    ignores_lost_state: bool = False
    backend: str = "rocksdb"
    folder: str = "out"
    main: Sink | None = None
    contracts: Path | None = None


LAST = 99
"""A user whose sessions `spans` leaves out: the events only advance the watermark."""


def event(time: str, name: str, *, day: int = 29, user: int = 20) -> str:
    """A line of a replay."""
    record = {
        "event_id": f"{user} {name}",
        "user_id": user,
        "device_id": "computer",
        "client_event": name,
        "client_timestamp": f"2018-11-{day}T{time}Z",
    }
    return f"one {json.dumps(record)}"


def spans(outputs: Outputs) -> list[tuple[object, ...]]:
    """Begin, end, events, first and last event of the sessions, in the order of their begin."""
    return sorted(
        (
            str(row["started_at"]).removeprefix("2018-11-"),
            str(row["ended_at"]).removeprefix("2018-11-"),
            row["events"],
            row["begin_navigation"],
            row["end_navigation"],
        )
        for row in outputs["sessions"]
        if row["user_id"] != LAST
    )


def outputs_of(cluster: Cluster, app: str, lines: Sequence[str], versions: Sequence[Version], folder: Path) -> Outputs:
    """The rows that all versions wrote, one after the other, to each output.

    `lines` are a replay's, with a STOP between versions; the last one is drained, which closes all that is open.
    """
    folder.mkdir(parents=True)
    run = uuid.uuid4().hex
    gates = [f"{run}-{number}" for number in range(len(versions))]
    replayed, names = [], iter(gates)
    for line in [*lines, STOP]:
        replayed += [f"wait {next(names)}"] * _WAITS if line == STOP else [line]
    (folder / "input.replay").write_text("\n".join(replayed) + "\n")
    savepoint = None
    for gate, version in zip(gates, versions, strict=True):
        job = started(cluster, app, version, folder, savepoint)
        meet(gate, job, cluster)
        is_last = gate == gates[-1]
        savepoint = job.stop_with_savepoint(is_last, (folder / "savepoints").as_uri()).result()
        _replay().letGo(gate)
    outs = {version.folder for version in versions}
    return {
        name: [row for out in sorted(outs) for row in rows_of(folder / out / name)]
        for name in (MAIN[app], "late", "quarantine")
    }


def started(cluster: Cluster, app: str, version: Version, folder: Path, savepoint: str | None) -> JobClient:
    """A job of this version, which reads the folder's input.replay from the beginning or from where a savepoint was."""
    settings = {
        "state.backend.type": version.backend,
        "execution.checkpointing.interval": "1 h",
    }
    if savepoint is not None:
        settings["execution.state-recovery.path"] = savepoint
    given = properties_of({**version.properties, "sink": str(folder / version.folder)})
    source = ReplaySource(folder / "input.replay", is_endless=True)
    env = cluster.environment(version.parallelism, settings)
    # Later than the other settings, since the remote environment forgets it.
    env.get_config().set("execution.state-recovery.ignore-unclaimed-state", str(version.ignores_lost_state).lower())
    sinks = sinks_of(given, MAIN[app], ("file",))
    if version.main is not None:
        sinks = replace(sinks, main=version.main)
    module = application(app)
    if version.contracts is not None:
        module.contracts_of = lambda _: version.contracts
    return module.build(env, given, source, sinks).execute().client


def meet(gate: str, job: JobClient, cluster: Cluster) -> None:
    """Waits until a job has read all lines before a gate, and all its tasks run, so that it can be stopped there."""
    deadline = time.monotonic() + SECONDS
    while not (_replay().isMet(gate) and set(cluster.task_states(job)) == {"RUNNING"}):
        if job.get_job_status().result().name in ("FAILED", "FINISHED", "CANCELED"):
            job.get_job_execution_result().result()
        assert time.monotonic() < deadline, f"the job did not come to {gate} within {SECONDS} seconds"
        time.sleep(0.05)


def _replay() -> object:
    return get_gateway().jvm.lake.flink.tests.Replay
