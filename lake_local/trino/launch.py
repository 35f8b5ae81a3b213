"""Starts Trino as a process of this one, and waits until it answers a query."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lake_local.emulators.servers import free_port
from lake_local.subprocesses import ProcessGroup
from lake_local.trino.artifacts import trino_home
from lake_local.trino.client import can_query
from lake_local.trino.errors import TrinoServerError
from lake_local.trino.java_for_trino import java
from lake_local.trino.metastore import Metastore
from lake_local.trino.server import Server
from lake_local.trino.settings import TrinoSettings, java_command, metastore_properties, write_files

_START_SECONDS = 240.0
_POLL_SECONDS = 0.1
_LOG_LINES = 12


@contextmanager
def trino_server(
    root: str, folder: Path, settings: TrinoSettings, metastore: Metastore | None = None
) -> Iterator[Server]:
    """A Trino that ends with the block, or with this process. Raises TrinoSetupError and TrinoServerError."""
    with ProcessGroup() as processes:
        yield start_trino(processes, root, folder, settings, metastore)


def start_trino(
    processes: ProcessGroup, root: str, folder: Path, settings: TrinoSettings, metastore: Metastore | None
) -> Server:
    """Start Trino in `folder`, with a running metastore for local roots.

    Raises TrinoSetupError and TrinoServerError.
    """
    catalog = settings.catalog if metastore is None else settings.catalog | metastore_properties(metastore.url)
    port = free_port()
    write_files(folder, port, catalog)
    command = [str(word) for word in java_command(java(), trino_home(), folder, settings.heap)]
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    server = Server(root, str(folder), port, os.getpid(), started_at, settings.heap, settings.digest)
    processes.start(command, settings.environment, folder, server.log)
    deadline = time.monotonic() + _START_SECONDS
    while not can_query(port):
        if processes.has_ended:
            raise TrinoServerError(f"starting Trino: it ended; its log is {server.log}{_last_lines(server.log)}")
        if time.monotonic() > deadline:
            raise TrinoServerError(
                f"starting Trino: no answer on port {port} in {_START_SECONDS:.0f} s; its log is {server.log}"
                f"{_last_lines(server.log)}"
            )
        time.sleep(_POLL_SECONDS)
    return server


def _last_lines(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "".join(f"\n  {line}" for line in lines[-_LOG_LINES:])
