"""A Glue job for each table, and the workflow: raw tables by the clock, the others when what they read has run."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.packages import WHEELHOUSE, pins, wheel_name
from infra.policies import Statement, acknowledge, allow, role
from infra.settings import GLUE_VERSIONS, DeployedTable, Settings
from infra.stacks.lake_stack import LakeStack, Sources

METRICS_NAMESPACE = "Lake"
PLACEHOLDER = "{is_bucketed}"
"""What stands in the text of a view that routes hours: lake/catalog/view_routing.py."""
JOB_LOGS = ("/aws-glue/jobs/error", "/aws-glue/jobs/output", "/aws-glue/jobs/logs-v2")
ENDED = ("SUCCEEDED", "FAILED", "TIMEOUT")
"""States of a source's job after which the tables made from it are brought up to date: a run that failed may have
published other partitions, and one that published none leaves them nothing to do."""


class JobsStack(LakeStack):
    """Jobs need the artifacts of the storage stack when they run, not when they are made."""

    def __init__(self, scope: Construct, settings: Settings, sources: Sources) -> None:
        super().__init__(scope, "jobs", settings, sources, "A Glue job for each table, and the workflow of all")
        scripts = sorted({table.script for table in settings.tables})
        self._scripts = {name: self.asset(f"Script{name.title()[:-3]}", f"glue_jobs/{name}") for name in scripts}
        self._connection = self._network()
        for table in settings.tables:
            self._job(table, self._scripts[table.script])
        self._workflow()

    def _network(self) -> glue.CfnConnection | None:
        vpc = self.settings.vpc
        if vpc is None:
            return None
        place = glue.CfnConnection.PhysicalConnectionRequirementsProperty(
            availability_zone=vpc.availability_zone,
            security_group_id_list=list(vpc.security_groups),
            subnet_id=vpc.subnets[0],
        )
        properties = glue.CfnConnection.ConnectionInputProperty(
            name=self.settings.name("network"), connection_type="NETWORK", physical_connection_requirements=place
        )
        made = glue.CfnConnection(self, "Network", catalog_id=self.settings.account, connection_input=properties)
        acknowledge(made, "CloudFormation-Validate::W3010", "the settings name the zone that the subnet is in")
        made.cfn_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W3010"]}}}
        return made

    def _job(self, table: DeployedTable, script: assets.Asset) -> glue.CfnJob:
        settings = self.settings
        name = job_name(settings, table)
        views = routed_views(self.sources.repository / "sql", table)
        rights = list(job_rights(settings, table, self.asset_arn(script), self.sources.wheel_digest, views))
        running = role(self, f"{table.logical}Role", "glue", rights, settings.account)
        command = glue.CfnJob.JobCommandProperty(
            name="glueetl", python_version="3", script_location=f"s3://{script.s3_bucket_name}/{script.s3_object_key}"
        )
        job = glue.CfnJob(
            self,
            table.logical,
            name=name,
            role=running.attr_arn,
            command=command,
            glue_version=settings.glue_version,
            worker_type=table.job.worker_type,
            number_of_workers=table.job.workers,
            timeout=table.job.timeout,
            max_retries=1,
            execution_class="FLEX" if table.job.flex else "STANDARD",
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=1),
            default_arguments=job_arguments(settings, table, self.sources.wheel_digest),
            connections=glue.CfnJob.ConnectionsListProperty(connections=[self._connection.ref])
            if self._connection
            else None,
        )
        acknowledge(job, "AwsSolutions-GL1", "the log names partitions and counts, no records; CloudWatch encrypts it")
        acknowledge(job, "AwsSolutions-GL3", "job bookmarks are off: digests of inputs do their work")
        return job

    def _workflow(self) -> None:
        settings = self.settings
        workflow = glue.CfnWorkflow(
            self, "Workflow", name=settings.name("lake"), description="All tables, in the order of their sources"
        )
        by_cron: dict[str, list[DeployedTable]] = defaultdict(list)
        for table in settings.tables:
            if table.table.upstream is None or table.job.cron:
                by_cron[table.job.cron or settings.cron].append(table)
        for number, (cron, tables) in enumerate(sorted(by_cron.items(), key=lambda one: one[0] != settings.cron)):
            # A workflow has one start: tables of other schedules are started beside it.
            inside = number == 0
            self._trigger(
                "Start" if inside else f"Start{number}",
                settings.name("start", *([] if inside else [str(number)])),
                "SCHEDULED",
                tables,
                workflow=workflow if inside else None,
                schedule=cron,
            )
        sources: dict[str, list[DeployedTable]] = defaultdict(list)
        for table in settings.tables:
            if table.table.upstream and not table.job.cron:
                sources[table.table.upstream].append(table)
        for upstream, tables in sorted(sources.items()):
            source = settings.by_name[upstream]
            conditions = [
                glue.CfnTrigger.ConditionProperty(
                    job_name=job_name(settings, source), logical_operator="EQUALS", state=state
                )
                for state in ENDED
            ]
            self._trigger(
                f"After{source.logical}",
                settings.name("after", source.slug),
                "CONDITIONAL",
                tables,
                workflow=None if source.job.cron and source.job.cron != settings.cron else workflow,
                predicate=glue.CfnTrigger.PredicateProperty(conditions=conditions, logical="ANY"),
            )

    def _trigger(  # a trigger is all of these
        self,
        logical: str,
        name: str,
        kind: str,
        tables: list[DeployedTable],
        *,
        workflow: glue.CfnWorkflow | None,
        schedule: str | None = None,
        predicate: glue.CfnTrigger.PredicateProperty | None = None,
    ) -> None:
        actions = [glue.CfnTrigger.ActionProperty(job_name=job_name(self.settings, table)) for table in tables]
        trigger = glue.CfnTrigger(
            self,
            logical,
            name=name,
            type=kind,
            actions=actions,
            schedule=schedule,
            predicate=predicate,
            start_on_creation=True,
            workflow_name=workflow.ref if workflow else None,
        )
        for table in tables:
            trigger.add_resource_dependency(self.node.find_child(table.logical))


def job_name(settings: Settings, table: DeployedTable) -> str:
    """The Glue job that makes a table."""
    return settings.name(table.slug)


def job_arguments(settings: Settings, table: DeployedTable, wheel_digest: str) -> dict[str, str]:
    """What Glue hands to the job, and what it keeps for itself; docs/run-on-glue.md has the meaning of each."""
    wheel = f"s3://{settings.artifacts}/lake/{wheel_digest}/{wheel_name()}"
    packages = {"--additional-python-modules": ",".join([wheel, *pins()])}
    if settings.packages == "wheelhouse":
        packages = {
            "--additional-python-modules": f"s3://{settings.artifacts}/lake/{wheel_digest}/{WHEELHOUSE}",
            "--python-modules-installer-option": "--no-index",
        }
    return {
        **packages,
        "--root": settings.root,
        "--table": table.name,
        "--metrics_namespace": METRICS_NAMESPACE,
        "--on_refusal": "succeed",
        "--job-bookmark-option": "job-bookmark-disable",
        "--enable-continuous-cloudwatch-log": "true",
        "--enable-metrics": "true",
        "--enable-auto-scaling": "true",
        **{f"--{name}": str(value) for name, value in table.job.arguments.items()},
    }


def job_rights(
    settings: Settings, table: DeployedTable, script_arn: str, wheel_digest: str, views: list[str]
) -> Iterator[Statement]:
    """All that a table's job may do: read its inputs, write its own folders, declare its own tables."""
    contract = table.table
    place = f"{contract.database}/{contract.name}"
    written = [f"{contract.zone}/{place}/", f"audits/{place}/", f"runs/{place}/"]
    names = [contract.name]
    if contract.source is not None:
        written += [f"quarantine/{place}/", f"keys/{place}/"]
        names.append(table.quarantine)
        read = [f"{contract.source.prefix}/"]
    else:
        source = settings.by_name[contract.upstream or ""].table
        read = [f"{source.zone}/{source.database}/{source.name}/"]
        names.append(source.name)
        if contract.grain == "day":  # which days the source's hours hold events of
            written.append(f"index/{source.database}/{source.name}/")
    folders = sorted({*written, *read})
    yield allow(
        ["s3:ListBucket"], [settings.bucket_arn()], {"StringLike": {"s3:prefix": [f"{one}*" for one in folders]}}
    )
    yield allow(["s3:GetObject"], [settings.bucket_arn(f"{one}*") for one in folders])
    yield allow(
        ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
        [settings.bucket_arn(f"{one}*") for one in written],
    )
    yield allow(["s3:GetObject"], [script_arn, settings.artifact_arn(f"lake/{wheel_digest}/*")])
    yield from _catalog_rights(settings, table, names, views)
    yield allow(
        ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        [settings.arn("logs", f"log-group:{group}:*") for group in JOB_LOGS],
    )
    namespaces = {"StringEquals": {"cloudwatch:namespace": ["Glue", METRICS_NAMESPACE]}}
    yield allow(["cloudwatch:PutMetricData"], ["*"], namespaces)
    if settings.kms_key:
        yield allow(["kms:Decrypt", "kms:GenerateDataKey"], [settings.kms_key])
    if settings.vpc:
        yield from _network_rights(settings)


