"""ARCHITECTURE.md is true: a line for each package, paths that exist, and the layers that `make lint` holds."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.docs.pages import fences

PAGE = REPOSITORY / "ARCHITECTURE.md"

TOP = {"contracts", "expectations", "sql", "crawlers", "glue_jobs", "flink_apps", "infra", "bench", "tests", "docs"}
FOLDERS = {*TOP, "requirements", "lake", "lake_local"}

PAGES_WITH_PATHS = [PAGE, REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs" / "decisions").glob("*.md"))]


def lines_of(path: str) -> Counter[str]:
    """The paths that begin a line of a table on the page, below `path`."""
    named = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return Counter(name.rstrip("/") for name in named if name.startswith(path))


def packages_of(root: str) -> set[str]:
    """Packages below a root package, at any depth, and the modules that lie in the root itself."""
    folder = REPOSITORY / root
    inner = {path.parent for path in folder.rglob("__init__.py")} - {folder}
    modules = {path for path in folder.glob("*.py") if not path.name.startswith("__")}
    return {str(path.relative_to(REPOSITORY)) for path in inner | modules}


@pytest.mark.parametrize("root", ["lake", "lake_local"])
def test_each_package_and_each_module_beside_them_has_one_line(root: str) -> None:
    assert lines_of(f"{root}/") - Counter([root]) == Counter(packages_of(root))


def test_each_folder_of_the_repository_has_one_line() -> None:
    assert {name: count for name, count in lines_of("").items() if name in FOLDERS} == dict.fromkeys(FOLDERS, 1)


@pytest.mark.parametrize("page", PAGES_WITH_PATHS, ids=lambda page: page.stem)
def test_each_path_on_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = {path for path in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if path.split("/")[0] in FOLDERS}
    assert sorted(path for path in named if not (REPOSITORY / path).exists()) == []
    assert named or page.parent.name == "decisions"


def test_the_layers_are_those_of_import_linter() -> None:
    (shown,) = [fence.text.split("\n") for fence in fences(PAGE) if fence.language == "layers"]
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    (flow,) = [rule for rule in settings["tool"]["importlinter"]["contracts"] if rule["type"] == "layers"]
    assert [line for line in shown if line] == [line for line in flow["layers"] if not line.startswith("__")]


def test_the_glossary_has_each_digest_that_a_partition_is_published_with() -> None:
    modules = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "lake").rglob("*.py")]
    published = {name for text in modules for name in re.findall(r'"(\w+)_digest"', text)}
    explained = re.findall(r"^\| (\w+) digest \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(explained) == sorted(published)
    assert len(explained) == 6


def test_each_function_of_the_flow_is_where_the_page_says() -> None:
    steps = re.findall(r"^\| [^|]*\| `(\w+)` in `([\w/.]+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    missing = [
        (name, path)
        for name, path in steps
        if not re.search(rf"^ *def {name}\b", (REPOSITORY / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []
    assert len(steps) > 10
