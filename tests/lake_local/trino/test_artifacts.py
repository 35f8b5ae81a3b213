"""Trino's assembly: from Maven or a repository, checked byte by byte, whole or not there."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from lake.stream.build_cache import build_once
from lake_local.trino import artifacts
from lake_local.trino.artifacts import assembled_folder, trino_home
from lake_local.trino.errors import TrinoSetupError

Program = Callable[[str, str], Path]

JARS = ["lib/a.jar", "plugin/hive/b.jar", "plugin/hive/c.jar"]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def from_folder(cache: Path, repository: Path, empty_path: Program, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No Maven, and LAKE_MAVEN_REPOSITORY; gives the repository."""
    monkeypatch.setenv("LAKE_MAVEN_REPOSITORY", repository.as_uri())
    return repository


def test_it_is_put_together_from_the_servers_jars_and_the_connectors(from_folder: Path, cache: Path) -> None:
    said: list[str] = []
    home = trino_home(said.append)
    assert files(home) == JARS
    assert home.parent == cache / "trino"
    assert said == [
        "Downloading trino-server-core-476.tar.gz ...",
        "Downloading trino-hive-476.zip ...",
        "Assembling Trino ...",
    ]


def test_what_is_there_is_not_made_again(from_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = trino_home()
    monkeypatch.delenv("LAKE_MAVEN_REPOSITORY")  # from here on, nothing could be downloaded
    said: list[str] = []
    assert trino_home(said.append) == home
    assert said == []


def test_maven_is_asked_where_it_is_there_and_its_settings_count(
    cache: Path, repository: Path, empty_path: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_MAVEN_REPOSITORY", "https://not.asked.invalid")
    log = repository / "asked"
    empty_path(
        "mvn",
        f"""echo "$@" >> {log}
for word in "$@"; do case $word in
  -Dartifact=*) IFS=: read -r group name version packaging <<END
${{word#-Dartifact=}}
END
;; -DoutputDirectory=*) folder=${{word#-DoutputDirectory=}};; esac; done
cp {repository}/io/trino/$name/$version/$name-$version.$packaging $folder/""",
    )
    assert files(trino_home()) == JARS
    asked = log.read_text().splitlines()
    assert [word for line in asked for word in line.split() if word.startswith("-Dartifact")] == [
        "-Dartifact=io.trino:trino-server-core:476:tar.gz",
        "-Dartifact=io.trino:trino-hive:476:zip",
    ]
    assert all("--batch-mode" in line and "--settings" not in line for line in asked)


def test_mavens_own_words_are_in_the_error(cache: Path, repository: Path, empty_path: Program) -> None:
    empty_path("mvn", "echo '[INFO] x'; echo '[ERROR] Could not transfer artifact: no route to host'; exit 1")
    with pytest.raises(TrinoSetupError, match=r"with .*/mvn: \[ERROR\] Could not transfer artifact: no route to host"):
        trino_home()
    assert not assembled_folder().exists()


def test_without_maven_and_repository_it_is_said_what_to_install(cache: Path, empty_path: Program) -> None:
    with pytest.raises(TrinoSetupError, match=r"Install Maven \(mvn on PATH.*or set LAKE_MAVEN_REPOSITORY"):
        trino_home()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("not a url", "expected a URL"),
        ("file:///nowhere", "No such file or directory.*Expected a Maven repository in LAKE_MAVEN_REPOSITORY"),
        ("http://127.0.0.1:9", "refused.*Expected a Maven repository in LAKE_MAVEN_REPOSITORY"),
    ],
)
def test_a_repository_that_is_none_is_named(
    cache: Path, empty_path: Program, monkeypatch: pytest.MonkeyPatch, url: str, told: str
) -> None:
    monkeypatch.setenv("LAKE_MAVEN_REPOSITORY", url)
    with pytest.raises(TrinoSetupError, match=told):
        trino_home()


def test_an_archive_with_other_bytes_is_refused(from_folder: Path) -> None:
    archive = from_folder / "io" / "trino" / "trino-hive" / "476" / "trino-hive-476.zip"
    archive.write_bytes(archive.read_bytes() + b"\n")
    with pytest.raises(TrinoSetupError, match=rf"expected SHA-256 {artifacts.HIVE.sha256}, found [0-9a-f]{{64}}"):
        trino_home()
    assert files(assembled_folder().parent) == [f"{assembled_folder().name}.lock"]


def test_an_assembly_that_was_killed_leaves_nothing_half(from_folder: Path) -> None:
    def stuck(folder: Path) -> None:
        (folder / "half").write_text("of it")
        os.kill(os.getpid(), signal.SIGKILL)

    child = multiprocessing.get_context("fork").Process(target=build_once, args=(assembled_folder(), stuck))
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    assert not assembled_folder().exists()
    assert any(name.endswith("half") for name in files(assembled_folder().parent))
    assert files(trino_home()) == JARS
    assert files(assembled_folder().parent) == sorted(
        [f"{assembled_folder().name}.lock", *(f"{assembled_folder().name}/{jar}" for jar in JARS)]
    )
