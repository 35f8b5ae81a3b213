"""IAM: statements, and roles of which all rights stand in one place, inline.

A resource ends in * only below a prefix of our own, or where AWS knows nothing narrower: NOTHING_NARROWER has those,
and a test holds every `*` against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct

Statement = dict[str, Any]

NOTHING_NARROWER = {
    "cloudwatch:PutMetricData": "CloudWatch has no resources for metrics; the condition names the namespace",
    "dynamodb:ListStreams": "lists the streams of the account; AWS has no narrower resource for it",
    "ec2:CreateNetworkInterface": "made before it has an ARN; only with a VPC",
    "ec2:DeleteNetworkInterface": "of interfaces that Glue or Flink made; only with a VPC",
    "ec2:DescribeNetworkInterfaces": "EC2's Describe calls take no resource; only with a VPC",
    "ec2:DescribeSubnets": "EC2's Describe calls take no resource; only with a VPC",
    "ec2:DescribeSecurityGroups": "EC2's Describe calls take no resource; only with a VPC",
    "ec2:DescribeVpcs": "EC2's Describe calls take no resource; only with a VPC",
    "ec2:DescribeVpcEndpoints": "EC2's Describe calls take no resource; only with a VPC",
    "ec2:DescribeRouteTables": "EC2's Describe calls take no resource; only with a VPC",
    "ec2:DescribeDhcpOptions": "EC2's Describe calls take no resource; only with a VPC",
}
"""Actions that are allowed on `*`, and why."""


def allow(actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, Any] | None = None) -> Statement:
    """A statement. Lists are sorted, so that equal rights are equal templates."""
    statement: Statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": sorted(set(resources))}
    return {**statement, "Condition": dict(conditions)} if conditions else statement


def role(scope: Construct, logical: str, service: str, statements: Sequence[Statement], account: str) -> iam.CfnRole:
    """A role for one service of this account, with its rights inline: it exists only together with them.

    CloudFormation names it: names of roles are shorter than a table's may be.
    """
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }
    if service in ("glue", "lambda", "apigateway"):  # these do not say for which account they assume
        del trust["Statement"][0]["Condition"]  # type: ignore[attr-defined]
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    made = iam.CfnRole(
        scope,
        logical,
        assume_role_policy_document=trust,
        policies=[iam.CfnRole.PolicyProperty(policy_name="rights", policy_document=document)],
    )
    acknowledge_wildcards(made, statements)
    return made


def acknowledge_wildcards(scope: Construct, statements: Sequence[Statement]) -> None:
    """Tell cdk-nag of each resource that ends in *: below a prefix of ours, or of an action of NOTHING_NARROWER."""
    found: dict[str, str] = {}
    for statement in statements:
        for resource in statement["Resource"]:
            if resource == "*":
                found[resource] = "; ".join(NOTHING_NARROWER[action] for action in statement["Action"])
            elif "*" in resource:
                found[resource] = (
                    "what is below a prefix of the lake, or named by a time: its names are not known before"
                )
    for resource, reason in sorted(found.items()):
        acknowledge(scope, f"AwsSolutions-IAM5[Resource::{resource}]", reason)


def acknowledge(scope: Construct, rule: str, reason: str) -> None:
    """Accept a finding of cdk-nag at one construct, with the reason."""
    Validations.of(scope).acknowledge(Acknowledgment(id=rule, reason=reason))
