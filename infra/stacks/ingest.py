"""How records come in: Kinesis streams, a Firehose for each raw table, the HTTP API, IoT and event buses."""

from __future__ import annotations

import json
from collections.abc import Iterator

from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_events as events
from aws_cdk import aws_iot as iot
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.policies import Statement, acknowledge, allow, role
from infra.settings import DeployedTable, Settings
from infra.stacks.functions import add_function, failure_queue, stream_mapping, stream_rights
from infra.stacks.lake_stack import LakeStack, Sources
from lake.contract.source_layout import DEFAULT_LAYOUT, SourceLayout

BUFFER_MB, BUFFER_SECONDS = 128, 300
LOGS_KEPT_DAYS = 90
_HOUR = SourceLayout(DEFAULT_LAYOUT).firehose


class IngestStack(LakeStack):
    """Streams, and all that lands records in raw/."""

    def __init__(self, scope: Construct, settings: Settings, sources: Sources) -> None:
        super().__init__(scope, "ingest", settings, sources, "Streams, deliveries to raw/, and ways to them")
        streams = {table: self._stream(settings.by_name[table]) for table in settings.streams}
        self._log = logs.CfnLogGroup(
            self,
            "DeliveryLog",
            log_group_name=f"/{settings.prefix}/firehose",
            retention_in_days=LOGS_KEPT_DAYS,
        )
        self._deliveries = {
            table.name: self._raw_delivery(table, streams.get(table.name)) for table in settings.raw_tables
        }
        for application in settings.applications:
            for output in ("late", "quarantine"):
                self._output_delivery(application, output)
        self._api(streams)
        for number, rule in enumerate(settings.iot):
            self._iot_rule(number, rule.topic, rule.table)
        for number, bus in enumerate(settings.event_buses):
            self._event_bus(number, bus.bus, bus.table)
        for number, (stream, table) in enumerate(sorted(settings.table_changes.items())):
            self._table_changes(number, stream, table)

    def _stream(self, table: DeployedTable) -> kinesis.CfnStream:
        given = self.settings.streams[table.name]
        mode = "PROVISIONED" if given.shards else "ON_DEMAND"
        made = kinesis.CfnStream(
            self,
            f"Stream{table.logical}",
            name=stream_name(self.settings, table.name),
            stream_mode_details=kinesis.CfnStream.StreamModeDetailsProperty(stream_mode=mode),
            shard_count=given.shards or None,
            retention_period_hours=given.retention_hours,
            stream_encryption=kinesis.CfnStream.StreamEncryptionProperty(
                encryption_type="KMS", key_id=self.settings.kms_key or "alias/aws/kinesis"
            ),
        )
        if self.settings.kms_key:
            acknowledge(made, "AwsSolutions-KDS3", "the settings name a key of the account's own, as they may")
        return made

    def _raw_delivery(self, table: DeployedTable, stream: kinesis.CfnStream | None) -> firehose.CfnDeliveryStream:
        source = table.table.source
        assert source is not None  # a raw table has one
        base = source.prefix.removeprefix("raw/")
        return self._delivery(
            table.logical,
            delivery_name(self.settings, table),
            f"raw/{base}/{source.folders.firehose}",
            f"errors/{base}/!{{firehose:error-output-type}}/{_HOUR}",
            stream,
        )

    def _output_delivery(self, application: str, output: str) -> None:
        """Rows of an application beside its main output, which no table holds."""
        logical = f"{application.title().replace('_', '')}{output.title()}"
        folder = f"streams/{application}/{output}"
        errors = f"errors/{folder}/!{{firehose:error-output-type}}/{_HOUR}"
        self._delivery(logical, output_name(self.settings, application, output), f"{folder}/{_HOUR}", errors, None)

    def _delivery(
        self, logical: str, name: str, prefix: str, error_prefix: str, stream: kinesis.CfnStream | None
    ) -> firehose.CfnDeliveryStream:
        settings = self.settings
        entry = logs.CfnLogStream(self, f"{logical}DeliveryLog", log_group_name=self._log.ref, log_stream_name=name)
        delivering = role(
            self,
            f"{logical}DeliveryRole",
            "firehose",
            list(_delivery_rights(settings, prefix, error_prefix, name, stream and stream.name)),
            settings.account,
        )
        destination = firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=settings.bucket_arn(),
            role_arn=delivering.attr_arn,
            prefix=prefix,
            error_output_prefix=error_prefix,
            buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                interval_in_seconds=BUFFER_SECONDS, size_in_m_bs=BUFFER_MB
            ),
            compression_format="GZIP",
            cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                enabled=True, log_group_name=self._log.ref, log_stream_name=name
            ),
        )
        made = firehose.CfnDeliveryStream(
            self,
            f"{logical}Delivery",
            delivery_stream_name=name,
            delivery_stream_type="KinesisStreamAsSource" if stream else "DirectPut",
            extended_s3_destination_configuration=destination,
            kinesis_stream_source_configuration=firehose.CfnDeliveryStream.KinesisStreamSourceConfigurationProperty(
                kinesis_stream_arn=stream.attr_arn, role_arn=delivering.attr_arn
            )
            if stream
            else None,
            delivery_stream_encryption_configuration_input=None
            if stream
            else firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                key_type="CUSTOMER_MANAGED_CMK" if settings.kms_key else "AWS_OWNED_CMK",
                key_arn=settings.kms_key or None,
            ),
        )
        made.add_resource_dependency(entry)
        if stream:
            acknowledge(
                made, "AwsSolutions-KDF1", "the stream that it reads from is encrypted, which is its encryption"
            )
        return made

    def _api(self, streams: dict[str, kinesis.CfnStream]) -> None:
        """POST /events/<table> straight into the table's stream, and POST /uploads/{table} for a signed URL."""
        settings = self.settings
        if not streams and not settings.uploads:
            return
        made = api.CfnApi(self, "Api", name=settings.name("api"), protocol_type="HTTP")
        authorizer = self._authorizer(made)
        group = logs.CfnLogGroup(
            self, "ApiLog", log_group_name=f"/{settings.prefix}/api", retention_in_days=LOGS_KEPT_DAYS
        )
        access = {name: f"$context.{name}" for name in ("requestId", "requestTime", "routeKey", "status")}
        access |= {"responseLatency": "$context.responseLatency", "integrationStatus": "$context.integrationStatus"}
        api.CfnStage(
            self,
            "ApiStage",
            api_id=made.ref,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=api.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=settings.api.rate, throttling_burst_limit=settings.api.burst
            ),
            access_log_settings=api.CfnStage.AccessLogSettingsProperty(
                destination_arn=group.attr_arn, format=json.dumps(access)
            ),
        )
        if streams:
            rights = [allow(["kinesis:PutRecord"], [_stream_arn(settings, table) for table in streams])]
            putting = role(self, "ApiRole", "apigateway", rights, settings.account)
            for table, stream in streams.items():
                self._event_route(made, settings.by_name[table], stream, putting.attr_arn, authorizer)
        if settings.uploads:
            self._upload_route(made, authorizer)

    def _authorizer(self, made: api.CfnApi) -> dict[str, str]:
        """How a route knows its callers: by a token's issuer and audience, or by IAM's signatures."""
        given = self.settings.api
        if not given.jwt_issuer:
            return {"authorization_type": "AWS_IAM"}
        authorizer = api.CfnAuthorizer(
            self,
            "ApiAuthorizer",
            api_id=made.ref,
            authorizer_type="JWT",
            name="jwt",
            identity_source=["$request.header.Authorization"],
            jwt_configuration=api.CfnAuthorizer.JWTConfigurationProperty(
                issuer=given.jwt_issuer, audience=[given.jwt_audience]
            ),
        )
        return {"authorization_type": "JWT", "authorizer_id": authorizer.ref}

    def _event_route(  # a route is all of these
        self,
        made: api.CfnApi,
        table: DeployedTable,
        stream: kinesis.CfnStream,
        role_arn: str,
        authorizer: dict[str, str],
    ) -> None:
        key = self.settings.streams[table.name].partition_key
        integration = api.CfnIntegration(
            self,
            f"Put{table.logical}",
            api_id=made.ref,
            integration_type="AWS_PROXY",
            integration_subtype="Kinesis-PutRecord",
            credentials_arn=role_arn,
            payload_format_version="1.0",
            request_parameters={
                "StreamName": stream.ref,
                "Data": "$request.body",
                "PartitionKey": f"$request.body.{key}",
            },
        )
        api.CfnRoute(
            self,
            f"Post{table.logical}",
            api_id=made.ref,
            route_key=f"POST /events/{table.name}",
            target=f"integrations/{integration.ref}",
            **authorizer,
        )

    def _upload_route(self, made: api.CfnApi, authorizer: dict[str, str]) -> None:
        settings = self.settings
        tables = [settings.by_name[name] for name in settings.uploads]
        folders = {table.name: {"folder": _strftime_folder(table)} for table in tables}
        rights = [allow(["s3:PutObject"], [settings.bucket_arn(f"{_raw_prefix(table)}*") for table in tables])]
        signing = add_function(
            self,
            "UploadUrls",
            "upload_urls",
            rights,
            environment={"BUCKET": settings.bucket, "UPLOADS": json.dumps(folders, sort_keys=True)},
            timeout=10,
        )
        integration = api.CfnIntegration(
            self,
            "SignUpload",
            api_id=made.ref,
            integration_type="AWS_PROXY",
            integration_uri=signing.attr_arn,
            payload_format_version="2.0",
        )
        api.CfnRoute(
            self,
            "PostUpload",
            api_id=made.ref,
            route_key="POST /uploads/{table}",
            target=f"integrations/{integration.ref}",
            **authorizer,
        )
        functions.CfnPermission(
            self,
            "SignUploadPermission",
            action="lambda:InvokeFunction",
            function_name=signing.ref,
            principal="apigateway.amazonaws.com",
            source_arn=f"{settings.arn('execute-api', made.ref)}/*/POST/uploads/*",
        )

    def _iot_rule(self, number: int, topic: str, table: str) -> None:
        settings = self.settings
        logical = f"Iot{number}"
        delivery = self._deliveries[table]
        put = [
            allow(["firehose:PutRecord"], [settings.arn("firehose", f"deliverystream/{delivery.delivery_stream_name}")])
        ]
        putting = role(self, f"{logical}Role", "iot", put, settings.account)
        to_firehose = iot.CfnTopicRule.FirehoseActionProperty(
            delivery_stream_name=delivery.ref, role_arn=putting.attr_arn, separator="\n"
        )
        iot.CfnTopicRule(
            self,
            logical,
            rule_name=f"{settings.prefix}_{table.replace('.', '_')}_{number}".replace("-", "_"),
            topic_rule_payload=iot.CfnTopicRule.TopicRulePayloadProperty(
                sql=f"SELECT * FROM '{topic}'",  # noqa: S608 # IoT's own language
                aws_iot_sql_version="2016-03-23",
                actions=[iot.CfnTopicRule.ActionProperty(firehose=to_firehose)],
            ),
        )

    def _event_bus(self, number: int, bus: str, table: str) -> None:
        settings = self.settings
        logical = f"EventBus{number}"
        delivery = self._deliveries[table]
        put = [
            allow(
                ["firehose:PutRecord", "firehose:PutRecordBatch"],
                [settings.arn("firehose", f"deliverystream/{delivery.delivery_stream_name}")],
            )
        ]
        putting = role(self, f"{logical}Role", "events", put, settings.account)
        events.CfnRule(
            self,
            logical,
            name=settings.name(table.replace(".", "-"), str(number)),
            event_bus_name=bus,
            event_pattern={"account": [settings.account]},
            targets=[
                events.CfnRule.TargetProperty(
                    arn=delivery.attr_arn, id="raw", role_arn=putting.attr_arn, input_path="$.detail"
                )
            ],
        )

    def _table_changes(self, number: int, stream: str, table: str) -> None:
        """The function behind a DynamoDB table's stream that puts its changes into a raw table's delivery."""
        settings = self.settings
        deployed = settings.by_name[table]
        name = delivery_name(settings, deployed)
        folder = _raw_prefix(deployed).rstrip("/")
        rights = [
            *stream_rights(stream),
            allow(["firehose:PutRecordBatch"], [settings.arn("firehose", f"deliverystream/{name}")]),
            allow(["s3:PutObject"], [settings.bucket_arn(f"{folder}/*")]),
        ]
        queue = failure_queue(self, f"TableChanges{number}Failures", settings.name("table-changes-failed", str(number)))
        function = add_function(
            self,
            f"TableChanges{number}",
            "table_changes",
            rights,
            environment={"DELIVERY_STREAM": name, "RAW_FOLDER": f"{settings.root}/{folder}"},
            timeout=60,
            failures=queue,
            suffix=str(number),
        )
        stream_mapping(self, f"TableChanges{number}Mapping", function, stream, queue, batch=100, window=5)


