"""Statements whose answers Trino gave: the local engine gives the same rows in the same types, or refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.query.run import run_query
from tests.trino_answers import FOLDER, answer_of, difference, statements

REFUSALS = ("UnsupportedSqlError", "QuerySyntaxError", "UnknownColumnError", "UnknownTableError")
FILES = sorted(FOLDER.glob("*.ndjson"))


def differences(path: Path, root: str) -> list[tuple[str, str]]:
    found = []
    for sql, expected in statements(path):
        answered = answer_of(lambda sql=sql: run_query(sql, root).table)  # type: ignore[misc]
        differs = difference(sql, expected, answered)
        if differs is not None:
            found.append((sql, differs))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_answers_are_those_that_trino_gave(path: Path, tmp_path: Path) -> None:
    assert differences(path, str(tmp_path)) == []


def test_of_the_recorded_statements_few_are_refused_and_none_is_answered_otherwise(
    recorded: Path, tmp_path: Path
) -> None:
    kept = recorded / "sql_answers" / "trino476.ndjson"
    asked = [
        (sql, expected, answer_of(lambda sql=sql: run_query(sql, str(tmp_path)).table))  # type: ignore[misc]
        for sql, expected in statements(kept)
        if "information_schema" not in sql  # of a lake that is not here
    ]
    refused = [sql for sql, expected, given in asked if given.get("error") in REFUSALS and "error" not in expected]
    wrong = [(sql, difference(sql, expected, given)) for sql, expected, given in asked if sql not in refused]
    assert [each for each in wrong if each[1] is not None] == []
    assert len(refused) < len(asked) / 20
