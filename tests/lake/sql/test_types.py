"""Types of expressions are those that Trino finds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlglot import exp

from lake.sql.statement import parsed
from lake.sql.translation.queries import translated
from lake.sql.translation.scopes import Field
from lake.sql.translation.signatures import Typed
from lake.sql.translation.types import parsed_type
from tests.trino_servers import TestTrino

COLUMNS = {
    **{"a": "integer", "b": "bigint", "s": "varchar", "d": "decimal(10,2)", "f": "double", "r": "real"},
    **{"t": "timestamp(3)", "day": "date", "y": "boolean", "bin": "varbinary", "small": "smallint"},
    **{"arr": "array(row(x integer, y varchar))", "m": "map(varchar, integer)"},
}

EXPRESSIONS = {
    **COLUMNS,
    "count(*)": "bigint",
    "count(DISTINCT s)": "bigint",
    "count_if(y)": "bigint",
    "sum(a)": "bigint",
    "sum(f)": "double",
    "avg(a)": "double",
    "min(t)": "timestamp(3)",
    "max(d)": "decimal(10,2)",
    "arbitrary(day)": "date",
    "max(s) FILTER (WHERE y)": "varchar",
    "CAST(a AS varchar)": "varchar",
    "TRY_CAST(s AS double)": "double",
    "CAST(s AS decimal(5))": "decimal(5,0)",
    "CAST(s AS timestamp)": "timestamp(3)",
    "CAST(s AS timestamp(6))": "timestamp(6)",
    "CAST(t AS date)": "date",
    "CAST(a AS decimal(12, 3))": "decimal(12,3)",
    "CAST(NULL AS real)": "real",
    "a = 1": "boolean",
    "NOT y OR a IS NULL": "boolean",
    "s LIKE 'x%' AND a IN (1, 2)": "boolean",
    "1": "integer",
    "3000000000": "bigint",
    "TRUE": "boolean",
    "DATE '2026-11-21'": "date",
    "coalesce(a, 1)": "integer",
    "CASE WHEN y THEN a ELSE 0 END": "integer",
    "CASE WHEN y THEN d END": "decimal(10,2)",
    "coalesce(s, s)": "varchar",
    "if(y, b, NULL)": "bigint",
    "s || s": "varchar",
    "concat(s, '-', s)": "varchar",
    "substr(s, 1, 3)": "varchar",
    "substr(bin, 1, 3)": "varbinary",
    "lower(s)": "varchar",
    "length(s)": "bigint",
    "date_format(t, '%Y')": "varchar",
    "date_diff('hour', t, t)": "bigint",
    "hour(t)": "bigint",
    "extract(MONTH FROM t)": "bigint",
    "(a)": "integer",
    "cardinality(arr)": "bigint",
    "regexp_extract(s, '(x)', 1)": "varchar",
    "power(a, 2)": "double",
    "sqrt(b)": "double",
    "f * f": "double",
    "1e0": "double",
    "f * 1.5E0 * power(1024e0, a - 3)": "double",
    "a + 1": "integer",
    "a / 2": "integer",
    "d * d": "decimal(20,4)",
    "sum(d)": "decimal(38,2)",
    "avg(d)": "decimal(10,2)",
    "1.5": "decimal(2,1)",
    "round(f, 2)": "double",
    "date_trunc('hour', t)": "timestamp(3)",
    "coalesce(a, b)": "bigint",
    "CASE WHEN y THEN a ELSE b END": "bigint",
    "nullif(a, 1)": "integer",
    "-a": "integer",
    "arr[1].x": "integer",
    "current_timestamp": "timestamp(3) with time zone",
    "t + INTERVAL '1' HOUR": "timestamp(3)",
    "json_extract_scalar(s, '$.a')": "varchar",
    "m['a']": "integer",
    "coalesce(d, CAST(1 AS decimal(12, 4)))": "decimal(12,4)",
    "max_by(s, t)": "varchar",
    "f * a": "double",
    "f * 1.5": "double",
    "sum(r)": "real",
    "d / 3": "decimal(10,2)",
    "d % 7": "decimal(10,2)",
    "small + a": "integer",
    "sum(small)": "bigint",
    "array_agg(a)": "array(integer)",
    "map_agg(s, b)": "map(varchar, bigint)",
    "t - t": "interval day to second",
    "day - day": "interval day to second",
    "t AT TIME ZONE 'UTC'": "timestamp(3) with time zone",
    "row(a, s)": "row(integer, varchar)",
    "arr[1]": "row(x integer, y varchar)",
    "transform(arr, e -> e.x)": "array(integer)",
    "NULL": "unknown",
    "approx_percentile(f, 0.5)": "double",
    "date_add('day', 1, day)": "date",
}


def inferred(sql: str) -> list[tuple[str, str]]:
    def columns(_database: str, _name: str) -> list[Field]:
        return [Field(name, Typed("", parsed_type(kind))) for name, kind in COLUMNS.items()]

    query = parsed(sql)
    assert isinstance(query, exp.Query)
    return [(name, str(kind)) for name, kind in translated(query, columns).columns]


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS.items())
def test_an_expression_has_the_type_that_it_has_at_trino(expression: str, expected: str) -> None:
    assert inferred(f"SELECT {expression} AS x FROM shop.orders") == [("x", expected)]


def test_types_come_through_a_with_a_subquery_and_a_union() -> None:
    sql = """WITH one AS (SELECT a AS x, count(*) AS n FROM shop.orders GROUP BY a)
    SELECT x, n FROM (SELECT x, n FROM one) UNION ALL SELECT small, b FROM shop.orders"""
    assert inferred(sql) == [("x", "integer"), ("n", "bigint")]


def test_trino_finds_the_same_types(tmp_path: Path, trino_local: TestTrino) -> None:
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in COLUMNS.items())
    # A text of a query has a length at Trino, which says nothing about a view's column.
    asked = [f"SELECT typeof(x) AS kind FROM (SELECT {each} AS x FROM (SELECT {columns}))" for each in EXPRESSIONS]
    found = [trino_local.query(str(tmp_path), sql).table.to_pylist()[0]["kind"] for sql in asked]
    plain = [re.sub(r"varchar\(\d+\)", "varchar", kind) for kind in found]
    assert dict(zip(EXPRESSIONS, plain, strict=True)) == EXPRESSIONS
