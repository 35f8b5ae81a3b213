"""A Lambda function behind a DynamoDB table's stream (new and old images): its changes, into a delivery stream.

Each change is a line of JSON, a record of the contract dynamodb.changes_v1: which item changed when, from what to what.
A change that comes again has the same event_id, by which the table's job drops it; so what is in doubt is put again.

- A record that Firehose does not take is put again, some times; then Lambda delivers from there again.
- A change that is too large for Firehose becomes an object of its own in the raw zone, named by its content.
- A record that is no change is passed on as it came, and quarantined by the table's job: it holds up nothing.

Settings, in the environment: DELIVERY_STREAM, its name; RAW_FOLDER, where it delivers, e.g.
s3://bucket/prefix/raw/dynamodb/changes.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .changes import change_line

LOG = logging.getLogger(__name__)
LOG.setLevel(logging.INFO)

MOST_BYTES = 1_024_000
"""Bytes of one record of Firehose, by its quotas, before base64."""

_MOST_RECORDS, _BATCH_BYTES = 500, 4 * 1024 * 1024
"""Of one PutRecordBatch, by its API's reference."""
_PAUSES = (0.1, 0.3, 1.0)
"""Seconds before another attempt for records that Firehose did not take."""
_FAILURES = (BotoCoreError, ClientError)


class SettingsError(Exception):
    """The function's environment lacks something."""


class DeliveryError(Exception):
    """Not even the first change of a batch could be delivered."""


@dataclass(frozen=True)
class Line:
    """A change, and its position in the batch."""

    position: int
    data: bytes


@dataclass
class Delivery:
    """Where changes go, through boto3 clients; `failed` are positions that did not get there, with why."""

    firehose: Any
    s3: Any
    stream: str
    raw_folder: str
    failed: dict[int, str]

    def deliver(self, lines: Sequence[Line]) -> None:
        """Put all lines; what fails is noted."""
        for batch in _batches([line for line in lines if len(line.data) <= MOST_BYTES]):
            self._put(batch)
        for line in lines:
            if len(line.data) > MOST_BYTES:
                self._put_object(line)

    def _put(self, lines: Sequence[Line]) -> None:
        reasons: dict[int, str] = {}
        left = lines
        for pause in (0, *_PAUSES):
            time.sleep(pause)
            records = [{"Data": line.data} for line in left]
            try:
                outcomes = self.firehose.put_record_batch(DeliveryStreamName=self.stream, Records=records)
            except _FAILURES as error:  # after the client's own attempts
                self.failed |= dict.fromkeys((line.position for line in left), str(error))
                return
            answers = zip(left, outcomes["RequestResponses"], strict=True)
            refused = [(line, answer) for line, answer in answers if "ErrorCode" in answer]
            reasons = {line.position: f"{answer['ErrorCode']}: {answer['ErrorMessage']}" for line, answer in refused}
            left = [line for line, _ in refused]
            if not left:
                return
        self.failed |= reasons

    def _put_object(self, line: Line) -> None:
        folder = urlsplit(self.raw_folder)
        hour = datetime.now(UTC).strftime("dt=%Y-%m-%d-%H")
        name = hashlib.sha256(line.data).hexdigest()[:32]
        key = f"{folder.path.strip('/')}/{hour}/oversize-{name}"
        try:
            self.s3.put_object(Bucket=folder.netloc, Key=key, Body=line.data)
        except _FAILURES as error:
            self.failed[line.position] = str(error)
        else:
            LOG.info("%d bytes are more than Firehose takes: put as s3://%s/%s", len(line.data), folder.netloc, key)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:  # noqa: ARG001 # Lambda's form
    """Deliver a batch; the answer is Lambda's report of the first record that is to be delivered again, if any.

    Raises DeliveryError where not even the first could be delivered, so that the function's errors show it.
    """
    stream, raw_folder = _setting("DELIVERY_STREAM"), _setting("RAW_FOLDER")
    delivery = Delivery(client_of("firehose"), client_of("s3"), stream, raw_folder, {})
    records = event["Records"]
    delivery.deliver([Line(position, change_line(record)) for position, record in enumerate(records)])
    if not delivery.failed:
        LOG.info("%d changes put into %s", len(records), stream)
        return {"batchItemFailures": []}
    first = min(delivery.failed)
    message = f"{len(delivery.failed)} of {len(records)} changes were not put into {stream}: {delivery.failed[first]}"
    if not first:
        raise DeliveryError(message)
    LOG.warning("%s; Lambda delivers again from number %d", message, first)
    return {"batchItemFailures": [{"itemIdentifier": records[first]["dynamodb"]["SequenceNumber"]}]}


def _batches(lines: Sequence[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == _MOST_RECORDS or size + len(line.data) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line.data)
    if batch:
        yield batch


@cache
def client_of(service: str) -> Any:
    """One client for all invocations."""
    retries: Any = {"mode": "standard", "total_max_attempts": 3}
    make: Any = boto3.client
    return make(service, config=Config(connect_timeout=2, read_timeout=10, retries=retries))


def _setting(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"reading the function's environment: {name} is not set")
    return value
