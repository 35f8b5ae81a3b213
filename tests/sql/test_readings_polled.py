"""sensors.readings, polled by readers on both engines while all that can happen to it happens.

At every poll each reading is there exactly once: across the turn of the hour, publishes, late objects and rollbacks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from lake.cli.app import run_command
from lake.query.run import run_query
from tests.glue_jobs.harness import Trial
from tests.trino_servers import TestTrino

READINGS, BUCKETED = "sensors.readings_v1", "sensors.readings_by_sensor_v1"
POLL = (
    "SELECT dt, sensor_id, count(*) AS times FROM sensors.readings WHERE dt >= '2026-11-21-08' GROUP BY dt, sensor_id"
)

State = dict[str, frozenset[str]]
"""What each hour holds: the names of its sensors, each of which sent one reading."""


@dataclass
class Poll:
    """One answer, and the steps that were done when it was asked for, and when it came."""

    first: int
    last: int
    seen: State
    repeated: list[str]


@dataclass
class Reader:
    """Asks the same question all the while."""

    name: str
    ask: Callable[[str], pa.Table]
    steps: list[State]
    polls: list[Poll] = field(default_factory=list)
    error: BaseException | None = None

    def run(self, stopped: threading.Event) -> None:
        try:
            while not stopped.is_set():
                first = len(self.steps) - 1
                rows = self.ask(POLL).to_pylist()
                seen: dict[str, set[str]] = {}
                for row in rows:
                    seen.setdefault(row["dt"], set()).add(row["sensor_id"])
                repeated = [row["sensor_id"] for row in rows if row["times"] != 1]
                self.polls.append(
                    Poll(first, len(self.steps), {dt: frozenset(one) for dt, one in seen.items()}, repeated)
                )
                stopped.wait(0.1)  # what is read from needs the processors too
        except BaseException as error:
            self.error = error

    def wrong(self) -> list[str]:
        """Polls in which an hour was in none of the states that it was in between the poll's steps."""
        failures = []
        for poll in self.polls:
            states = self.steps[poll.first : poll.last + 1]
            for dt in {dt for state in states for dt in state} | poll.seen.keys():
                allowed = {state.get(dt, frozenset()) for state in states}
                if poll.seen.get(dt, frozenset()) not in allowed:
                    failures.append(f"{self.name}: {dt} held {len(poll.seen.get(dt, ()))} at step {poll.first}")
            failures += [f"{self.name}: {one} stood more than once at step {poll.first}" for one in poll.repeated]
        return failures


@contextmanager
def reading(readers: list[Reader]) -> Iterator[None]:
    stopped = threading.Event()
    threads = [threading.Thread(target=reader.run, args=(stopped,)) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def wait_for_polls(readers: list[Reader], polls: int = 2) -> None:
    """Until every reader has asked again, and was answered, since now."""
    wanted = [len(reader.polls) + polls for reader in readers]
    deadline = time.monotonic() + 120
    while any(len(reader.polls) < least for reader, least in zip(readers, wanted, strict=True)):
        assert time.monotonic() < deadline
        for reader in readers:
            if reader.error is not None:
                raise reader.error
        time.sleep(0.02)


def sensors(hour: int, first: int, end: int) -> list[dict[str, object]]:
    return [{"sensorId": f"{hour}-{n}", "currentTemperature": n, "status": "OK"} for n in range(first, end)]


def names(hour: int, end: int) -> frozenset[str]:
    return frozenset(f"{hour}-{n}" for n in range(end))


def test_each_reading_is_there_exactly_once_at_every_poll_on_both_engines(
    tmp_path: Path, trino_local: TestTrino
) -> None:
    root = str(tmp_path / "lake")
    flat, bucketed = Trial(root, READINGS), Trial(root, BUCKETED)

    def landed(hour: int, name: str, first: int, end: int) -> None:
        flat.land(hour, name, sensors(hour, first, end))

    def cli(*words: str) -> None:
        assert run_command([*words, "--root", root]) == 0

    landed(8, "a", 0, 300)
    flat.run()
    cli("sql", "deploy")
    h8, h9, h10 = "2026-11-21-08", "2026-11-21-09", "2026-11-21-10"
    state: State = {h8: names(8, 300)}
    steps: list[State] = [state]
    readers = [
        Reader("duckdb", lambda sql: run_query(sql, root).table, steps),
        Reader("trino", lambda sql: trino_local.query(root, sql).table, steps),
    ]

    def step(change: State, *actions: Callable[[], object]) -> None:
        """Do it under the readers' eyes; from the first action on they may see the old or the new."""
        nonlocal state
        state = {**state, **change}
        for act in actions:
            act()
        steps.append(state)
        wait_for_polls(readers)

    with reading(readers):
        wait_for_polls(readers)
        step({}, bucketed.run)
        # The hour turns: readings of hour 9 arrive, are published flat, twice, and bucketed only later.
        step({h9: names(9, 100)}, lambda: landed(9, "a", 0, 100), flat.run)
        step({h9: names(9, 300)}, lambda: landed(9, "b", 100, 300), flat.run)
        step({h10: names(10, 50)}, lambda: landed(10, "a", 0, 50), flat.run)
        step({}, lambda: bucketed.run(until=h10))
        # A late object for an hour that is bucketed: it shows at once, from the flat table, until that is followed.
        step({h8: names(8, 320)}, lambda: landed(8, "late", 300, 320), flat.run)
        step({}, bucketed.run)
        step({h8: names(8, 300)}, lambda: cli("rollback", READINGS, h8))
        step({}, bucketed.run)
        step({}, lambda: cli("unpin", READINGS, h8))
        step({h8: names(8, 320)}, flat.run)
        step({}, bucketed.run)
        # The bucketed hour itself is rolled back, to what it was made of before.
        step({h8: names(8, 300)}, lambda: cli("rollback", BUCKETED, h8))
        step({h8: names(8, 320)}, lambda: cli("unpin", BUCKETED, h8), bucketed.run)
        step({}, lambda: flat.run(rebuild=True), lambda: bucketed.run(rebuild=True))

    for reader in readers:
        assert reader.error is None
        assert reader.wrong() == []
        assert len(reader.polls) > 2 * len(steps) - 2
