"""Trino's assembly: downloaded by Maven, its checksums verified, whole or absent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lake_local.trino.artifacts import trino_home
from lake_local.trino.errors import TrinoSetupError
from tests.lake_local.trino.conftest import Repository

Program = Callable[[str, str], Path]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_it_is_assembled_once_from_the_servers_jars_and_the_connectors(repository: Repository, cache: Path) -> None:
    messages: list[str] = []
    home = trino_home(messages.append, repository.release)
    assert files(home) == ["lib/a.jar", "plugin/hive/b.jar", "plugin/hive/c.jar"]
    assert home.parent == cache / "trino"
    assert messages == [
        "Downloading trino-server-core-476.tar.gz ...",
        "Downloading trino-hive-476.zip ...",
        "Assembling Trino ...",
    ]
    assert trino_home(messages.append, repository.release) == home
    assert len(messages) == 3
    commands = repository.log.read_text().splitlines()
    assert [word for line in commands for word in line.split() if word.startswith("-Dartifact")] == [
        "-Dartifact=io.trino:trino-server-core:476:tar.gz",
        "-Dartifact=io.trino:trino-hive:476:zip",
    ]
    assert all("--batch-mode" in line and "--settings" not in line for line in commands)  # the user's settings count


def test_the_error_has_mavens_message(repository: Repository, empty_path: Program) -> None:
    empty_path("mvn", "echo '[INFO] x'; echo '[ERROR] Could not transfer artifact: no route to host'; exit 1")
    with pytest.raises(TrinoSetupError, match=r"with .*/mvn: \[ERROR\] Could not transfer artifact: no route to host"):
        trino_home(release=repository.release)
    assert not repository.release.folder.exists()


def test_without_maven_the_error_says_what_to_install(cache: Path, empty_path: Program) -> None:
    with pytest.raises(TrinoSetupError, match=r"Maven not found. Install Maven \(mvn on PATH\)"):
        trino_home()


def test_an_archive_with_other_bytes_is_refused_and_leaves_nothing(repository: Repository) -> None:
    archive = repository.folder / "trino-hive-476.zip"
    archive.write_bytes(archive.read_bytes() + b"\n")
    checksum = repository.release.hive.sha256
    with pytest.raises(TrinoSetupError, match=rf"expected SHA-256 {checksum}, got [0-9a-f]{{64}}"):
        trino_home(release=repository.release)
    folder = repository.release.folder
    assert files(folder.parent) == [f"{folder.name}.lock"]
