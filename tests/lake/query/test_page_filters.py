"""Each line of the page's table of filters is true: --explain foresees it, DuckDB reads so, and Trino too."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from lake.query.explain import Explanation, explained
from lake.query.run import run_query
from lake.sql.query_errors import QueryError
from tests.conftest import REPOSITORY
from tests.lake.query.readings_lake import COUNT, HOURS, PAGE_TABLES, make_page_lake
from tests.trino_servers import TestTrino

PAGE = (REPOSITORY / "docs" / "query.md").read_text(encoding="utf-8")
_LINE = re.compile(r"^\| `([^`]+)` \| (all|refused|\d+) \| (all|refused|\d+)(; Trino: all)? \| (.*)\|$", re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """A line of the table; None is "refused"."""

    condition: str
    hours: int | None
    buckets: int | None
    at_trino: int | None
    instead: str

    @property
    def table(self) -> str:
        database, table, _ = PAGE_TABLES["user_id" in self.condition]
        return f"{database}.{table}"

    @property
    def sql(self) -> str:
        return f"SELECT current_temperature FROM {self.table} WHERE {self.condition}"


def number(text: str, everything: int) -> int | None:
    return None if text == "refused" else everything if text == "all" else int(text)


LINES = [
    Line(
        condition,
        number(hours, len(HOURS)),
        number(buckets, COUNT),
        number("all" if at_trino else buckets, COUNT),
        instead.strip(),
    )
    for condition, hours, buckets, at_trino, instead in _LINE.findall(PAGE)
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_page_lake(str(tmp_path_factory.mktemp("page"))).root


def read(explanation: Explanation, line: Line) -> tuple[int, int]:
    table = next(each for each in explanation.tables if each.name == line.table)
    return len(table.hours), table.buckets_read


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.condition)
def test_explain_foresees_the_line_and_advises_where_the_page_does(line: Line, root: str) -> None:
    explanation = explained(line.sql, root)
    advised = [each for each in explanation.advice if each.about != line.table]
    about = [each for each in explanation.advice if each.about == line.table]
    if line.hours is not None and line.buckets is not None:
        assert read(explanation, line) == (line.hours, line.buckets)
    assert bool(advised or about) == bool(line.instead)
    assert bool(about) == ("the same with a range of `dt`" in line.instead)
    assert ("Athena refuses" in "".join(each.problem for each in advised)) == (line.hours is None)


@pytest.mark.parametrize("line", [each for each in LINES if each.hours is not None], ids=lambda line: line.condition)
def test_duckdb_reads_what_the_line_says(line: Line, root: str) -> None:
    result = run_query(line.sql, root)
    table = next(each for each in result.tables if each.name == line.table)
    explanation = explained(line.sql, root)
    assert (len(table.hours), table.buckets_read) == (line.hours, line.buckets)
    assert (result.bytes, result.files_read) == (explanation.bytes, sum(each.files for each in explanation.tables))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.condition)
def test_trino_reads_what_the_line_says(line: Line, root: str, trino_local: TestTrino) -> None:
    if line.hours is None or line.buckets is None:
        with pytest.raises(QueryError, match=r"Cannot apply operator|Cannot check"):
            trino_local.query(root, line.sql)
        return
    answer = trino_local.query(root, line.sql)
    assert sorted(answer.table.column(0).to_pylist()) == sorted(run_query(line.sql, root).table.column(0).to_pylist())
    if "SELECT" in line.condition:
        return  # what the subquery says may prune while the query runs
    # Each bucket has a file, and a file is one split; a scan that reads nothing has one too.
    assert answer.scan_splits == max(line.hours * (line.at_trino or 0), 1)


def test_every_line_of_the_table_is_a_test() -> None:
    table = PAGE[PAGE.index("| Filter | Hours read") :]
    assert len(LINES) == table[: table.index("\n\n")].count("\n") - 1 > 25
