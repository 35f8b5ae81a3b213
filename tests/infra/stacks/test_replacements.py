"""What a deployment would replace or delete, from two templates."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from synthesis import Assembly

from infra.replacements import replacements


def changed(template: dict[str, Any], logical: str, **properties: Any) -> dict[str, Any]:
    other = copy.deepcopy(template)
    other["Resources"][logical]["Properties"].update(properties)
    return other


def test_the_same_template_and_a_first_deployment_replace_nothing(assembly: Assembly) -> None:
    for template in assembly.templates.values():
        assert list(replacements(template, template)) == []
        assert list(replacements({}, template)) == []


@pytest.mark.parametrize(
    ("part", "logical", "name", "now", "said"),
    [
        ("storage", "Lake", "BucketName", "other", "AWS::S3::Bucket {}: replaced, without the lake's objects"),
        (
            *("ingest", "StreamClickstreamEventsV1", "Name", "other"),
            "AWS::Kinesis::Stream {}: replaced, without records that are not read yet",
        ),
        (
            *("streams", "Sessions", "RuntimeEnvironment", "FLINK-2_2"),
            "AWS::KinesisAnalyticsV2::Application shop-sessions: replaced, without the application's state",
        ),
    ],
)
def test_what_holds_something_and_would_be_made_again_is_one_line(  # a case is all of these
    assembly: Assembly, part: str, logical: str, name: str, now: str, said: str
) -> None:
    template = assembly.templates[part]
    before = template["Resources"][logical]["Properties"][name]
    line = f"{said.format(before)} ({name}: {before} becomes {now})"
    assert list(replacements(template, changed(template, logical, **{name: now}))) == [line]


def test_what_is_no_longer_there_is_deleted_or_left_behind(assembly: Assembly) -> None:
    template = assembly.templates["streams"]
    without = {
        "Resources": {name: one for name, one in template["Resources"].items() if name not in ("Counts", "Sessions")}
    }
    assert list(replacements(template, without)) == [
        "AWS::DynamoDB::Table shop-event-counts: left behind, no longer managed",
        "AWS::KinesisAnalyticsV2::Application shop-sessions: deleted, with the application's state",
    ]


def test_a_change_that_keeps_what_is_held_is_not_named(assembly: Assembly) -> None:
    template = assembly.templates["ingest"]
    assert list(replacements(template, changed(template, "StreamClickstreamEventsV1", RetentionPeriodHours=48))) == []
