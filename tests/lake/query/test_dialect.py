"""Snapshots of what the local engine is asked; that the answers are Athena's is test_functions' business."""

import pytest
from sqlglot import exp

from lake.query.dialect import duckdb_sql
from lake.query.time_formats import strftime_pattern
from lake.sql.query_errors import UnsupportedSqlError
from lake.sql.statement import parsed

TYPES = {"readings": "array<struct<x:int,y:int>>", "tags": "array<string>", "labels": "map<string,int>"}


def translated(sql: str) -> str:
    statement = parsed(sql)
    assert isinstance(statement, exp.Query)
    return duckdb_sql(statement, TYPES.get)


@pytest.mark.parametrize(
    ("athena", "duckdb"),
    [
        ("date_diff('hour', a, b)", "DATE_SUB('hour', a, b)"),
        ("date_add('day', -1, a)", "ATHENA_SHIFT(a, INTERVAL (-1) DAY)"),
        ("a - interval '1' month", "ATHENA_SHIFT(a, -INTERVAL '1' MONTH)"),
        ("date_trunc('hour', a)", "ATHENA_TRUNC('hour', a)"),
        ("cast(a as integer)", "CAST(ATHENA_ROUNDED(a) AS INT)"),
        ("cast('7' as bigint)", "CAST('7' AS BIGINT)"),
        ("cast(a as timestamp(3))", "CAST(a AS TIMESTAMP)"),
        ("cast(a as varchar(3))", "LEFT(ATHENA_TEXT(a), 3)"),
        ("extract(dow from a)", "EXTRACT(ISODOW FROM a)"),
        ("regexp_replace(a, '(x)', '[$1]')", "REGEXP_REPLACE(a, '(x)', '[\\1]', 'g')"),
        ("json_extract_scalar(a, '$.b[0].c')", "ATHENA_JSON_SCALAR(a, '$.b[0].c')"),
        ("slice(a, 2, 3)", "LIST_SLICE(a, 2, (2) + (3) - 1)"),
        ("max_by(a, b)", "ARG_MAX_NULL(a, b)"),
        ("max_by(a, b, 2)", "ARG_MAX(a, b, 2)"),
        ("approx_distinct(a, 0.02)", "APPROX_COUNT_DISTINCT(a)"),
        ("date_parse(a, '%Y-%m-%d %H:%i:%s')", "STRPTIME(a, '%Y-%m-%d %H:%M:%S')"),
        ("format_datetime(a, 'yyyy-MM-dd')", "STRFTIME(a, '%Y-%m-%d')"),
        ("a at time zone 'Europe/Berlin'", "ATHENA_AT_TIMEZONE(a, 'Europe/Berlin')"),
        ("if(a, b, c)", "CASE WHEN a THEN b ELSE c END"),
        ("try(a / b)", "TRY(a / b)"),
        ("date_diff('day', date_trunc('day', a), b)", "DATE_SUB('day', ATHENA_TRUNC('day', a), b)"),
    ],
)
def test_an_expression_keeps_its_meaning(athena: str, duckdb: str) -> None:
    assert translated(f"SELECT {athena} AS it FROM t") == f"SELECT {duckdb} AS it FROM t"


@pytest.mark.parametrize(
    ("athena", "duckdb"),
    [
        ("UNNEST(tags) AS u (tag)", "LATERAL (SELECT UNNEST(tags)) AS u(tag)"),
        ("UNNEST(readings) AS u (x, y)", "LATERAL (SELECT UNNEST(readings, max_depth := 2)) AS u(x, y)"),
        (
            "UNNEST(labels) AS u (k, v)",
            "LATERAL (SELECT UNNEST(MAP_KEYS(labels)), UNNEST(MAP_VALUES(labels))) AS u(k, v)",
        ),
        ("UNNEST(other) AS u (a, b)", "LATERAL (SELECT UNNEST(other, max_depth := 2)) AS u(a, b)"),
        ("UNNEST(tags, other) AS u (a, b)", "LATERAL (SELECT UNNEST(tags), UNNEST(other)) AS u(a, b)"),
    ],
)
def test_unnest_makes_athenas_columns(athena: str, duckdb: str) -> None:
    assert translated(f"SELECT 1 AS one FROM t CROSS JOIN {athena}") == f"SELECT 1 AS one FROM t CROSS JOIN {duckdb}"


def test_columns_without_a_name_get_athenas() -> None:
    assert translated("SELECT a, 1, count(*) FROM t") == "SELECT a, 1 AS _col1, COUNT(*) AS _col2 FROM t"


def test_the_statement_itself_stays_as_it_was() -> None:
    statement = parsed("SELECT date_diff('day', a, b) FROM t")
    assert isinstance(statement, exp.Query)
    before = statement.copy()
    duckdb_sql(statement)
    assert statement == before


@pytest.mark.parametrize(
    ("athena", "what"),
    [
        ("reduce(a, 0, (s, x) -> s + x, s -> s * 2)", "reduce"),
        ("regexp_replace(a, 'x', m -> upper(m[1]))", "regexp_replace"),
        ("format_datetime(a, b)", "literal"),
        ("format_datetime(a, 'VVV')", "'VVV' is not supported locally"),
    ],
)
def test_what_cannot_be_said_is_refused_by_its_name(athena: str, what: str) -> None:
    with pytest.raises(UnsupportedSqlError, match=what):
        translated(f"SELECT {athena} FROM t")


@pytest.mark.parametrize(
    ("joda", "strftime"),
    [
        ("yyyy-MM-dd'T'HH:mm:ss.SSS", "%Y-%m-%dT%H:%M:%S.%g"),
        ("dd/MM/yy hh:mm a", "%d/%m/%y %I:%M %p"),
        ("HH 'o''clock' ''", "%H o'clock '"),
        ("yyyy 100%", "%Y 100%%"),
    ],
)
def test_date_patterns(joda: str, strftime: str) -> None:
    assert strftime_pattern(joda) == strftime
