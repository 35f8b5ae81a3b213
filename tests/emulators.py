"""Emulators of AWS for all tests of a run, each a process that starts when first asked for.

A pytest plugin (tests/conftest.py names it). Tests that use it are marked by it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from lake_local.emulators.aws import moto_server
from lake_local.emulators.clients import client
from lake_local.emulators.kinesis import kinesis_mock


@pytest.fixture(scope="session")
def kinesis_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the run's kinesis-mock; streams in it need names of their own (`fresh`)."""
    with kinesis_mock(tmp_path_factory.mktemp("kinesis")) as server:
        yield server.endpoint


@pytest.fixture(scope="session")
def kinesis(kinesis_endpoint: str) -> Any:
    """A client of the run's kinesis-mock."""
    return client("kinesis", kinesis_endpoint)


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """The address of a moto of its own process, for programs that are processes too; names as with Kinesis."""
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def fresh() -> str:
    """A name that no other test has."""
    return f"t{uuid.uuid4().hex[:12]}"
