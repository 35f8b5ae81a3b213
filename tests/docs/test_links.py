"""Links between pages lead somewhere, and what pages quote from elsewhere is what stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.docs.pages import PAGES, fences


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_to_files_and_headings(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL))
    dead = []
    for link in (link for link in links if not link.startswith("https://")):
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if not target.is_file() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_the_readme_leads_to_every_page() -> None:
    readme = PAGES[0].read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if f"(docs/{page.name})" not in readme] == []


def test_the_pins_for_glue_are_those_of_the_lock_file() -> None:
    locked = set(re.findall(r"^([a-z0-9.-]+==[^\s\\]+)", (REPOSITORY / "requirements" / "jobs.txt").read_text(), re.M))
    (pins,) = [fence.text for fence in fences(REPOSITORY / "docs" / "run-on-glue.md") if fence.language == "pins"]
    wheel, *modules = pins.strip().split(",")
    assert re.fullmatch(r"s3://ARTIFACTS/lake/lake-[\d.]+-py3-none-any\.whl", wheel)
    assert set(modules) - locked == set()


def test_the_page_for_the_on_call_names_every_reason_code() -> None:
    from lake.parse.reasons import Reason

    page = (REPOSITORY / "docs" / "at-3-am.md").read_text(encoding="utf-8")
    assert [reason.value for reason in Reason if f"`{reason.value}`" not in page] == []
