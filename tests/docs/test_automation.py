"""Automation runs what a person runs: pre-commit's hooks are steps of `make lint`, and the workflow calls .ci/run."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml

from tests.conftest import REPOSITORY


def read(path: str) -> Any:
    return yaml.safe_load((REPOSITORY / path).read_text(encoding="utf-8"))


def hooks() -> list[dict[str, Any]]:
    (local,) = read(".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    return list(local["hooks"])


def lint_steps() -> list[list[str]]:
    """The commands of `make lint` and `make render`, as words, without the environment's folder."""
    recipes = re.findall(r"^(?:lint|render):.*\n((?:\t.*\n)+)", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    return [shlex.split(line.replace("$(JOBS)/bin/", "")) for recipe in recipes for line in recipe.splitlines()]


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_a_hook_is_a_step_of_make_lint_or_checks_what_make_render_writes(hook: dict[str, Any]) -> None:
    assert hook["language"] == "system"
    words = [word for word in shlex.split(hook["entry"]) if word not in ("--check", "--force-exclude")]
    words[0] = words[0].removeprefix(".venv/bin/")
    steps = [[word for word in step if word != "--check"] for step in lint_steps()]
    assert any(step[: len(words)] == words for step in steps), f"no step begins with {words}"


def test_the_workflow_runs_what_a_person_runs() -> None:
    jobs = read(".github/workflows/ci.yml")["jobs"].values()
    commands = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    assert commands == [".ci/run", "make test-nightly"]
