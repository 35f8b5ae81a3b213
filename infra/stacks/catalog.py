"""Databases of the Glue Data Catalog, crawlers over sources that are not ours, and the repair of what these write.

Tables are not here: each job declares its own, from its contract.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aws_cdk import CfnDeletionPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_glue as glue
from aws_cdk import aws_lambda as functions
from constructs import Construct

from infra.policies import Statement, acknowledge, allow, role
from infra.settings import Settings
from infra.stacks.functions import add_function, failure_queue
from infra.stacks.lake_stack import LakeStack, Sources

_CHANGES = ["Glue Data Catalog Database State Change", "Glue Data Catalog Table State Change"]


class CatalogStack(LakeStack):
    """Deleting the stack keeps the databases, whose tables readers use."""

    def __init__(self, scope: Construct, settings: Settings, sources: Sources) -> None:
        super().__init__(scope, "catalog", settings, sources, "Databases, crawlers, and the repair of what they write")
        crawlers = list(crawlers_of(sources.repository / "crawlers", settings))
        for database in sorted({*settings.databases, *(one["DatabaseName"] for one in crawlers)}):
            made = glue.CfnDatabase(
                self,
                f"Database{database.title().replace('_', '')}",
                catalog_id=settings.account,
                database_input=glue.CfnDatabase.DatabaseInputProperty(name=database),
            )
            made.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
            made.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN
        for crawler in crawlers:
            self._crawler(crawler)
        if crawlers:
            self._repair(sorted({one["DatabaseName"] for one in crawlers}))

    def _crawler(self, crawler: dict[str, Any]) -> None:
        settings, logical = (
            self.settings,
            "".join(word.title() for word in crawler["Name"].replace("-", "_").split("_")),
        )
        rights = list(_crawler_rights(crawler, settings))
        crawling = role(self, f"{logical}Role", "glue", rights, settings.account)
        made = glue.CfnCrawler(
            self, logical, name=settings.name(crawler["Name"]), role=crawling.attr_arn, targets={}, database_name=""
        )
        acknowledge(made, "AwsSolutions-GL1", "the log names tables and types, no records; CloudWatch encrypts it")
        properties = {name: value for name, value in crawler.items() if name not in ("Name", "Schedule")}
        properties["Targets"] = {
            kind: [{f"{key[0].upper()}{key[1:]}": value for key, value in one.items()} for one in targets]
            for kind, targets in crawler["Targets"].items()
        }  # CloudFormation writes ScanAll where the API writes scanAll
        for name, value in properties.items():
            made.add_property_override(name, value)
        if "Schedule" in crawler:
            made.add_property_override("Schedule", {"ScheduleExpression": crawler["Schedule"]})

    def _repair(self, databases: list[str]) -> None:
        settings = self.settings
        rights = [
            allow(
                [
                    *("glue:GetTable", "glue:UpdateTable", "glue:GetPartitions"),
                    *("glue:BatchGetPartition", "glue:BatchUpdatePartition"),
                ],
                _catalog_arns(settings, databases),
            )
        ]
        queue = failure_queue(self, "RepairFailures", settings.name("repair-set-types-failed"))
        repair = add_function(
            self,
            "RepairSetTypes",
            "repair_set_types",
            rights,
            environment={"REPLAYS": "{}"},
            timeout=300,
            concurrency=1,
            failures=queue,
        )
        rule = events.CfnRule(
            self,
            "CatalogChanges",
            name=settings.name("catalog-changes"),
            event_pattern={
                "source": ["aws.glue"],
                "detail-type": _CHANGES,
                "detail": {"databaseName": databases},
            },
            targets=[events.CfnRule.TargetProperty(arn=repair.attr_arn, id="repair")],
        )
        _allow_rule(self, repair.ref, rule)


def _allow_rule(scope: Construct, function: str, rule: events.CfnRule) -> None:
    """Let the rule call the function."""
    functions.CfnPermission(
        scope,
        "CatalogChangesPermission",
        action="lambda:InvokeFunction",
        function_name=function,
        principal="events.amazonaws.com",
        source_arn=rule.attr_arn,
    )


def crawlers_of(folder: Path, settings: Settings) -> Iterator[dict[str, Any]]:
    """CreateCrawler's parameters of the crawlers that the settings name, with the root for ${LakeRoot}, in order.

    `lake crawl --check`, in `make lint`, refuses a target that touches what jobs write.
    """
    for path in sorted(folder / f"{name.replace('.', '/')}.json" for name in settings.crawlers):
        found = json.loads(path.read_text(encoding="utf-8").replace("${LakeRoot}", settings.root))
        yield found


def _catalog_arns(settings: Settings, databases: list[str]) -> list[str]:
    below = [f"{kind}/{name}" for name in databases for kind in ("database",)] + [
        f"table/{name}/*" for name in databases
    ]
    return [settings.arn("glue", one) for one in ("catalog", *below)]


def _crawler_rights(crawler: dict[str, Any], settings: Settings) -> Iterator[Statement]:
    targets = crawler["Targets"]
    yield allow(
        [
            *("glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:CreateTable", "glue:UpdateTable"),
            *("glue:DeleteTable", "glue:GetPartitions", "glue:BatchCreatePartition", "glue:BatchGetPartition"),
            *("glue:BatchUpdatePartition", "glue:BatchDeletePartition"),
        ],
        _catalog_arns(settings, [crawler["DatabaseName"]]),
    )
    tables = [one["Path"] for one in targets.get("DynamoDBTargets", ())]
    if tables:
        yield allow(
            ["dynamodb:DescribeTable", "dynamodb:Scan"], [settings.arn("dynamodb", f"table/{one}") for one in tables]
        )
    for one in targets.get("S3Targets", ()):
        bucket, _, prefix = one["Path"].removeprefix("s3://").partition("/")
        arn = f"arn:{settings.partition}:s3:::{bucket}"
        yield allow(["s3:ListBucket"], [arn], {"StringLike": {"s3:prefix": [f"{prefix}*"]}})
        yield allow(["s3:GetObject"], [f"{arn}/{prefix}*"])
    yield allow(
        ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        [settings.arn("logs", "log-group:/aws-glue/crawlers:*")],
    )
