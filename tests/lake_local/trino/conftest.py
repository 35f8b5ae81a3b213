"""A small Trino: two archives laid out as the real ones, with checksums of their own, and a Maven that copies them."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lake_local.trino.artifacts import RELEASE, VERSION, Artifact, Release

Program = Callable[[str, str], Path]


@dataclass(frozen=True)
class Repository:
    """A folder with both archives, their release, and the log of a Maven that copies from it."""

    folder: Path
    release: Release

    @property
    def log(self) -> Path:
        return self.folder / "log"


@pytest.fixture
def repository(cache: Path, tmp_path: Path, empty_path: Program) -> Repository:
    folder = tmp_path / "repository"
    folder.mkdir()
    server = _tar({"lib/a.jar": b"a", "plugin/hive/old.jar": b"old", "bin/launcher": b"x"})
    release = Release(
        _put(folder, RELEASE.server, server), _put(folder, RELEASE.hive, _zip({"b.jar": b"b", "c.jar": b"c"}))
    )
    repository = Repository(folder, release)
    empty_path(
        "mvn",
        f"""echo "$@" >> {repository.log}
for word in "$@"; do case $word in
  -Dartifact=*) IFS=: read -r group name version packaging <<END
${{word#-Dartifact=}}
END
;; -DoutputDirectory=*) folder=${{word#-DoutputDirectory=}};; esac; done
cp {folder}/$name-$version.$packaging $folder/""",
    )
    return repository


def _put(folder: Path, artifact: Artifact, data: bytes) -> Artifact:
    (folder / artifact.file_name).write_bytes(data)
    return Artifact(artifact.name, artifact.packaging, hashlib.sha256(data).hexdigest())


def _tar(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"trino-server-core-{VERSION}/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return sink.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.mkdir(f"trino-hive-{VERSION}")
        for name, data in files.items():
            archive.writestr(f"trino-hive-{VERSION}/{name}", data)
    return sink.getvalue()
