"""How the process of a command ends: exit handlers run, output is whole, and the interpreter is not torn down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from tests.glue_jobs.harness import Trial, click

PROGRAM = """
import atexit, sys
from lake.cli.ending import ended_with

class Kept:
    def __del__(self):
        print("the interpreter was torn down", flush=True)

kept = Kept()

def run():
    atexit.register(print, "an exit handler ran")
    print("the answer, not flushed")
    {how}

sys.exit(ended_with(run))
"""


def ended(how: str, output: int | IO[str] = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", PROGRAM.format(how=how)]
    return subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, check=False, env=buffered)


@pytest.mark.parametrize("code", [0, 1, 3])
def test_exit_handlers_run_and_output_is_whole_and_nothing_is_torn_down(code: int) -> None:
    done = ended(f"return {code}")
    assert (done.returncode, done.stdout, done.stderr) == (code, "the answer, not flushed\nan exit handler ran\n", "")


def test_an_exception_ends_with_its_traceback_and_exit_code_one() -> None:
    done = ended("raise ValueError('7')")
    assert (done.returncode, done.stdout) == (1, "the answer, not flushed\nan exit handler ran\n")
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("ValueError: 7\n")


def test_output_that_cannot_be_written_is_no_success() -> None:
    with Path("/dev/full").open("w") as full:
        assert ended("return 0", full).returncode == 120


@pytest.mark.nightly
@pytest.mark.timeout(3600)  # a hundred processes, on a machine that may be busy
@pytest.mark.parametrize(
    "words",
    [
        ["verify", "clickstream.events_v1"],
        ["status"],
        ["query", "SELECT client_event, count(*) FROM clickstream.events_v1 GROUP BY 1"],
    ],
    ids=lambda words: words[0],
)
def test_a_hundred_runs_in_a_row_end_with_exit_code_zero(words: list[str], tmp_path: Path) -> None:
    """`lake verify` aborted in one run of twenty-five while the interpreter was torn down."""
    trial = Trial(str(tmp_path / "lake"))
    for hour in range(8):
        trial.land(hour, "a", [click(number) for number in range(2000)])
    assert set(trial.outcomes().values()) == {"published"}
    command = [sys.executable, "-m", "lake", *words, "--root", trial.root]
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}
    codes = [subprocess.run(command, capture_output=True, env=environment, check=False).returncode for _ in range(100)]
    assert codes == [0] * 100
