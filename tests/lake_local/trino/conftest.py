"""A small Trino: two archives laid out as the real ones, with checksums of their own, in a repository of files.

And a Java for it that is a shell script.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lake_local.trino import artifacts
from lake_local.trino import launch as launching
from lake_local.trino.launch import metastore_in
from lake_local.trino.server import Server, all_running, stop

SLEEPS = "touch ready; exec sleep 600"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Maven repository in a folder, with both archives in it."""
    folder = tmp_path / "repository"
    _put(monkeypatch, folder, "SERVER", _tar({"lib/a.jar": b"a", "plugin/hive/old.jar": b"old", "bin/launcher": b"x"}))
    _put(monkeypatch, folder, "HIVE", _zip({"b.jar": b"b", "c.jar": b"c"}))
    return folder


@pytest.fixture
def with_metastore(cache: Path, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Java that is a shell script, and a Trino that answers when the script has made the file `ready`; all end here.

    The script may be written anew; it runs in the server's folder.
    """
    program = tmp_path / "java"
    program.write_text(f"#!/bin/sh\n{SLEEPS}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("LAKE_MAVEN_REPOSITORY", repository.as_uri())
    monkeypatch.setattr("lake_local.trino.artifacts.shutil.which", lambda name: None)
    monkeypatch.setattr(launching, "java", lambda say: program)
    monkeypatch.setattr("lake_local.trino.client.can_query", lambda port: any(cache.glob("trino/servers/*/ready")))
    monkeypatch.setattr(launching, "_POLL_SECONDS", 0.02)
    monkeypatch.delenv("LAKE_TRINO_MEMORY", raising=False)
    yield program
    for server in all_running():
        stop(server.root)


@pytest.fixture
def java(with_metastore: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with a metastore that answers nothing, and so starts at once."""

    def launch_metastore(folder: Path, root: str) -> str:
        process = metastore_in(folder)
        with process.reserved() as held:
            process.launch(["sleep", "600"], dict(os.environ), held)
        return "http://127.0.0.1:9999"

    monkeypatch.setattr(launching, "_launch_metastore", launch_metastore)
    return with_metastore


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "lake")


def folder_of(server: Server) -> Path:
    return Path(server.folder)


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
