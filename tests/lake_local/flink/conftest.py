"""One Flink cluster of several processes, one Kinesis and one DynamoDB for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from lake_local.emulators.aws import moto_server
from lake_local.emulators.clients import client
from lake_local.emulators.kinesis import kinesis_mock
from lake_local.emulators.streams import create_stream
from lake_local.emulators.tables import create_counts_table
from lake_local.flink.cluster import StandaloneCluster


@dataclass(frozen=True)
class Aws:
    """Kinesis and DynamoDB: their addresses, and clients of them."""

    kinesis_endpoint: str
    dynamodb_endpoint: str
    kinesis: Any
    dynamodb: Any

    def create_streams(self, *names: str, shards: int = 1) -> None:
        """Empty streams."""
        for name in names:
            create_stream(self.kinesis, name, shards)

    def create_counts_table(self, name: str) -> None:
        """A table of counts, as the application expects it."""
        create_counts_table(self.dynamodb, name)

    def counts_in(self, table: str) -> dict[tuple[str, str], int]:
        """All counts of a table, each item exactly of the three attributes."""
        found: dict[tuple[str, str], int] = {}
        for page in self.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            for item in page["Items"]:
                assert set(item) == {"EventName", "EventHour", "EventCount"}, item
                found[item["EventName"]["S"], item["EventHour"]["S"]] = int(item["EventCount"]["N"])
        return found


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """kinesis-mock and moto."""
    with kinesis_mock(tmp_path_factory.mktemp("kinesis")) as mock, moto_server() as moto:
        yield Aws(mock.endpoint, moto, client("kinesis", mock.endpoint), client("dynamodb", moto))


@pytest.fixture(scope="session")
def cluster(with_flink: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneCluster]:
    """Two task managers, each with slots for a task of three jobs."""
    with StandaloneCluster(tmp_path_factory.mktemp("flink") / "cluster", slots=3) as cluster:
        yield cluster
