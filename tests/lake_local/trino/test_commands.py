"""`lake trino up`, `status` and `down`, as typed, with the real Trino; every test brings it to where it begins."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lake.catalog import open_catalog
from lake.catalog.model import CatalogTable
from lake_local.trino.client import run_on_trino
from lake_local.trino.server import all_running, running, start, stop
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.trino


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = str(tmp_path_factory.mktemp("commands") / "lake")
    open_catalog(root).put_table(CatalogTable("db", "t", (("a", "int", ""),), (("dt", "string"),), "curated/db/t"))
    yield root
    stop(root)


def begin(root: str, *words: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "lake", "trino", *words, "--root", root]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(line, cwd=REPOSITORY, text=True, **pipes)  # type: ignore[call-overload] # two pipes


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def lake_trino(root: str, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    return end(begin(root, *words))


def described(out: str) -> Any:
    (server,) = json.loads(out)
    return server


def processes_in(folder: Path) -> list[str]:
    """Command lines of processes that have the folder among their arguments."""
    lines = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if str(folder) in line]


def wait_until_gone(folder: Path) -> None:
    deadline = time.monotonic() + 15
    while processes_in(folder):
        assert time.monotonic() < deadline, processes_in(folder)
        time.sleep(0.1)


def test_two_at_once_bring_up_one_server_which_stays_and_answers(root: str) -> None:
    stop(root)
    ended = [end(process) for process in [begin(root, "up", "--json"), begin(root, "up", "--json")]]
    assert [code for code, _, _ in ended] == [0, 0], ended
    first, second = (described(out) for _, out, _ in ended)
    assert first == second
    assert sum("Starting Trino" in err for _, _, err in ended) == 1
    code, out, err = lake_trino(root, "up")
    assert (code, first["address"] in out, "Trino is already running; its log is" in err) == (0, True, True)
    server = running(root)
    assert server is not None
    assert running(f"file://{root}/") == server
    assert run_on_trino("SHOW TABLES FROM db", server).table.to_pylist() == [{"Table": "t"}]


def test_down_leaves_no_process_and_no_folder(root: str) -> None:
    server = described(lake_trino(root, "up", "--json")[1])
    folder = Path(server["log"]).parent
    assert lake_trino(root, "down") == (0, "", f"Trino for {root} is stopped\n")
    assert not folder.exists()
    wait_until_gone(folder)
    wait_until_gone(Path(root))  # the process that ran Trino has the root among its arguments
    assert lake_trino(root, "down") == (0, "", f"Trino is not running for {root}\n")


@pytest.mark.nightly  # its cheaper form: test_two_at_once_bring_up_one_server_which_stays_and_answers
def test_other_settings_replace_the_server(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = running(root) or start(root)
    monkeypatch.setenv("LAKE_TRINO_MEMORY", "900M")
    assert running(root) == before
    after = start(root)
    assert (before.memory, after.memory) == ("1G", "900M")
    assert before.pid != after.pid
    assert all_running().count(after) == 1
    assert before not in all_running()


def test_a_killed_server_takes_trino_with_it_and_is_not_running(root: str) -> None:
    if running(root) is None:
        start(root)
    server = described(lake_trino(root, "status", "--json")[1])
    assert server in json.loads(lake_trino(root, "status", "--all", "--json")[1])
    assert processes_in(Path(server["log"]).parent) != []
    os.kill(server["pid"], signal.SIGKILL)
    wait_until_gone(Path(server["log"]).parent)
    assert lake_trino(root, "status") == (1, "", f"Trino is not running for {root}; `lake trino up` starts it\n")


@pytest.mark.nightly  # tests/lake_local/test_subprocesses.py has the cheaper form
def test_a_server_whose_trino_ends_has_ended(root: str) -> None:
    server = running(root) or start(root)
    children = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(server.pid)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    (trino,) = (int(line.split()[0]) for line in children if "io.trino.server.TrinoServer" in line)
    os.kill(trino, signal.SIGKILL)
    wait_until_gone(Path(server.folder))
    deadline = time.monotonic() + 15
    while running(root) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running(root) is None


def test_a_trino_that_ends_at_once_is_an_error_with_its_log(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stop(root)
    monkeypatch.setenv("LAKE_TRINO_MEMORY", "1M")  # less than Java starts with
    code, out, err = lake_trino(root, "up")
    assert (code, out) == (1, "")
    assert re.search(r"starting Trino: it ended; its log is .*/trino.log\n(  .*\n)*  .*[Hh]eap", err), err
    assert running(root) is None


def test_a_start_that_is_interrupted_leaves_no_process(root: str) -> None:
    stop(root)

    def interrupt(message: str) -> None:
        if message == "Starting Trino ...":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start(root, interrupt)
    assert running(root) is None
    assert not stop(root)  # there is nothing left to stop


def test_without_java_or_maven_up_says_what_to_install(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path), "LAKE_CACHE": str(tmp_path / "cache")}
    ended = subprocess.run(
        [sys.executable, "-m", "lake", "trino", "up", "--root", str(tmp_path / "lake")],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "Maven not found. Install Maven" in ended.stderr
    assert "Traceback" not in ended.stderr
