"""CONTRIBUTING.md and README.md name make's targets and the tests' markers as they are."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.conftest import REPOSITORY


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def test_contributing_has_a_line_for_each_marker() -> None:
    settings = tomllib.loads(text_of("pyproject.toml"))["tool"]["pytest"]["ini_options"]
    _, _, table = text_of("CONTRIBUTING.md").partition("| marker | the test |")
    listed = re.findall(r"^\| `(\w+)` \|", table.split("\n\n")[0], re.MULTILINE)
    assert sorted(listed) == sorted(marker.split(":")[0] for marker in settings["markers"])


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", ".github/workflows/ci.yml"])
def test_each_target_of_make_that_a_page_names_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^|run: )make ([a-z][a-z-]*[a-z])\b", text_of(page), re.MULTILINE))
    assert named
    assert named - targets == set()


def test_contributing_has_a_line_for_each_target_that_tests() -> None:
    targets = re.findall(r"^(test[a-z-]*):.*## ", text_of("Makefile"), re.MULTILINE)
    listed = re.findall(r"^\| `make (test[a-z-]*)` \|", text_of("CONTRIBUTING.md"), re.MULTILINE)
    assert sorted(listed) == sorted(targets)
