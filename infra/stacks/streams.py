"""The Flink applications, the table of counts, and the function that publishes counts as metrics."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import CfnDeletionPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesisanalyticsv2 as flink
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.policies import Statement, allow, role
from infra.settings import SESSIONS, Settings
from infra.stacks.functions import add_function, failure_queue, stream_mapping, stream_rights
from infra.stacks.ingest import delivery_name, output_name, stream_name
from infra.stacks.jobs import METRICS_NAMESPACE
from infra.stacks.lake_stack import LakeStack, Sources
from lake.flink.properties import GROUP
from lake.stream.package import RUN_OPTIONS, RUN_OPTIONS_GROUP

RUNTIME = "FLINK-1_20"
LOGS_KEPT_DAYS = 90
DEFAULT_TABLE = "clickstream.events_v1"


class StreamsStack(LakeStack):
    """Applications keep their state in snapshots of the service; deleting one deletes them."""

    def __init__(self, scope: Construct, settings: Settings, sources: Sources) -> None:
        super().__init__(scope, "streams", settings, sources, "Flink applications, and the counts that they keep")
        for name in sorted(settings.applications):
            self._application(name)
        if "event_counts" in settings.applications:
            self._counts()

    def _application(self, name: str) -> None:
        settings, logical = self.settings, name.title().replace("_", "")
        own = settings.applications[name]
        package = assets.Asset(self, f"{logical}Package", path=str(self.sources.flink / f"{name}.zip"))
        group = logs.CfnLogGroup(
            self,
            f"{logical}Log",
            log_group_name=f"/{settings.prefix}/flink/{name}",
            retention_in_days=LOGS_KEPT_DAYS,
        )
        stream = logs.CfnLogStream(self, f"{logical}LogStream", log_group_name=group.ref, log_stream_name="flink")
        rights = list(application_rights(settings, name, self.asset_arn(package)))
        running = role(self, f"{logical}Role", "kinesisanalytics", rights, settings.account)
        groups = [
            flink.CfnApplication.PropertyGroupProperty(property_group_id=one, property_map=properties)
            for one, properties in ((RUN_OPTIONS_GROUP, RUN_OPTIONS), (GROUP, application_properties(settings, name)))
        ]
        code = flink.CfnApplication.S3ContentLocationProperty(
            bucket_arn=f"arn:{settings.partition}:s3:::{package.s3_bucket_name}", file_key=package.s3_object_key
        )
        vpc = settings.vpc
        application = flink.CfnApplication(
            self,
            logical,
            application_name=application_name(settings, name),
            runtime_environment=RUNTIME,
            service_execution_role=running.attr_arn,
            application_configuration=flink.CfnApplication.ApplicationConfigurationProperty(
                application_code_configuration=flink.CfnApplication.ApplicationCodeConfigurationProperty(
                    code_content=flink.CfnApplication.CodeContentProperty(s3_content_location=code),
                    code_content_type="ZIPFILE",
                ),
                application_snapshot_configuration=flink.CfnApplication.ApplicationSnapshotConfigurationProperty(
                    snapshots_enabled=True
                ),
                environment_properties=flink.CfnApplication.EnvironmentPropertiesProperty(property_groups=groups),
                flink_application_configuration=flink.CfnApplication.FlinkApplicationConfigurationProperty(
                    checkpoint_configuration=flink.CfnApplication.CheckpointConfigurationProperty(
                        configuration_type="DEFAULT"
                    ),
                    monitoring_configuration=flink.CfnApplication.MonitoringConfigurationProperty(
                        configuration_type="CUSTOM", log_level="INFO", metrics_level="OPERATOR"
                    ),
                    parallelism_configuration=flink.CfnApplication.ParallelismConfigurationProperty(
                        configuration_type="CUSTOM",
                        parallelism=own.parallelism,
                        parallelism_per_kpu=1,
                        auto_scaling_enabled=own.autoscaling,
                    ),
                ),
                vpc_configurations=[
                    flink.CfnApplication.VpcConfigurationProperty(
                        subnet_ids=list(vpc.subnets), security_group_ids=list(vpc.security_groups)
                    )
                ]
                if vpc
                else None,
            ),
        )
        logging = flink.CfnApplicationCloudWatchLoggingOption(
            self,
            f"{logical}Logging",
            application_name=application.ref,
            cloud_watch_logging_option=flink.CfnApplicationCloudWatchLoggingOption.CloudWatchLoggingOptionProperty(
                log_stream_arn=settings.arn("logs", f"log-group:/{settings.prefix}/flink/{name}:log-stream:flink")
            ),
        )
        logging.add_resource_dependency(stream)

    def _counts(self) -> None:
        """The counts' table with its stream, the marks, and the function between it and CloudWatch."""
        settings = self.settings
        counts = self._table("Counts", counts_table(settings), stream=True)
        marks = self._table("Marks", f"{counts_table(settings)}-marks", expires="ExpiresAt")
        rights = [
            *stream_rights(settings.arn("dynamodb", f"table/{counts_table(settings)}/stream/*")),
            allow(
                ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
                [settings.arn("dynamodb", f"table/{counts_table(settings)}-marks")],
            ),
            allow(
                ["cloudwatch:PutMetricData"],
                ["*"],
                {"StringEquals": {"cloudwatch:namespace": METRICS_NAMESPACE}},
            ),
        ]
        queue = failure_queue(self, "MetricsFailures", settings.name("event-count-metrics-failed"))
        function = add_function(
            self,
            "EventCountMetrics",
            "event_count_metrics",
            rights,
            environment={"MARKS_TABLE": marks.ref, "METRICS_NAMESPACE": METRICS_NAMESPACE},
            timeout=180,
            failures=queue,
        )
        stream_mapping(self, "EventCountMetricsMapping", function, counts.attr_stream_arn, queue, batch=1000, window=60)

    def _table(self, logical: str, name: str, stream: bool = False, expires: str = "") -> dynamodb.CfnTable:
        texts = [
            dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name=key, attribute_type="S")
            for key in ("EventName", "EventHour")
        ]
        keys = [
            dynamodb.CfnTable.KeySchemaProperty(attribute_name=key, key_type=kind)
            for key, kind in (("EventName", "HASH"), ("EventHour", "RANGE"))
        ]
        table = dynamodb.CfnTable(
            self,
            logical,
            table_name=name,
            billing_mode="PAY_PER_REQUEST",
            attribute_definitions=texts,
            key_schema=keys,
            stream_specification=dynamodb.CfnTable.StreamSpecificationProperty(stream_view_type="NEW_AND_OLD_IMAGES")
            if stream
            else None,
            time_to_live_specification=dynamodb.CfnTable.TimeToLiveSpecificationProperty(
                enabled=True, attribute_name=expires
            )
            if expires
            else None,
            point_in_time_recovery_specification=dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
                point_in_time_recovery_enabled=True
            ),
            sse_specification=dynamodb.CfnTable.SSESpecificationProperty(
                sse_enabled=True, sse_type="KMS", kms_master_key_id=self.settings.kms_key
            )
            if self.settings.kms_key
            else None,
        )
        table.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
        table.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN
        return table


