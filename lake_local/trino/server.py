"""A Trino server for a root: started in the background, found again by any process, stopped.

Everything of it is in one folder of the cache, named after the root: configuration, logs, process ids, and server.json,
which is written when it answers. Of two calls at once, one waits for the other.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from lake.objects.root import S3Root, root_of
from lake.stream.build_cache import cache_folder, locked
from lake_local.trino.artifacts import Say
from lake_local.trino.launch import kill_both, launch, metastore_in, trino_in
from lake_local.trino.settings import Plan, local_plan, s3_plan

_STATE = "server.json"


@dataclass(frozen=True)
class Server:
    """A server that answers on 127.0.0.1:`port`. `settings` is the digest of the plan that it was started by."""

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
        return trino_in(Path(self.folder)).log


def running(root: str) -> Server | None:
    """The root's server, if it is there and ready. A state left behind by a dead one counts for nothing.

    One that was started with other settings (LAKE_TRINO_MEMORY, AWS_*) is still the root's; `start` replaces it.
    """
    return _running_in(_folder(_name(root)))


def all_running() -> list[Server]:
    """The servers of all of this user's roots, sorted by root."""
    found = [_running_in(state.parent) for state in _servers().glob(f"*/{_STATE}")]
    return sorted((server for server in found if server is not None), key=lambda server: server.root)


def start(root: str, say: Say = lambda _: None) -> Server:
    """The root's server, started where there is none (10 to 30 s, and a download at the very first time).

    Idempotent; one with other settings than this process's is replaced. `say` is told what takes long. Raises
    TrinoSetupError (no Trino, no Java), TrinoServerError (it did not start; names its log), UsageError.
    """
    name = _name(root)
    folder, plan = _folder(name), _plan(name)
    server = _running_in(folder)
    if server is not None and server.settings == plan.digest:
        return server
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(_lock(folder)):
        server = _running_in(folder)
        if server is not None and server.settings == plan.digest:
            return server
        _remove(folder)
        folder.mkdir(mode=0o700)
        port = launch(folder, plan, say)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        server = Server(name, str(folder), port, trino_in(folder).pid, now, plan.heap, plan.digest)
        aside = folder / f"{_STATE}.new"
        aside.write_text(json.dumps(asdict(server)), encoding="utf-8")
        aside.rename(folder / _STATE)
        return server


def stop(root: str) -> bool:
    """End the root's server and all that belongs to it; False where there was none. Raises TrinoServerError."""
    folder = _folder(_name(root))
    if not folder.exists():
        return False
    with locked(_lock(folder)):
        was_alive = trino_in(folder).is_alive() or metastore_in(folder).is_alive()
        _remove(folder)
        return was_alive


def _plan(name: str) -> Plan:
    return s3_plan() if isinstance(root_of(name), S3Root) else local_plan(name)


def _running_in(folder: Path) -> Server | None:
    with suppress(OSError, ValueError, TypeError):
        server = Server(**json.loads((folder / _STATE).read_text(encoding="utf-8")))
        is_local = not isinstance(root_of(server.root), S3Root)
        if trino_in(folder).is_alive() and (not is_local or metastore_in(folder).is_alive()):
            return server
    return None


def _remove(folder: Path) -> None:
    (folder / _STATE).unlink(missing_ok=True)  # first: nobody shall find what is about to end
    kill_both(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _name(root: str) -> str:
    found = root_of(root)
    return found.uri if isinstance(found, S3Root) else str(found)


def _servers() -> Path:
    return cache_folder() / "trino" / "servers"


def _folder(name: str) -> Path:
    return _servers() / hashlib.sha256(name.encode()).hexdigest()[:16]


def _lock(folder: Path) -> Path:
    return folder.parent / f"{folder.name}.lock"
