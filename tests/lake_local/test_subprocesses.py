"""Processes end with the one that started them, even if that one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lake_local.subprocesses import ProcessGroup
from tests.conftest import REPOSITORY

PARENT = """
import os, sys, time
from pathlib import Path
from lake_local.subprocesses import ProcessGroup
folder = Path(sys.argv[1])
with ProcessGroup() as processes:
    child = processes.start(["sleep", "600"], os.environ, folder, folder / "output")
    print(child.pid, flush=True)
    time.sleep(600)
"""


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_children_end_with_a_parent_that_a_signal_ends(
    number: signal.Signals, tmp_path: Path, interruptible: None
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    words = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.send_signal(number)
        parent.wait(30)
    wait_until_gone(pid)


def test_what_a_child_started_is_killed_with_it_and_its_words_are_kept(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with ProcessGroup() as processes:
        child = processes.start(["sh", "-c", "sleep 600 & echo $!; wait"], os.environ, tmp_path, output)
        deadline = time.monotonic() + 30
        while not output.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert not processes.has_ended
        processes.kill(child)
        wait_until_gone(int(output.read_text()))
        assert child.returncode == -signal.SIGKILL
        assert not processes.has_ended  # it was killed from here


def test_a_child_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    with ProcessGroup() as processes:
        child = processes.start(["true"], os.environ, tmp_path, tmp_path / "output")
        child.wait()
        assert processes.has_ended
