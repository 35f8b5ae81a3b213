"""A counts table with its stream, the function behind it, and the metrics that came of it: all of AWS is moto."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from infra.functions.event_count_metrics.handler import handler
from lake_local.emulators.tables import create_counts_table
from tests.infra.functions.table_streams import Context, Record, TableStream

COUNTS, MARKS = "event_counts", "event_count_marks"
NAMESPACE = "Lake"

_BEGAN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)


def hour(ago: int = 0) -> str:
    """The text of the hour that began so many whole hours before the one in which the tests began."""
    return (_BEGAN - timedelta(hours=ago)).isoformat()


class CountsTable(TableStream):
    """The table that event_counts writes into, and what Lambda does with its stream."""

    def __init__(self) -> None:
        super().__init__(COUNTS, invoke)
        self.dynamodb, self.cloudwatch = boto3.client("dynamodb"), boto3.client("cloudwatch")
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        create_counts_table(self.dynamodb, COUNTS, StreamSpecification=stream)
        create_counts_table(self.dynamodb, MARKS)  # of the same keys

    def put(self, name: str, hour: str, *counts: int) -> None:
        """Write a count, again and again, as Flink does: the whole item."""
        for count in counts:
            item = {"EventName": {"S": name}, "EventHour": {"S": hour}, "EventCount": {"N": str(count)}}
            self.dynamodb.put_item(TableName=COUNTS, Item=item)

    def remove(self, name: str, hour: str) -> None:
        self.dynamodb.delete_item(TableName=COUNTS, Key={"EventName": {"S": name}, "EventHour": {"S": hour}})

    def sums(self, name: str, metric: str = "Events") -> dict[str, int]:
        """Sums of an event's name by hour, as CloudWatch tells them; only those that are not 0."""
        found: Counter[str] = Counter()
        for point in self._statistics(metric, [{"Name": "EventName", "Value": name}], "Sum", timedelta(hours=1)):
            # moto gives a period the time of its first point.
            at = point["Timestamp"].replace(minute=0, second=0, microsecond=0, tzinfo=None)
            found[at.isoformat()] += int(point["Sum"])
        return +found

    def not_published(self) -> dict[str, int]:
        """Sums of NotPublished by reason."""
        found = {}
        for reason in ("too_old", "too_far_ahead", "unreadable"):
            points = self._statistics("NotPublished", [{"Name": "Reason", "Value": reason}], "Sum", timedelta(days=1))
            found[reason] = int(sum(point["Sum"] for point in points))
        return found

    def published(self) -> int:
        """How many points were ever published."""
        listed = self.cloudwatch.list_metrics(Namespace=NAMESPACE)["Metrics"]
        return sum(
            int(point["SampleCount"])
            for one in listed
            for point in self._statistics(one["MetricName"], one["Dimensions"], "SampleCount", timedelta(days=1))
        )

    def _statistics(self, metric: str, dimensions: list[Record], statistic: str, period: timedelta) -> list[Record]:
        answer = self.cloudwatch.get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=_BEGAN.replace(tzinfo=UTC) - timedelta(days=15),
            EndTime=_BEGAN.replace(tzinfo=UTC) + timedelta(hours=12),
            Period=int(period.total_seconds()),
            Statistics=[statistic],
        )
        return list(answer["Datapoints"])

    def marks(self) -> dict[tuple[str, str], int]:
        items = self.dynamodb.scan(TableName=MARKS, ConsistentRead=True)["Items"]
        return {(one["EventName"]["S"], one["EventHour"]["S"]): int(one["EventCount"]["N"]) for one in items}


def invoke(records: list[Record], context: Context | None = None) -> dict[str, Any]:
    return handler({"Records": records}, context or Context())
