"""Alarms to one topic, and two dashboards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.settings import DeployedTable, Settings
from infra.stacks.ingest import delivery_name, output_name, stream_name
from infra.stacks.jobs import METRICS_NAMESPACE, job_name
from infra.stacks.lake_stack import LakeStack, Sources
from infra.stacks.streams import application_name, counts_table

HOUR = 3600
FRESH_HOURS = {"hour": 3, "day": 51}
"""Hours after the end of the newest published partition, until a table is too old: an hour's partition is made some ten
minutes past the hour; a day's, of the day before, in the course of the next two."""
QUARANTINED_SHARE = 0.01


class WatchStack(LakeStack):
    """Everything that someone is to be woken for."""

    def __init__(self, scope: Construct, settings: Settings, sources: Sources) -> None:
        super().__init__(scope, "watch", settings, sources, "Alarms, their topic, and dashboards")
        self._topic()
        for table in settings.tables:
            self._table_alarms(table)
        self._job_failures()
        for name in settings.streams:
            self._stream_alarms(name)
        deliveries = {table.logical: delivery_name(settings, table) for table in settings.raw_tables}
        for application in sorted(settings.applications):
            for output in ("late", "quarantine"):
                logical = f"{application.title().replace('_', '')}{output.title()}"
                deliveries[logical] = output_name(settings, application, output)
            self._application_alarms(application)
        for logical, name in deliveries.items():
            self._delivery_alarms(logical, name)
        if "event_counts" in settings.applications:
            self._count_alarms()
        self._dashboards()

    def _topic(self) -> None:
        settings = self.settings
        arn = settings.arn("sns", settings.name("alarms"))
        self._topic_arn = arn
        topic = sns.CfnTopic(
            self,
            "Alarms",
            topic_name=settings.name("alarms"),
            display_name=f"{settings.prefix} lake",
            subscription=[sns.CfnTopic.SubscriptionProperty(endpoint=one, protocol="email") for one in settings.mail]
            or None,
        )
        account = {"StringEquals": {"aws:SourceAccount": settings.account}}
        publishers = [
            {
                "Effect": "Allow",
                "Action": "sns:Publish",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Resource": arn,
                "Condition": account,
            }
            for service in ("cloudwatch", "events")
        ]
        tls_only = {
            "Effect": "Deny",
            "Action": "sns:Publish",
            "Principal": {"AWS": "*"},
            "Resource": arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        sns.CfnTopicPolicy(
            self,
            "AlarmsPolicy",
            topics=[topic.ref],
            policy_document={"Version": "2012-10-17", "Statement": [*publishers, tls_only]},
        )

    def _alarm(  # noqa: PLR0913 # an alarm is all of these
        self,
        logical: str,
        name: str,
        description: str,
        *,
        threshold: float,
        metric: Mapping[str, Any] | None = None,
        math: Sequence[cloudwatch.CfnAlarm.MetricDataQueryProperty] | None = None,
        comparison: str = "GreaterThanThreshold",
        missing: str = "notBreaching",
        periods: int = 1,
    ) -> None:
        cloudwatch.CfnAlarm(
            self,
            logical,
            alarm_name=self.settings.name(name),
            alarm_description=description,
            alarm_actions=[self._topic_arn],
            ok_actions=[self._topic_arn],
            comparison_operator=comparison,
            evaluation_periods=periods,
            threshold=threshold,
            treat_missing_data=missing,
            metrics=list(math) if math else None,
            **_metric_arguments(metric) if metric else {},
        )

    def _table_alarms(self, table: DeployedTable) -> None:
        hours = FRESH_HOURS[table.table.grain]
        self._alarm(
            f"{table.logical}Freshness",
            f"{table.slug}-freshness",
            f"{table.name}: its newest partition ended over {hours} hours ago, or its job publishes no metrics",
            threshold=hours * HOUR,
            metric=_table_metric("FreshnessSeconds", table, "Minimum", HOUR),
            missing="breaching",
            periods=2,
        )
        self._alarm(
            f"{table.logical}Refused",
            f"{table.slug}-refused",
            f"{table.name}: the gate refused a partition; lake status names it",
            threshold=0,
            metric=_table_metric("PartitionsRefused", table, "Maximum", HOUR),
        )
        if table.table.has_quarantine:
            self._alarm(
                f"{table.logical}Quarantined",
                f"{table.slug}-quarantined",
                f"{table.name}: over {QUARANTINED_SHARE:.0%} of the records of an hour's runs are in quarantine",
                threshold=QUARANTINED_SHARE,
                math=list(_quarantined_share(table)),
            )

    def _job_failures(self) -> None:
        names = [job_name(self.settings, table) for table in self.settings.tables]
        events.CfnRule(
            self,
            "JobFailures",
            name=self.settings.name("job-failures"),
            event_pattern={
                "source": ["aws.glue"],
                "detail-type": ["Glue Job State Change"],
                "detail": {"jobName": names, "state": ["FAILED", "TIMEOUT", "STOPPED", "ERROR"]},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    arn=self._topic_arn,
                    id="topic",
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={
                            name: f"$.detail.{name}" for name in ("jobName", "state", "message", "jobRunId")
                        },
                        input_template='"The job <jobName> ended <state>: <message> (run <jobRunId>)"',
                    ),
                )
            ],
        )

    def _stream_alarms(self, name: str) -> None:
        table = self.settings.by_name[name]
        metric = ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", {"StreamName": stream_name(self.settings, name)})
        self._alarm(
            f"{table.logical}IteratorAge",
            f"{table.slug}-iterator-age",
            f"the stream of {name} is read 10 minutes late",
            threshold=600_000,
            metric=_metric(*metric, "Maximum", 300),
            periods=3,
        )

    def _delivery_alarms(self, logical: str, name: str) -> None:
        dimension = {"DeliveryStreamName": name}
        self._alarm(
            f"{logical}DeliveryFreshness",
            f"{name.removeprefix(self.settings.prefix + '-')}-delivery-freshness",
            f"Firehose {name}: its oldest record has waited for 15 minutes",
            threshold=900,
            metric=_metric("AWS/Firehose", "DeliveryToS3.DataFreshness", dimension, "Maximum", 300),
            periods=3,
        )
        self._alarm(
            f"{logical}DeliveryErrors",
            f"{name.removeprefix(self.settings.prefix + '-')}-delivery-errors",
            f"Firehose {name}: puts to S3 fail; its log says why",
            threshold=1,
            metric=_metric("AWS/Firehose", "DeliveryToS3.Success", dimension, "Minimum", 300),
            comparison="LessThanThreshold",
        )

    def _application_alarms(self, application: str) -> None:
        logical, name = application.title().replace("_", ""), application_name(self.settings, application)
        dimension = {"Application": name}
        short = application.replace("_", "-")
        for metric, threshold, statistic, meaning in (
            ("downtime", 0, "Maximum", "the job fails and restarts"),
            ("numberOfFailedCheckpoints", 0, "Maximum", "state cannot be saved in time"),
            ("millisBehindLatest", 600_000, "Maximum", "it reads 10 minutes behind its producers"),
        ):
            self._alarm(
                f"{logical}{metric[0].upper()}{metric[1:]}",
                f"{short}-{metric}",
                f"{name}: {meaning}",
                threshold=threshold,
                metric=_metric("AWS/KinesisAnalytics", metric, dimension, statistic, 300),
                periods=2,
            )

    def _count_alarms(self) -> None:
        settings = self.settings
        self._alarm(
            "CountsThrottled",
            "event-counts-throttled",
            "writes of counts are throttled by DynamoDB",
            threshold=0,
            metric=_metric("AWS/DynamoDB", "WriteThrottleEvents", {"TableName": counts_table(settings)}, "Sum", 300),
            periods=2,
        )
        function = {"FunctionName": settings.name("event-count-metrics")}
        self._alarm(
            "MetricsErrors",
            "event-count-metrics-errors",
            "counts are not published as metrics; the function's log says why",
            threshold=0,
            metric=_metric("AWS/Lambda", "Errors", function, "Sum", 300),
        )
        self._alarm(
            "MetricsIteratorAge",
            "event-count-metrics-iterator-age",
            "counts are published as metrics 10 minutes late; after 24 hours they are lost",
            threshold=600_000,
            metric=_metric("AWS/Lambda", "IteratorAge", function, "Maximum", 300),
            periods=2,
        )
        if settings.page_views_at_least:
            dimension = {"EventName": settings.page_view_name}
            self._alarm(
                "PageViewLow",
                "pageview-low",
                f"fewer than {settings.page_views_at_least} events {settings.page_view_name!r} in an hour",
                threshold=settings.page_views_at_least,
                metric=_metric(METRICS_NAMESPACE, "Events", dimension, "Sum", HOUR),
                comparison="LessThanThreshold",
                missing="breaching",
            )

    def _dashboards(self) -> None:
        self._dashboard("LakeDashboard", self.settings.name("lake"), list(_lake_widgets(self.settings)))
        if "sessions" in self.settings.applications:
            name = f"Sessionization-{self.settings.prefix}"
            self._dashboard("SessionizationDashboard", name, list(_session_widgets(self.settings)))

    def _dashboard(self, logical: str, name: str, widgets: list[dict[str, Any]]) -> None:
        placed = [
            {"type": "metric", "x": 12 * (at % 2), "y": 6 * (at // 2), "width": 12, "height": 6, "properties": widget}
            for at, widget in enumerate(widgets)
        ]
        cloudwatch.CfnDashboard(
            self, logical, dashboard_name=name, dashboard_body=json.dumps({"widgets": placed}, sort_keys=True)
        )


def _metric(namespace: str, name: str, dimensions: Mapping[str, str], statistic: str, period: int) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "name": name,
        "dimensions": dict(dimensions),
        "statistic": statistic,
        "period": period,
    }


def _table_metric(name: str, table: DeployedTable, statistic: str, period: int) -> dict[str, Any]:
    return _metric(METRICS_NAMESPACE, name, {"Table": table.name}, statistic, period)


def _metric_arguments(metric: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "namespace": metric["namespace"],
        "metric_name": metric["name"],
        "statistic": metric["statistic"],
        "period": metric["period"],
        "dimensions": [
            cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
            for name, value in metric["dimensions"].items()
        ],
    }


def _quarantined_share(table: DeployedTable) -> Iterator[cloudwatch.CfnAlarm.MetricDataQueryProperty]:
    for name in ("Quarantined", "Records"):
        metric = cloudwatch.CfnAlarm.MetricProperty(
            namespace=METRICS_NAMESPACE,
            metric_name=name,
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="Table", value=table.name)],
        )
        stat = cloudwatch.CfnAlarm.MetricStatProperty(metric=metric, period=HOUR, stat="Sum")
        yield cloudwatch.CfnAlarm.MetricDataQueryProperty(id=name.lower(), metric_stat=stat, return_data=False)
    yield cloudwatch.CfnAlarm.MetricDataQueryProperty(
        id="share", expression="IF(records > 0, quarantined / records, 0)", return_data=True
    )


