"""Folders of the tests' own, and the real zips."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.load import contracts_folder
from lake.stream.apps import app_file
from lake.stream.package import write_package
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


@pytest.fixture(scope="session")
def packages(jar: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The zip of each application."""
    folder = tmp_path_factory.mktemp("packages")
    return {
        app: write_package(app_file(app, APPS), jar, contracts_folder(), folder / f"{app}.zip")
        for app in ("sessions", "event_counts")
    }
