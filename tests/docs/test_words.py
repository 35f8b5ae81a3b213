"""Pages and code use the field's words: what CONTRIBUTING says not to say is said nowhere, but in its own table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.docs.pages import PAGES

PRIVATE = re.compile(
    r"(?<![a-z])(anew|mend(s|ed|ing)?|lets?[ _]it[ _]go|so[ _]it[ _]is[ _]with|bends?[ _]without)(?![a-z])",
    re.IGNORECASE,  # an underscore ends a word, as in the name of a test
)
CODE = ("lake", "lake_local", "glue_jobs", "flink_apps", "infra", "bench", "tests")
WORDS = "## Words\n"
OWN = Path(__file__).name


def prose(page: Path) -> str:
    """A page's text without its list of words to avoid."""
    return page.read_text(encoding="utf-8").partition(WORDS)[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_no_private_idiom(page: Path) -> None:
    assert [match.group() for match in PRIVATE.finditer(prose(page))] == []


@pytest.mark.parametrize("folder", CODE)
def test_code_and_names_of_tests_have_no_private_idiom(folder: str) -> None:
    files = [path for kind in ("*.py", "*.java") for path in (REPOSITORY / folder).rglob(kind) if path.name != OWN]
    found = {path: match.group() for path in files if (match := PRIVATE.search(path.read_text(encoding="utf-8")))}
    assert files
    assert found == {}
