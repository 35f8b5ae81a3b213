"""Programs and folders of the tests' own; and the real Flink, where this machine has what it needs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from lake.contract.load import contracts_folder
from lake.stream.apps import app_named
from lake.stream.errors import StreamSetupError
from lake.stream.jar import connectors_jar
from lake.stream.package import write_package
from lake.stream.runtime import streams_python
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
def with_flink() -> None:
    """Skips where this machine lacks what Flink needs; fails instead where LAKE_TESTS_NEED_FLINK is set, as on CI."""
    missing = [program for program in ("mvn", "javac") if shutil.which(program) is None]
    try:
        streams_python()
    except StreamSetupError as error:
        missing.append(str(error))
    if missing:
        if os.environ.get("LAKE_TESTS_NEED_FLINK"):
            pytest.fail(f"Flink's tests need what is not here: {'; '.join(missing)}")
        pytest.skip(f"Flink's tests need what is not here: {'; '.join(missing)}")


@pytest.fixture(scope="session")
def jar(with_flink: None) -> Path:
    """The operators' jar, out of the user's cache or built."""
    return connectors_jar(APPS)


@pytest.fixture(scope="session")
def packages(jar: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The zip of each application."""
    folder = tmp_path_factory.mktemp("packages")
    return {
        app: write_package(app_named(app, APPS), jar, contracts_folder(), folder / f"{app}.zip")
        for app in ("sessions", "event_counts")
    }
