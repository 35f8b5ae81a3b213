"""Pages that are followed as they are written, block by block; what one page made, the next may begin with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.docs.pages import Fence, fences


@dataclass(frozen=True)
class Followed:
    """The folder in which a page was followed, and what each of its commands printed."""

    folder: Path
    outputs: list[str]


def run(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a block as a reader would type it: `lake` is on the path, and nothing else is set."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAKE_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    words = ["bash", "-euo", "pipefail", "-c", script]
    ended = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, f"{script}\n{ended.stdout}\n{ended.stderr}"
    return ended


def follow(folder: Path, page_fences: Sequence[Fence]) -> Followed:
    """Run the commands; a contract is written where its first line, a comment, says."""
    outputs = []
    for fence in page_fences:
        if fence.language == "yaml":
            path = folder / fence.text.split("\n", 1)[0].removeprefix("# ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.text, encoding="utf-8")
        elif fence.language == "sh":
            outputs.append(run(folder, fence.text).stdout)
    return Followed(folder, outputs)


@pytest.fixture(scope="session")
def add_a_table(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """The page "Add a table", followed in an empty folder, which tests copy."""
    page = REPOSITORY / "docs" / "add-a-table.md"
    return follow(tmp_path_factory.mktemp("add-a-table"), fences(page))
