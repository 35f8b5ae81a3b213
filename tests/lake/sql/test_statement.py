"""What is read as a query, and what is refused, with words for who wrote it."""

import pytest

from lake.sql.query_errors import QuerySyntaxError, StatementError
from lake.sql.statement import Listing, parsed


@pytest.mark.parametrize(
    ("sql", "listing"),
    [
        ("SHOW DATABASES", Listing("databases")),
        ("show schemas like 'cl*'", Listing("databases", (), "cl*")),
        ("show tables;", Listing("tables")),
        ("SHOW TABLES IN clicks", Listing("tables", ("clicks",))),
        ("SHOW TABLES FROM clicks LIKE 'e*|s*'", Listing("tables", ("clicks",), "e*|s*")),
        ("SHOW COLUMNS IN clicks.events_v1", Listing("columns", ("clicks", "events_v1"))),
        ("SHOW PARTITIONS Clicks.Events_v1", Listing("partitions", ("clicks", "events_v1"))),
        (
            'describe "awsdatacatalog"."clicks".`events_v1`',
            Listing("describe", ("awsdatacatalog", "clicks", "events_v1")),
        ),
    ],
)
def test_show_and_describe_are_read(sql: str, listing: Listing) -> None:
    assert parsed(sql) == listing


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("SELECT 1;", "SELECT 1"),
        ("-- why\nWITH a AS (SELECT 1) SELECT * FROM a", "/* why */ WITH a AS (SELECT 1) SELECT * FROM a"),
        ("VALUES (1, 'a')", "SELECT * FROM (VALUES ROW(1, 'a'))"),
        ("(SELECT 1) UNION ALL SELECT 2", "(SELECT 1) UNION ALL SELECT 2"),
    ],
)
def test_queries_are_read(sql: str, read: str) -> None:
    statement = parsed(sql)
    assert not isinstance(statement, Listing)
    assert statement.sql("athena").replace("VALUES (1, 'a')", "VALUES ROW(1, 'a')") == read


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE a AS SELECT 1",
        "DROP TABLE x",
        "DELETE FROM x",
        "MSCK REPAIR TABLE x",
        "UNLOAD (SELECT 1) TO 's3://x' WITH (format = 'PARQUET')",
        "COPY t TO 'x'",
        "SET x = 1",
        "SELECT * INTO t FROM x",
        "SELECT 1; SELECT 2",
        "SHOW CREATE TABLE a.b",
    ],
)
def test_statements_that_are_no_single_query_are_refused(sql: str) -> None:
    with pytest.raises(StatementError, match=r"must only read|one at a time|unsupported statement") as refusal:
        parsed(sql)
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "SELECT *\nFROM t\nWHERE x = = 3",
            "reading the query, line 3:11: something is missing near '='\n  WHERE x = = 3\n            ^",
        ),
        (
            "SELECT (1 FROM t",
            "reading the query, line 1:11: Expecting ) near 'FROM'\n  SELECT (1 FROM t\n            ^^^^",
        ),
        (
            "SELECT 1 FROM",
            "reading the query, line 1:10: Expected table name near 'FROM'\n  SELECT 1 FROM\n           ^^^^",
        ),
    ],
)
def test_a_syntax_error_marks_its_place(sql: str, message: str) -> None:
    with pytest.raises(QuerySyntaxError) as error:
        parsed(sql)
    assert str(error.value) == message


def test_a_misspelt_first_word_is_marked() -> None:
    with pytest.raises(QuerySyntaxError) as error:
        parsed("\n  selec 1")
    first, *rest = str(error.value).splitlines()
    assert first.startswith("reading the query, line 2:3: a statement cannot begin with selec; expected SELECT, WITH")
    assert rest == ["    selec 1", "    ^^^^^"]


@pytest.mark.parametrize(
    ("sql", "what"), [("", "it is empty"), ("-- nothing", "it is empty"), ("SELECT 'abc", "quote")]
)
def test_no_statement_and_an_open_quote_say_so(sql: str, what: str) -> None:
    with pytest.raises(QuerySyntaxError, match=what):
        parsed(sql)
