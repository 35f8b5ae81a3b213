"""What tests share: one Spark session, one moto server, roots of both kinds, the recorded inputs; and their markers.

A marker says what a test needs (pyproject.toml lists them). Where a fixture is the need, the marker comes from it, so
that none can be forgotten; a test that starts something by itself is marked in its module. Without a marker, a test is
pure logic, and quick.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from xdist.scheduler import LoadScopeScheduling

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
# Of Flink within PyFlink: a program that ends in seconds does not win back the cost of Java's second compiler.
os.environ.setdefault("JVM_ARGS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

# On CI every run draws the same examples: a change is judged by what it changed. Elsewhere, each run tries new ones.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")

pytest_plugins = ("tests.emulators", "tests.trino_servers", "tests.programs")

REPOSITORY = Path(__file__).resolve().parents[1]

NEEDS = {
    "spark": {"spark"},
    "flink": {"with_flink"},
    "trino": {"trino_local", "trino_s3", "trino_at_root"},
    "kinesis": {"kinesis_endpoint"},
    "s3": {"moto_endpoint", "aws_endpoint"},
}
"""Markers, and the fixtures that a test needs by itself or through others, from which it has the marker."""

WHOLE_JOBS = (REPOSITORY / "tests" / "glue_jobs", REPOSITORY / "tests" / "recorded")
"""Every test there runs a job from its plan to its report."""

SHARED = {
    "trino": {"trino_local", "trino_s3", "trino_at_root", "recorded_lake"},
    "flink cluster": {"cluster"},
    "pages": {"add_a_table"},
}
"""What takes long to make and is made once: the process that makes it runs all tests that use these fixtures."""

LONGEST_FIRST = ("flink", "trino", "spark", "e2e", "kinesis", "s3")
"""Where tests run in several processes, none should begin with what takes minutes when the others have ended."""


def moto_credentials(endpoint: str) -> dict[str, str]:
    """The environment in which every AWS client speaks to moto."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded inputs, named by LAKE_SHARED; tests on them skip where there is none."""
    shared = os.environ.get("LAKE_SHARED")
    if not shared:
        pytest.skip("LAKE_SHARED names no folder of recorded inputs")
    folder = Path(shared).resolve() / "data"
    if not folder.is_dir():
        pytest.skip(f"LAKE_SHARED={shared} has no folder data/")
    return folder


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """The address of a moto server, on a free port, that speaks S3 and Glue."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Points every AWS client at moto, which has forgotten what other tests did; returns its address."""
    urllib.request.urlopen(urllib.request.Request(f"{moto_endpoint}/moto-api/reset", method="POST")).close()
    for name, value in moto_credentials(moto_endpoint).items():
        monkeypatch.setenv(name, value)
    return moto_endpoint


@pytest.fixture(scope="session")
def spark(request: pytest.FixtureRequest) -> Iterator[SparkSession]:
    """The process's one Spark session, as the job itself starts it on this machine."""
    from lake.jobs.runtime import spark_session

    moto_endpoint = request.getfixturevalue("moto_endpoint")  # not a parameter: a test of Spark needs no s3 for it
    session = spark_session("tests", "local[2]")
    # A test's few rows do not win back the compilation of each query; runs in processes of their own have it on.
    session.conf.set("spark.sql.codegen.wholeStage", "false")
    # Python workers take their environment from here, whenever the JVM was started and by whom.
    session.sparkContext.environment.update(moto_credentials(moto_endpoint))
    yield session
    session.stop()


@pytest.fixture
def s3_root(aws: str) -> str:
    """A fresh bucket's prefix, on moto."""
    import boto3

    bucket = f"lake-{uuid.uuid4().hex[:12]}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    return f"s3://{bucket}/lake"


@pytest.fixture(params=["local", "s3"])
def any_root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A root of each kind, so that one test proves both alike."""
    return str(tmp_path / "lake") if request.param == "local" else str(request.getfixturevalue("s3_root"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        callspec = getattr(item, "callspec", None)
        needs = {marker for marker, names in NEEDS.items() if names & fixtures}
        if callspec is not None and callspec.params.get("any_root") == "s3":
            needs.add("s3")
        if any(map(item.path.is_relative_to, WHOLE_JOBS)):
            needs.add("e2e")
        for marker in sorted(needs):
            item.add_marker(marker)
    if hasattr(config, "workerinput"):  # one of several processes
        items.sort(key=_place)
        units = {item.nodeid: unit_of(item.nodeid, set(getattr(item, "fixturenames", ()))) for item in items}
        _units_file(config.workerinput["testrunuid"], config.workerinput["workerid"]).write_text(json.dumps(units))


def _place(item: pytest.Item) -> int:
    ranks = [place for place, marker in enumerate(LONGEST_FIRST) if item.get_closest_marker(marker)]
    return min(ranks, default=len(LONGEST_FIRST))


def unit_of(nodeid: str, fixtures: set[str]) -> str:
    """What one process runs as a whole: the tests that share what takes long to make, or else those of a file."""
    return next((name for name, names in SHARED.items() if names & fixtures), nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """With --dist loadgroup, processes are given units. The marker xdist_group is not heeded with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        @cached_property
        def units(self) -> dict[str, str]:
            worker = next(iter(self.registered_collections))
            file = _units_file(worker.workerinput["testrunuid"], worker.workerinput["workerid"])
            return dict(json.loads(file.read_text()))

        def _split_scope(self, nodeid: str) -> str:
            return self.units[nodeid]

    return ByUnit(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    _units_file(node.workerinput["testrunuid"], node.workerinput["workerid"]).unlink(missing_ok=True)


def _units_file(run: str, worker: str) -> Path:
    """Where a worker process leaves its tests' units, which only it can tell, for the one that gives them out."""
    return Path(tempfile.gettempdir()) / f"pytest-units-{run}-{worker}.json"
