"""The operators' jar: built by Maven once for equal sources, byte by byte the same, or one clear line."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from lake.stream.errors import JarError, StreamSetupError
from lake.stream.jar import JAR, connectors_jar, sources_digest
from tests.lake.stream.conftest import APPS
from tests.programs import Program

# Says where it runs, its arguments and what it sees, in the jar itself.
BUILDS = f'mkdir target; (echo "$@"; find . -type f | sort) > target/{JAR}'


@pytest.fixture
def maven(cache: Path, empty_path: Program) -> Program:
    empty_path("javac", "exit 1")
    empty_path("mvn", BUILDS)
    return empty_path


def test_maven_builds_a_copy_of_the_sources_and_nothing_else_is_kept(apps: Path, cache: Path, maven: Program) -> None:
    said: list[str] = []
    jar = connectors_jar(apps, said.append)
    assert jar.read_text().splitlines() == [
        "--batch-mode --quiet package",
        "./pom.xml",
        "./src/main/java/A.java",
        f"./target/{JAR}",
    ]
    assert jar.parent.parent == cache / "flink"
    assert [path.name for path in jar.parent.iterdir()] == [JAR]
    assert [path.name for path in (apps / "target").iterdir()] == ["left.txt"]
    assert said == ["Building the operators' jar with Maven (a minute; the first time it downloads) ..."]


def test_equal_sources_are_not_built_again(apps: Path, maven: Program) -> None:
    jar = connectors_jar(apps)
    maven("mvn", "exit 1")
    said: list[str] = []
    assert connectors_jar(apps, said.append) == jar
    assert said == []


def test_jars_that_were_not_used_for_long_make_room(apps: Path, cache: Path, maven: Program) -> None:
    jars = []
    for number in range(7):
        (apps / "pom.xml").write_text(f"<project>{number}</project>")
        jars.append(connectors_jar(apps))
        os.utime(jars[-1].parent, (number, number))
        if number == 4:
            os.utime(jars[0].parent)  # used again
    assert [jar.exists() for jar in jars] == [True, False, False, True, True, True, True]


@pytest.mark.parametrize("change", ["pom.xml", "src/main/java/A.java", "src/main/java/B.java"])
def test_other_sources_are_another_jar(apps: Path, change: str) -> None:
    before = sources_digest(apps)
    with (apps / change).open("a") as file:
        file.write("\n")
    assert sources_digest(apps) != before


def test_a_renamed_source_is_another_jar(apps: Path) -> None:
    before = sources_digest(apps)
    source = apps / "src" / "main" / "java" / "A.java"
    source.rename(source.with_name("B.java"))
    assert sources_digest(apps) != before


def test_what_was_built_beside_the_sources_does_not_count(apps: Path) -> None:
    before = sources_digest(apps)
    (apps / "target" / "more.txt").write_text("")
    assert sources_digest(apps) == before


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ([], r"Maven \(mvn\) and a JDK \(javac\) not found"),
        (["mvn"], r": a JDK \(javac\) not found"),
        (["javac"], r": Maven \(mvn\) not found"),
    ],
)
def test_what_is_missing_is_named_and_what_to_install(
    apps: Path, cache: Path, empty_path: Program, there: list[str], message: str
) -> None:
    for name in there:
        empty_path(name, BUILDS)
    with pytest.raises(StreamSetupError, match=f"{message}.*install Maven and a JDK, 11 or newer"):
        connectors_jar(apps)


def test_the_compilers_words_are_in_the_error(apps: Path, cache: Path, maven: Program) -> None:
    maven(
        "mvn",
        "echo '[ERROR] COMPILATION ERROR : '; echo '[ERROR] /a/A.java:[3,5] cannot find symbol'; exit 1",
    )
    with pytest.raises(JarError, match=r"with .*/mvn: COMPILATION ERROR : /a/A.java:\[3,5\] cannot find symbol"):
        connectors_jar(apps)
    assert list((cache / "flink").glob("jar-*/*")) == []


def test_a_jar_that_was_built_elsewhere_is_taken(apps: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_FLINK_JAR", str(apps / "pom.xml"))
    assert connectors_jar(apps) == apps / "pom.xml"


def test_a_jar_that_is_absent_is_named(apps: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_FLINK_JAR", "/nowhere/a.jar")
    with pytest.raises(JarError, match=r"jar not found: /nowhere/a.jar \(LAKE_FLINK_JAR\); name another one, or leave"):
        connectors_jar(apps)


def test_equal_sources_in_another_folder_and_cache_give_equal_bytes(
    jar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone" / "flink_apps"
    for name in ("pom.xml", "src"):
        (shutil.copytree if (APPS / name).is_dir() else _copy)(APPS / name, clone / name)
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LAKE_FLINK_JAR", raising=False)
    again = connectors_jar(clone)
    assert again != jar
    assert digest(again) == digest(jar)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def test_a_java_home_that_has_no_compiler_is_passed_over_for_the_jdk_on_path(
    apps: Path, cache: Path, maven: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Spark's or Trino's Java may be one to run programs alone."""
    maven("mvn", f'echo "$JAVA_HOME" > {tmp_path}/home\n{BUILDS}')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jre"))
    connectors_jar(apps)
    assert (tmp_path / "home").read_text() == "\n"
