"""The one jar of the Flink applications: our operators and Flink's connectors, built by Maven, kept in the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from lake.stream.build_cache import build_once, cache_folder
from lake.stream.errors import JarError, StreamSetupError

JAR = "lake-flink-connectors.jar"
JAR_VARIABLE = "LAKE_FLINK_JAR"
_BUILD_SECONDS = 1800
_JARS_KEPT = 5

Say = Callable[[str], None]


def connectors_jar(apps: Path, say: Say = lambda _: None) -> Path:
    """The jar of the sources in `apps`: built where the cache does not have it (a minute; 80 MB), or LAKE_FLINK_JAR.

    Equal sources give equal bytes (with the same JDK). `say` reports what takes long. Raises StreamSetupError where
    Maven or the JDK are missing, and JarError where the build fails, or LAKE_FLINK_JAR is not there.
    """
    given = os.environ.get(JAR_VARIABLE)
    if given:
        if not Path(given).is_file():
            raise JarError(
                f"operators' jar not found: {given} ({JAR_VARIABLE}); name another one, or leave "
                f"{JAR_VARIABLE} out to have it built"
            )
        return Path(given).absolute()
    folder = cache_folder() / "flink" / f"jar-{sources_digest(apps)[:16]}"
    jar = build_once(folder, lambda aside: _build(apps, aside, say)) / JAR
    os.utime(folder)
    _forget_old(folder.parent)
    return jar


def sources_digest(apps: Path) -> str:
    """SHA-256 over names and bytes of pom.xml and all files below src/main."""
    digest = hashlib.sha256()
    for path in _sources(apps):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(apps).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _forget_old(folder: Path) -> None:
    """Keeps the jars that were used last: each change of a source makes another one, of 80 MB."""
    used = sorted(folder.glob("jar-*/"), key=lambda path: path.stat().st_mtime)
    for old in used[:-_JARS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _sources(apps: Path) -> list[Path]:
    java = sorted(path for path in (apps / "src" / "main").rglob("*") if path.is_file())
    return [apps / "pom.xml", *java]


def _build(apps: Path, aside: Path, say: Say) -> None:
    maven, environment = _maven_and_jdk()
    work = aside / "build"
    for path in _sources(apps):  # a copy: two builds at once do not meet in one target/
        target = work / path.relative_to(apps)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    say("Building the operators' jar with Maven (a minute; the first time it downloads) ...")
    try:
        ended = subprocess.run(
            [maven, "--batch-mode", "--quiet", "package"],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_BUILD_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise JarError(
            f"building {apps / 'pom.xml'} with {maven}: timed out after {_BUILD_SECONDS} s; check the network and "
            "Maven's settings, and run again"
        ) from error
    built = work / "target" / JAR
    if ended.returncode != 0 or not built.is_file():
        raise JarError(f"building {apps / 'pom.xml'} with {maven}: {_reason(ended.stdout + ended.stderr)}")
    built.rename(aside / JAR)
    shutil.rmtree(work)


def _maven_and_jdk() -> tuple[str, dict[str, str]]:
    """Maven's path, and the environment for it. Raises StreamSetupError where it, or a JDK's compiler, is missing.

    A JAVA_HOME without a compiler, a Java to run programs alone, is passed over for the JDK that PATH names.
    """
    environment = dict(os.environ)
    home = environment.get("JAVA_HOME")
    compiler = shutil.which("javac", path=str(Path(home) / "bin")) if home else None
    if compiler is None:
        environment.pop("JAVA_HOME", None)
        compiler = shutil.which("javac")
    maven = shutil.which("mvn")
    missing = [name for name, found in (("Maven (mvn)", maven), ("a JDK (javac)", compiler)) if found is None]
    if missing or maven is None:
        raise StreamSetupError(
            f"building the operators' jar: {' and '.join(missing)} not found in JAVA_HOME or on PATH; install "
            f"Maven and a JDK, 11 or newer, or name a jar that was built elsewhere with {JAR_VARIABLE}"
        )
    return maven, environment


def _reason(output: str) -> str:
    """Maven's first line of error, and the first that names a source file, where there is one."""
    lines = [line.removeprefix("[ERROR] ").strip() for line in output.splitlines() if line.startswith("[ERROR]")]
    errors = [line for line in lines if line]
    if not errors:
        return "no error message; run `mvn package` there"
    sources = [line for line in errors if ".java:[" in line]
    return " ".join(dict.fromkeys([errors[0], *sources[:1]]))
