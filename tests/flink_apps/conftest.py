"""One Flink cluster in this process for all tests; operators are compiled from their sources, or are LAKE_FLINK_JAR's.

They run in the streams environment, by `.venv-streams/bin/pytest tests/flink_apps`; elsewhere nothing is collected.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if importlib.util.find_spec("pyflink") is None:
    collect_ignore_glob = ["*"]

if TYPE_CHECKING:
    from runs import Cluster

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(HERE), str(REPOSITORY)]


def compiled(sources: list[Path], jar: Path, *others: Path) -> Path:
    """A jar of Java sources, compiled against the Flink that PyFlink carries, and other jars."""
    import pyflink

    classes = jar.with_suffix("")
    classes.mkdir()
    libraries = ":".join(map(str, [*(Path(pyflink.__file__).parent / "lib").glob("*.jar"), *others]))
    subprocess.run(["javac", "--release", "11", "-cp", libraries, "-d", classes, *sources], check=True)
    subprocess.run(["jar", "cf", jar, "-C", classes, "."], check=True)
    return jar


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what starts Flink, which the fixtures of a test tell."""
    for item in items:
        if {"cluster", "jars"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.flink)


@pytest.fixture(scope="session")
def jars(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The operators' jar, and one of what only tests need."""
    folder = tmp_path_factory.mktemp("jars")
    given = os.environ.get("LAKE_FLINK_JAR")
    sources = sorted((REPOSITORY / "flink_apps/src/main/java/lake/flink").rglob("*.java"))
    operators = Path(given) if given else compiled(sources, folder / "operators.jar")
    return [operators, compiled(sorted((HERE / "java").glob("*.java")), folder / "replay.jar", operators)]


@pytest.fixture(scope="session")
def cluster(jars: list[Path]) -> Iterator[Cluster]:
    """A cluster of one task manager with four slots."""
    from runs import Cluster

    cluster = Cluster(jars)
    yield cluster
    cluster.close()
