"""A Lambda function on the Data Catalog's change events: set<> types become array<>, and what failed is put again.

A Glue crawler over a DynamoDB table writes set<string>, which is no Hive type: queries fail, and so does Firehose's
format conversion. The function rewrites the table and its partitions, however deep the type. Its own update is a change
too, and comes as an event: it finds nothing to rewrite, and calls nothing that changes anything.

Events: "Glue Data Catalog Table State Change", and for new tables "Glue Data Catalog Database State Change". Events may
come twice, late, or in another order: what counts is the catalog, not the event. An event that never comes is made up
for by the next one of its table.

Settings, in the environment: REPLAYS, a JSON object, by "database.table": bucket and prefix of the error objects, and
the delivery_stream that their records are put into again. The function must not run twice at a time (reserved
concurrency 1): both would put the same records.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from .repair import Catalog
from .replay import Failures, Replay

LOG = logging.getLogger(__name__)
LOG.setLevel(logging.INFO)

ENOUGH_MS = 30_000
"""Milliseconds in which a batch of partitions, or an error object, is done or has failed."""


class SettingsError(Exception):
    """The function's environment is not as it must be."""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Repair the tables that an event names, and put again what failed of them; returns counts.

    Raises RepairError, and what AWS refuses: Lambda then invokes the function again with the same event.
    """
    replays = _replays()
    detail = event["detail"]

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > ENOUGH_MS)

    counts = {"tables": 0, "partitions": 0, "records": 0}
    database = detail["databaseName"]
    for name in _tables(detail):
        repaired = Catalog(client_of("glue"), has_time).repair(database, name, _changed_partitions(detail))
        counts["tables"] += repaired.table
        counts["partitions"] += repaired.partitions
        if repaired.table or repaired.partitions:
            LOG.info("%s.%s: set<> is array<> now, in %d partitions too", database, name, repaired.partitions)
        if failures := replays.get(f"{database}.{name}"):
            counts["records"] += _replayed(database, name, failures, has_time)
    return counts


def _replayed(database: str, name: str, failures: Failures, has_time: Callable[[], bool]) -> int:
    """Asked at each event, not only after a repair: an earlier invocation may have ended between both."""
    count = Replay(client_of("s3"), client_of("firehose"), has_time).replay(database, name, failures)
    if count:
        LOG.info("%s.%s: %d records put again into %s", database, name, count, failures.delivery_stream)
    return count


def _tables(detail: Mapping[str, Any]) -> Sequence[str]:
    if detail.get("typeOfChange", "").startswith(("Delete", "BatchDelete")):
        return ()
    return [detail["tableName"]] if "tableName" in detail else detail.get("changedTables", ())


def _changed_partitions(detail: Mapping[str, Any]) -> Sequence[str] | None:
    """None, which is all of them, where the table itself changed."""
    return detail.get("changedPartitions") if "Partition" in detail.get("typeOfChange", "") else None


def _replays() -> dict[str, Failures]:
    text = os.environ.get("REPLAYS") or "{}"
    try:
        return {table: Failures(**entry) for table, entry in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise SettingsError(
            "reading the function's environment: REPLAYS must be a JSON object, by database.table, of "
            f"bucket, prefix, delivery_stream: {error}"
        ) from error


@cache
def client_of(service: str) -> Any:
    """One client for all invocations."""
    retries: Any = {"mode": "standard", "total_max_attempts": 5}
    make: Any = boto3.client
    return make(service, config=Config(connect_timeout=2, read_timeout=20, retries=retries))
