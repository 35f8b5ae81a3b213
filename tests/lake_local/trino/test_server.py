"""A root's server: one at a time, found again, replaced where settings changed, gone when stopped or killed.

Here `sleep` stands for Java, and for the metastore where nothing is asked of it; test_commands.py has the real ones.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from lake.cli.app import run_command
from lake_local.trino.errors import TrinoServerError
from lake_local.trino.launch import metastore_in, trino_in
from lake_local.trino.processes import Background
from lake_local.trino.server import Server, all_running, running, start, stop
from tests.lake_local.trino.conftest import SLEEPS, folder_of


def is_there(pid: int) -> bool:
    """Whether there is such a process; one that has just ended may be there for a moment."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True


def gone(process: Background, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not process.is_alive()


def test_a_server_is_started_once_and_found_again(java: Path, root: str) -> None:
    assert running(root) is None
    server = start(root)
    assert (server.root, server.memory, server.url) == (root, "1G", f"http://127.0.0.1:{server.port}")
    assert running(root) == start(root) == server
    assert running(f"file://{root}/") == server
    assert all_running() == [server]
    os.kill(server.pid, 0)  # raises where there is no such process


def test_stopping_leaves_nothing_and_is_said_where_nothing_was(java: Path, root: str) -> None:
    assert not stop(root)
    server = start(root)
    processes = [trino_in(folder_of(server)), metastore_in(folder_of(server))]
    pids = [process.pid for process in processes]
    assert stop(root)
    assert running(root) is None
    assert not folder_of(server).exists()
    assert not any(is_there(pid) for pid in pids)
    assert not stop(root)


def test_a_server_that_was_killed_is_known_to_be_dead_and_its_metastore_follows(
    with_metastore: Path, root: str
) -> None:
    server = start(root)
    assert post(server) == {"DatabaseList": []}
    os.kill(server.pid, signal.SIGKILL)
    assert gone(trino_in(folder_of(server)))
    assert running(root) is None
    assert all_running() == []
    assert gone(metastore_in(folder_of(server)))
    again = start(root)
    assert again.pid != server.pid
    assert running(root) == again


def post(server: Server) -> Any:
    """What the server's metastore says to GetDatabases."""
    url = f"http://127.0.0.1:{(folder_of(server) / 'metastore.port').read_text()}"
    request = urllib.request.Request(url, b"{}", {"X-Amz-Target": "AWSGlue.GetDatabases"}, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_a_server_without_its_metastore_is_replaced(java: Path, root: str) -> None:
    server = start(root)
    os.kill(metastore_in(folder_of(server)).pid, signal.SIGKILL)
    assert gone(metastore_in(folder_of(server)))
    assert running(root) is None
    again = start(root)
    assert again.pid != server.pid
    assert not is_there(server.pid)


def test_a_state_file_whose_process_id_is_anothers_by_now_kills_nobody(java: Path, root: str) -> None:
    server = start(root)
    os.kill(server.pid, signal.SIGKILL)
    assert gone(trino_in(folder_of(server)))
    (folder_of(server) / "trino.pid").write_text(f"{os.getpid()} {os.getpgid(0)}\n")
    assert running(root) is None
    stop(root)  # this process is still here to say so


def test_a_state_file_that_cannot_be_read_counts_for_nothing(java: Path, root: str) -> None:
    server = start(root)
    for text in ("", "{", "[]", '{"root": "x"}', "null", "\0"):
        (folder_of(server) / "server.json").write_text(text)
        assert running(root) is None
        assert all_running() == []
    assert start(root).pid != server.pid


def test_two_at_once_start_one(java: Path, root: str) -> None:
    found: list[Server] = []
    threads = [threading.Thread(target=lambda: found.append(start(root))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 3
    assert len(set(found)) == 1


def test_each_root_has_its_own(java: Path, tmp_path: Path) -> None:
    servers = [start(str(tmp_path / name)) for name in ("a", "b")]
    assert all_running() == servers
    assert len({(server.port, server.pid, server.folder) for server in servers}) == 2
    stop(servers[0].root)
    assert all_running() == servers[1:]


def test_all_of_them_are_shown_and_stopped_by_one_command(
    java: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roots = [start(str(tmp_path / name)).root for name in ("a", "b")]
    assert run_command(["trino", "status", "--all", "--json"]) == 0
    assert [server["root"] for server in json.loads(capsys.readouterr().out)] == roots
    assert run_command(["trino", "down", "--all"]) == 0
    assert capsys.readouterr() == ("", "".join(f"Trino for {root} is stopped\n" for root in roots))
    assert all_running() == []
    assert run_command(["trino", "status", "--all", "--json"]) == 0
    assert capsys.readouterr() == ("[]\n", "No Trino runs\n")


def test_other_settings_replace_the_server(java: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = start(root)
    monkeypatch.setenv("LAKE_TRINO_MEMORY", "2G")
    assert running(root) == before
    after = start(root)
    assert (before.memory, after.memory) == ("1G", "2G")
    assert before.pid != after.pid
    assert all_running() == [after]


def test_one_that_ends_at_once_says_why_and_where_its_log_is(java: Path, root: str) -> None:
    java.write_text("#!/bin/sh\necho 'Error: the main class is not there'\nexit 1\n")
    with pytest.raises(TrinoServerError, match=r"it ended; its log is .*/trino.log\n  Error: the main class is not"):
        start(root)
    assert running(root) is None
    assert all_running() == []


def test_a_port_that_another_took_meanwhile_is_tried_again(java: Path, root: str) -> None:
    java.write_text(
        f"#!/bin/sh\nif [ -e tried ]; then {SLEEPS}; fi\ntouch tried\necho 'java.io.IOException: Failed to bind'\n"
    )
    assert running(root) is None
    assert start(root) == running(root)


def test_an_interrupted_start_leaves_no_process(java: Path, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(port: int) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("lake_local.trino.client.can_query", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start(root)
    (folder,) = (path.parent for path in Path(os.environ["LAKE_CACHE"]).glob("trino/servers/*/trino.pid"))
    assert not trino_in(folder).is_alive()
    assert not metastore_in(folder).is_alive()


def test_a_server_whose_starter_was_killed_is_replaced(java: Path, root: str) -> None:
    """It runs, and nobody has said yet that it answers."""
    server = start(root)
    (folder_of(server) / "server.json").unlink()
    assert running(root) is None
    again = start(root)
    assert again.pid != server.pid
    assert not is_there(server.pid)


def test_the_state_file_is_json_that_a_person_can_read(java: Path, root: str) -> None:
    server = start(root)
    state = json.loads((folder_of(server) / "server.json").read_text())
    assert (state["root"], state["port"], state["pid"]) == (root, server.port, server.pid)