def application_name(settings: Settings, name: str) -> str:
    """A Flink application, as the service names it."""
    return settings.name(name.replace("_", "-"))


def counts_table(settings: Settings) -> str:
    """The DynamoDB table of counts."""
    return settings.name("event-counts")


def application_properties(settings: Settings, name: str) -> dict[str, str]:
    """Group `lake` of an application: where it reads and writes, by the names of this deployment, and its own."""
    own = settings.applications[name].properties
    sinks = {f"{output}_sink": f"firehose://{output_name(settings, name, output)}" for output in ("late", "quarantine")}
    if name == "sessions":
        sinks["sink"] = f"firehose://{delivery_name(settings, settings.by_name[SESSIONS])}"
    else:
        sinks["sink"] = f"dynamodb://{counts_table(settings)}"
    source = f"kinesis://{stream_name(settings, own.get('table', DEFAULT_TABLE))}"
    return {"source": source, "region": settings.region, **sinks, **own}


def application_rights(settings: Settings, name: str, package_arn: str) -> Iterator[Statement]:
    """What an application may do: read its stream, write its sinks, say what it does."""
    properties = application_properties(settings, name)
    stream = settings.arn("kinesis", f"stream/{properties['source'].removeprefix('kinesis://')}")
    yield allow(["s3:GetObject", "s3:GetObjectVersion"], [package_arn])
    yield allow(
        [
            *("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"),
            *("kinesis:GetShardIterator", "kinesis:GetRecords"),
        ],
        [stream],
    )
    if properties.get("fan_out"):
        consumer = f"{stream}/consumer/{properties['fan_out']}:*"
        yield allow(
            [
                *("kinesis:RegisterStreamConsumer", "kinesis:DescribeStreamConsumer"),
                *("kinesis:DeregisterStreamConsumer", "kinesis:SubscribeToShard"),
            ],
            [stream, consumer],
        )
    sinks = [properties[one] for one in ("sink", "late_sink", "quarantine_sink")]
    deliveries = [one.removeprefix("firehose://") for one in sinks if one.startswith("firehose://")]
    yield allow(
        ["firehose:DescribeDeliveryStream", "firehose:PutRecordBatch"],
        [settings.arn("firehose", f"deliverystream/{one}") for one in deliveries],
    )
    tables = [one.removeprefix("dynamodb://") for one in sinks if one.startswith("dynamodb://")]
    if tables:
        yield allow(
            ["dynamodb:DescribeTable", "dynamodb:BatchWriteItem"],
            [settings.arn("dynamodb", f"table/{one}") for one in tables],
        )
    group = f"log-group:/{settings.prefix}/flink/{name}"
    yield allow(["logs:DescribeLogStreams"], [settings.arn("logs", f"{group}:*")])
    yield allow(["logs:PutLogEvents"], [settings.arn("logs", f"{group}:log-stream:flink")])
    if settings.kms_key:
        yield allow(["kms:Decrypt", "kms:GenerateDataKey"], [settings.kms_key])
    if settings.vpc:
        yield allow(
            [
                *("ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeDhcpOptions"),
                *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"),
            ],
            ["*"],
        )