def stream_name(settings: Settings, table: str) -> str:
    """The Kinesis stream in front of a raw table."""
    return settings.name(settings.by_name[table].slug)


def delivery_name(settings: Settings, table: DeployedTable) -> str:
    """The Firehose that lands a raw table's records."""
    return settings.name(table.slug)


def output_name(settings: Settings, application: str, output: str) -> str:
    """The Firehose of an application's other rows: late or quarantine."""
    return settings.name(application.replace("_", "-"), output)


def _stream_arn(settings: Settings, table: str) -> str:
    return settings.arn("kinesis", f"stream/{stream_name(settings, table)}")


def _raw_prefix(table: DeployedTable) -> str:
    source = table.table.source
    assert source is not None  # a raw table has one
    return f"{source.prefix}/"


def _strftime_folder(table: DeployedTable) -> str:
    """The folder of a raw table's hour, in strftime's terms."""
    source = table.table.source
    assert source is not None  # a raw table has one
    fields = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "*": "upload"}
    layout = source.layout
    for name, directive in fields.items():
        layout = layout.replace(name, directive)
    return f"{source.prefix}/{layout}"


def _delivery_rights(
    settings: Settings, prefix: str, error_prefix: str, name: str, stream: str | None
) -> Iterator[Statement]:
    """What a delivery needs: its own two prefixes, its line in the log, the stream that it reads."""
    folders = [f"{one.partition('!')[0].rpartition('/')[0]}/" for one in (prefix, error_prefix)]
    yield allow(
        ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        [settings.bucket_arn(f"{folder}*") for folder in folders],
    )
    yield allow(["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], [settings.bucket_arn()])
    yield allow(
        ["logs:PutLogEvents"],
        [settings.arn("logs", f"log-group:/{settings.prefix}/firehose:log-stream:{name}")],
    )
    if stream:
        yield allow(
            ["kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:ListShards"],
            [settings.arn("kinesis", f"stream/{stream}")],
        )
    if settings.kms_key:
        yield allow(["kms:GenerateDataKey", "kms:Decrypt"], [settings.kms_key])
