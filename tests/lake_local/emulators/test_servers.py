"""Emulators are processes: they answer within the block, and nothing is left of them after it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from lake_local.emulators.aws import moto_server
from lake_local.emulators.clients import client
from lake_local.emulators.errors import EmulatorError, EmulatorSetupError
from lake_local.emulators.kinesis import kinesis_mock
from lake_local.emulators.servers import free_port, serving
from tests.conftest import REPOSITORY

TOY = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.BaseHTTPRequestHandler).serve_forever()
"""

PARENT = """
import os, sys, time
from pathlib import Path
from lake_local.emulators.servers import free_port, serving
folder, port = Path(sys.argv[2]), free_port()
words = [sys.executable, "-c", sys.argv[1], str(port)]
with serving("toy", words, port, log=folder / "log", folder=folder, environment=os.environ) as endpoint:
    print(endpoint, flush=True)
    time.sleep(600)
"""


def is_there(endpoint: str) -> bool:
    try:
        urllib.request.urlopen(endpoint, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def test_a_server_answers_from_the_start_of_the_block_to_its_end_also_by_an_error(tmp_path: Path) -> None:
    port = free_port()
    words = [sys.executable, "-c", TOY, str(port)]
    server = serving("toy", words, port, log=tmp_path / "log", folder=tmp_path, environment=os.environ)
    endpoint = server.__enter__()
    assert is_there(endpoint)
    assert not server.__exit__(RuntimeError, RuntimeError("of the block"), None)
    assert not is_there(endpoint)


def test_a_server_ends_with_a_caller_that_is_killed(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    words = [sys.executable, "-c", PARENT, TOY, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as caller:
        assert caller.stdout is not None
        endpoint = caller.stdout.readline().strip()
        assert is_there(endpoint)
        caller.kill()
    deadline = time.monotonic() + 30
    while is_there(endpoint):
        assert time.monotonic() < deadline, f"the server at {endpoint} is still there"
        time.sleep(0.05)


def test_a_server_that_ends_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "print('no licence'); raise SystemExit(3)"]
    with (
        pytest.raises(EmulatorError, match=r"starting toy at http://127.0.0.1:\d+: it ended; its log is") as e,
        serving("toy", words, free_port(), log=tmp_path / "log", folder=tmp_path, environment=os.environ),
    ):
        pass
    assert str(e.value).endswith("/log\n  no licence")


def test_where_moto_is_not_installed_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moto", None)
    with pytest.raises(EmulatorSetupError, match=r"the Python package moto\[server\] is not installed"), moto_server():
        pass


@pytest.mark.kinesis
def test_kinesis_and_the_rest_of_aws_answer_and_end(tmp_path: Path) -> None:
    with kinesis_mock(tmp_path) as kinesis, moto_server() as aws:
        assert client("kinesis", kinesis.endpoint).list_streams()["StreamNames"] == []
        assert client("dynamodb", aws).list_tables()["TableNames"] == []
        assert kinesis.log.is_file()
    assert not is_there(kinesis.endpoint)
    assert not is_there(aws)
