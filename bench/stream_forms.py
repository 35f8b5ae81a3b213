"""One form of the benchmark of streams, in a process of its own: `python -m bench.stream_forms FORM …`.

Runs in the streams environment. The form runs over few events into files, which shows what it makes of them; with
--warm over all into nowhere; over two events, which is what a start costs; and over all into nowhere, which counts.
Output: one JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bench.stream_input import counts_found, rows_of, sessions_found
from lake.flink.connectors import file_sink, file_source, with_clause
from lake.flink.program import environment
from lake.flink.properties import Properties, properties_of
from lake.flink.sinks import Columns, Sink, Sinks
from lake.flink.sources import FileSource

if TYPE_CHECKING:
    from pyflink.table import StreamTableEnvironment

GAP_SECONDS = 30
SESSIONS = {"gap": f"{GAP_SECONDS} s", "watermark_delay": "5 s", "dedup_window": "0"}
WITHOUT: Properties = properties_of(SESSIONS)
WITHIN: Properties = replace(WITHOUT, dedup_window=timedelta(hours=1))


class Running(Protocol):
    """What a started job is to the one who waits for it."""

    def wait(self) -> object: ...


class Program(Protocol):
    """What a form makes: something to start."""

    def execute(self) -> Running: ...


Form = Callable[["StreamTableEnvironment", Path, Sink], Program]


@dataclass(frozen=True)
class SortedFiles(FileSource):
    """Files that are read side by side, each in the order of time: no file has to be waited for.

    With `is_watched`, more of them may come: the input has no end.
    """

    is_watched: bool = False

    @property
    def hold(self) -> timedelta:
        return timedelta(0)

    def declare(self, env: StreamTableEnvironment, name: str) -> None:
        options = {**file_source(self.folder), **({"source.monitor-interval": "1 s"} if self.is_watched else {})}
        env.execute_sql(
            f"CREATE TEMPORARY TABLE {name} (payload BYTES, shard STRING NOT NULL METADATA FROM 'file.path' VIRTUAL) "
            f"{with_clause(options)}"
        )


@dataclass(frozen=True)
class Nowhere:
    """A sink that forgets."""

    def declare(self, env: StreamTableEnvironment, name: str, columns: Columns, key: object = ()) -> None:  # noqa: ARG002 # keeps none
        _declare(env, name, columns, {"connector": "blackhole"})


@dataclass(frozen=True)
class Folder:
    """A sink of NDJSON files."""

    path: Path

    def declare(self, env: StreamTableEnvironment, name: str, columns: Columns, key: object = ()) -> None:  # noqa: ARG002 # adds only
        _declare(env, name, columns, file_sink(str(self.path)))


def _declare(env: StreamTableEnvironment, name: str, columns: Columns, options: dict[str, str] | Any) -> None:
    fields = ", ".join(f"`{column}` {kind}" for column, kind in columns)
    env.execute_sql(f"CREATE TEMPORARY TABLE {name} ({fields}) {with_clause(options)}")


def ours(app: str, properties: Properties) -> Form:
    """An application of ours, as it is deployed, between the files and a sink."""

    def form(env: StreamTableEnvironment, folder: Path, sink: Sink) -> Program:
        from flink_apps.event_counts import app as event_counts
        from flink_apps.sessions import app as sessions

        module: Any = {"sessions": sessions, "event_counts": event_counts}[app]
        built: Program = module.build(env, properties, SortedFiles(str(folder)), Sinks(sink, Nowhere(), Nowhere()))
        return built

    return form


def plain_sessions(env: StreamTableEnvironment, folder: Path, sink: Sink) -> Program:
    """Sessions as SQL has them: no duplicates, no quarantine, no late rows, no first and last event."""
    _declare_events(env, folder)
    columns = (
        ("user_id", "BIGINT"),
        ("device_id", "STRING"),
        ("started_at", "TIMESTAMP(3)"),
        ("ended_at", "TIMESTAMP(3)"),
        ("events", "BIGINT"),
    )
    sink.declare(env, "sessions_out", columns)
    return _statement(
        env,
        "INSERT INTO sessions_out SELECT user_id, device_id, MIN(ts), MAX(ts), COUNT(*) FROM TABLE("
        f"SESSION(TABLE events PARTITION BY (user_id, device_id), DESCRIPTOR(ts), INTERVAL '{GAP_SECONDS}' SECOND)) "
        "GROUP BY user_id, device_id, window_start, window_end",
    )


def plain_counts(env: StreamTableEnvironment, folder: Path, sink: Sink) -> Program:
    """Counts by tumbling hour as SQL has them: nothing before the hour is over, nothing late, no quarantine."""
    _declare_events(env, folder)
    sink.declare(env, "counts_out", (("EventName", "STRING"), ("EventHour", "STRING"), ("EventCount", "BIGINT")))
    return _statement(
        env,
        "INSERT INTO counts_out SELECT client_event, DATE_FORMAT(window_start, 'yyyy-MM-dd''T''HH:mm:ss'), COUNT(*) "
        "FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' HOUR)) "
        "GROUP BY client_event, window_start, window_end",
    )


def python_sessions(env: StreamTableEnvironment, folder: Path, sink: Sink) -> Program:
    """Sessions by a Python function (bench/stream_python.py)."""
    from pyflink.datastream import StreamExecutionEnvironment

    from bench import stream_python

    source = StreamExecutionEnvironment(env._j_tenv.getPlanner().getExecEnv())
    sink.declare(env, "sessions_out", stream_python.COLUMNS)
    env.create_temporary_view("python_sessions", stream_python.python_sessions(env, source, folder, GAP_SECONDS * 1000))
    return _statement(env, "INSERT INTO sessions_out SELECT * FROM python_sessions")


def _statement(env: StreamTableEnvironment, insertion: str) -> Program:
    statements: Any = env.create_statement_set()
    statements.add_insert_sql(insertion)
    built: Program = statements
    return built


def _declare_events(env: StreamTableEnvironment, folder: Path) -> None:
    env.execute_sql(
        "CREATE TEMPORARY TABLE events (event_id STRING, user_id BIGINT, device_id STRING, client_event STRING, "
        "client_timestamp STRING, ts AS TO_TIMESTAMP(REPLACE(REPLACE(client_timestamp, 'T', ' '), 'Z', '')), "
        "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) "
        f"WITH ('connector' = 'filesystem', 'path' = '{folder}', 'format' = 'json')"
    )


FORMS: dict[str, Form] = {
    "sessions": ours("sessions", WITHOUT),
    "sessions, distinct": ours("sessions", WITHIN),
    "sessions, plain SQL": plain_sessions,
    "sessions, Python": python_sessions,
    "counts": ours("event_counts", WITHOUT),
    "counts, distinct": ours("event_counts", WITHIN),
    "counts, plain SQL": plain_counts,
}


def settings(backend: str, checkpoints: Path) -> dict[str, str]:
    """What all forms run with: two tasks of everything, memory as of one KPU, a checkpoint every ten seconds."""
    return {
        "pipeline.auto-watermark-interval": "200 ms",
        "parallelism.default": "2",
        "state.backend.type": backend,
        "execution.checkpointing.interval": "10 s",
        "execution.checkpointing.dir": checkpoints.as_uri(),
        "taskmanager.memory.managed.size": "512mb",
        "taskmanager.memory.network.max": "128mb",
        "heartbeat.timeout": "10 min",  # on a machine that is busy, a task is slow, not dead
    }


def assembled(jar: Path, chosen: dict[str, str]) -> StreamTableEnvironment:
    """The environment of one run."""
    env = environment(jar, is_bounded=True)
    for name, value in chosen.items():
        env.get_config().set(name, value)
    return env


def timed(form: Form, jar: Path, chosen: dict[str, str], folder: Path, sink: Sink) -> dict[str, float]:
    """Wall and CPU seconds from the making of a job's plan to the end of the job."""
    env = assembled(jar, chosen)
    began, spent = time.monotonic(), cpu_seconds()
    form(env, folder, sink).execute().wait()
    return {"wall": time.monotonic() - began, "cpu": cpu_seconds() - spent}


