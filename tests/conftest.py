"""What tests share: one Spark session, one moto server, roots of both kinds, the recorded inputs."""

from __future__ import annotations

import os
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)

# On CI every run draws the same examples: a change is judged by what it changed. Elsewhere, each run tries new ones.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")

pytest_plugins = ("tests.emulators", "tests.trino_servers", "tests.programs")

REPOSITORY = Path(__file__).resolve().parents[1]


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
def spark(moto_endpoint: str) -> Iterator[SparkSession]:
    """The run's one Spark session, as the job itself starts it on this machine."""
    from lake.jobs.runtime import spark_session

    session = spark_session("tests", "local[2]")
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow: moto's S3, of what is tried on both kinds of root, and the recorded inputs, which are large."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        is_on_s3 = callspec is not None and callspec.params.get("any_root") == "s3"
        if is_on_s3 or "recorded" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
