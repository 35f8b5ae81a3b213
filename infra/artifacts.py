"""What jobs install, put among the artifacts: the lake's wheel, or a zip of all wheels for accounts without an index.

    python -m infra.artifacts --settings infra/lake.yaml            build and upload
    python -m infra.artifacts --settings infra/lake.yaml --build    build only, below build/

The place has the digest of what the wheel is made from, which the jobs' templates name: a deployment that is rolled
back finds what it had.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.packages import REPOSITORY, WHEELHOUSE, pins, wheel_digest, wheel_name
from infra.settings import GLUE_VERSIONS, Settings
from infra.settings_file import read_settings
from lake.errors import LakeError, StorageError

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64")
"""Glue 5.1 and 6.0 run on Amazon Linux 2023, with glibc 2.34."""


class BuildError(LakeError):
    """A wheel that could not be built or downloaded."""


def build_wheel(out: Path) -> Path:
    """The lake's wheel, in a folder; equal sources give equal bytes."""
    shutil.rmtree(out, ignore_errors=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
    words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(REPOSITORY)]
    _run("building the wheel", words, environment)
    shutil.rmtree(REPOSITORY / "build" / "lib", ignore_errors=True)  # what setuptools leaves would be in the next wheel
    return out / wheel_name()


def build_wheelhouse(wheel: Path, python: str, out: Path) -> Path:
    """A zip of the wheel and of all that it needs on Glue, for its platform, checked against the lock's hashes."""
    folder = out / "wheels"
    shutil.rmtree(out, ignore_errors=True)
    folder.mkdir(parents=True)
    wanted, locked = out / "wanted.txt", out / "locked.txt"
    wanted.write_text("\n".join(pins()) + "\n", encoding="utf-8")
    uv = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--generate-hashes", "--no-header"]
    constraint = REPOSITORY / "requirements" / "jobs.txt"
    words = [*uv, str(wanted), "-c", str(constraint), "--python-version", python]
    words += ["--python-platform", "x86_64-manylinux_2_28", "-o", str(locked)]
    _run("resolving the packages of Glue's jobs", words)
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    words += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python, "--no-deps"]
    words += [part for platform in _PLATFORMS for part in ("--platform", platform)]
    _run("downloading the packages of Glue's jobs", [*words, "-r", str(locked), "-d", str(folder)])
    shutil.copy(wheel, folder)
    return _zipped(folder, wheel, out / WHEELHOUSE)


def _zipped(folder: Path, wheel: Path, file: Path) -> Path:
    """As Glue expects it: wheels/ with all of them, and the requirements that name them."""
    names = sorted(path.name for path in folder.glob("*.whl"))
    requirements = "".join(f"{name}=={version}\n" for name, version in (one.split("-")[:2] for one in names))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("requirements.txt", _LONG_AGO), requirements)
        for name in names:
            archive.writestr(zipfile.ZipInfo(f"wheels/{name}", _LONG_AGO), (folder / name).read_bytes())
    if wheel.name not in names:
        raise BuildError(f"packing {file}: {wheel.name} is not among its wheels")
    return file


def artifact(settings: Settings) -> Path:
    """What the settings' jobs install, built below build/."""
    wheel = build_wheel(REPOSITORY / "build" / "wheel")
    if settings.packages == "index":
        return wheel
    return build_wheelhouse(wheel, GLUE_VERSIONS[settings.glue_version], REPOSITORY / "build" / "wheelhouse")


def upload(settings: Settings, file: Path, digest: str) -> str:
    """Put a file where the jobs look for it; its URI. Raises StorageError."""
    key = f"lake/{digest}/{file.name}"
    uri = f"s3://{settings.artifacts}/{key}"
    try:
        boto3.client("s3", region_name=settings.region).upload_file(str(file), settings.artifacts, key)
    except (BotoCoreError, ClientError, boto3.exceptions.S3UploadFailedError) as error:
        raise StorageError(
            f"uploading {file.name} to {uri}: {error}; expected credentials of the account {settings.account}, in "
            "which the storage stack is deployed"
        ) from error
    return uri


def _run(doing: str, words: list[str], environment: dict[str, str] | None = None) -> None:
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise BuildError(f"{doing}: {' '.join(words[:5])} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")


def main(arguments: list[str] | None = None) -> int:
    """Build, and upload unless told not to."""
    parser = argparse.ArgumentParser(prog="python -m infra.artifacts", description=__doc__.partition("\n")[0])
    parser.add_argument("--settings", type=Path, default=Path("infra/lake.yaml"))
    parser.add_argument("--contracts", type=Path, default=REPOSITORY / "contracts")
    parser.add_argument("--build", action="store_true", help="build only")
    given = parser.parse_args(arguments)
    try:
        settings = read_settings(given.settings, given.contracts)
        file = artifact(settings)
        where = file if given.build else upload(settings, file, wheel_digest(REPOSITORY, given.contracts))
    except LakeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{where}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
