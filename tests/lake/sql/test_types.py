"""Types of a view's columns are those that Trino finds, or are not certain."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot.optimizer.qualify import qualify

from lake.sql.resolve import schema_of
from lake.sql.types import output_types
from tests.trino_servers import TestTrino

COLUMNS = {
    **{"a": "integer", "b": "bigint", "s": "varchar", "d": "decimal(10,2)", "f": "double", "r": "real"},
    **{"t": "timestamp(3)", "day": "date", "y": "boolean", "bin": "varbinary", "small": "smallint"},
    **{"arr": "array(row(x integer, y varchar))", "m": "map(varchar, integer)"},
}

# Each with its type; empty where that is not certain here, so that a view has to say it.
EXPRESSIONS = {
    **COLUMNS,
    **{"count(*)": "bigint", "count(DISTINCT s)": "bigint", "count_if(y)": "bigint", "sum(a)": "bigint"},
    **{"sum(f)": "double", "avg(a)": "double", "min(t)": "timestamp(3)", "max(d)": "decimal(10,2)"},
    **{"arbitrary(day)": "date", "max(s) FILTER (WHERE y)": "varchar"},
    **{"CAST(a AS varchar)": "varchar", "TRY_CAST(s AS double)": "double", "CAST(s AS decimal(5))": "decimal(5,0)"},
    **{"CAST(s AS timestamp)": "timestamp(3)", "CAST(s AS timestamp(6))": "timestamp(6)", "CAST(t AS date)": "date"},
    **{
        "CAST(a AS decimal(12, 3))": "decimal(12,3)",
        "CAST(NULL AS real)": "real",
        "CAST(s AS varchar(9))": "varchar(9)",
    },
    **{"a = 1": "boolean", "NOT y OR a IS NULL": "boolean", "s LIKE 'x%' AND a IN (1, 2)": "boolean"},
    **{"1": "integer", "3000000000": "bigint", "TRUE": "boolean", "DATE '2026-11-21'": "date"},
    **{
        "coalesce(a, 1)": "integer",
        "CASE WHEN y THEN a ELSE 0 END": "integer",
        "CASE WHEN y THEN d END": "decimal(10,2)",
    },
    **{"coalesce(s, s)": "varchar", "if(y, b, NULL)": "bigint", "s || s": "varchar", "concat(s, '-', s)": "varchar"},
    **{"substr(s, 1, 3)": "varchar", "substr(bin, 1, 3)": "varbinary", "lower(s)": "varchar", "length(s)": "bigint"},
    **{"date_format(t, '%Y')": "varchar", "date_diff('hour', t, t)": "bigint", "hour(t)": "bigint"},
    **{"extract(MONTH FROM t)": "bigint", "(a)": "integer", "cardinality(arr)": "bigint"},
    **{"regexp_extract(s, '(x)', 1)": "varchar", "power(a, 2)": "double", "sqrt(b)": "double"},
    **{"f * f": "double", "1e0": "double", "f * 1.5E0 * power(1024e0, a - 3)": "double"},
    **dict.fromkeys(("a + 1", "a / 2", "d * d", "sum(d)", "avg(d)", "1.5", "round(f, 2)", "date_trunc('hour', t)"), ""),
    **dict.fromkeys(("coalesce(a, b)", "CASE WHEN y THEN a ELSE b END", "NULL", "nullif(a, 1)", "-a", "arr[1].x"), ""),
    **dict.fromkeys(("current_timestamp", "t + INTERVAL '1' HOUR", "json_extract_scalar(s, '$.a')", "m['a']"), ""),
    **dict.fromkeys(("coalesce(d, CAST(1 AS decimal(12, 4)))", "max_by(s, t)", "f * a", "f * 1.5", "sum(r)"), ""),
}


def inferred(sql: str) -> list[tuple[str, str | None]]:
    schema = schema_of({"shop.orders": COLUMNS})
    return output_types(qualify(sqlglot.parse_one(sql, read="athena"), schema=schema, dialect="athena"), schema)


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS.items())
def test_a_type_is_certain_or_there_is_none(expression: str, expected: str) -> None:
    assert inferred(f"SELECT {expression} AS x FROM shop.orders") == [("x", expected or None)]


def test_types_come_through_a_with_a_subquery_and_a_union() -> None:
    sql = """WITH one AS (SELECT a AS x, count(*) AS n FROM shop.orders GROUP BY a)
    SELECT x, n FROM (SELECT x, n FROM one) UNION ALL SELECT small, b FROM shop.orders"""
    assert inferred(sql) == [("x", None), ("n", "bigint")]  # integer and smallint: which of the two is not said here


def test_trino_finds_the_same_types(tmp_path: Path, trino_local: TestTrino) -> None:
    certain = {expression: kind for expression, kind in EXPRESSIONS.items() if kind}
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in COLUMNS.items())
    found = {}
    for expression in certain:
        sql = f"SELECT typeof(x) AS kind FROM (SELECT {expression} AS x FROM (SELECT {columns}))"
        (row,) = trino_local.query(str(tmp_path), sql).table.to_pylist()
        found[expression] = row["kind"]
    assert found == certain
