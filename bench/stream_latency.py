"""How long an event takes from a put into Kinesis to its count in DynamoDB, at 1,000 records a second.

Runs in the jobs environment: one moto as Kinesis, another as DynamoDB, and the zip of event_counts on a Flink cluster
of two task managers. On two cores kinesis-mock takes 359 records a second beside Flink; moto's Kinesis takes them all,
and what it lacks, shards that end, is not needed here.

Among the clicks, now and then one has a name of its own: it is there when its item is. It is looked for ten times a
second, so a figure is too high by up to a tenth of a second.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from bench.stream_input import NAMES
from lake.contract.load import contracts_folder
from lake.stream.apps import app_file, apps_folder
from lake.stream.package import write_package
from lake_local.emulators.aws import moto_server
from lake_local.emulators.clients import client
from lake_local.emulators.streams import create_stream, put
from lake_local.emulators.tables import create_counts_table
from lake_local.flink.cluster import StandaloneCluster

RATE = 1_000
AIM_SECONDS = 5.0
SHARDS = 8
_STREAM, _TABLE = "clicks", "event-counts"
_BATCHES = 10  # a second
_PROBES_A_SECOND = 2
_POLL_SECONDS = 0.1
_GIVE_UP_SECONDS = 60.0
_START_SECONDS = 180.0
# moto's Kinesis understands JSON alone; the AWS SDKs for Java (1 in the source, 2 in the checks) would send CBOR.
_JSON_ALONE = {"AWS_CBOR_DISABLE": "true", "CBOR_ENABLED": "false"}


def latency(jar: Path, probes: int) -> dict[str, float]:
    """Median, 99th percentile and maximum in seconds over so many probes, and the rate that was kept up."""
    with tempfile.TemporaryDirectory(prefix="bench-latency-") as temporary:
        folder = Path(temporary)
        package = write_package(
            app_file("event_counts", apps_folder()), jar, contracts_folder(), folder / "event_counts.zip"
        )
        with (
            patch.dict(os.environ, _JSON_ALONE),
            moto_server() as kinesis_at,
            moto_server() as dynamodb_at,
            StandaloneCluster(folder / "flink", task_managers=2, slots=1) as cluster,
        ):
            kinesis, dynamodb = client("kinesis", kinesis_at), client("dynamodb", dynamodb_at)
            create_stream(kinesis, _STREAM, SHARDS)
            create_counts_table(dynamodb, _TABLE)
            properties = {
                "source": f"kinesis://{_STREAM}",
                "sink": f"dynamodb://{_TABLE}",
                "late_sink": str(folder / "late"),
                "quarantine_sink": str(folder / "quarantine"),
                "initial_position": "trim_horizon",
                "kinesis_endpoint": kinesis_at,
                "dynamodb_endpoint": dynamodb_at,
            }
            cluster.submit(package, properties, settings={"parallelism.default": "2"})
            put(kinesis, _STREAM, [_event("before", 0)])
            _seen(dynamodb, {"before": time.monotonic()}, _START_SECONDS)
            return _measured(kinesis, dynamodb, probes)


def _measured(kinesis: Any, dynamodb: Any, probes: int) -> dict[str, float]:
    """Puts at the rate from this thread; looks for probes from another."""
    waiting: dict[str, float] = {}
    began = time.monotonic()
    batches = _BATCHES * probes // _PROBES_A_SECOND
    with ThreadPoolExecutor(1) as watcher:
        watching = watcher.submit(_seen, dynamodb, waiting, _GIVE_UP_SECONDS, probes)
        for number in range(batches):
            time.sleep(max(0.0, began + number / _BATCHES - time.monotonic()))
            records = list(_clicks(number))
            if number % (_BATCHES // _PROBES_A_SECOND) == 0:
                name = f"probe-{number}"
                records[len(records) // 2] = _event(name, number)
                waiting[name] = time.monotonic()
            put(kinesis, _STREAM, records)
        taken = time.monotonic() - began
        seconds = sorted(watching.result().values())
    return {
        "rate": round(batches * RATE / _BATCHES / taken),
        "probes": len(seconds),
        "p50": round(median(seconds), 2),
        "p99": round(seconds[min(len(seconds) - 1, len(seconds) * 99 // 100)], 2),
        "max": round(seconds[-1], 2),
    }


def _clicks(batch: int) -> Iterator[tuple[str, bytes]]:
    for number in range(RATE // _BATCHES):
        yield _event(NAMES[number % len(NAMES)], batch * RATE + number)


def _event(name: str, number: int) -> tuple[str, bytes]:
    event = {
        "event_id": f"{name}-{number}",
        "user_id": number % 1000,
        "device_id": "computer",
        "client_event": name,
        "client_timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    return str(number), json.dumps(event).encode()


def _seen(dynamodb: Any, waiting: dict[str, float], patience: float, probes: int = 1) -> dict[str, float]:
    """Seconds until each of so many probes had an item; `waiting` gets names and times of put meanwhile.

    Raises TimeoutError where one takes longer than `patience`.
    """
    found: dict[str, float] = {}
    while len(found) < probes:
        time.sleep(_POLL_SECONDS)
        for name, put_at in list(waiting.items()):
            if name not in found:
                key = {"TableName": _TABLE, "KeyConditionExpression": "EventName = :name", "Limit": 1}
                items = dynamodb.query(**key, ExpressionAttributeValues={":name": {"S": name}})["Count"]
                took = time.monotonic() - put_at
                if items:
                    found[name] = took
                elif took > patience:
                    raise TimeoutError(f"measuring latency: {name} is not in DynamoDB after {took:.0f} s")
    return found
