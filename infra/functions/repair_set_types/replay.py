"""Puts records again that a delivery stream could not convert while its table had set<> types.

Firehose writes a line of JSON for each of them below its error prefix (Developer Guide, "Handle record format
conversion failures"); `rawData` is the record in base64. What was put again is noted by a marker, an empty object, so
that it is not put twice; the error objects themselves stay.
"""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .repair import RepairError

LOG = logging.getLogger(__name__)

INVALID_SCHEMA = "DataFormatConversion.InvalidSchema"
MARKERS = "replayed/"
"""Before the key of an error object, the key of its marker."""

_MOST_RECORDS, _MOST_BYTES = 500, 4 * 1024 * 1024
"""Of one PutRecordBatch, by its API's reference."""
_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts for records that Firehose did not take."""


@dataclass(frozen=True)
class Failures:
    """Where a table's failures lie, and the delivery stream that they are put into: an entry of REPLAYS."""

    bucket: str
    prefix: str
    delivery_stream: str


@dataclass(frozen=True)
class Replay:
    """Through boto3 clients. `has_time` says whether another error object may be begun."""

    s3: Any
    firehose: Any
    has_time: Callable[[], bool]

    def replay(self, database: str, name: str, failures: Failures) -> int:
        """Put a table's records again; how many. Raises RepairError, and what the clients raise."""
        done = {key.removeprefix(MARKERS) for key in self._keys(failures.bucket, f"{MARKERS}{failures.prefix}")}
        count = 0
        for key in self._keys(failures.bucket, failures.prefix):
            if key in done:
                continue
            if not self.has_time():
                raise RepairError(f"replaying {database}.{name}: time is nearly over after {count} records")
            body = self.s3.get_object(Bucket=failures.bucket, Key=key)["Body"].read()
            records = list(_records(body, database, name, f"s3://{failures.bucket}/{key}"))
            if not records:
                continue
            self._put(records, failures.delivery_stream)
            self.s3.put_object(Bucket=failures.bucket, Key=f"{MARKERS}{key}", Body=b"")
            count += len(records)
        return count

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (stored["Key"] for stored in page.get("Contents", ()))

    def _put(self, records: Sequence[bytes], stream: str) -> None:
        for batch in _batches(records):
            left: Sequence[bytes] = batch
            for pause in (*_PAUSES, None):
                sent = [{"Data": data} for data in left]
                answer = self.firehose.put_record_batch(DeliveryStreamName=stream, Records=sent)
                outcomes = answer["RequestResponses"]
                left = [data for data, outcome in zip(left, outcomes, strict=True) if "ErrorCode" in outcome]
                if not left:
                    break
                if pause is None:
                    raise RepairError(f"putting records into {stream}: {len(left)} were not taken")
                time.sleep(pause)


def _records(body: bytes, database: str, name: str, uri: str) -> Iterator[bytes]:
    """The records of an error object that this table's schema cost; lines that cannot be read are logged and left."""
    for at, line in enumerate(body.splitlines()):
        try:
            fields: Mapping[str, Any] = json.loads(line)
            table = fields["dataCatalogTable"]
            if fields["lastErrorCode"] != INVALID_SCHEMA:
                continue
            if (table["databaseName"], table["tableName"]) == (database, name):
                yield base64.b64decode(fields["rawData"], validate=True)
        except (ValueError, KeyError, TypeError) as error:
            LOG.warning("%s, line %d is left: %s: %s", uri, at, type(error).__name__, error)


def _batches(records: Sequence[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for data in records:
        if batch and (len(batch) == _MOST_RECORDS or size + len(data) > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(data)
        size += len(data)
    yield batch
