"""A folder of applications of the tests' own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

APPS = REPOSITORY / "flink_apps"


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    """A flink_apps folder as far as the jar goes: a pom.xml and one source."""
    folder = tmp_path / "flink_apps"
    source = folder / "src" / "main" / "java" / "A.java"
    source.parent.mkdir(parents=True)
    source.write_text("class A {}\n")
    (folder / "pom.xml").write_text("<project/>\n")
    (folder / "target").mkdir()
    (folder / "target" / "left.txt").write_text("of another build\n")
    return folder
