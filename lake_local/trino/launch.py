"""Brings a Trino up in a folder, and waits until it answers a query."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

import lake_local
from lake_local.trino.artifacts import Say, trino_home
from lake_local.trino.errors import TrinoServerError
from lake_local.trino.java_for_trino import java
from lake_local.trino.processes import Background
from lake_local.trino.settings import Plan, java_words, metastore_properties, write_files

_START_SECONDS = 240.0
_METASTORE_SECONDS = 60.0
_POLL_SECONDS = 0.1
_PORTS_TRIED = 3
_PORT_FILE = "metastore.port"
_PORT_TAKEN = "Failed to bind"


def trino_in(folder: Path) -> Background:
    """The Trino process of a server's folder."""
    return Background(folder, "trino")


def metastore_in(folder: Path) -> Background:
    """The metastore process of a server's folder, where the root is a local one."""
    return Background(folder, "metastore")


def launch(folder: Path, plan: Plan, say: Say = lambda _: None) -> int:
    """Start what the plan says in an empty folder; the port that it answers on.

    Raises TrinoSetupError and TrinoServerError, having ended what it started; the logs stay.
    """
    home, program = trino_home(say), java(say)
    say("Starting Trino ...")
    try:
        for attempt in range(_PORTS_TRIED):
            port = _free_port()
            with trino_in(folder).reserved() as held:  # the metastore ends when nobody holds this
                catalog = plan.catalog
                if plan.metastore_root is not None:
                    catalog = {**catalog, **metastore_properties(_launch_metastore(folder, plan.metastore_root))}
                write_files(folder, port, catalog)
                trino_in(folder).launch(java_words(program, home, folder, plan.heap), plan.environment, held)
            if _is_ready(folder, port, is_last=attempt == _PORTS_TRIED - 1):
                return port
            kill_both(folder)
        raise AssertionError("unreachable: the last attempt returns or raises")
    except BaseException:
        kill_both(folder)
        raise


def kill_both(folder: Path) -> None:
    """End what runs in a folder; nothing happens where nothing does. Raises TrinoServerError where it stays."""
    for process in (trino_in(folder), metastore_in(folder)):
        process.kill()
        if process.is_alive():
            raise TrinoServerError(f"stopping process {process.pid}: it is still there; its log is {process.log}")


def _is_ready(folder: Path, port: int, is_last: bool) -> bool:
    """Wait for an answer; False where another process took the port meanwhile."""
    from lake_local.trino.client import can_query

    process = trino_in(folder)
    deadline = time.monotonic() + _START_SECONDS
    while not can_query(port):
        if not process.is_alive():
            if not is_last and _PORT_TAKEN in process.log.read_text(errors="replace"):
                return False
            raise TrinoServerError(f"starting Trino: it ended; its log is {process.log}{process.last_words()}")
        if time.monotonic() > deadline:
            raise TrinoServerError(
                f"starting Trino: no answer on port {port} in {_START_SECONDS:.0f} s; its log is {process.log}"
                f"{process.last_words()}"
            )
        time.sleep(_POLL_SECONDS)
    return True


def _launch_metastore(folder: Path, root: str) -> str:
    """Start it, and wait for its port; the URL that it answers at."""
    process, port_file = metastore_in(folder), folder / _PORT_FILE
    port_file.unlink(missing_ok=True)
    source = str(Path(lake_local.__file__).resolve().parents[1])
    paths = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    words = [sys.executable, "-m", "lake_local.trino.metastore", root, str(port_file), str(trino_in(folder).lock)]
    with process.reserved() as held:
        process.launch(words, {**os.environ, "PYTHONPATH": paths}, held)
    deadline = time.monotonic() + _METASTORE_SECONDS
    while not port_file.exists():
        if not process.is_alive() or time.monotonic() > deadline:
            raise TrinoServerError(
                f"starting the metastore of {root}: it gave no address; its log is {process.log}{process.last_words()}"
            )
        time.sleep(_POLL_SECONDS)
    return f"http://127.0.0.1:{port_file.read_text()}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
