"""docs/decisions: records in one form, numbered without gaps, each in the index under its own title."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "docs" / "decisions"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))
FORM = re.compile(
    r"# (?P<number>\d+)\. (?P<title>.+)\n\n"
    r"Status: (accepted|superseded by \[\d+\]\([\w-]+\.md\))\. Date: 20\d\d-[01]\d-[0-3]\d\.\n\n"
    r"## Context\n.+\n\n## Decision\n.+\n\n## Consequences\n.+",
    re.DOTALL,
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_the_form_of_all_and_the_number_of_its_file(record: Path) -> None:
    match = FORM.fullmatch(record.read_text(encoding="utf-8"))
    assert match is not None
    assert record.name.startswith(f"{int(match['number']):04}-")


def test_the_index_has_each_record_by_number_and_title() -> None:
    lines = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
    titles = {record: record.read_text(encoding="utf-8").split("\n", 1)[0] for record in RECORDS}
    assert [(f"# {number}. {title}", name) for number, title, name in lines] == [
        (title, record.name) for record, title in titles.items()
    ]
    assert [int(number) for number, _, _ in lines] == list(range(1, len(RECORDS) + 1))
