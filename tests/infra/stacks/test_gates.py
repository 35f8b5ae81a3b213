"""What takes long: cfn-lint and cdk-nag on every table with every option, and what two syntheses have in common."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks
from synthesis import HERE_SNAPSHOTS, Assembly, snapshot, synthesised

from infra.packages import REPOSITORY
from infra.policies import NOTHING_NARROWER, allow, role

pytestmark = pytest.mark.nightly
HERE = HERE_SNAPSHOTS.parent


def test_cfn_lint_finds_nothing(assembly: Assembly, with_everything: Assembly) -> None:
    program = str(Path(sys.executable).with_name("cfn-lint"))
    for one in (assembly, with_everything):
        templates = sorted(map(str, one.folder.glob("*.template.json")))
        ended = subprocess.run(
            [program, "-r", "us-east-1", "-t", *templates], capture_output=True, text=True, check=False
        )
        assert (ended.returncode, ended.stdout) == (0, "")


def test_cdk_nag_finds_nothing_where_it_would_find_a_bucket_and_a_role_of_these_kinds(
    with_everything: Assembly, tmp_path: Path
) -> None:
    """Each synthesis fails where there is a finding: that of everything did not."""
    assert with_everything.templates
    app = App(outdir=str(tmp_path / "cdk.out"), analytics_reporting=False)
    stack = Stack(app, "open")
    s3.CfnBucket(stack, "Bucket")
    role(stack, "Role", "lambda", [], "111122223333").policies = [
        iam.CfnRole.PolicyProperty(
            policy_name="rights", policy_document={"Statement": [allow(["s3:GetObject"], ["arn:aws:s3:::other/*"])]}
        )
    ]
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = (tmp_path / "cdk.out" / "validation-report.json").read_text(encoding="utf-8")
    assert {"AwsSolutions-S1", "AwsSolutions-IAM5[Resource::arn:aws:s3:::other/*]"} <= set(
        re.findall(r"AwsSolutions-[^\"]+", report)
    )


def test_with_every_option_a_star_alone_stands_only_where_aws_knows_nothing_narrower(with_everything: Assembly) -> None:
    for holder, statement in with_everything.statements():
        if "*" in statement["Resource"]:
            assert set(statement["Action"]) <= NOTHING_NARROWER.keys(), holder


def test_every_function_of_every_option_holds_the_handler_that_it_names(with_everything: Assembly) -> None:
    names = set()
    for function in with_everything.resources("AWS::Lambda::Function"):
        package, module, _ = function.properties["Handler"].split(".")
        (digest,) = re.findall(r"[0-9a-f]{64}", str(function.properties["Code"]))
        assert (with_everything.folder / f"asset.{digest}" / package / f"{module}.py").is_file()
        names.add(package)
    assert names == {"event_count_metrics", "repair_set_types", "table_changes", "upload_urls"}


def test_a_crawler_writes_its_own_database_and_reads_its_own_target(with_everything: Assembly) -> None:
    crawlers = {one.properties["Name"]: one.properties for one in with_everything.resources("AWS::Glue::Crawler")}
    assert crawlers["shop-orders"]["Targets"] == {
        "DynamoDBTargets": [{"Path": "orders", "ScanAll": False, "ScanRate": 0.5}]
    }
    assert crawlers["shop-exports"]["Targets"]["S3Targets"][0]["Path"] == "s3://shop-data/exports/shop/"
    assert crawlers["shop-exports"]["Schedule"] == {"ScheduleExpression": "cron(45 2 * * ? *)"}


def test_the_same_sources_give_the_same_bytes(assembly: Assembly, packages: Path, tmp_path: Path) -> None:
    again = synthesised(HERE / "settings.yaml", packages, tmp_path / "cdk.out")
    for part in assembly.templates:
        name = f"{assembly.settings.name(part)}.template.json"
        assert (again.folder / name).read_bytes() == (assembly.folder / name).read_bytes()


def test_a_contract_more_is_a_table_more_and_changes_nothing_of_the_others(packages: Path, tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    for name in ("clickstream/events_v1", "web/events_v1"):
        (contracts / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / "contracts" / f"{name}.odcs.yaml", contracts / f"{name}.odcs.yaml")
    settings = tmp_path / "lake.yaml"
    settings.write_text('account: "111122223333"\nregion: us-east-1\nprefix: shop\n', encoding="utf-8")
    before = synthesised(settings, packages, tmp_path / "before", contracts=contracts)
    shutil.copy(REPOSITORY / "contracts/iot/analog_v1.odcs.yaml", contracts / "web" / "analog_v1.odcs.yaml")
    text = (contracts / "web" / "analog_v1.odcs.yaml").read_text(encoding="utf-8")
    (contracts / "web" / "analog_v1.odcs.yaml").write_text(text.replace("iot.analog", "web.analog"), encoding="utf-8")
    after = synthesised(settings, packages, tmp_path / "after", contracts=contracts)
    changed = {
        (part, logical)
        for part, template in after.templates.items()
        for logical, resource in template["Resources"].items()
        if before.templates[part]["Resources"].get(logical) != resource
    }
    gone = {
        (part, logical)
        for part, template in before.templates.items()
        for logical in template["Resources"]
        if logical not in after.templates[part]["Resources"]
    }
    assert gone == set()
    # What lists tables by its nature: lifecycle rules, the start of all raw tables, failures of all jobs, dashboards.
    shared = {("storage", "Lake"), ("jobs", "Start"), ("watch", "JobFailures"), ("watch", "LakeDashboard")}
    assert {one for one in changed if "WebAnalogV1" not in one[1]} == shared
    assert ("jobs", "WebAnalogV1") in changed
    assert ("ingest", "WebAnalogV1Delivery") in changed


def test_snapshots_hold_no_digest_of_a_file(assembly: Assembly) -> None:
    assert all("DIGEST" in snapshot(assembly.templates[part]) for part in ("jobs", "streams"))
