"""The demonstration as whoever types it sees it: from an empty machine to stream = batch, and interrupted.

By day, its parts are tested without a cluster in test_check.py, test_clicks.py, test_signals.py and test_view.py, a
killed task manager in tests/lake_local/flink, and that stream = batch in tests/lake/stream/parity.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.timeout(1200)


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """`lake stream demo` without a terminal, whose temporary files lie below `folder`."""
    (folder / "tmp").mkdir()
    command = [sys.executable, "-m", "lake", "stream", "demo", "--root", str(folder / "lake"), *words]
    environment = {name: value for name, value in os.environ.items() if name not in ("LAKE_ROOT", "FORCE_COLOR")}
    environment["TMPDIR"] = str(folder / "tmp")
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def left_of(folder: Path) -> list[str]:
    """Processes that were started with temporary files below a folder, and those files."""
    ended = subprocess.run(["ps", "-eww", "-o", "stat=", "-o", "args="], capture_output=True, text=True, check=True)
    lines = [line for line in ended.stdout.splitlines() if str(folder) in line and not line.startswith("Z")]
    return lines + [path.name for path in (folder / "tmp").iterdir() if path.name.startswith("lake-")]


@pytest.mark.nightly
@pytest.mark.usefixtures("with_flink")
def test_the_demonstration_survives_a_killed_task_manager_and_ends_with_stream_equal_to_batch(tmp_path: Path) -> None:
    ours = started(tmp_path, "--seconds", "20", "--rate", "200")
    try:
        answer, log = ours.communicate(timeout=1000)
    finally:
        ours.terminate()
        ours.wait(60)
    assert ours.returncode == 0, log + answer

    # Without a terminal each thing is a line, and none of them moves the cursor.
    assert "\x1b" not in log
    story = [
        "clicks are coming in",
        r"task manager 1 was killed \(SIGKILL\)",
        "task manager 1 was started again",
        r"recovered, \d+ s after the kill",
        "no more clicks; reading the rest",
        "comparing",
        "done",
    ]
    assert re.search(".*".join(rf"\[ *\d+ s\] {what}\n" for what in story), log, re.DOTALL), log
    assert re.search(r"sent [\d,]+, sessions [\d,]+ of [\d,]+ events, .*, task managers 1 of 2\n", log), log

    sent, *parts = [int(number.replace(",", "")) for number in re.findall(r"│ +([\d,]+) │$", answer, re.MULTILINE)]
    assert sent == sum(parts) > 20 * 200
    assert len(parts) == 4
    sessions, counters = answer.splitlines()[-2:]
    found = re.fullmatch(
        r"stream = batch: ([\d,]+) sessions equal(; batch has \d+ that late events changed or made)?", sessions
    )
    assert found is not None, answer
    assert int(found[1].replace(",", "")) > 100
    assert re.fullmatch(r"counts = truth: \d+ counters equal, in DynamoDB and in batch", counters), answer
    assert left_of(tmp_path) == []


@pytest.mark.nightly
@pytest.mark.usefixtures("with_flink", "interruptible")
def test_ctrl_c_ends_all_that_was_started(tmp_path: Path) -> None:
    ours = started(tmp_path)
    assert ours.stderr is not None
    try:
        said = ""
        while "submitting sessions" not in said:  # emulators and Flink are up, and a client is at work
            line = ours.stderr.readline()
            assert line, said
            said += line
        assert len(left_of(tmp_path)) >= 5
        ours.send_signal(signal.SIGINT)
        assert ours.wait(60) == 130
    finally:
        ours.terminate()
        ours.wait(60)
        ours.communicate()
    deadline = time.monotonic() + 10
    while left_of(tmp_path) and time.monotonic() < deadline:  # a killed process takes a moment to be gone
        time.sleep(0.1)
    assert left_of(tmp_path) == []


def test_a_lake_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "precious").write_text("rows")
    ours = started(tmp_path)
    answer, log = ours.communicate(timeout=60)
    assert (ours.returncode, answer) == (2, "")
    assert "expected an empty lake, found objects" in log
    assert (tmp_path / "lake" / "precious").read_text() == "rows"
