"""The lake's bucket, the bucket of artifacts, and the one that holds the artifacts' access logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aws_cdk import CfnDeletionPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.policies import acknowledge
from infra.settings import GLACIER_DAYS, INFREQUENT_ACCESS_DAYS, DeployedTable, Settings
from infra.stacks.lake_stack import LakeStack, Sources

LOGS_KEPT_DAYS = 365
NONCURRENT_DAYS = 30


class StorageStack(LakeStack):
    """Buckets outlive the stack: nobody loses a lake by `make destroy`."""

    def __init__(self, scope: Construct, settings: Settings, sources: Sources) -> None:
        super().__init__(scope, "storage", settings, sources, "The lake's buckets")
        logs = self._bucket("AccessLogs", f"{settings.artifacts}-logs", [_expiry("logs", "", LOGS_KEPT_DAYS)])
        acknowledge(logs, "AwsSolutions-S1", "this is the bucket that access logs go to")
        artifacts = self._bucket("Artifacts", settings.artifacts, [_cleaning()], logs_to=f"{settings.artifacts}-logs")
        artifacts.add_resource_dependency(logs)
        self._bucket("Lake", settings.bucket, list(_lake_rules(settings)), logs_to=f"{settings.artifacts}-logs")
        self._log_delivery(logs)

    def _bucket(self, logical: str, name: str, rules: list[Any], logs_to: str = "") -> s3.CfnBucket:
        bucket = s3.CfnBucket(
            self,
            logical,
            bucket_name=name,
            versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status="Enabled"),
            public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
                block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
            ),
            ownership_controls=s3.CfnBucket.OwnershipControlsProperty(
                rules=[s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
            ),
            bucket_encryption=_encryption("" if logical == "AccessLogs" else self.settings.kms_key),
            lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(rules=rules),
            logging_configuration=s3.CfnBucket.LoggingConfigurationProperty(
                destination_bucket_name=logs_to, log_file_prefix=f"{logical.lower()}/"
            )
            if logs_to
            else None,
        )
        bucket.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
        bucket.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN
        if logical != "AccessLogs":  # whose policy also lets S3 deliver
            self._policy(logical, bucket, [_tls_only(bucket)])
        return bucket

    def _policy(self, logical: str, bucket: s3.CfnBucket, statements: list[Any]) -> None:
        document = {"Version": "2012-10-17", "Statement": statements}
        s3.CfnBucketPolicy(self, f"{logical}Policy", bucket=bucket.ref, policy_document=document)

    def _log_delivery(self, logs: s3.CfnBucket) -> None:
        arn = f"arn:{self.settings.partition}:s3:::{self.settings.artifacts}-logs"
        delivery = {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Resource": [f"{arn}/lake/*", f"{arn}/artifacts/*"],
            "Condition": {"StringEquals": {"aws:SourceAccount": self.settings.account}},
        }
        self._policy("AccessLogs", logs, [_tls_only(logs), delivery])


def _tls_only(bucket: s3.CfnBucket) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Action": "s3:*",
        "Principal": {"AWS": "*"},
        "Resource": [bucket.attr_arn, f"{bucket.attr_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _encryption(key: str) -> s3.CfnBucket.BucketEncryptionProperty:
    by_default = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
        sse_algorithm="aws:kms" if key else "AES256", kms_master_key_id=key or None
    )
    rule = s3.CfnBucket.ServerSideEncryptionRuleProperty(
        server_side_encryption_by_default=by_default, bucket_key_enabled=True if key else None
    )
    return s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[rule])


def _lake_rules(settings: Settings) -> Iterator[s3.CfnBucket.RuleProperty]:
    """What becomes of objects by age: of each table by its retention, of what is temporary after a day."""
    yield _cleaning()
    yield _expiry("tmp", "tmp/", 1)
    for table in settings.tables:
        for folder in folders_of(table):
            yield _aging(f"{folder.replace('/', '-').rstrip('-')}", folder, table.retention_days)


def folders_of(table: DeployedTable) -> list[str]:
    """Folders of the root that hold a table's rows, or the records they are made from."""
    contract = table.table
    folders = [f"{contract.zone}/{contract.database}/{contract.name}/"]
    if contract.source is not None:
        base = contract.source.prefix.removeprefix("raw/")
        folders += [f"raw/{base}/", f"errors/{base}/"]
        folders.append(f"quarantine/{contract.database}/{contract.name}/")
    return folders


def _cleaning() -> s3.CfnBucket.RuleProperty:
    """Superseded versions and broken uploads; superseded folders are the business of `lake vacuum`."""
    return s3.CfnBucket.RuleProperty(
        id="superseded-versions",
        status="Enabled",
        prefix="",
        noncurrent_version_expiration=s3.CfnBucket.NoncurrentVersionExpirationProperty(noncurrent_days=NONCURRENT_DAYS),
        abort_incomplete_multipart_upload=s3.CfnBucket.AbortIncompleteMultipartUploadProperty(days_after_initiation=7),
    )


def _expiry(name: str, prefix: str, days: int) -> s3.CfnBucket.RuleProperty:
    return s3.CfnBucket.RuleProperty(id=name, status="Enabled", prefix=prefix, expiration_in_days=days)


def _aging(name: str, prefix: str, retention_days: int | None) -> s3.CfnBucket.RuleProperty:
    """Cheaper classes that are read at once, as queries need it, and the end at the retention.

    A contract that promises less than the days of a class never reaches it.
    """
    classes = ((INFREQUENT_ACCESS_DAYS, "STANDARD_IA"), (GLACIER_DAYS, "GLACIER_IR"))
    return s3.CfnBucket.RuleProperty(
        id=name,
        status="Enabled",
        prefix=prefix,
        expiration_in_days=retention_days,
        transitions=[
            s3.CfnBucket.TransitionProperty(storage_class=kind, transition_in_days=days)
            for days, kind in classes
            if retention_days is None or retention_days > days
        ],
    )
