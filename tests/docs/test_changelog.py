"""The changelog names every version constant that decides what is stale, with its value as it is in the code."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import REPOSITORY

LINE = re.compile(r"^\| `(\w+_VERSION)` \(`([^`]+)`\) \|.*\| (\S+) \| (\S+) \|$", re.MULTILINE)
CONSTANT = re.compile(r'^([A-Z]+_VERSION) = f?"(\w+)', re.MULTILINE)


def in_the_code() -> dict[str, tuple[str, str]]:
    """Name, file and value (up to the first hyphen) of each constant that is part of a digest or of a cache's key."""
    return {
        name: (str(path.relative_to(REPOSITORY)), value)
        for path in sorted(Path(REPOSITORY / "lake").rglob("*.py"))
        for name, value in CONSTANT.findall(path.read_text(encoding="utf-8"))
    }


def test_the_changelog_has_each_version_constant_as_it_is_in_the_code() -> None:
    lines = LINE.findall((REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert {name: (path, now) for name, path, _, now in lines} == in_the_code()
    assert len(lines) >= 5