def cpu_seconds() -> float:
    """CPU of this process and all below it, the JVM and Python workers, those that have ended too; 0 without /proc."""
    spent: dict[int, float] = {}
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has ended
            continue
        process = int(stat.parent.name)
        parents[process] = int(fields[1])
        spent[process] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    family = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(spent.get(process, 0.0) for process in family)


def main() -> int:
    """Run one form and print what it took, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("form", choices=FORMS)
    parser.add_argument("--backend", choices=("rocksdb", "hashmap"), required=True)
    parser.add_argument("--jar", type=Path, required=True)
    for name in ("all", "few", "none"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="a folder of events")
    parser.add_argument("--warm", action="store_true", help="run over all twice")
    parser.add_argument("--python-mode", choices=("process", "thread"), default="process")
    asked = parser.parse_args()
    os.environ["IS_LOCAL"] = "1"
    form = FORMS[asked.form]
    with tempfile.TemporaryDirectory(prefix="bench-stream-") as temporary:
        folder = Path(temporary)
        chosen = settings(asked.backend, folder / "checkpoints")
        chosen["python.execution-mode"] = asked.python_mode
        timed(form, asked.jar, chosen, asked.few, Folder(folder / "out"))
        found: Any = counts_found if asked.form.startswith("counts") else sessions_found
        if asked.warm:
            timed(form, asked.jar, chosen, asked.all, Nowhere())
        start = timed(form, asked.jar, chosen, asked.none, Nowhere())
        run = timed(form, asked.jar, chosen, asked.all, Nowhere())
        print(json.dumps({"found": found(rows_of(folder / "out")), "start": start, "run": run}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
