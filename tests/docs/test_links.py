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


def index_of(page: Path) -> Path:
    """The nearest README.md above a page, which has to lead to it."""
    folders = page.parents if page.name != "README.md" else page.parent.parents
    return next(folder / "README.md" for folder in folders if (folder / "README.md").is_file())


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page != REPOSITORY / "README.md"], ids=lambda page: page.name
)
def test_the_nearest_readme_leads_to_a_page(page: Path) -> None:
    index = index_of(page)
    assert f"]({page.relative_to(index.parent)})" in index.read_text(encoding="utf-8")


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
