"""A table of counts on moto, and the function's environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from infra.functions.event_count_metrics import handler
from tests.infra.functions.counts import MARKS, CountsTable
from tests.infra.functions.faults import Faults, faulty


@pytest.fixture
def counts(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CountsTable]:
    monkeypatch.setenv("MARKS_TABLE", MARKS)
    handler.client_of.cache_clear()
    yield CountsTable()
    handler.client_of.cache_clear()


@pytest.fixture
def failing(counts: CountsTable, aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Faults]]:
    """Put a faulty server before moto's CloudWatch, or its DynamoDB, for the function alone."""
    servers = []

    def before(service: str) -> Faults:
        server = faulty(aws)
        faults = server.__enter__()
        servers.append(server)
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service.upper()}", faults.endpoint)
        return faults

    yield before
    for server in servers:
        server.__exit__(None, None, None)
