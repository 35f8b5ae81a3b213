"""A server as a process that lasts as long as a `with` block."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lake.emulators.errors import EmulatorError

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05
_TOLD_LINES = 5


def free_port() -> int:
    """A port of this machine that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    name: str, words: Sequence[str | Path], port: int, *, log: Path, folder: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """The address of a server that `words` start in `folder`, from its first answer until the block is left.

    It is a group of its own, so Ctrl-C in a terminal is the caller's to handle. Raises EmulatorError where it ends, or
    does not answer within a minute.
    """
    address = f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_for_answer(name, process, address, log)
        yield address
    finally:
        _stop(process)


def _wait_for_answer(name: str, process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(address):
        if process.poll() is not None:
            raise EmulatorError(f"starting {name} at {address}: it ended at once; {_last_words(log)}")
        if time.monotonic() > deadline:
            raise EmulatorError(
                f"starting {name} at {address}: no answer in {_START_SECONDS:.0f} s; {_last_words(log)}"
            )
        time.sleep(_POLL_SECONDS)


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 # an address of ours
    except urllib.error.HTTPError:  # an answer, if not to this question
        return True
    except (OSError, ValueError):
        return False
    return True


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"its log is {log}" + "".join(f"\n  {line}" for line in lines[-_TOLD_LINES:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Kills it: it keeps nothing, and would wait for its clients to go."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_STOP_SECONDS)
