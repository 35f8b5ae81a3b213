"""Trino as it was released, assembled from two artifacts of Maven Central: the server, and its Hive connector.

The server's own archive has every connector (1.3 GB); these two have what a lake needs (390 MB).
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lake.stream.build_cache import build_once, cache_folder
from lake_local.trino.errors import TrinoSetupError

VERSION = "476"
_DOWNLOAD_SECONDS = 1800


@dataclass(frozen=True)
class Artifact:
    """A file of Maven Central, group io.trino."""

    name: str
    packaging: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.name}-{VERSION}.{self.packaging}"


@dataclass(frozen=True)
class Release:
    """The two artifacts of a release."""

    server: Artifact
    hive: Artifact

    @property
    def folder(self) -> Path:
        """Where it is assembled; named after the checksums, so another release has another folder."""
        digest = hashlib.sha256(f"{self.server.sha256} {self.hive.sha256}".encode()).hexdigest()
        return cache_folder() / "trino" / f"{VERSION}-{digest[:12]}"


RELEASE = Release(
    Artifact("trino-server-core", "tar.gz", "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158"),
    Artifact("trino-hive", "zip", "611bacdb07d9f3cf7b9d47f97ecc76fa2e7ff8bfe8a9728c3d06adc1bfb8662e"),
)

Say = Callable[[str], None]


def trino_home(say: Say = lambda _: None, release: Release = RELEASE) -> Path:
    """The folder with lib/ and plugin/hive/, downloaded and assembled if it is not in the cache.

    `say` receives progress messages. Raises TrinoSetupError, which says what to install or set.
    """

    def assemble(folder: Path) -> None:
        downloads = folder / "downloads"
        downloads.mkdir()
        server, hive = (_download(artifact, downloads, say) for artifact in (release.server, release.hive))
        say("Assembling Trino ...")
        _unpack_server(server, folder)
        _unpack_plugin(hive, folder / "plugin" / "hive")
        shutil.rmtree(downloads)

    return build_once(release.folder, assemble)


def _download(artifact: Artifact, folder: Path, say: Say) -> Path:
    doing = f"downloading {artifact.file_name}"
    maven = shutil.which("mvn")
    if maven is None:
        raise TrinoSetupError(
            f"{doing}: Maven not found. Install Maven (mvn on PATH); its settings and mirrors are used"
        )
    say(f"Downloading {artifact.file_name} ...")
    command = [
        maven,
        *("--batch-mode", "--quiet"),
        "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
        f"-Dartifact=io.trino:{artifact.name}:{VERSION}:{artifact.packaging}",
        f"-DoutputDirectory={folder}",
    ]
    try:  # in the cache: Maven would read a pom.xml of the folder that the user happens to be in
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=_DOWNLOAD_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise TrinoSetupError(
            f"{doing} with {maven}: timed out after {_DOWNLOAD_SECONDS} s; check the network and Maven's settings"
        ) from error
    if ended.returncode != 0:
        errors = [line for line in (ended.stdout + ended.stderr).splitlines() if "ERROR" in line]
        raise TrinoSetupError(
            f"{doing} with {maven}: {errors[0] if errors else f'exit code {ended.returncode}'}. "
            "Check the network and Maven's settings, and run again"
        )
    archive = folder / artifact.file_name
    checksum = _sha256(archive) if archive.exists() else "no file"
    if checksum != artifact.sha256:
        raise TrinoSetupError(
            f"{doing}: expected SHA-256 {artifact.sha256}, got {checksum}. The repository or a proxy sent other bytes: "
            "use another mirror in Maven's settings"
        )
    return archive


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpack_server(archive: Path, folder: Path) -> None:
    """Unpack lib/ alone: the launcher is not used, and the connectors in plugin/ are for tests of the engine."""
    with tarfile.open(archive) as tar:
        for member in tar:
            _, _, inner = member.name.partition("/")
            if inner.startswith("lib/") or inner in {"NOTICE", "README.txt"}:
                member.name = inner
                tar.extract(member, folder, filter="data")


def _unpack_plugin(archive: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    with zipfile.ZipFile(archive) as jars:
        for entry in jars.infolist():
            if not entry.is_dir():
                entry.filename = entry.filename.rpartition("/")[2]
                jars.extract(entry, folder)
