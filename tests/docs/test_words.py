"""Pages use the field's words: what CONTRIBUTING says not to say is said on no page, but in its own table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES

PRIVATE = re.compile(r"\b(anew|mend(s|ed|ing)?|lets? it go|so it is with|bends? without)\b", re.IGNORECASE)
WORDS = "## Words\n"


def prose(page: Path) -> str:
    """A page's text without its list of words to avoid."""
    return page.read_text(encoding="utf-8").partition(WORDS)[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_no_private_idiom(page: Path) -> None:
    assert [match.group() for match in PRIVATE.finditer(prose(page))] == []
