"""What tests of programs need: a cache and a PATH of their own, Ctrl-C heeded, and Flink where it can be run."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lake.contract.load import contracts_folder
from lake.stream.apps import app_file, apps_folder
from lake.stream.environment import streams_python
from lake.stream.errors import StreamSetupError
from lake.stream.jar import connectors_jar
from lake.stream.package import write_package

Program = Callable[[str, str], Path]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LAKE_FLINK_JAR", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A PATH with nothing on it but what the function it gives puts there: a name, and a shell script's text."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    def program(name: str, text: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}\n")
        path.chmod(0o755)
        return path

    return program


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Programs that are started heed Ctrl-C; in the background, where tests may run, shells have them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
    return connectors_jar(apps_folder())


@pytest.fixture(scope="session")
def packages(jar: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The zip of each application."""
    folder = tmp_path_factory.mktemp("packages")
    return {
        app: write_package(app_file(app, apps_folder()), jar, contracts_folder(), folder / f"{app}.zip")
        for app in ("sessions", "event_counts")
    }
