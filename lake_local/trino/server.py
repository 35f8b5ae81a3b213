"""A root's Trino server: started in the background, found again by any process, stopped.

The server is one process (serve.py) that runs Trino, and for a local root its metastore. It holds a lock on the root's
state file from its start to its end, however it ends: so a root has one server at most, a dead one is never taken for
a living one, and two starts at once give one server. The file has the process id; once Trino answers, all of `Server`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import lake_local
from lake.objects.root import S3Root, root_of
from lake.stream.build_cache import cache_folder
from lake_local.trino.artifacts import Say, trino_home
from lake_local.trino.errors import TrinoServerError
from lake_local.trino.java_for_trino import java
from lake_local.trino.settings import settings_for

_START_SECONDS = 300.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.1

# The shell ends at once, so the server is no child of this process, and outlives it.
_IN_BACKGROUND = ("/bin/sh", "-c", '"$@" &', "sh")


@dataclass(frozen=True)
class Server:
    """A Trino that answers on 127.0.0.1:`port`. `settings` is the digest of the settings that it was started with."""

    root: str
    folder: str
    port: int
    pid: int
    started_at: str
    memory: str
    settings: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return Path(self.folder) / "trino.log"


def running(root: str) -> Server | None:
    """The root's server, if it runs and is ready.

    One that was started with other settings (LAKE_TRINO_MEMORY, AWS_*) is returned too; `start` replaces it.
    """
    return _read(state_file(root_name(root)))


def all_running() -> list[Server]:
    """The servers of all of this user's roots, sorted by root."""
    servers = [_read(state) for state in _servers().glob("*.json")]
    return sorted((server for server in servers if server is not None), key=lambda server: server.root)


def start(root: str, say: Say = lambda _: None) -> Server:
    """The root's server, started if it does not run (10 to 30 s, and a download the first time).

    Idempotent; a server with other settings than this process's is replaced. `say` receives progress messages. Raises
    TrinoSetupError (no Trino, no Java), TrinoServerError (it did not start; has its log), UsageError.
    """
    name = root_name(root)
    state, wanted = state_file(name), settings_for(name).digest
    server = _read(state)
    if server is not None and server.settings == wanted:
        return server
    trino_home(say)
    java(say)
    is_ours, deadline = False, time.monotonic() + _START_SECONDS
    try:
        while (server := _read(state)) is None or server.settings != wanted:
            if server is not None:
                stop(root)
            if _started_in_background(name, state, has_ended=is_ours):
                is_ours = True
                say("Starting Trino ...")
            if time.monotonic() > deadline:
                raise TrinoServerError(f"starting Trino: timed out after {_START_SECONDS:.0f} s; see {_log(state)}")
            time.sleep(_POLL_SECONDS)
    except BaseException:
        if is_ours:
            stop(root)
        raise
    return server


def stop(root: str) -> bool:
    """Stop the root's server and what belongs to it; False if it did not run. Raises TrinoServerError."""
    name = root_name(root)
    state = state_file(name)
    if not _is_locked(state):
        shutil.rmtree(server_folder(name), ignore_errors=True)
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError, ValueError):  # its process id is not written yet, or it has just ended
                os.kill(json.loads(state.read_text(encoding="utf-8"))["pid"], number)
            time.sleep(_POLL_SECONDS)
            if not _is_locked(state):
                return True
    raise TrinoServerError(f"stopping Trino for {name}: it still runs after SIGKILL; see {_log(state)}")


def root_name(root: str) -> str:
    """One spelling for each root."""
    resolved = root_of(root)
    return resolved.uri if isinstance(resolved, S3Root) else str(resolved)


def state_file(name: str) -> Path:
    """The file that a root's server locks; it stays when the server has ended."""
    return _servers() / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"


def server_folder(name: str) -> Path:
    """Configuration, data and log of a root's server."""
    return state_file(name).with_suffix("")


def _servers() -> Path:
    return cache_folder() / "trino" / "servers"


def _log(state: Path) -> Path:
    return state.with_suffix(".log")


def _started_in_background(name: str, state: Path, has_ended: bool) -> bool:
    """Start a server unless one holds the lock. Raises TrinoServerError if `has_ended`, but nobody holds it."""
    state.parent.mkdir(parents=True, exist_ok=True)
    with state.open("a+") as lock:
        if not _lock(lock, fcntl.LOCK_EX):
            return False
        if has_ended:
            log = _log(state).read_text(encoding="utf-8", errors="replace").strip()
            raise TrinoServerError(log or f"starting Trino for {name}: it ended; see {server_folder(name)}")
        lock.truncate(0)
        source = str(Path(lake_local.__file__).resolve().parents[1])
        paths = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
        with _log(state).open("wb") as log_file:
            subprocess.run(
                [*_IN_BACKGROUND, sys.executable, "-m", "lake_local.trino.serve", name],
                cwd=state.parent,
                env={**os.environ, "PYTHONPATH": paths},
                pass_fds=(lock.fileno(),),  # inherited, and so held until the server ends
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=True,
            )
    return True


def _read(state: Path) -> Server | None:
    with suppress(OSError, ValueError, TypeError):  # missing, being written, or not ready
        if _is_locked(state):
            return Server(**json.loads(state.read_text(encoding="utf-8")))
    return None


def _is_locked(state: Path) -> bool:
    with suppress(FileNotFoundError), state.open() as file:
        return not _lock(file, fcntl.LOCK_SH)
    return False


def _lock(file: TextIO, kind: int) -> bool:
    """Lock a file until it is closed; False if another process holds it."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
