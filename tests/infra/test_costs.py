"""The page's table of costs is the script's."""

from __future__ import annotations

from infra.costs import PARTS, VOLUMES, table
from tests.conftest import REPOSITORY


def test_the_table_of_the_page_is_what_the_script_prints() -> None:
    page = (REPOSITORY / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert page.partition("<!-- costs -->\n")[2].partition("<!-- /costs -->")[0] == table() + "\n"


def test_no_part_gets_cheaper_with_more_data() -> None:
    for part in PARTS:
        costs = [part.month(volume) for volume in VOLUMES]
        assert costs == sorted(costs)
