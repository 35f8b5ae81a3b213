"""Events a second of the Flink applications, against the plain SQL form, in one run.

Runs in the streams environment: `.venv-streams/bin/python -m bench.stream [--events N] [--jar JAR]`. Input: two files
of clicks in the order of time, of so many users that nine of ten events are a session of their own: the worst case for
state. What is written goes nowhere. Each form runs twice; the second, warm run counts. Output: one line a form, and
one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flink_apps.event_counts import app as counts_app
from flink_apps.sessions import app as sessions_app
from lake.flink.program import environment
from lake.flink.properties import Properties, properties_of
from lake.flink.sinks import Columns, Sinks
from lake.flink.sources import FileSource

if TYPE_CHECKING:
    from pyflink.table import StatementSet, StreamTableEnvironment

START_MS = 1_543_500_000_000
SPAN_MS = 3_600_000
MEAN_GAP_MS = 250_000  # of one user: an event is alone with a probability of exp(-30/250)
FILES = 2
SESSIONS = {"gap": "30 s", "watermark_delay": "5 s"}

Form = Callable[["StreamTableEnvironment", Path], "StatementSet"]


@dataclass(frozen=True)
class SortedFiles(FileSource):
    """Files that are read side by side, each in the order of time: no file has to be waited for."""

    @property
    def hold(self) -> timedelta:
        return timedelta(0)


@dataclass(frozen=True)
class Nowhere:
    """A sink that forgets."""

    @property
    def replaces(self) -> bool:
        return True

    def declare(self, env: StreamTableEnvironment, name: str, columns: Columns, key: object = ()) -> None:  # noqa: ARG002 # keeps none
        fields = ", ".join(f"`{column}` {kind}" for column, kind in columns)
        env.execute_sql(f"CREATE TEMPORARY TABLE {name} ({fields}) WITH ('connector' = 'blackhole')")


def write_events(folder: Path, events: int) -> None:
    """Files of clicks; the same for the same number."""
    chance = random.Random(7)  # any numbers will do
    users = max(1, round(events * MEAN_GAP_MS / SPAN_MS))
    files = [(folder / f"{number}.ndjson").open("w") for number in range(FILES)]
    names = ("page_view", "add_to_cart", "purchase", "search", "B_10", "A_02")
    for number in range(events):
        micros = START_MS * 1000 + number * SPAN_MS * 1000 // events
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(micros // 1_000_000))
        user = chance.randrange(users)
        files[number % FILES].write(
            f'{{"event_id":"{chance.getrandbits(128):032x}","user_id":{user},"device_id":"device_{user % 7}",'
            f'"client_event":"{chance.choice(names)}","client_timestamp":"{when}.{micros // 1000 % 1000:03d}Z"}}\n'
        )
    for file in files:
        file.close()


def ours(app: object, properties: Properties) -> Form:
    """An application of ours, as it is deployed, between the files and nowhere."""

    def form(env: StreamTableEnvironment, folder: Path) -> StatementSet:
        nowhere = Nowhere()
        return app.build(env, properties, SortedFiles(str(folder)), Sinks(nowhere, nowhere, nowhere))  # type: ignore[attr-defined]

    return form


def plain_sessions(env: StreamTableEnvironment, folder: Path) -> StatementSet:
    """Sessions as SQL has them: no duplicates, no quarantine, no late rows, no first and last event."""
    _declare_events(env, folder)
    Nowhere().declare(
        env,
        "sessions_out",
        (("user_id", "BIGINT"), ("device_id", "STRING"), ("a", "TIMESTAMP(3)"), ("b", "TIMESTAMP(3)"), ("n", "BIGINT")),
    )
    statements = env.create_statement_set()
    statements.add_insert_sql(
        "INSERT INTO sessions_out SELECT user_id, device_id, MIN(ts), MAX(ts), COUNT(*) FROM TABLE("
        "SESSION(TABLE events PARTITION BY (user_id, device_id), DESCRIPTOR(ts), INTERVAL '30' SECOND)) "
        "GROUP BY user_id, device_id, window_start, window_end"
    )
    return statements


def plain_counts(env: StreamTableEnvironment, folder: Path) -> StatementSet:
    """Counts by tumbling hour as SQL has them."""
    _declare_events(env, folder)
    Nowhere().declare(env, "counts_out", (("name", "STRING"), ("hour", "TIMESTAMP(3)"), ("n", "BIGINT")))
    statements = env.create_statement_set()
    statements.add_insert_sql(
        "INSERT INTO counts_out SELECT client_event, window_start, COUNT(*) FROM TABLE("
        "TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY client_event, window_start, window_end"
    )
    return statements


def _declare_events(env: StreamTableEnvironment, folder: Path) -> None:
    env.execute_sql(
        "CREATE TEMPORARY TABLE events (event_id STRING, user_id BIGINT, device_id STRING, client_event STRING, "
        "client_timestamp STRING, ts AS TO_TIMESTAMP(REPLACE(REPLACE(client_timestamp, 'T', ' '), 'Z', '')), "
        "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) "
        f"WITH ('connector' = 'filesystem', 'path' = '{folder}', 'format' = 'json')"
    )


def seconds(form: Form, folder: Path, jar: Path, backend: str, checkpoints: Path) -> float:
    """How long a form takes from the start of its job to the end."""
    env = environment(jar, is_bounded=True)
    for name, value in {
        "pipeline.auto-watermark-interval": "200 ms",
        "parallelism.default": "2",
        "state.backend.type": backend,
        "execution.checkpointing.interval": "10 s",
        "execution.checkpointing.dir": checkpoints.as_uri(),
        "taskmanager.memory.managed.size": "512mb",
        "taskmanager.memory.network.max": "128mb",
    }.items():
        env.get_config().set(name, value)
    statements = form(env, folder)
    started = time.monotonic()
    statements.execute().wait()
    return time.monotonic() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--jar", type=Path, default=os.environ.get("LAKE_FLINK_JAR"), required=False)
    parser.add_argument("--only", default="", help="only forms whose name has this in it")
    chosen = parser.parse_args()
    os.environ["IS_LOCAL"] = "1"
    without = properties_of({**SESSIONS, "dedup_window": "0"})
    within = replace(without, dedup_window=timedelta(hours=1))
    forms: dict[str, Form] = {
        "sessions, plain SQL": plain_sessions,
        "sessions": ours(sessions_app, without),
        "sessions, distinct": ours(sessions_app, within),
        "counts, plain SQL": plain_counts,
        "counts": ours(counts_app, without),
        "counts, distinct": ours(counts_app, within),
    }
    rates: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder, checkpoints = Path(temporary) / "events", Path(temporary) / "checkpoints"
        folder.mkdir()
        write_events(folder, chosen.events)
        for backend in ("rocksdb", "hashmap"):
            for name, form in forms.items():
                label = f"{name}, {backend}"
                if chosen.only in label:
                    runs = [seconds(form, folder, Path(chosen.jar), backend, checkpoints) for _ in range(2)]
                    rates[label] = round(chosen.events / runs[-1])
                    print(
                        f"{label:36} {rates[label]:>9,} events/s  (first run {chosen.events / runs[0]:,.0f})",
                        flush=True,
                    )
    print(json.dumps(rates))
    return 0


if __name__ == "__main__":
    sys.exit(main())
