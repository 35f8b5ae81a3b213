"""What a run says of its table as CloudWatch metrics: the numbers of `lake status`, for alarms.

By PutMetricData, of one namespace, which a role's policy can name; only where a job is given --metrics-namespace. The
dimension is Table, a full name. A run that fails publishes what it knows; metrics that cannot be published fail no run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from lake.objects import aws
from lake.objects.layout import partition_span
from lake.plan.partition_plan import PartitionInputs, TablePlan
from lake.publish.run_report import RunReport

_LOG = logging.getLogger(__name__)

FRESHNESS = "FreshnessSeconds"
"""Seconds since the newest published hour or day ended; 0 while it lasts."""
STALE = "PartitionsStale"
"""Partitions that are stale after the run, refused ones among them."""
REFUSED = "PartitionsRefused"
"""Partitions that the gate refused in the run."""
ACCOUNT = {
    "Records": "records",
    "Rows": "rows",
    "Duplicates": "duplicates",
    "Quarantined": "quarantined",
    "Skipped": "skipped",
}
"""Records of the partitions that the run published: Records = Rows + Duplicates + Quarantined + Skipped."""

_LEFT_BEHIND = ("refused", "failed")


def values_of(
    plan: TablePlan[PartitionInputs], report: RunReport, now: datetime, *, is_whole: bool
) -> Mapping[str, float]:
    """Each metric's value after a run. `is_whole` says that the plan is of all partitions, not of --since or --until.

    Without it there is no freshness and no number of stale partitions; with nothing published, no freshness.
    """
    done = {each.dt for each in report.partitions if each.outcome not in _LEFT_BEHIND}
    published = [each for each in report.partitions if each.outcome == "published"]
    values: dict[str, float] = {REFUSED: report.count(["refused"])}
    values |= {name: sum(getattr(each, field) for each in published) for name, field in ACCOUNT.items()}
    if is_whole:
        values[STALE] = sum(each.dt not in done for each in plan.stale)
        visible = done | {each.dt for each in plan.partitions if each.published is not None}
        if visible:
            values[FRESHNESS] = max((now - partition_span(max(visible))[1]).total_seconds(), 0.0)
    return values


@contextmanager
def published_afterwards(
    namespace: str,
    plan: TablePlan[Any],
    report: RunReport,
    clock: Callable[[], datetime],
    *,
    is_whole: bool,
) -> Iterator[None]:
    """Publish a run's metrics after the block, however it ends; nothing where no namespace is given."""
    try:
        yield
    finally:
        if namespace:
            now = clock()
            _publish(namespace, plan.table.full_name, values_of(plan, report, now, is_whole=is_whole), now)


def _publish(namespace: str, table: str, values: Mapping[str, float], now: datetime) -> None:
    points = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": "Table", "Value": table}],
            "Timestamp": now,
            "Value": value,
            "Unit": "Seconds" if name == FRESHNESS else "Count",
        }
        for name, value in values.items()
    ]
    try:
        aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=points)
    except aws.AWS_ERRORS as error:
        _LOG.warning("publishing the metrics of %s in %s: %s", table, namespace, aws.next_step(error))
