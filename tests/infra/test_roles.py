"""The roles of the templates are enough for their jobs, and no more, as moto enforces IAM's policies.

moto compares actions everywhere, and resources only of S3: a resource of another service counts as any here.
Role and arguments of a job are those of the template, as it is kept in tests/infra/stacks/snapshots.
"""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.conftest import REPOSITORY

pytestmark = [pytest.mark.nightly, pytest.mark.e2e, pytest.mark.spark]

ACCOUNT, REGION, BUCKET = "111122223333", "us-east-1", "shop-lake-111122223333-us-east-1"
JOBS = json.loads((Path(__file__).parent / "stacks" / "snapshots" / "jobs.json").read_text(encoding="utf-8"))[
    "Resources"
]
HOUR = "2026-11-21-09"
CLICK = {"event_id": "a", "user_id": 80, "device_id": "mobile", "client_event": "page_view"}
CLICK |= {"client_timestamp": "2026-11-21T09:00:00Z"}
OF_GLUE = ("arn:aws:logs:", "arn:aws:s3:::cdk-", "arn:aws:s3:::shop-lake-111122223333-us-east-1-artifacts")
"""Resources that the service itself reads and writes for a job: its log, its script, its packages."""


@dataclass(frozen=True)
class Account:
    """moto with policies enforced, and the keys of its administrator."""

    endpoint: str
    keys: dict[str, str]

    def client(self, service: str, keys: dict[str, str] | None = None) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, **(keys or self.keys))

    def role_keys(self, statements: list[dict[str, Any]]) -> dict[str, str]:
        """Keys of a role with these statements."""
        iam, name = self.client("iam"), f"role-{time.monotonic_ns()}"
        anyone = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
        trust = {"Version": "2012-10-17", "Statement": [anyone]}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document)
        given = self.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="job")["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def run(self, logical: str, statements: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
        """Run a job of the template as Glue does, with its default arguments, under a role with these statements."""
        arguments = [word for pair in JOBS[logical]["Properties"]["DefaultArguments"].items() for word in pair]
        keys = {name.upper(): value for name, value in self.role_keys(statements).items()}
        settings = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_DEFAULT_REGION": REGION, "GX_ANALYTICS_ENABLED": "false"}
        script = REPOSITORY / "glue_jobs" / SCRIPTS[logical]
        return subprocess.run(
            [sys.executable, str(script), *arguments],
            env={**os.environ, **settings, **keys},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


SCRIPTS = {
    "ClickstreamEventsV1": "raw_to_parquet.py",
    "ClickstreamEventsByUserV1": "bucket_by_key.py",
    "ClickstreamEventCountsByDayV1": "event_counts.py",
    "ClickstreamSessionsByDayV1": "sessions.py",
}


def statements_of(logical: str) -> list[dict[str, Any]]:
    (policy,) = JOBS[f"{logical}Role"]["Properties"]["Policies"]
    statements = copy.deepcopy(policy["PolicyDocument"]["Statement"])
    for statement in statements:
        if not any(action.startswith("s3:") for action in statement["Action"]):
            statement["Resource"] = "*" if not str(statement["Resource"]).count(":logs:") else statement["Resource"]
            statement.pop("Condition", None)  # of which moto knows no values
        if statement["Action"] == ["cloudwatch:PutMetricData"]:
            statement["Action"] = ["monitoring:PutMetricData"]  # moto takes a service by the name in signatures
    for statement in statements:  # the script's bucket is the CDK's, named by functions of the template
        resources = [statement["Resource"]] if not isinstance(statement["Resource"], list) else statement["Resource"]
        statement["Resource"] = [one if isinstance(one, str) else "arn:aws:s3:::cdk-assets/script" for one in resources]
    return list(statements)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Three calls make an administrator; from then on, every call needs rights.
    environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "3", "MOTO_ACCOUNT_ID": ACCOUNT}
    log = (tmp_path_factory.mktemp("moto") / "log").open("w")
    words = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    with log, subprocess.Popen(words, env=environment, stdout=log, stderr=log) as server:
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
            yield _administered(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()


def _administered(endpoint: str) -> Account:
    dummy = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    iam = boto3.client("iam", endpoint_url=endpoint, region_name=REGION, **dummy)  # type: ignore[call-overload] # keys
    iam.create_user(UserName="admin")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="admin")["AccessKey"]
    made = Account(endpoint, {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]})
    made.client("s3").create_bucket(Bucket=BUCKET)
    made.client("glue").create_database(DatabaseInput={"Name": "clickstream"})
    return made


def land(account: Account, name: str, **changes: Any) -> None:
    body = json.dumps({**CLICK, **changes}) + "\n"
    account.client("s3").put_object(Bucket=BUCKET, Key=f"raw/clickstream/events/dt={HOUR}/{name}", Body=body.encode())


@pytest.fixture(scope="module")
def events_published(account: Account) -> Account:
    """The raw table is published under its own role, nothing denied: a row, and a rejected record."""
    land(account, "one")
    land(account, "two", user_id="no number", event_id="b")
    ended = account.run("ClickstreamEventsV1", statements_of("ClickstreamEventsV1"))
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert is_allowed(ended), ended.stderr[-3000:]
    return account


def is_allowed(ended: subprocess.CompletedProcess[str]) -> bool:
    """Whether nothing was denied that the run said something of."""
    said = (ended.stdout + ended.stderr).lower()
    return not any(word in said for word in ("access denied", "accessdenied", "not authorized", "forbidden"))


def test_the_role_of_a_raw_table_is_enough(events_published: Account) -> None:
    glue = events_published.client("glue")
    for table in ("events_v1", "events_v1_quarantine"):
        partitions = glue.get_partitions(DatabaseName="clickstream", TableName=table)["Partitions"]
        assert [one["Values"] for one in partitions] == [[HOUR]]


@pytest.mark.parametrize("logical", [name for name in SCRIPTS if name != "ClickstreamEventsV1"])
def test_the_role_of_a_table_made_from_another_is_enough(events_published: Account, logical: str) -> None:
    ended = events_published.run(logical, statements_of(logical))
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert is_allowed(ended), ended.stderr[-3000:]
    table = JOBS[logical]["Properties"]["DefaultArguments"]["--table"].partition(".")[2]
    partitions = events_published.client("glue").get_partitions(DatabaseName="clickstream", TableName=table)
    assert len(partitions["Partitions"]) == 1


def test_no_job_may_write_to_raw_or_delete_there(events_published: Account) -> None:
    for logical in SCRIPTS:
        s3 = events_published.client("s3", events_published.role_keys(statements_of(logical)))
        key = f"raw/clickstream/events/dt={HOUR}/one"
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(Bucket=BUCKET, Key=key)


def own_statements() -> list[int]:
    """Positions of the statements of the raw table's role that its job, and not the service, makes use of."""
    statements = statements_of("ClickstreamEventsV1")
    return [
        at
        for at, one in enumerate(statements)
        if not one["Resource"][0].startswith(OF_GLUE) and one["Action"] != ["glue:UpdateTable"]  # of views: as its own
    ]


@pytest.mark.parametrize("taken", own_statements())
def test_without_any_one_statement_something_is_denied(events_published: Account, taken: int) -> None:
    statements = statements_of("ClickstreamEventsV1")
    land(events_published, f"late-{taken}", event_id=f"late-{taken}")
    ended = events_published.run("ClickstreamEventsV1", statements[:taken] + statements[taken + 1 :])
    assert not is_allowed(ended), (statements[taken], ended.returncode, ended.stderr[-1500:])
