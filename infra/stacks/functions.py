"""Lambda functions: the folder infra/functions/<name>/ as a package, a role of its own, a log that ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import IgnoreMode
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sqs as sqs

from infra.policies import Statement, acknowledge, allow, role
from infra.stacks.lake_stack import LakeStack

RUNTIME = "python3.13"
LOGS_KEPT_DAYS = 90


def failure_queue(stack: LakeStack, logical: str, name: str) -> sqs.CfnQueue:
    """Where what a function gave up on is named, for two weeks: `lake stream replay-failed` reads it back."""
    queue = sqs.CfnQueue(
        stack, logical, queue_name=name, message_retention_period=1_209_600, sqs_managed_sse_enabled=True
    )
    sqs.CfnQueuePolicy(
        stack,
        f"{logical}Policy",
        queues=[queue.ref],
        policy_document={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Action": "sqs:*",
                    "Principal": {"AWS": "*"},
                    "Resource": stack.settings.arn("sqs", name),
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        },
    )
    acknowledge(queue, "AwsSolutions-SQS3", "this is a queue of what failed; nobody consumes it but by hand")
    return queue


def add_function(  # noqa: PLR0913, PLR0917 # a function is all of these
    stack: LakeStack,
    logical: str,
    folder: str,
    rights: Sequence[Statement],
    environment: Mapping[str, str],
    timeout: int,
    memory: int = 256,
    concurrency: int | None = None,
    failures: sqs.CfnQueue | None = None,
    suffix: str = "",
) -> functions.CfnFunction:
    """A function of infra/functions/<folder>/, handler <folder>.handler.handler. `timeout` in seconds, `memory` in MB.

    Failures of asynchronous invocations go to the queue, which the role may write to; `suffix` ends the name of a
    function of which there are several.
    """
    settings = stack.settings
    name = settings.name(folder.replace("_", "-"), *([suffix] if suffix else []))
    group = logs.CfnLogGroup(
        stack, f"{logical}Log", log_group_name=f"/aws/lambda/{name}", retention_in_days=LOGS_KEPT_DAYS
    )
    own = [
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], [settings.arn("logs", f"log-group:/aws/lambda/{name}:*")])
    ]
    if failures is not None:
        own.append(allow(["sqs:SendMessage"], [settings.arn("sqs", failures.queue_name or "")]))
    running = role(stack, f"{logical}Role", "lambda", [*own, *rights], settings.account)
    code = assets.Asset(
        stack,
        f"{logical}Code",
        path=str(stack.sources.repository / "infra" / "functions"),
        exclude=["/*", f"!/{folder}", "__pycache__"],
        ignore_mode=IgnoreMode.GIT,
    )
    made = functions.CfnFunction(
        stack,
        logical,
        function_name=name,
        runtime=RUNTIME,
        handler=f"{folder}.handler.handler",
        code=functions.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
        role=running.attr_arn,
        timeout=timeout,
        memory_size=memory,
        reserved_concurrent_executions=concurrency,
        environment=functions.CfnFunction.EnvironmentProperty(variables=dict(environment)),
    )
    acknowledge(made, "AwsSolutions-L1", f"{RUNTIME} is the runtime that the functions are tested on")
    made.add_resource_dependency(group)
    if failures is not None:
        target = functions.CfnEventInvokeConfig.OnFailureProperty(destination=failures.attr_arn)
        functions.CfnEventInvokeConfig(
            stack,
            f"{logical}Retries",
            function_name=made.ref,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            destination_config=functions.CfnEventInvokeConfig.DestinationConfigProperty(on_failure=target),
        )
    return made


def stream_mapping(
    stack: LakeStack,
    logical: str,
    function: functions.CfnFunction,
    stream: str,
    queue: sqs.CfnQueue,
    batch: int,
    window: int,
) -> None:
    """A function behind a DynamoDB stream: failures halfway come again from there, what is given up on is named."""
    target = functions.CfnEventSourceMapping.OnFailureProperty(destination=queue.attr_arn)
    functions.CfnEventSourceMapping(
        stack,
        logical,
        function_name=function.ref,
        event_source_arn=stream,
        starting_position="TRIM_HORIZON",
        batch_size=batch,
        maximum_batching_window_in_seconds=window,
        bisect_batch_on_function_error=True,
        function_response_types=["ReportBatchItemFailures"],
        maximum_record_age_in_seconds=86_400,  # as long as the stream holds them
        maximum_retry_attempts=10_000,
        destination_config=functions.CfnEventSourceMapping.DestinationConfigProperty(on_failure=target),
    )


def stream_rights(stream: str) -> list[Statement]:
    """What a mapping reads a DynamoDB stream by."""
    return [
        allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [stream]),
        allow(["dynamodb:ListStreams"], ["*"]),
    ]
