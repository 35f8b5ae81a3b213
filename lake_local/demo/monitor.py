"""Looks at the stage again and again, from a thread of its own, and keeps the newest scene."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Set
from dataclasses import replace
from threading import Event as Flag
from threading import Thread

from lake.stream.errors import ClusterError
from lake_local.demo.errors import DemoError
from lake_local.demo.expected import Truth
from lake_local.demo.outputs import Outputs
from lake_local.demo.snapshot import Happening, Scene
from lake_local.demo.surroundings import TASK_MANAGERS, Stage, task_managers_of, watermark

_EVERY_SECONDS = 0.5
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.5


class Watch:
    """`scene` is what there is to see; without a stage, only what is told, which `tell` gets as well."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self._tell = tell
        self._began = time.monotonic()
        self._phase = "starting"
        self._happened: tuple[Happening, ...] = ()
        self._seen = Scene()  # the thread's alone to replace
        self._dead: frozenset[str] = frozenset()
        self._stopped = Flag()
        self._thread: Thread | None = None
        self._failure: Exception | None = None

    @property
    def scene(self) -> Scene:
        elapsed = time.monotonic() - self._began
        return replace(self._seen, phase=self._phase, elapsed=elapsed, happened=self._happened)

    def phase(self, what: str) -> None:
        """Says what goes on from now on."""
        self._phase = what
        self._tell(what)

    def happened(self, what: str) -> None:
        """Says what has just happened."""
        one = Happening(time.monotonic() - self._began, what)
        self._happened = (*self._happened, one)
        self._tell(what)

    def killed(self, task_managers: Iterable[str]) -> None:
        """Says which task managers, by Flink's ids, are dead: Flink itself takes seconds to notice."""
        self._dead |= frozenset(task_managers)

    def start(self, stage: Stage, outputs: Outputs, truth: Truth) -> None:
        """Looks at the stage from now on."""
        self._thread = Thread(target=self._run, args=(stage, outputs, truth), name="watch", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Looks no more, as soon as what is being looked at has been seen. Does not wait."""
        self._stopped.set()

    def stop(self) -> None:
        """Looks no more; outputs are the caller's again."""
        self.leave()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        self._seen = replace(self._seen, rate=0.0, lag_ms=None, task_managers=())

    def wait_until(self, is_so: Callable[[], bool], what: str, seconds: float) -> None:
        """Waits while the view goes on. Raises DemoError where it is not so in time, or looking has failed."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if self._failure is not None:
                raise DemoError(f"looking at what the applications put out: {self._failure}") from self._failure
            if time.monotonic() > deadline:
                raise DemoError(
                    f"waiting for {what}: not so after {seconds:.0f} s; this machine may be too busy: run it again "
                    "with a lower --rate"
                )
            time.sleep(_POLL_SECONDS)

    def _run(self, stage: Stage, outputs: Outputs, truth: Truth) -> None:
        before, sent_before = time.monotonic(), truth.records
        while not self._stopped.is_set():
            try:
                outputs.read()
                now, sent = time.monotonic(), truth.records
                rate = (sent - sent_before) / max(now - before, 1e-6)
                before, sent_before = now, sent
                self._seen = replace(
                    _with_health(_with_outputs(self._seen, outputs), stage, self._dead), sent=sent, rate=rate
                )
            except Exception as error:  # told by the main thread, which waits
                self._failure = error
                return
            self._stopped.wait(_EVERY_SECONDS)


def _with_outputs(scene: Scene, outputs: Outputs) -> Scene:
    minute = max((key[1] for key in outputs.counters), default="")
    return replace(
        scene,
        sessions=len(outputs.sessions),
        events_in_sessions=sum(session.events for session in outputs.sessions),
        newest=tuple(outputs.newest),
        late=len(outputs.late),
        quarantined=len(outputs.quarantined),
        minute=minute,
        counts={name: count for (name, hour), count in outputs.counters.items() if hour == minute},
        counted=sum(outputs.counters.values()),
    )


def _with_health(scene: Scene, stage: Stage, dead: Set[str]) -> Scene:
    """Watermark lag and task managers, as far as Flink answers."""
    try:
        alive = tuple(bool(task_managers_of(stage.cluster.api, at) - dead) for at in range(TASK_MANAGERS))
        reached = watermark(stage.cluster.api, stage.jobs["sessions"])
    except ClusterError:
        return replace(scene, lag_ms=None)
    return replace(scene, task_managers=alive, lag_ms=None if reached is None else time.time() * 1000 - reached)
