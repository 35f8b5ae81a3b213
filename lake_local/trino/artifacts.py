"""Trino as it was released, put together from two artifacts of Maven Central: the server, and its Hive connector.

The server's own archive has every connector there is (1.3 GB); these two have what a lake needs (390 MB).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lake.stream.build_cache import build_once, cache_folder
from lake_local.trino.errors import TrinoSetupError

VERSION = "476"
_DOWNLOAD_SECONDS = 1800
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Artifact:
    """A file of Maven Central, group io.trino."""

    name: str
    packaging: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.name}-{VERSION}.{self.packaging}"


SERVER = Artifact("trino-server-core", "tar.gz", "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158")
HIVE = Artifact("trino-hive", "zip", "611bacdb07d9f3cf7b9d47f97ecc76fa2e7ff8bfe8a9728c3d06adc1bfb8662e")

Say = Callable[[str], None]


def trino_home(say: Say = lambda _: None) -> Path:
    """The folder with lib/ and plugin/hive/, downloaded and assembled where it is not in the cache yet.

    Its name has the artifacts' checksums, so another release is another folder. `say` is told what takes long.
    Raises TrinoSetupError, which says what to install or set.
    """
    return build_once(assembled_folder(), lambda folder: _assemble(folder, say))


def assembled_folder() -> Path:
    """Where trino_home puts it."""
    digest = hashlib.sha256(f"{SERVER.sha256} {HIVE.sha256}".encode()).hexdigest()
    return cache_folder() / "trino" / f"{VERSION}-{digest[:12]}"


def _assemble(folder: Path, say: Say) -> None:
    downloads = folder / "downloads"
    downloads.mkdir()
    archives = [_download(artifact, downloads, say) for artifact in (SERVER, HIVE)]
    say("Assembling Trino ...")
    _unpack_server(archives[0], folder)
    _unpack_plugin(archives[1], folder / "plugin" / "hive")
    shutil.rmtree(downloads)


def _download(artifact: Artifact, folder: Path, say: Say) -> Path:
    target = folder / artifact.file_name
    repository = os.environ.get("LAKE_MAVEN_REPOSITORY")
    maven = shutil.which("mvn")
    if maven is None and not repository:
        raise TrinoSetupError(
            f"downloading {artifact.file_name}: neither Maven nor a repository was found. Install Maven (mvn on PATH; "
            "its settings and mirrors are used), or set LAKE_MAVEN_REPOSITORY to the URL of a repository that has "
            "what Maven Central has"
        )
    say(f"Downloading {artifact.file_name} ...")
    if maven is not None:
        _download_with_maven(maven, artifact, folder)
    else:
        _download_from(str(repository), artifact, target)
    found = _sha256(target) if target.exists() else "no file"
    if found != artifact.sha256:
        raise TrinoSetupError(
            f"downloading {artifact.file_name}: expected SHA-256 {artifact.sha256}, found {found}. The repository "
            "or a proxy gave something else: name another one in Maven's settings or in LAKE_MAVEN_REPOSITORY"
        )
    return target


def _download_with_maven(maven: str, artifact: Artifact, folder: Path) -> None:
    words = [
        maven,
        *("--batch-mode", "--quiet"),
        "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
        f"-Dartifact=io.trino:{artifact.name}:{VERSION}:{artifact.packaging}",
        f"-DoutputDirectory={folder}",
    ]
    try:  # in the cache: Maven would read a pom.xml of the folder that the user happens to be in
        ended = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, check=False, timeout=_DOWNLOAD_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise TrinoSetupError(
            f"downloading {artifact.file_name} with {maven}: not done in {_DOWNLOAD_SECONDS} s; see to the network "
            "and Maven's settings, and run again"
        ) from error
    if ended.returncode != 0:
        lines = [line for line in (ended.stdout + ended.stderr).splitlines() if "ERROR" in line]
        raise TrinoSetupError(
            f"downloading {artifact.file_name} with {maven}: {lines[0] if lines else 'it failed without a word'}. "
            "See to the network and Maven's settings, and run again"
        )


def _download_from(repository: str, artifact: Artifact, target: Path) -> None:
    url = f"{repository.rstrip('/')}/io/trino/{artifact.name}/{VERSION}/{artifact.file_name}"
    if not url.startswith(("https://", "http://", "file://")):
        raise TrinoSetupError(f"reading LAKE_MAVEN_REPOSITORY={repository!r}: expected a URL, https://host/path")
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, target.open("wb") as file:  # noqa: S310 (seen to above)
            shutil.copyfileobj(answer, file, _BLOCK)
    except (urllib.error.URLError, TimeoutError) as error:
        raise TrinoSetupError(
            f"downloading {url}: {error}. Expected a Maven repository in LAKE_MAVEN_REPOSITORY that can be reached"
        ) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpack_server(archive: Path, folder: Path) -> None:
    """lib/ alone: the launcher is not used, and the connectors in plugin/ are for tests of the engine."""
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
