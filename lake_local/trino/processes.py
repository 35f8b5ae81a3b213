"""Processes that stay when the shell that started them ends, and whose death is never overlooked.

Such a process holds a lock on a file from before its start until it has ended, however it ends: the system lets go
of it. So a process id of a dead process, which may be another's by now, is never taken for the living one.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_TERM_SECONDS = 10.0
_KILL_SECONDS = 10.0
_POLL_SECONDS = 0.05
_TOLD_LINES = 12

# The shell ends at once, so the process is nobody's child; its group's number is the shell's.
_LAUNCH = '"$@" & echo "$! $$" > "$0"'


@dataclass(frozen=True)
class Background:
    """A process that is known by its files in `folder`: NAME.alive (its lock), NAME.pid, NAME.log."""

    folder: Path
    name: str

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def lock(self) -> Path:
        return self.folder / f"{self.name}.alive"

    @property
    def pid(self) -> int:
        """The process id, 0 where none was started."""
        return self._numbers()[0]

    def is_alive(self) -> bool:
        return is_held(self.lock)

    @contextmanager
    def reserved(self) -> Iterator[int]:
        """Hold its lock before it starts; gives the file descriptor, for `launch`."""
        with self.lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file.fileno()

    def launch(self, words: Sequence[str | Path], environment: Mapping[str, str], held: int) -> None:
        """Start it, to outlive this process; it inherits the lock that `held` is. Its output goes to its log."""
        pid_file = self.folder / f"{self.name}.pid"
        with self.log.open("wb") as log:
            subprocess.run(
                ["/bin/sh", "-c", _LAUNCH, pid_file, *words],
                cwd=self.folder,
                env=environment,
                pass_fds=(held,),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=True,
            )

    def kill(self) -> None:
        """End it and what it started, politely first; returns when it is gone, at once where it was."""
        _, group = self._numbers()
        for number, seconds in ((signal.SIGTERM, _TERM_SECONDS), (signal.SIGKILL, _KILL_SECONDS)):
            if group and self.is_alive():
                with suppress(ProcessLookupError):
                    os.killpg(group, number)
            deadline = time.monotonic() + seconds
            while group and self.is_alive() and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)

    def last_words(self) -> str:
        """The last lines of its log, indented, for an error's message."""
        with suppress(OSError):
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
            return "".join(f"\n  {line}" for line in lines[-_TOLD_LINES:])
        return ""

    def _numbers(self) -> tuple[int, int]:
        """Process and process group."""
        with suppress(OSError, ValueError):
            pid, group = (self.folder / f"{self.name}.pid").read_text().split()
            return int(pid), int(group)
        return 0, 0


def is_held(lock: Path) -> bool:
    """Whether a process holds the lock that Background.reserved takes."""
    with suppress(FileNotFoundError), lock.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
