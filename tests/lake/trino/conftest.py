"""A small Trino: two archives laid out as the real ones, with checksums of their own, in a repository of files."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lake.trino import artifacts


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Maven repository in a folder, with both archives in it."""
    folder = tmp_path / "repository"
    _put(monkeypatch, folder, "SERVER", _tar({"lib/a.jar": b"a", "plugin/hive/old.jar": b"old", "bin/launcher": b"x"}))
    _put(monkeypatch, folder, "HIVE", _zip({"b.jar": b"b", "c.jar": b"c"}))
    return folder


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """A PATH with nothing on it but what the function it gives puts there: a name, and a shell script's text."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def program(name: str, text: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}\n")
        path.chmod(0o755)
        return path

    return program


def _put(monkeypatch: pytest.MonkeyPatch, repository: Path, name: str, data: bytes) -> None:
    artifact = replace(getattr(artifacts, name), sha256=hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(artifacts, name, artifact)
    folder = repository / "io" / "trino" / artifact.name / artifacts.VERSION
    folder.mkdir(parents=True)
    (folder / artifact.file_name).write_bytes(data)


def _tar(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"trino-server-core-476/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return sink.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.mkdir("trino-hive-476")
        for name, data in files.items():
            archive.writestr(f"trino-hive-476/{name}", data)
    return sink.getvalue()
