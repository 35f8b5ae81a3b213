"""What neither cfn-lint nor cdk-nag sees, on the templates of settings.yaml."""

from __future__ import annotations

import ast
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from synthesis import HERE_SNAPSHOTS, Assembly, Resource, snapshot

from infra.app import PARTS
from infra.cron import cron_problem
from infra.packages import GLUE_PACKAGES, REPOSITORY, pins
from infra.policies import NOTHING_NARROWER
from infra.settings import GLUE_VERSIONS
from lake.flink.properties import properties_of
from lake.stream.package import RUN_OPTIONS


def glue_jobs(assembly: Assembly) -> dict[str, Resource]:
    """Jobs by the table that they make."""
    return {one.properties["DefaultArguments"]["--table"]: one for one in assembly.resources("AWS::Glue::Job")}


@pytest.mark.parametrize("part", PARTS)
def test_each_template_is_the_one_in_the_repository(assembly: Assembly, part: str) -> None:
    """After a change on purpose: .venv-infra/bin/python tests/infra/stacks/render.py, and read the difference."""
    kept = HERE_SNAPSHOTS / f"{part}.json"
    assert snapshot(assembly.templates[part]) == kept.read_text(encoding="utf-8")


def test_a_table_is_a_job_on_a_glue_that_exists_and_runs_once_at_a_time(assembly: Assembly) -> None:
    jobs = glue_jobs(assembly)
    assert set(jobs) == set(assembly.settings.by_name)
    for job in jobs.values():
        properties = job.properties
        assert properties["GlueVersion"] in GLUE_VERSIONS
        assert properties["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
        assert (properties["Command"]["Name"], properties["Command"]["PythonVersion"]) == ("glueetl", "3")
        assert properties["Timeout"] == 120
    shown = {
        table: (job.properties["NumberOfWorkers"], job.properties["ExecutionClass"]) for table, job in jobs.items()
    }
    assert shown["clickstream.events_v1"] == (4, "FLEX")
    assert shown["market.tickers_v1"] == (2, "STANDARD")


def test_a_job_s_arguments_are_those_that_its_script_takes_or_glue_s_own(assembly: Assembly) -> None:
    """Names that neither knows are ignored silently."""
    of_glue = {"additional-python-modules", "job-bookmark-option", "enable-continuous-cloudwatch-log", "enable-metrics"}
    of_glue |= {"enable-auto-scaling", "python-modules-installer-option"}
    for table, job in glue_jobs(assembly).items():
        taken = options_of(REPOSITORY / "glue_jobs" / assembly.settings.by_name[table].script)
        given = {name.removeprefix("--") for name in job.properties["DefaultArguments"]}
        assert given - of_glue <= taken
        assert {"table", "root"} <= given
    assert glue_jobs(assembly)["clickstream.sessions_by_day_v1"].properties["DefaultArguments"]["--gap"] == "20m"


def options_of(script: Path) -> set[str]:
    """Fields of JobOptions, and of the script's own Args."""
    found: set[str] = set()
    for path, name in ((REPOSITORY / "lake" / "jobs" / "runner.py", "JobOptions"), (script, "Args")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name == name:
                found |= {one.target.id for one in node.body if isinstance(one, ast.AnnAssign)}  # type: ignore[union-attr]
    return found


def test_a_job_s_script_is_the_file_of_the_repository(assembly: Assembly) -> None:
    for table, job in glue_jobs(assembly).items():
        location = job.properties["Command"]["ScriptLocation"]
        text = location if isinstance(location, str) else json.dumps(location)
        (digest,) = re.findall(r"[0-9a-f]{64}", text)
        script = REPOSITORY / "glue_jobs" / assembly.settings.by_name[table].script
        assert (assembly.folder / f"asset.{digest}.py").read_bytes() == script.read_bytes()


def test_packages_of_a_job_are_the_wheel_and_the_pins_of_the_page(assembly: Assembly) -> None:
    page = (REPOSITORY / "docs" / "run-on-glue.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"```pins\n(.*)\n```", page)
    assert line.split(",")[1:] == pins()
    modules = glue_jobs(assembly)["clickstream.events_v1"].properties["DefaultArguments"]["--additional-python-modules"]
    wheel, *packages = modules.split(",")
    assert packages == pins()
    assert len(packages) == len(GLUE_PACKAGES)
    assert re.fullmatch(r"s3://shop-lake-[\w-]+-artifacts/lake/[0-9a-f]{16}/lake-[\d.]+-py3-none-any\.whl", wheel)


def test_schedules_are_those_that_glue_takes_and_start_each_table_once(assembly: Assembly) -> None:
    started: list[str] = []
    for trigger in assembly.resources("AWS::Glue::Trigger"):
        properties = trigger.properties
        started += [action["JobName"] for action in properties["Actions"]]
        assert properties["StartOnCreation"] is True
        if properties["Type"] == "SCHEDULED":
            assert cron_problem(properties["Schedule"]) is None
        else:
            assert "Schedule" not in properties
    names = [job.properties["Name"] for job in assembly.resources("AWS::Glue::Job")]
    assert sorted(started) == sorted(names)


def test_a_table_made_from_another_runs_after_it_whether_or_not_that_refused_a_partition(assembly: Assembly) -> None:
    (after,) = [one for one in assembly.resources("AWS::Glue::Trigger") if one.properties["Type"] == "CONDITIONAL"]
    assert [action["JobName"] for action in after.properties["Actions"]] == [
        "shop-clickstream-event-counts-by-day-v1",
        "shop-clickstream-events-by-user-v1",
        "shop-clickstream-sessions-by-day-v1",
    ]
    predicate = after.properties["Predicate"]
    assert predicate["Logical"] == "ANY"
    assert {(one["JobName"], one["State"]) for one in predicate["Conditions"]} == {
        ("shop-clickstream-events-v1", state) for state in ("SUCCEEDED", "FAILED", "TIMEOUT")
    }
    assert after.properties["WorkflowName"] == {"Ref": "Workflow"}


def test_each_raw_table_has_a_delivery_in_its_contract_s_layout_with_an_error_prefix(assembly: Assembly) -> None:
    deliveries = {
        one.properties["DeliveryStreamName"]: one.properties["ExtendedS3DestinationConfiguration"]
        for one in assembly.resources("AWS::KinesisFirehose::DeliveryStream")
    }
    prefixes = {name: one["Prefix"] for name, one in deliveries.items()}
    assert prefixes == {
        "shop-clickstream-events-v1": "raw/clickstream/events/dt=!{timestamp:yyyy-MM-dd-HH}/",
        "shop-clickstream-sessions-v1": "raw/clickstream/sessions/dt=!{timestamp:yyyy-MM-dd-HH}/",
        "shop-market-tickers-v1": "raw/market/tickers/year=!{timestamp:yyyy}/month=!{timestamp:MM}/"
        "day=!{timestamp:dd}/hour=!{timestamp:HH}/",
        **{
            f"shop-{app}-{output}": f"streams/{folder}/{output}/dt=!{{timestamp:yyyy-MM-dd-HH}}/"
            for app, folder in (("sessions", "sessions"), ("event-counts", "event_counts"))
            for output in ("late", "quarantine")
        },
    }
    for one in deliveries.values():
        assert "!{firehose:error-output-type}" in one["ErrorOutputPrefix"]
        assert one["ErrorOutputPrefix"].startswith("errors/")
        assert one["CompressionFormat"] == "GZIP"
        assert one["CloudWatchLoggingOptions"]["Enabled"] is True


def test_objects_get_older_in_order_and_are_gone_at_the_retention(assembly: Assembly) -> None:
    bucket = assembly.named("AWS::S3::Bucket", "Lake").properties
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    for rule in rules.values():
        days = [one["TransitionInDays"] for one in rule.get("Transitions", [])]
        assert days == sorted(days)
        assert all(day < rule.get("ExpirationInDays", 10**6) for day in days)
    events = rules["raw-clickstream-events"]
    assert (events["Prefix"], events["ExpirationInDays"]) == ("raw/clickstream/events/", 400)
    assert events["Transitions"] == [
        {"StorageClass": "STANDARD_IA", "TransitionInDays": 60},
        {"StorageClass": "GLACIER_IR", "TransitionInDays": 90},
    ]
    assert rules["curated-market-tickers_v1"]["ExpirationInDays"] == 200
    assert rules["tmp"]["ExpirationInDays"] == 1
    assert rules["superseded-versions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert assembly.named("AWS::S3::Bucket", "Lake").template["DeletionPolicy"] == "Retain"


def test_prefixes_of_rules_are_no_beginning_of_another_table_s(assembly: Assembly) -> None:
    bucket = assembly.named("AWS::S3::Bucket", "Lake").properties
    prefixes = [rule["Prefix"] for rule in bucket["LifecycleConfiguration"]["Rules"] if rule["Prefix"]]
    assert all(one.endswith("/") for one in prefixes)
    assert [(one, two) for one in prefixes for two in prefixes if one != two and two.startswith(one)] == []


def test_properties_of_an_application_are_those_that_it_knows(assembly: Assembly) -> None:
    names = {}
    for application in assembly.resources("AWS::KinesisAnalyticsV2::Application"):
        configuration = application.properties["ApplicationConfiguration"]
        groups = {
            group["PropertyGroupId"]: group["PropertyMap"]
            for group in configuration["EnvironmentProperties"]["PropertyGroups"]
        }
        assert set(groups) == {"kinesis.analytics.flink.run.options", "lake"}
        assert groups["kinesis.analytics.flink.run.options"] == RUN_OPTIONS
        properties_of(groups["lake"])
        names[application.properties["ApplicationName"]] = groups["lake"]
    assert names == {
        "shop-sessions": {
            "source": "kinesis://shop-clickstream-events-v1",
            "region": "us-east-1",
            "sink": "firehose://shop-clickstream-sessions-v1",
            "late_sink": "firehose://shop-sessions-late",
            "quarantine_sink": "firehose://shop-sessions-quarantine",
            "gap": "20m",
        },
        "shop-event-counts": {
            "source": "kinesis://shop-clickstream-events-v1",
            "region": "us-east-1",
            "sink": "dynamodb://shop-event-counts",
            "late_sink": "firehose://shop-event-counts-late",
            "quarantine_sink": "firehose://shop-event-counts-quarantine",
        },
    }


def test_what_an_application_reads_and_writes_is_made_by_the_templates(assembly: Assembly) -> None:
    made = {f"kinesis://{one.properties['Name']}" for one in assembly.resources("AWS::Kinesis::Stream")}
    made |= {f"dynamodb://{one.properties['TableName']}" for one in assembly.resources("AWS::DynamoDB::Table")}
    deliveries = assembly.resources("AWS::KinesisFirehose::DeliveryStream")
    made |= {f"firehose://{one.properties['DeliveryStreamName']}" for one in deliveries}
    for application in assembly.resources("AWS::KinesisAnalyticsV2::Application"):
        groups = application.properties["ApplicationConfiguration"]["EnvironmentProperties"]["PropertyGroups"]
        (own,) = [group["PropertyMap"] for group in groups if group["PropertyGroupId"] == "lake"]
        assert {value for name, value in own.items() if name == "source" or name.endswith("sink")} <= made


def test_an_application_is_made_after_its_role_keeps_snapshots_and_logs_at_info(assembly: Assembly) -> None:
    for application in assembly.resources("AWS::KinesisAnalyticsV2::Application"):
        role = application.properties["ServiceExecutionRole"]["Fn::GetAtt"][0]
        assert assembly.named("AWS::IAM::Role", role).properties["Policies"]
        configuration = application.properties["ApplicationConfiguration"]
        assert configuration["ApplicationSnapshotConfiguration"] == {"SnapshotsEnabled": True}
        monitoring = configuration["FlinkApplicationConfiguration"]["MonitoringConfiguration"]
        assert (monitoring["LogLevel"], monitoring["ConfigurationType"]) == ("INFO", "CUSTOM")
        assert application.properties["RuntimeEnvironment"] == "FLINK-1_20"


def test_an_application_s_package_holds_exactly_one_jar_under_the_name_of_the_run_options(assembly: Assembly) -> None:
    packages = list(assembly.folder.glob("asset.*.zip"))
    assert len(packages) == 2
    for package in packages:
        with zipfile.ZipFile(package) as archive:
            names = archive.namelist()
        assert [name for name in names if name.endswith(".jar")] == [RUN_OPTIONS["jarfile"]]
        assert RUN_OPTIONS["python"] in names
        assert any(name.startswith(RUN_OPTIONS["pyFiles"]) for name in names)


def test_a_star_alone_stands_only_where_aws_knows_nothing_narrower(assembly: Assembly) -> None:
    for holder, statement in assembly.statements():
        assert not any("*" in action for action in statement["Action"]), holder
        for resource in statement["Resource"]:
            if resource == "*":
                assert set(statement["Action"]) <= NOTHING_NARROWER.keys(), holder


def test_no_job_may_write_to_raw_or_to_another_table(assembly: Assembly) -> None:
    for table in assembly.settings.tables:
        writes = [
            resource
            for holder, statement in assembly.statements()
            if holder == f"{table.logical}Role" and "s3:PutObject" in statement["Action"]
            for resource in statement["Resource"]
        ]
        keys = [resource.partition(":::")[2].partition("/")[2] for resource in writes]
        assert keys
        assert not any(key.startswith("raw") for key in keys)
        own = [key for key in keys if not key.startswith("index/")]  # of the table that it reads, by days
        assert all(table.table.name == key.split("/")[2] for key in own)


def test_a_job_may_replace_the_text_of_the_views_that_route_its_hours_alone(assembly: Assembly) -> None:
    views = {
        holder: [resource.rpartition("table/")[2] for resource in statement["Resource"] if "table/" in resource]
        for holder, statement in assembly.statements()
        if statement["Action"] == ["glue:UpdateTable"]
    }
    assert views == {
        f"{logical}Role": ["clickstream/user_events"]
        for logical in ("ClickstreamEventsV1", "ClickstreamEventsByUserV1")
    }


def test_a_function_s_mapping_reports_failures_bisects_and_names_what_it_gives_up(assembly: Assembly) -> None:
    (mapping,) = assembly.resources("AWS::Lambda::EventSourceMapping")
    assert {name: mapping.properties[name] for name in ("BatchSize", "MaximumBatchingWindowInSeconds")} == {
        "BatchSize": 1000,
        "MaximumBatchingWindowInSeconds": 60,
    }
    assert mapping.properties["BisectBatchOnFunctionError"] is True
    assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping.properties["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": ["MetricsFailures", "Arn"]
    }
    (counts,) = [one for one in assembly.resources("AWS::DynamoDB::Table") if one.logical == "Counts"]
    assert counts.properties["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_a_function_s_code_is_its_own_folder_and_holds_the_handler_that_it_names(assembly: Assembly) -> None:
    for function in assembly.resources("AWS::Lambda::Function"):
        code = json.dumps(function.properties["Code"])
        (digest,) = re.findall(r"[0-9a-f]{64}", code)
        package, module, _ = function.properties["Handler"].split(".")
        folder = assembly.folder / f"asset.{digest}"
        assert [path.name for path in folder.iterdir()] == [package]
        assert (folder / package / f"{module}.py").is_file()


def test_alarms_watch_what_the_templates_make(assembly: Assembly) -> None:
    names = {
        str(value) for one in assembly.resources() for key, value in one.properties.items() if key.endswith("Name")
    }
    names |= {f"shop-{one}" for one in ("event-counts",)} | set(assembly.settings.by_name) | {"page view"}
    alarms = [one.properties for one in assembly.resources("AWS::CloudWatch::Alarm")]
    dimensions = [dimension for alarm in alarms for dimension in all_dimensions(alarm)]
    assert [one for one in dimensions if one["Value"] not in names] == []
    assert len(alarms) == len({alarm["AlarmName"] for alarm in alarms})
    topic = "arn:aws:sns:us-east-1:111122223333:shop-alarms"
    assert all(alarm["AlarmActions"] == [topic] for alarm in alarms)
    assert "shop-pageview-low" in {alarm["AlarmName"] for alarm in alarms}


def all_dimensions(alarm: dict[str, Any]) -> list[dict[str, str]]:
    metrics = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    return [dimension for metric in (alarm, *metrics) for dimension in metric.get("Dimensions", ())]


def test_named_queries_are_those_of_the_folder_sql(assembly: Assembly) -> None:
    queries = {
        (one.properties["Database"], one.properties["Name"]): one.properties["QueryString"]
        for one in assembly.resources("AWS::Athena::NamedQuery")
    }
    files = {
        (path.parts[-3], path.parts[-2]): path.read_text(encoding="utf-8")
        for path in (REPOSITORY / "sql").glob("*/*/query.sql")
        if path.parts[-3] in ("clickstream", "market")
    }
    assert queries == files


def test_names_are_within_what_services_take(assembly: Assembly) -> None:
    for kind, most in (("AWS::KinesisFirehose::DeliveryStream", 64), ("AWS::Lambda::Function", 64)):
        for one in assembly.resources(kind):
            name = next(value for key, value in one.properties.items() if key in ("DeliveryStreamName", "FunctionName"))
            assert len(name) <= most, name


def test_no_two_resources_of_a_kind_have_one_name(assembly: Assembly) -> None:
    names = [(one.kind, name) for one in assembly.resources() for name in [physical_name(one)] if name]
    assert sorted(names) == sorted(set(names))


def physical_name(resource: Resource) -> str:
    """The name that a resource is given, which is unique in an account and region."""
    ending = ("TableName", "JobName", "QueueName", "FunctionName", "DeliveryStreamName", "AlarmName", "LogGroupName")
    given = {key: value for key, value in resource.properties.items() if key == "Name" or key.endswith(ending)}
    if resource.kind in ("AWS::Athena::NamedQuery", "AWS::Glue::Trigger") or resource.kind.endswith("Mapping"):
        given.pop("FunctionName", None)
    return next((value for value in given.values() if isinstance(value, str)), "")