def _widget(settings: Settings, title: str, metrics: list[list[Any]], period: int, statistic: str) -> dict[str, Any]:
    return {
        "title": title,
        "region": settings.region,
        "view": "timeSeries",
        "metrics": metrics,
        "period": period,
        "stat": statistic,
    }


def _lake_widgets(settings: Settings) -> Iterator[dict[str, Any]]:
    names = [table.name for table in settings.tables]
    for title, metric, statistic in (
        ("Age of the newest partition, seconds", "FreshnessSeconds", "Minimum"),
        ("Stale partitions", "PartitionsStale", "Maximum"),
        ("Refused partitions", "PartitionsRefused", "Maximum"),
        ("Records", "Records", "Sum"),
        ("Quarantined records", "Quarantined", "Sum"),
        ("Duplicates", "Duplicates", "Sum"),
    ):
        metrics = [[METRICS_NAMESPACE, metric, "Table", name] for name in names]
        yield _widget(settings, title, metrics, HOUR, statistic)
    deliveries = [delivery_name(settings, table) for table in settings.raw_tables]
    for title, metric, statistic in (
        ("Firehose: bytes to S3", "DeliveryToS3.Bytes", "Sum"),
        ("Firehose: age of the oldest record, seconds", "DeliveryToS3.DataFreshness", "Maximum"),
    ):
        metrics = [["AWS/Firehose", metric, "DeliveryStreamName", name] for name in deliveries]
        yield _widget(settings, title, metrics, 300, statistic)
    if "event_counts" in settings.applications:
        search = [[{"expression": f"SEARCH('{{{METRICS_NAMESPACE},EventName}} MetricName=\"Events\"', 'Sum', {HOUR})"}]]
        yield _widget(settings, "Events by name and hour", search, HOUR, "Sum")


def _session_widgets(settings: Settings) -> Iterator[dict[str, Any]]:
    application = application_name(settings, "sessions")
    for title, metric, statistic in (
        ("Valid events", "events", "Sum"),
        ("Open sessions", "sessionsOpen", "Maximum"),
        ("Late events", "late", "Sum"),
        ("Behind the producers, milliseconds", "millisBehindLatest", "Maximum"),
    ):
        metrics = f'{{AWS/KinesisAnalytics}} Application="{application}" MetricName="{metric}"'
        search = f"SEARCH('{metrics}', '{statistic}', 300)"
        yield _widget(settings, title, [[{"expression": search}]], 300, statistic)
