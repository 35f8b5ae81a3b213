"""An application of the deployed zip as a process, for as long as a test wants it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.conftest import REPOSITORY

Value = TypeVar("Value")

SECONDS = 240.0
"""How long anything may take that is waited for; a machine under load starts a JVM in half a minute."""

_POLL_SECONDS = 0.2
_STOP_SECONDS = 60


class App:
    """A `lake stream run` that reads a stream until it is stopped."""

    def __init__(self, name: str, process: subprocess.Popen[str], said: Path) -> None:
        self.name = name
        self._process = process
        self._said = said

    def until(self, look: Callable[[], Value], is_enough: Callable[[Value], bool]) -> Value:
        """What `look` gives once it is enough; after four minutes, whatever it gives. Fails where the app ends."""
        deadline = time.monotonic() + SECONDS
        while not is_enough(found := look()) and time.monotonic() < deadline:
            assert self._process.poll() is None, f"{self.name} ended: {self._said.read_text()}"
            time.sleep(_POLL_SECONDS)
        return found

    def stop(self) -> int:
        """Stops it as Ctrl-C does; its exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(_STOP_SECONDS)


@contextmanager
def running(name: str, package: Path, settings: Mapping[str, str], folder: Path) -> Iterator[App]:
    """An application from its start until the block is left; what it says goes into the folder."""
    said = folder / f"{name}.said"
    command = [sys.executable, "-m", "lake", "stream", "run", name, "--package", str(package)]
    command += ["--source", settings["source"], "--sink", settings["sink"]]
    others = [f"{name}={value}" for name, value in settings.items() if name not in ("source", "sink")]
    command += [word for setting in others for word in ("--set", setting)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with said.open("w") as file:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file, text=True)
    try:
        yield App(name, process, said)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(_STOP_SECONDS)
