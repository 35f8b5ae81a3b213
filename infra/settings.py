"""What an account is given: values without I/O; infra/settings_file.py reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lake.contract.model import Table
from lake.contract.quarantine import QUARANTINE_SUFFIX

DEFAULT_CRON = "cron(10 * * * ? *)"
INFREQUENT_ACCESS_DAYS, GLACIER_DAYS = 60, 90
GLUE_VERSIONS = {"5.1": "3.11", "6.0": "3.13"}
"""Versions of Glue that the jobs run on, and their Python."""
WORKER_TYPES = ("G.1X", "G.2X", "G.4X", "G.8X", "G.12X", "G.16X")
APPLICATIONS = ("sessions", "event_counts")
SESSIONS = "clickstream.sessions_v1"
"""The table that the application sessions is delivered to."""


@dataclass(frozen=True)
class JobSettings:
    """How a table's Glue job runs. `timeout` is in minutes; `cron` is Glue's own form, in UTC."""

    worker_type: str = "G.1X"
    workers: int = 2
    timeout: int = 120
    flex: bool = False
    cron: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StreamSettings:
    """A Kinesis stream in front of a raw table: on demand where `shards` is 0."""

    shards: int = 0
    retention_hours: int = 24
    partition_key: str = ""


@dataclass(frozen=True)
class ApplicationSettings:
    """A Flink application: `properties` are those of group `lake`, beside what the stacks set."""

    parallelism: int = 1
    autoscaling: bool = True
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ApiSettings:
    """The HTTP API: callers sign with IAM unless a JWT issuer is given. `rate` and `burst` are requests a second."""

    rate: int = 1000
    burst: int = 2000
    jwt_issuer: str = ""
    jwt_audience: str = ""


@dataclass(frozen=True)
class IotSettings:
    """An MQTT topic filter whose messages go to a raw table."""

    topic: str
    table: str


@dataclass(frozen=True)
class EventBusSettings:
    """An event bus (AppFlow's partner bus, say) whose events go to a raw table."""

    bus: str
    table: str


@dataclass(frozen=True)
class VpcSettings:
    """Where jobs and applications have their network interfaces."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    availability_zone: str


@dataclass(frozen=True)
class DeployedTable:
    """A contract's table as an account has it. `retention_days` is None where it is kept for ever."""

    table: Table
    job: JobSettings
    retention_days: int | None

    @property
    def name(self) -> str:
        return self.table.full_name

    @property
    def slug(self) -> str:
        """The table's name in names that take no dots, e.g. clickstream-events-v1."""
        return self.table.full_name.replace(".", "-").replace("_", "-")

    @property
    def logical(self) -> str:
        """The table's name in logical ids, e.g. ClickstreamEventsV1."""
        return "".join(word.capitalize() for word in self.slug.split("-"))

    @property
    def quarantine(self) -> str:
        """The name of its quarantine's table, in its database."""
        return f"{self.table.name}{QUARANTINE_SUFFIX}"

    @property
    def script(self) -> str:
        """The file of glue_jobs/ that makes it."""
        if self.table.made_by:
            return f"{self.table.made_by}.py"
        return "raw_to_parquet.py" if self.table.upstream is None else "bucket_by_key.py"


@dataclass(frozen=True)
class Settings:
    """All of the file. Names of resources begin with `prefix`."""

    account: str
    region: str
    prefix: str
    tables: tuple[DeployedTable, ...]
    bucket_name: str = ""
    glue_version: str = "5.1"
    packages: str = "index"
    cron: str = DEFAULT_CRON
    mail: tuple[str, ...] = ()
    streams: Mapping[str, StreamSettings] = field(default_factory=dict)
    applications: Mapping[str, ApplicationSettings] = field(default_factory=dict)
    api: ApiSettings = ApiSettings()
    iot: tuple[IotSettings, ...] = ()
    event_buses: tuple[EventBusSettings, ...] = ()
    table_changes: Mapping[str, str] = field(default_factory=dict)
    uploads: tuple[str, ...] = ()
    crawlers: tuple[str, ...] = ()
    query_cutoff_gb: int = 100
    page_views_at_least: int = 0
    page_view_name: str = "page view"
    kms_key: str = ""
    quicksight: str = ""
    vpc: VpcSettings | None = None
    contracts: Path = Path("contracts")

    @property
    def partition(self) -> str:
        """AWS's partition, by the region."""
        return "aws-cn" if self.region.startswith("cn-") else "aws-us-gov" if "-gov-" in self.region else "aws"

    @property
    def bucket(self) -> str:
        """The lake's bucket; the whole of it is the root."""
        return self.bucket_name or f"{self.prefix}-lake-{self.account}-{self.region}"

    @property
    def artifacts(self) -> str:
        return f"{self.bucket}-artifacts"

    @property
    def root(self) -> str:
        return f"s3://{self.bucket}"

    @cached_property
    def raw_tables(self) -> tuple[DeployedTable, ...]:
        return tuple(one for one in self.tables if one.table.source is not None)

    @cached_property
    def by_name(self) -> dict[str, DeployedTable]:
        return {one.name: one for one in self.tables}

    @property
    def databases(self) -> tuple[str, ...]:
        return tuple(sorted({one.table.database for one in self.tables}))

    def name(self, *parts: str) -> str:
        """A resource's name, e.g. shop-event-counts."""
        return "-".join([self.prefix, *parts])

    def arn(self, service: str, resource: str) -> str:
        """A resource's ARN in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def bucket_arn(self, key: str = "") -> str:
        """The ARN of the lake's bucket, or of what is below it."""
        return f"arn:{self.partition}:s3:::{self.bucket}" + (f"/{key}" if key else "")

    def artifact_arn(self, key: str = "") -> str:
        return f"arn:{self.partition}:s3:::{self.artifacts}" + (f"/{key}" if key else "")