def _catalog_rights(
    settings: Settings, table: DeployedTable, names: list[str], views: list[str]
) -> Iterator[Statement]:
    """Its tables and their partitions; the views that route its hours; and a look at what there is."""
    database = table.table.database
    catalog = [settings.arn("glue", "catalog"), settings.arn("glue", f"database/{database}")]
    own = [settings.arn("glue", f"table/{database}/{name}") for name in names]
    writing = ["glue:CreateTable", "glue:UpdateTable", "glue:CreatePartition", "glue:UpdatePartition"]
    yield allow(
        [*writing, "glue:DeletePartition", "glue:GetTable", "glue:GetPartition", "glue:GetPartitions"],
        [*catalog, *own],
    )
    # Views over two copies of a table are found among those of all databases, and their text is replaced.
    yield allow(
        ["glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables"],
        [settings.arn("glue", one) for one in ("catalog", "database/*", "table/*")],
    )
    if views:
        yield allow(["glue:UpdateTable"], [*catalog, *(settings.arn("glue", f"table/{one}") for one in views)])


def routed_views(sql: Path, table: DeployedTable) -> list[str]:
    """<database>/<view> of the views below sql/ that route hours between this table and its other copy."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(sql.glob("*/*/view.sql"))}
    return [
        f"{path.parts[-3]}/{path.parts[-2]}"
        for path, text in texts.items()
        if PLACEHOLDER in text and re.search(rf"\b{re.escape(table.name)}\b", text)
    ]


def _network_rights(settings: Settings) -> Iterator[Statement]:
    yield allow(
        ["glue:GetConnection"],
        [settings.arn("glue", one) for one in ("catalog", f"connection/{settings.name('network')}")],
    )
    yield allow(
        [
            *("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"),
            *(
                "ec2:DescribeSubnets",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeVpcEndpoints",
                "ec2:DescribeRouteTables",
            ),
        ],
        ["*"],
    )


def python_of(settings: Settings) -> str:
    """Glue's Python, for which wheels are downloaded."""
    return GLUE_VERSIONS[settings.glue_version]
