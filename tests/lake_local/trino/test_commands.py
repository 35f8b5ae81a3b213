"""`lake trino up`, `status` and `down`, as typed, with the real Trino; every test brings it to where it begins."""

from __future__ import annotations

import json
import os
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
from lake_local.trino.server import running, stop
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


def test_two_at_once_bring_up_one_server_which_stays_and_answers(root: str) -> None:
    stop(root)
    ended = [end(process) for process in [begin(root, "up", "--json"), begin(root, "up", "--json")]]
    assert [code for code, _, _ in ended] == [0, 0], ended
    first, second = (described(out) for _, out, _ in ended)
    assert first == second
    assert sum("Starting Trino" in err for _, _, err in ended) == 1
    code, out, err = lake_trino(root, "up")
    assert (code, first["address"] in out, "Trino runs already; its log is" in err) == (0, True, True)
    server = running(root)
    assert server is not None
    assert run_on_trino("SHOW TABLES FROM db", server).table.to_pylist() == [{"Table": "t"}]


def test_status_tells_a_server_that_was_killed_from_one_that_runs(root: str) -> None:
    _, out, _ = lake_trino(root, "up", "--json")
    server = described(out)
    assert described(lake_trino(root, "status", "--json")[1]) == server
    assert server in json.loads(lake_trino(root, "status", "--all", "--json")[1])
    os.kill(server["pid"], signal.SIGKILL)
    time.sleep(1)
    code, out, err = lake_trino(root, "status")
    assert (code, out) == (1, "")
    assert err == f"No Trino runs for {root}; `lake trino up` starts it\n"
    again = described(lake_trino(root, "up", "--json")[1])
    assert again["pid"] != server["pid"]
    assert described(lake_trino(root, "status", "--json")[1]) == again


def test_down_leaves_no_process_and_no_folder(root: str) -> None:
    server = described(lake_trino(root, "up", "--json")[1])
    assert lake_trino(root, "down") == (0, "", f"Trino for {root} is stopped\n")
    assert not Path(server["log"]).parent.exists()
    time.sleep(1)
    seen = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert [line for line in seen.splitlines() if str(Path(server["log"]).parent) in line] == []
    assert lake_trino(root, "down") == (0, "", f"No Trino runs for {root}\n")


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
    assert "neither Maven nor a repository was found. Install Maven" in ended.stderr
    assert "Traceback" not in ended.stderr
