"""A Lambda function behind the stream (new and old images) of the table that event_counts fills: counts as metrics.

The metric Events, dimension EventName, has at each hour the sum that the table has there. What was published of a count
is noted in a second table, its mark; a batch publishes what the table has more than the mark says. So nothing that
comes again is published again: a replay, a count that went back to a checkpoint and comes up, a batch that Lambda
delivers twice. And what a batch failed to publish, the next change of that count publishes with its own.

For each 100 counts of a batch, in this order:
1. read their marks; 2. claim: set them to the new counts, all or none, each only if it is still what was read;
3. publish; 4. if CloudWatch refused, give the claim back, and tell Lambda to deliver again from there.

What can go wrong in between, and what comes of it:
- the function is killed between 2 and 3: up to 100 counts stay short, in CloudWatch, by what this batch added. It stops
  by itself before its time is over, so that this takes a crash;
- CloudWatch took the points of 3, and its answer got lost: they are given back, and published twice;
- 4 fails as well: as with a kill, and the log says which counts are short by how much.

Settings, in the environment: MARKS_TABLE, and METRICS_NAMESPACE (Lake).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .changes import NOT_PUBLISHED, Change, changes_of, not_published, point
from .marks import MOST, Claim, Marks, MarksBusyError, claim_of

LOG = logging.getLogger(__name__)
LOG.setLevel(logging.INFO)

ENOUGH_MS = 70_000
"""Milliseconds in which 100 counts are done, or have failed: the time limits of the clients below, added up."""

SHOWN = 5
"""Counts that one line of the log names, at most."""

_FAILURES = (BotoCoreError, ClientError, MarksBusyError)


class SettingsError(Exception):
    """The function's environment lacks something."""


@dataclass(frozen=True)
class Publisher:
    """Where marks and metrics go."""

    marks: Marks
    cloudwatch: Any
    namespace: str

    def publish(self, changes: Sequence[Change]) -> int:
        """Publish at most 100 changes, all or none; returns how many events. Raises what the clients raise."""
        known = self.marks.known(changes)
        claims = [claim for one in changes if (claim := claim_of(one, known.get(one.key))) is not None]
        if not claims:
            return 0
        claimed = self.marks.claim(claims)
        now = datetime.now(UTC)
        added = [claim for claim in claims if claim.added]
        points = [point(claim.change, claim.added, now) for claim in added]
        try:
            self.put(points)
        except _FAILURES:
            self._give_back(claims, claimed)
            raise
        for one, claim in zip(points, added, strict=True):
            if one["MetricName"] == NOT_PUBLISHED:
                reason = one["Dimensions"][0]["Value"]
                LOG.warning("not published, %s: %d events %s at %s", reason, claim.added, *claim.change.key)
        return sum(claim.added for claim in claims)

    def put(self, points: list[dict[str, Any]]) -> None:
        if points:
            self.cloudwatch.put_metric_data(Namespace=self.namespace, MetricData=points)

    def _give_back(self, claims: Sequence[Claim], claimed: str) -> None:
        try:
            if self.marks.give_back(claims, claimed):
                return
        except _FAILURES:
            LOG.exception("giving back what could not be published failed")
        shown = [f"{claim.added} {claim.change.key}" for claim in claims[:SHOWN]]
        LOG.error("%d counts are short in CloudWatch, among them by %s", len(claims), ", ".join(shown))


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Publish a batch; the answer is Lambda's report of the first record that is to be delivered again, if any.

    Raises where not even the first counts could be published, so that the function's errors show it.
    """
    publisher = Publisher(Marks(client_of("dynamodb"), _setting("MARKS_TABLE")), client_of("cloudwatch"), _namespace())
    records = event["Records"]
    changes, unreadable = changes_of(records)
    stopped = _publish(publisher, changes, context)
    reported = [position for position in unreadable if stopped is None or position < stopped]
    if reported:
        keys = [records[position]["dynamodb"].get("Keys") for position in reported[:SHOWN]]
        LOG.warning("not published, unreadable: %d records, among them of %s", len(reported), keys)
        try:
            publisher.put([not_published("unreadable", len(reported), datetime.now(UTC))])
        except _FAILURES:
            LOG.exception("publishing %s failed; Lambda delivers again from the first of them", NOT_PUBLISHED)
            stopped = reported[0]
    if stopped is None:
        return {"batchItemFailures": []}
    return {"batchItemFailures": [{"itemIdentifier": records[stopped]["dynamodb"]["SequenceNumber"]}]}


def _publish(publisher: Publisher, changes: Sequence[Change], context: Any) -> int | None:
    """The position of the first record that is not dealt with. Of all that are delivered again, no count is cut."""
    events = 0
    stopped = None
    for first in range(0, len(changes), MOST):
        if first and context.get_remaining_time_in_millis() < ENOUGH_MS:
            LOG.warning(
                "time is nearly over: %d of %d counts are left to the next delivery", len(changes) - first, len(changes)
            )
            stopped = changes[first].first
            break
        try:
            events += publisher.publish(changes[first : first + MOST])
        except _FAILURES:
            if not first:
                raise
            LOG.exception(
                "publishing failed after %d of %d counts; Lambda delivers the others again", first, len(changes)
            )
            stopped = changes[first].first
            break
    LOG.info("%d events more, of %d counts", events, len(changes))
    return stopped


@cache
def client_of(service: str) -> Any:
    """One client for all invocations. CloudWatch is called once: a second try could count twice what was taken."""
    seconds, attempts = {"cloudwatch": (10, 1), "dynamodb": (5, 3)}[service]
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    make: Any = boto3.client
    return make(service, config=Config(connect_timeout=1, read_timeout=seconds, retries=retries))


def _setting(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"reading the function's environment: {name} is not set; expected a table's name")
    return value


def _namespace() -> str:
    return os.environ.get("METRICS_NAMESPACE") or "Lake"
