"""The Makefile: its help is whole, it says what it needs, and cleaning takes nothing of the user's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in a folder, whether or not another make runs these tests."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    words = ["make", "--no-print-directory", *arguments]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what make needs to begin: no environment, and nothing to make one from the network."""
    for name in ("Makefile", "pyproject.toml", "requirements/jobs.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def test_help_lists_every_target(clone: Path) -> None:
    phony = re.findall(r"^\.PHONY: (.*)$", (clone / "Makefile").read_text(), re.MULTILINE)[0].split()
    listed = re.findall(r"^  make (\S+) +\S", make(clone).stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony)


def test_another_python_is_named_and_so_is_what_to_do(clone: Path) -> None:
    other = clone / "python3.99"
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    ended = make(clone, f"PYTHON={other}", "lint")
    assert ended.returncode != 0
    assert f"locked for Python 3.11, which is what Glue 5.1 runs, and {other} is another one" in ended.stdout
    assert "make PYTHON=/path/to/python3.11 lint" in ended.stdout
    assert not (clone / ".venv").exists()


def test_clean_leaves_a_lake_that_is_not_a_demos(clone: Path) -> None:
    removed = [".venv/bin/python", ".venv-streams/x", ".lake/demo/x", ".lake/demo-events/x", "build/x", "dist/x"]
    removed.append(".lake/demo-stream/x")
    kept = [".lake/raw/clickstream/events/dt=2026-11-21-09/x", "contracts/a.yaml", "notes.txt"]
    for name in (*removed, *kept):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text("")
    assert make(clone, "clean").returncode == 0
    assert [name for name in removed if (clone / name).exists()] == []
    assert [name for name in kept if not (clone / name).exists()] == []
