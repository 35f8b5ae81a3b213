"""Runs a server as a process while a `with` block runs."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lake_local.emulators.errors import EmulatorError
from lake_local.subprocesses import Process, ProcessGroup

_START_SECONDS = 60.0
_POLL_SECONDS = 0.05
_LOG_LINES = 5


def free_port() -> int:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    name: str, words: Sequence[str | Path], port: int, *, log: Path, folder: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """The address of a server that `words` start in `folder`; it runs until the end of the block.

    The caller handles Ctrl-C; the server ends with the caller, even if that is killed. Raises EmulatorError if it ends
    early, or does not answer within a minute.
    """
    address = f"http://127.0.0.1:{port}"
    with ProcessGroup() as processes:
        process = processes.start([str(word) for word in words], environment, folder, log)
        _wait_for_answer(name, process, address, log)
        yield address


def _wait_for_answer(name: str, process: Process, address: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(address):
        if process.poll() is not None:
            raise EmulatorError(f"starting {name} at {address}: it ended; {_last_lines(log)}")
        if time.monotonic() > deadline:
            raise EmulatorError(
                f"starting {name} at {address}: no answer in {_START_SECONDS:.0f} s; {_last_lines(log)}"
            )
        time.sleep(_POLL_SECONDS)


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 # an address of ours
    except urllib.error.HTTPError:  # an answer, too
        return True
    except (OSError, ValueError):
        return False
    return True


def _last_lines(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"its log is {log}" + "".join(f"\n  {line}" for line in lines[-_LOG_LINES:])
