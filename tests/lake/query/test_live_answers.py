"""Trino itself: the answers that are kept are its own; statements made from the table of functions have equal ones."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.generated_queries import differences
from tests.trino_answers import FOLDER, answer_of, difference, statements
from tests.trino_servers import TestTrino

SECONDS = 240


@pytest.mark.nightly
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ndjson")), ids=lambda path: path.stem)
def test_kept_answers_are_those_that_trino_gives(path: Path, tmp_path: Path, trino_local: TestTrino) -> None:
    root = str(tmp_path)
    found = []
    for sql, kept in statements(path):
        given = answer_of(lambda sql=sql: trino_local.query(root, sql).table)  # type: ignore[misc]
        differs = difference(sql, kept, given)
        if differs is not None:
            found.append((sql, differs))
    assert found == []


@pytest.mark.nightly
def test_statements_made_from_the_table_have_equal_answers(tmp_path: Path, trino_local: TestTrino) -> None:
    root, seed, said = str(tmp_path), datetime.now(UTC).toordinal(), Counter[str]()
    found = list(differences(lambda sql: trino_local.query(root, sql).table, root, seed, SECONDS, said))
    assert [f"seed {seed}: {each.sql}: {each.how}" for each in found] == []
    assert said["equal"] > 100
