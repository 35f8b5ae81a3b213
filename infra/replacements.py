"""What a deployment would destroy or replace, said before it is done.

    python -m infra.replacements --settings infra/lake.yaml --templates build/cdk.out

compares the templates that are deployed with new ones. A bucket, a stream, a table of DynamoDB, a database, or an
application whose name or key changes is made again, empty; one that is no longer there is deleted, or left behind. Exit
code 3 where there is such a change, unless --accept is given.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.packages import REPOSITORY
from infra.settings_file import read_settings
from lake.errors import LakeError

HELD = {
    "AWS::S3::Bucket": ("BucketName", "the lake's objects"),
    "AWS::Kinesis::Stream": ("Name", "records that are not read yet"),
    "AWS::DynamoDB::Table": ("TableName", "the counts"),
    "AWS::KinesisAnalyticsV2::Application": ("ApplicationName", "the application's state"),
    "AWS::Glue::Database": ("DatabaseInput", "the tables that readers use"),
    "AWS::KinesisFirehose::DeliveryStream": ("DeliveryStreamName", "records that are not delivered yet"),
}
"""Kinds of resources that hold something: the property that names one, and what is lost with it."""

REPLACING = {
    "AWS::DynamoDB::Table": ("KeySchema",),
    "AWS::KinesisAnalyticsV2::Application": ("RuntimeEnvironment",),
    "AWS::KinesisFirehose::DeliveryStream": ("DeliveryStreamType", "KinesisStreamSourceConfiguration"),
}
"""Properties whose change makes CloudFormation replace the resource, beside its name; or, of RuntimeEnvironment, that
makes the state unreadable to the new version."""


class DeployedTemplateError(LakeError):
    """A deployed template that could not be read."""


def replacements(deployed: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """One line for each resource that holds something and would not survive, by its logical id. Pure."""
    for logical, before in sorted(deployed.get("Resources", {}).items()):
        if before["Type"] not in HELD:
            continue
        naming, lost = HELD[before["Type"]]
        name = before.get("Properties", {}).get(naming)
        after = new.get("Resources", {}).get(logical)
        said = f"{before['Type']} {_said(name)}"
        if after is None or after["Type"] != before["Type"]:
            is_kept = before.get("DeletionPolicy") == "Retain"
            yield f"{said}: {'left behind, no longer managed' if is_kept else f'deleted, with {lost}'}"
            continue
        for changed in (naming, *REPLACING.get(before["Type"], ())):
            old, now = before.get("Properties", {}).get(changed), after.get("Properties", {}).get(changed)
            if old != now:
                yield f"{said}: replaced, without {lost} ({changed}: {_said(old)} becomes {_said(now)})"


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def deployed_template(cloudformation: Any, stack: str) -> dict[str, Any]:
    """The template of a stack as it is deployed; empty where there is none. Raises DeployedTemplateError."""
    try:
        body = cloudformation.get_template(StackName=stack)["TemplateBody"]
    except ClientError as error:
        if "does not exist" in str(error):
            return {}
        raise DeployedTemplateError(f"reading the deployed template of {stack}: {error}") from error
    except BotoCoreError as error:
        raise DeployedTemplateError(f"reading the deployed template of {stack}: {error}") from error
    return dict(json.loads(body)) if isinstance(body, str) else dict(body)


def main(arguments: list[str] | None = None) -> int:
    """Say what would be lost."""
    parser = argparse.ArgumentParser(prog="python -m infra.replacements", description=__doc__.partition("\n")[0])
    parser.add_argument("--settings", type=Path, default=Path("infra/lake.yaml"))
    parser.add_argument("--templates", type=Path, default=REPOSITORY / "build" / "cdk.out")
    parser.add_argument("--accept", action="store_true", help="end with 0 all the same")
    given = parser.parse_args(arguments)
    try:
        settings = read_settings(given.settings, REPOSITORY / "contracts")
        cloudformation = boto3.client("cloudformation", region_name=settings.region)
        found = []
        for path in sorted(given.templates.glob(f"{settings.prefix}-*.template.json")):
            new = json.loads(path.read_text(encoding="utf-8"))
            found += list(
                replacements(deployed_template(cloudformation, path.name.removesuffix(".template.json")), new)
            )
    except LakeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    for line in found:
        sys.stderr.write(f"{line}\n")
    if found and not given.accept:
        sys.stderr.write("nothing was deployed; `make deploy ACCEPT=--accept` deploys all the same\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
