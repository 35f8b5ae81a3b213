"""Why DynamoDB is written to one request at a time: with several under way, an older count may end last, and stay."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lake_local.emulators.streams import put
from lake_local.flink.cluster import StandaloneCluster
from tests.lake_local.flink.conftest import Aws
from tests.lake_local.flink.holding import HoldingProxy, holding

ONE_AT_A_TIME = b'"sink.requests.max-inflight": "1"'
HOUR = "2025-03-30T09:00:00"
NAMES = [f"event {number}" for number in range(10)]
"""One round of events is one request, sent five seconds later. Two rounds are fewer than 25 items: whatever the number
of requests, the connector begins with no more items under way than one request may hold.
"""


@contextmanager
def counting(cluster: StandaloneCluster, package: Path, aws: Aws, proxy: HoldingProxy, name: str) -> Iterator[None]:
    """Counts of the stream `name` into the table `name`. Checkpoints are rare: each one waits for all requests."""
    aws.create_streams(name, f"{name}-late", f"{name}-quarantine")
    aws.create_counts_table(name)
    properties = {
        "source": f"kinesis://{name}",
        "kinesis_endpoint": aws.kinesis_endpoint,
        "initial_position": "trim_horizon",
        "sink": f"dynamodb://{name}",
        "dynamodb_endpoint": proxy.endpoint,
        "late_sink": f"kinesis://{name}-late",
        "quarantine_sink": f"kinesis://{name}-quarantine",
    }
    settings = {"parallelism.default": "1", "execution.checkpointing.interval": "10 min"}
    job = cluster.submit(package, properties, settings=settings)
    try:
        yield
    finally:
        cluster.cancel(job)


def put_round(kinesis: Any, stream: str, number: int) -> None:
    """One event of each name."""
    events = (
        {"event_id": f"{number} {name}", "client_event": name, "client_timestamp": "2025-03-30T09:10:00Z"}
        for name in NAMES
    )
    put(kinesis, stream, [("one", json.dumps(event).encode()) for event in events])


def hasty(package: Path, out: Path) -> Path:
    """The package with the connector's own number of requests under way, 50."""
    with zipfile.ZipFile(package) as given, zipfile.ZipFile(out, "w") as changed:
        for entry in given.infolist():
            content = given.read(entry)
            if entry.filename == "python/lake/flink/connectors.py":
                assert content.count(ONE_AT_A_TIME) == 1
                content = content.replace(ONE_AT_A_TIME, ONE_AT_A_TIME.replace(b'"1"', b'"50"'))
            changed.writestr(entry, content)
    return out


def test_a_write_that_is_held_back_is_not_overtaken_and_counts_end_exact(
    cluster: StandaloneCluster, packages: dict[str, Path], aws: Aws
) -> None:
    with (
        holding(aws.dynamodb_endpoint, patience=15) as proxy,
        counting(cluster, packages["event_counts"], aws, proxy, "careful"),
    ):
        put_round(aws.kinesis, "careful", 1)
        cluster.wait_until(lambda: proxy.writes == 1, "the first write", 120)
        put_round(aws.kinesis, "careful", 2)
        cluster.wait_until(lambda: len(proxy.answered) == 2, "both writes", 120)
        assert proxy.answered == [1, 2]
        assert aws.counts_in("careful") == {(name, HOUR): 2 for name in NAMES}


def test_with_several_requests_under_way_an_older_count_stays(
    cluster: StandaloneCluster, packages: dict[str, Path], aws: Aws, tmp_path: Path
) -> None:
    package = hasty(packages["event_counts"], tmp_path / "event_counts.zip")
    with (
        holding(aws.dynamodb_endpoint, patience=120) as proxy,
        counting(cluster, package, aws, proxy, "hasty"),
    ):
        put_round(aws.kinesis, "hasty", 1)
        cluster.wait_until(lambda: proxy.writes == 1, "the first write", 120)
        put_round(aws.kinesis, "hasty", 2)
        cluster.wait_until(lambda: len(proxy.answered) == 2, "both writes", 150)
        assert proxy.answered == [2, 1]
        assert aws.counts_in("hasty") == {(name, HOUR): 1 for name in NAMES}  # the truth is 2
