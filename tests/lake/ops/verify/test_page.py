"""The page for whoever is on call names every finding, and none that there is not."""

from __future__ import annotations

import re
from typing import get_args

from lake.ops.verify.findings import Code
from tests.conftest import REPOSITORY


def test_the_page_for_the_on_call_person_names_every_finding() -> None:
    page = (REPOSITORY / "docs" / "at-3-am.md").read_text()
    section = page.split("\n## Are the files intact?\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = [code for row in rows for code in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(get_args(Code))
