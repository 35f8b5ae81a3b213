"""The page "Run on Managed Flink" says what the program says: properties, run options, uids, metrics."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import fields
from datetime import timedelta
from typing import get_args

import botocore.session
import pytest
from botocore.validate import ParamValidator

from lake.durations import duration_of
from lake.flink import preflight
from lake.flink.properties import GROUP, Properties, Resolution, properties_of
from lake.stream.package import RUN_OPTIONS, RUN_OPTIONS_GROUP
from tests.conftest import REPOSITORY
from tests.docs.pages import fences
from tests.lake.stream.conftest import APPS

PAGE = REPOSITORY / "docs" / "run-on-managed-flink.md"
JAVA = "\n".join(path.read_text() for path in sorted((APPS / "src" / "main").rglob("*.java")))


def rows(header: str) -> list[list[str]]:
    """The cells of the table under a header, without it and the line below."""
    _, _, after = PAGE.read_text().partition(f"{header}\n")
    table = after.split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]


def test_all_properties_are_on_the_page_with_their_defaults() -> None:
    said = {row[0].strip("`"): row[1] for row in rows("| property | default | of | meaning |")}
    assert list(said) != []
    assert sorted(said) == sorted(field.name for field in fields(Properties))
    for field in fields(Properties):
        text = said[field.name].removeprefix("beside `sink`")
        default = field.default
        if isinstance(default, timedelta):
            assert duration_of(text) == default, field.name
        else:
            shown = "" if default in ("", None) else str(default).lower() if isinstance(default, bool) else default
            assert text == shown, field.name


def test_the_property_groups_on_the_page_are_accepted() -> None:
    options, ours = [json.loads(fence.text) for fence in fences(PAGE) if fence.language == "json"]
    assert options == {"PropertyGroupId": RUN_OPTIONS_GROUP, "PropertyMap": RUN_OPTIONS}
    assert ours["PropertyGroupId"] == GROUP
    properties_of(ours["PropertyMap"])


def test_the_uids_on_the_page_are_those_of_the_operators() -> None:
    said = {uid for row in rows("| uid | hash | holds |") for uid in re.findall(r"`([a-z0-9-]+)`", row[0])}
    fixed = set(re.findall(r'uid\("([a-z-]+)"\)', JAVA))
    by_resolution = {f"counts-by-{resolution}" for resolution in get_args(Resolution)}
    assert 'uid("counts-by-" + resolution)' in JAVA
    assert said == fixed | by_resolution


@pytest.mark.parametrize("pattern", [r'Metrics\.counter\(\w+\(\), "(\w+)"', r'\.gauge\("(\w+)"'])
def test_the_metrics_on_the_page_are_those_of_the_operators(pattern: str) -> None:
    said = {row[0].strip("`") for row in rows("| metric | of | counts |")}
    registered = set(re.findall(pattern, JAVA))
    assert registered != set()
    assert registered <= said
    assert said <= set(re.findall(r'"(\w+)"', JAVA))


def commands() -> list[list[str]]:
    """The words of each command of the managed service on the page."""
    shell = "\n".join(fence.text for fence in fences(PAGE) if fence.language == "sh").replace("\\\n", " ")
    return [shlex.split(line) for line in shell.splitlines() if line.startswith("aws kinesisanalyticsv2 ")]


@pytest.mark.parametrize("command", commands(), ids=lambda words: " ".join(words[2:3] + words[-2:-1]))
def test_commands_of_the_managed_service_are_right_by_its_model(command: list[str]) -> None:
    operation = "".join(word.title() for word in command[2].split("-"))
    shape = botocore.session.get_session().get_service_model(command[1]).operation_model(operation).input_shape
    given = {}
    for option, text in zip(command[3::2], command[4::2], strict=True):
        name = "".join(word.title() for word in option.removeprefix("--").split("-"))
        given[name] = text if shape.members[name].type_name == "string" else json.loads(text)
    assert ParamValidator().validate(given, shape).generate_report() == ""


def test_permissions_that_a_start_takes_are_on_the_page() -> None:
    said = PAGE.read_text()
    for service in preflight._SERVICES.values():
        prefix, action = service.permission.split(":")
        assert re.search(rf"{prefix}:(\w+(, | and ))*{action}\b", said), service.permission
