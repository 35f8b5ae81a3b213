"""Processes that end with the one that started them, however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

# Reads the ids of processes that began (+) and ended (-); the pipe ends with the process at its other end, even if that
# is killed. It imports nothing but what every Python has, so it is there at once.
_GUARD = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""

Process = subprocess.Popen[bytes]


class ProcessGroup:
    """Starts processes, each in its own process group, so that Ctrl-C does not reach them; kills all at the end."""

    def __init__(self) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, "-S", "-c", _GUARD], stdin=subprocess.PIPE, text=True, start_new_session=True
        )
        self._alive: list[Process] = []

    def __enter__(self) -> ProcessGroup:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def has_ended(self) -> bool:
        """Whether a process ended that this object did not kill."""
        return any(child.poll() is not None for child in self._alive)

    def start(self, words: Sequence[str], environment: Mapping[str, str], folder: Path, output: Path) -> Process:
        """Start a process in `folder`; its output is appended to the file `output`."""
        with output.open("ab") as file:
            child = subprocess.Popen(
                list(words),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._alive.append(child)
        self._notify_guard(f"+{child.pid}")
        return child

    def kill(self, child: Process) -> None:
        """Kill a process and its children with SIGKILL, and wait for its end; no effect if it has ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if child in self._alive:
            self._alive.remove(child)
            self._notify_guard(f"-{child.pid}")

    def close(self) -> None:
        """Kill all that are alive, the last one first."""
        for child in reversed(list(self._alive)):
            self.kill(child)
        if self._guard.stdin is not None and not self._guard.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.close()
        self._guard.wait()

    def _notify_guard(self, line: str) -> None:
        assert self._guard.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the guard was killed; the processes still end with this object
            self._guard.stdin.write(line + "\n")
            self._guard.stdin.flush()
