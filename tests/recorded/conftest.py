"""What tests of recorded inputs share: one lake, and two engines to ask it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.cli.app import run_command
from tests.recorded.lakes import BothEngines, RecordedLake
from tests.trino_servers import TestTrino


@pytest.fixture(scope="session")
def recorded_lake(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> RecordedLake:
    """A lake for all tests here; tables and views are deployed before anything has arrived."""
    root = str(tmp_path_factory.mktemp("recorded") / "lake")
    assert run_command(["sql", "deploy", "--root", root]) == 0
    return RecordedLake(root, recorded)


@pytest.fixture(scope="session")
def both_engines(recorded_lake: RecordedLake, trino_local: TestTrino) -> BothEngines:
    """Asks DuckDB and Trino, which must answer alike."""
    return BothEngines(recorded_lake.root, trino_local)
