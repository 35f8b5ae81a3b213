"""Every statement on the page docs/query.md runs as written."""

from __future__ import annotations

import re

import pytest

from lake.jobs.lake import Lake
from lake.query.run import run_query
from tests.conftest import REPOSITORY

STATEMENTS = re.findall(r"```sql\n(.*?)```", (REPOSITORY / "docs" / "query.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_statement_of_the_page_runs(sql: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    lake = Lake.open(str(tmp_path_factory.mktemp("page") / "lake"), str(REPOSITORY / "contracts"))
    for table in lake.tables():
        lake.declare(table)
    assert run_query(sql, lake.store.uri).columns


def test_the_page_has_statements() -> None:
    assert len(STATEMENTS) > 3
