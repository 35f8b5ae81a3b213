"""Running an application on given lines, on one cluster for all tests, and reading what it wrote."""

from __future__ import annotations

import importlib.util
import json
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType

from pyflink.common import Configuration, JobClient
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment
from pyflink.util.java_utils import add_jars_to_context_class_loader, to_jarray

from lake.flink.properties import properties_of
from lake.flink.sinks import sinks_of
from lake.flink.sources import FileSource, Source

APPS = Path(__file__).resolve().parents[2] / "flink_apps"
MAIN = {"sessions": "sessions", "event_counts": "counts"}

Row = dict[str, object]
Outputs = dict[str, list[Row]]


class Cluster:
    """A Flink cluster within this process."""

    def __init__(self, jars: list[Path]) -> None:
        self.jars = jars
        runtime = get_gateway().jvm.org.apache.flink
        settings = runtime.configuration.Configuration()
        settings.setString("rest.port", "0")
        settings.setString("rest.address", "localhost")
        settings.setString("metrics.fetcher.update-interval", "100 ms")
        settings.setString("taskmanager.memory.network.min", "128mb")
        settings.setString("taskmanager.memory.network.max", "128mb")
        settings.setString("taskmanager.memory.managed.size", "64mb")
        builder = getattr(runtime.runtime.minicluster, "MiniClusterConfiguration$Builder")()
        builder.setConfiguration(settings).setNumTaskManagers(1).setNumSlotsPerTaskManager(4)
        self._cluster = runtime.runtime.minicluster.MiniCluster(builder.build())
        self._cluster.start()
        add_jars_to_context_class_loader([jar.absolute().as_uri() for jar in jars])

    def environment(self, parallelism: int, settings: Mapping[str, str]) -> StreamTableEnvironment:
        """An environment whose statements run on this cluster, as lake.flink.program.environment makes them."""
        return StreamTableEnvironment.create(self.stream_environment(parallelism, settings))

    def stream_environment(self, parallelism: int, settings: Mapping[str, str]) -> StreamExecutionEnvironment:
        """An environment whose job runs on this cluster."""
        address = self._cluster.getRestAddress().get()
        configuration = Configuration()
        for name, value in {
            "parallelism.default": str(parallelism),
            "pipeline.object-reuse": "true",
            "pipeline.auto-watermark-interval": "0 ms",
            "restart-strategy.type": "none",
            "execution.checkpointing.interval": "60 s",
            "table.exec.uid.generation": "ALWAYS",
            "table.local-time-zone": "UTC",
            "client.retry-period": "50 ms",
            **settings,
        }.items():
            configuration.set_string(name, value)
        gateway = get_gateway()
        jars = to_jarray(gateway.jvm.String, [str(jar.absolute()) for jar in self.jars])
        remote = gateway.jvm.org.apache.flink.streaming.api.environment.RemoteStreamEnvironment(
            address.getHost(), address.getPort(), configuration._j_configuration, jars
        )
        return StreamExecutionEnvironment(remote)

    def task_states(self, job: JobClient) -> list[str]:
        """What state each task of a job is in."""
        vertices = self._cluster.getExecutionGraph(job.get_job_id()._j_job_id).get().getAllExecutionVertices()
        tasks = vertices.iterator()
        states = []
        while tasks.hasNext():
            states.append(str(tasks.next().getExecutionState()))
        return states

    def rest(self, path: str) -> object:
        """What the cluster's REST API answers to a GET."""
        address = self._cluster.getRestAddress().get()
        with urllib.request.urlopen(f"http://{address.getHost()}:{address.getPort()}{path}", timeout=30) as answer:
            return json.load(answer)

    def close(self) -> None:
        self._cluster.close()


@dataclass(frozen=True)
class ReplaySource:
    """Lines of `SHARD RECORD`, `pause MILLISECONDS`, `fail NAME` and `wait NAME` (Replay.java says what they do).

    Shards are read together, in the order of the lines. One that is endless waits for more, as a stream does.
    """

    file: Path
    is_endless: bool = False

    @property
    def is_bounded(self) -> bool:
        return True

    @property
    def hold(self) -> timedelta:
        return FileSource(str(self.file)).hold

    def declare(self, env: StreamTableEnvironment, name: str) -> None:
        endless = ", 'source.monitor-interval' = '1 h'" if self.is_endless else ""
        env.execute_sql(
            f"CREATE TEMPORARY TABLE replayed (line STRING) "
            f"WITH ('connector' = 'filesystem', 'path' = '{self.file}', 'format' = 'raw'{endless})"
        )
        get_gateway().jvm.lake.flink.tests.Replay.register(env._j_tenv, "replayed", name)


def application(name: str) -> ModuleType:
    """An application's module: each is called app.py."""
    spec = importlib.util.spec_from_file_location(f"{name}_app", APPS / name / "app.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Case:
    """An application with its properties, what it reads, and the folder that it writes to."""

    app: str
    properties: Mapping[str, str]
    source: Source
    out: Path


def run_side_by_side(cluster: Cluster, cases: Sequence[Case], settings: Mapping[str, str]) -> None:
    """Runs applications that share nothing, watermarks least of all, in one job, to the end of their sources."""
    job = cluster.stream_environment(1, settings)
    programs = []
    for case in cases:
        given = properties_of({**case.properties, "sink": str(case.out)})
        env = StreamTableEnvironment.create(job)
        programs.append(
            application(case.app).build(env, given, case.source, sinks_of(given, MAIN[case.app], ("file",)))
        )
        get_gateway().jvm.lake.flink.tests.SideBySide.name(job._j_stream_execution_environment, str(case.out))
    programs[-1].execute().wait()


def outputs_in(app: str, folder: Path) -> Outputs:
    """The rows of each output of an application, in no particular order."""
    return {name: rows_of(folder / name) for name in (MAIN[app], "late", "quarantine")}


def run(
    cluster: Cluster,
    app: str,
    properties: Mapping[str, str],
    source: Source,
    out: Path,
    parallelism: int = 1,
    settings: Mapping[str, str] | None = None,
) -> Outputs:
    """Runs an application to the end of its source; returns the rows of each output, in no particular order."""
    given = properties_of({**properties, "sink": str(out)})
    env = cluster.environment(parallelism, settings or {})
    sinks = sinks_of(given, MAIN[app], ("file",))
    application(app).build(env, given, source, sinks).execute().wait()
    return outputs_in(app, out)


def rows_of(path: Path) -> list[Row]:
    """Rows of an NDJSON file, or of all files in a folder; hidden ones are what an attempt that failed left."""
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    files = [file for file in found if file.is_file() and not file.name.startswith(".")]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows in an order of their own, to compare."""
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
