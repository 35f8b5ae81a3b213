"""Polls Flink and the outputs in its own thread, and keeps the newest snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Set
from dataclasses import replace
from threading import Event as Flag
from threading import Thread

from lake.stream.errors import ClusterError
from lake_local.demo.errors import DemoError
from lake_local.demo.expected import Expected
from lake_local.demo.outputs import Outputs
from lake_local.demo.snapshot import Milestone, Snapshot
from lake_local.demo.surroundings import TASK_MANAGERS, Surroundings, task_managers_of, watermark

_EVERY_SECONDS = 0.5
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.5


class Monitor:
    """`snapshot` is the newest state. `log` receives each phase and each milestone."""

    def __init__(self, log: Callable[[str], None] = lambda _: None) -> None:
        self._log = log
        self._began = time.monotonic()
        self._phase = "starting"
        self._happened: tuple[Milestone, ...] = ()
        self._seen = Snapshot()  # replaced by the thread alone
        self._dead: frozenset[str] = frozenset()
        self._stopped = Flag()
        self._thread: Thread | None = None
        self._failure: Exception | None = None

    @property
    def snapshot(self) -> Snapshot:
        elapsed = time.monotonic() - self._began
        return replace(self._seen, phase=self._phase, elapsed=elapsed, happened=self._happened)

    def phase(self, what: str) -> None:
        """Set the current phase."""
        self._phase = what
        self._log(what)

    def happened(self, what: str) -> None:
        """Add a milestone."""
        self._happened = (*self._happened, Milestone(time.monotonic() - self._began, what))
        self._log(what)

    def killed(self, task_managers: Iterable[str]) -> None:
        """Mark task managers, by Flink's ids, as dead: Flink itself takes seconds to notice."""
        self._dead |= frozenset(task_managers)

    def start(self, surroundings: Surroundings, outputs: Outputs, expected: Expected) -> None:
        """Start polling."""
        self._thread = Thread(target=self._run, args=(surroundings, outputs, expected), name="monitor", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Stop polling after the current poll. Does not wait."""
        self._stopped.set()

    def stop(self) -> None:
        """Stop polling, and wait; the caller may read the outputs again."""
        self.leave()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        self._seen = replace(self._seen, rate=0.0, lag_ms=None, task_managers=())

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Wait for a condition. Raises DemoError if it takes longer than `seconds`, or if polling has failed."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self._failure is not None:
                raise DemoError(f"reading the applications' outputs: {self._failure}") from self._failure
            if time.monotonic() > deadline:
                raise DemoError(
                    f"timed out after {seconds:.0f} s waiting for {what}; the machine may be overloaded: lower --rate"
                )
            time.sleep(_POLL_SECONDS)

    def _run(self, surroundings: Surroundings, outputs: Outputs, expected: Expected) -> None:
        before, sent_before = time.monotonic(), expected.records
        while not self._stopped.is_set():
            try:
                outputs.read()
                now, sent = time.monotonic(), expected.records
                rate = (sent - sent_before) / max(now - before, 1e-6)
                before, sent_before = now, sent
                self._seen = replace(
                    _with_health(_with_outputs(self._seen, outputs), surroundings, self._dead), sent=sent, rate=rate
                )
            except Exception as error:  # raised in the main thread by wait_until()
                self._failure = error
                return
            self._stopped.wait(_EVERY_SECONDS)


def _with_outputs(snapshot: Snapshot, outputs: Outputs) -> Snapshot:
    minute = max((key[1] for key in outputs.counters), default="")
    return replace(
        snapshot,
        sessions=len(outputs.sessions),
        events_in_sessions=sum(session.events for session in outputs.sessions),
        newest=tuple(outputs.newest),
        late=len(outputs.late),
        quarantined=len(outputs.quarantined),
        minute=minute,
        counts={name: count for (name, hour), count in outputs.counters.items() if hour == minute},
        counted=sum(outputs.counters.values()),
    )


def _with_health(snapshot: Snapshot, surroundings: Surroundings, dead: Set[str]) -> Snapshot:
    """Watermark lag and task managers, if Flink answers."""
    try:
        alive = tuple(bool(task_managers_of(surroundings.cluster.api, at) - dead) for at in range(TASK_MANAGERS))
        reached = watermark(surroundings.cluster.api, surroundings.jobs["sessions"])
    except ClusterError:
        return replace(snapshot, lag_ms=None)
    return replace(snapshot, task_managers=alive, lag_ms=None if reached is None else time.time() * 1000 - reached)
