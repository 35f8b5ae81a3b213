"""Background processes: they outlive who started them, and their death is known at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lake_local.trino.processes import Background, is_held
from tests.conftest import REPOSITORY


@pytest.fixture
def process(tmp_path: Path) -> Background:
    return Background(tmp_path, "sleeper")


def launch(process: Background, *words: str) -> None:
    with process.reserved() as held:
        process.launch(words, dict(os.environ), held)


def gone(process: Background, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not process.is_alive()


def test_it_is_alive_until_it_is_killed(process: Background) -> None:
    assert not process.is_alive()
    launch(process, "sleep", "600")
    assert process.is_alive()
    os.kill(process.pid, 0)
    process.kill()
    assert not process.is_alive()


def test_one_that_ends_by_itself_is_not_alive(process: Background) -> None:
    launch(process, "sh", "-c", "echo said; echo wrong >&2")
    assert gone(process)
    assert process.last_words() == "\n  said\n  wrong"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_one_that_another_kills_is_not_alive(process: Background, number: int) -> None:
    launch(process, "sleep", "600")
    os.kill(process.pid, number)
    assert gone(process)


def test_it_outlives_the_process_that_started_it(process: Background) -> None:
    program = (
        "import os\nfrom pathlib import Path\nfrom lake_local.trino.processes import Background\n"
        f"process = Background(Path({str(process.folder)!r}), 'sleeper')\n"
        "with process.reserved() as held:\n    process.launch(['sleep', '600'], dict(os.environ), held)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True, timeout=60)
    assert process.is_alive()
    process.kill()
    assert not process.is_alive()


def test_one_that_is_deaf_to_asking_is_killed_with_what_it_started(
    process: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake_local.trino.processes._TERM_SECONDS", 0.3)
    launch(process, "sh", "-c", "trap '' TERM; sleep 600 & echo $!; wait; wait; sleep 600")
    deadline = time.monotonic() + 10
    while not process.log.read_text().strip() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    assert not process.is_alive()  # the child has the lock too


def test_the_process_id_of_a_dead_one_is_never_killed(process: Background) -> None:
    """Ids are used again: here the file names a living process that is not the one that was started."""
    launch(process, "true")
    assert gone(process)
    other = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        (process.folder / "sleeper.pid").write_text(f"{other.pid} {other.pid}\n")
        assert not process.is_alive()
        process.kill()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_lock_is_held_by_nobody_where_there_is_no_file(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "nothing")
