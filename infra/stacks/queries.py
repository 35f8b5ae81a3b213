"""Athena: a workgroup with a limit, the named queries of sql/, a policy for readers, a QuickSight data source.

Views are put by `lake sql deploy` once the jobs have made their tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import aws_athena as athena
from aws_cdk import aws_iam as iam
from aws_cdk import aws_quicksight as quicksight
from constructs import Construct

from infra.policies import Statement, acknowledge_wildcards, allow
from infra.settings import Settings
from infra.stacks.lake_stack import LakeStack, Sources

RESULTS = "tmp/athena/"
READ_ZONES = ("bucketed", "curated", "derived", "quarantine")
_DATASOURCE_ACTIONS = (
    *("DescribeDataSource", "DescribeDataSourcePermissions", "PassDataSource", "UpdateDataSource", "DeleteDataSource"),
    "UpdateDataSourcePermissions",
)


class QueriesStack(LakeStack):
    """What analysts start with."""

    def __init__(self, scope: Construct, settings: Settings, sources: Sources) -> None:
        super().__init__(scope, "queries", settings, sources, "Athena's workgroup and queries, and readers' rights")
        workgroup = self._workgroup()
        for path in sorted((sources.repository / "sql").glob("*/*/query.sql")):
            database, name = path.parts[-3:-1]
            if database not in settings.databases:
                continue
            text = path.read_text(encoding="utf-8")
            athena.CfnNamedQuery(
                self,
                f"{database}_{name}".title().replace("_", ""),
                database=database,
                name=name,
                description=_description(text),
                query_string=text,
                work_group=workgroup.ref,
            )
        rights = list(reader_rights(settings))
        readers = iam.CfnManagedPolicy(
            self,
            "Readers",
            managed_policy_name=settings.name("readers"),
            description="Read the lake's tables through Athena",
            policy_document={"Version": "2012-10-17", "Statement": rights},
        )
        acknowledge_wildcards(readers, rights)
        if settings.quicksight:
            self._data_source(workgroup)

    def _workgroup(self) -> athena.CfnWorkGroup:
        settings = self.settings
        encryption = athena.CfnWorkGroup.EncryptionConfigurationProperty(
            encryption_option="SSE_KMS" if settings.kms_key else "SSE_S3", kms_key=settings.kms_key or None
        )
        configuration = athena.CfnWorkGroup.WorkGroupConfigurationProperty(
            bytes_scanned_cutoff_per_query=settings.query_cutoff_gb * 10**9,
            enforce_work_group_configuration=True,
            publish_cloud_watch_metrics_enabled=True,
            engine_version=athena.CfnWorkGroup.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
            result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                output_location=f"{settings.root}/{RESULTS}", encryption_configuration=encryption
            ),
        )
        return athena.CfnWorkGroup(
            self,
            "WorkGroup",
            name=settings.name("lake"),
            description=f"A query reads {settings.query_cutoff_gb} GB at most",
            work_group_configuration=configuration,
            recursive_delete_option=True,
        )

    def _data_source(self, workgroup: athena.CfnWorkGroup) -> None:
        parameters = quicksight.CfnDataSource.DataSourceParametersProperty(
            athena_parameters=quicksight.CfnDataSource.AthenaParametersProperty(work_group=workgroup.ref)
        )
        permission = quicksight.CfnDataSource.ResourcePermissionProperty(
            principal=self.settings.quicksight, actions=[f"quicksight:{one}" for one in _DATASOURCE_ACTIONS]
        )
        quicksight.CfnDataSource(
            self,
            "DataSource",
            aws_account_id=self.settings.account,
            data_source_id=self.settings.name("daily-session"),
            name="daily_session",
            type="ATHENA",
            data_source_parameters=parameters,
            permissions=[permission],
            ssl_properties=quicksight.CfnDataSource.SslPropertiesProperty(disable_ssl=False),
        )


def _description(text: str) -> str:
    """A query's first comment, on one line, as long as Athena takes."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--") or line.startswith("-- parameter:"):
            break
        lines.append(line.removeprefix("--").strip().removeprefix("description:").strip())
    return " ".join(lines)[:1024]


def reader_rights(settings: Settings) -> Iterator[Statement]:
    """Queries in the workgroup, over the tables' rows and quarantine; not the raw zone."""
    yield allow(
        [
            *("athena:StartQueryExecution", "athena:StopQueryExecution", "athena:GetQueryExecution"),
            *("athena:GetQueryResults", "athena:GetWorkGroup", "athena:ListNamedQueries", "athena:GetNamedQuery"),
        ],
        [settings.arn("athena", f"workgroup/{settings.name('lake')}")],
    )
    databases = settings.databases
    names = ["catalog", *(f"database/{one}" for one in databases), *(f"table/{one}/*" for one in databases)]
    yield allow(
        [
            *("glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions"),
            "glue:BatchGetPartition",
        ],
        [settings.arn("glue", one) for one in names],
    )
    yield allow(["s3:GetObject"], [settings.bucket_arn(f"{zone}/*") for zone in READ_ZONES])
    prefixes = {"StringLike": {"s3:prefix": [f"{zone}/*" for zone in (*READ_ZONES, RESULTS.rstrip("/"))]}}
    yield allow(["s3:ListBucket"], [settings.bucket_arn()], prefixes)
    yield allow(["s3:GetBucketLocation"], [settings.bucket_arn()])
    yield allow(["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], [settings.bucket_arn(f"{RESULTS}*")])
    if settings.kms_key:
        yield allow(["kms:Decrypt", "kms:GenerateDataKey"], [settings.kms_key])
