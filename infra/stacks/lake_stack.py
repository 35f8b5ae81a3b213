"""What every stack has: its settings, its names, and the assets of the repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Environment, Stack, Tags
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.settings import Settings


@dataclass(frozen=True)
class Sources:
    """Folders that stacks take files from. `flink` holds the applications' zips, <app>.zip."""

    repository: Path
    flink: Path
    wheel_digest: str


class LakeStack(Stack):
    """A stack named <prefix>-<part>, in the settings' account and region."""

    def __init__(self, scope: Construct, part: str, settings: Settings, sources: Sources, description: str) -> None:
        super().__init__(
            scope,
            settings.name(part),
            env=Environment(account=settings.account, region=settings.region),
            description=description,
        )
        self.settings = settings
        self.sources = sources
        Tags.of(self).add("lake", settings.prefix)

    def asset(self, logical: str, path: str) -> assets.Asset:
        """A file of the repository, which the deployment uploads under its digest."""
        return assets.Asset(self, logical, path=str(self.sources.repository / path))

    def asset_arn(self, asset: assets.Asset) -> str:
        return f"arn:{self.settings.partition}:s3:::{asset.s3_bucket_name}/{asset.s3_object_key}"
