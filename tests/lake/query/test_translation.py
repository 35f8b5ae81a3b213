"""What the local engine refuses, as Athena does, and how names are found; answers are test_known_answers' business."""

from __future__ import annotations

import pytest
from sqlglot import exp

from lake.sql.query_errors import QueryError, QuerySyntaxError, UnknownColumnError, UnsupportedSqlError
from lake.sql.statement import parsed
from lake.sql.translation.queries import translated
from lake.sql.translation.scopes import Field
from lake.sql.translation.signatures import Typed
from lake.sql.translation.translated import Translated
from lake.sql.translation.types import parsed_type

COLUMNS = {"a": "integer", "b": "varchar", "t": "timestamp(3)", "z": "array(row(x integer, y varchar))"}
HIDDEN = {"$path": "varchar"}


def columns(database: str, name: str) -> list[Field] | None:
    if (database, name) != ("shop", "orders"):
        return None
    known = [Field(each, Typed("", parsed_type(kind))) for each, kind in COLUMNS.items()]
    return [*known, *(Field(each, Typed("", parsed_type(kind)), True) for each, kind in HIDDEN.items())]


def translation(sql: str) -> Translated:
    query = parsed(sql)
    assert isinstance(query, exp.Query)
    return translated(query, columns)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT * FROM shop.orders", ["a", "b", "t", "z"]),
        ('SELECT *, "$path" FROM shop.orders', ["a", "b", "t", "z", "$path"]),
        ("SELECT o.a, 1, count(*) AS N FROM shop.orders AS o GROUP BY 1", ["a", "_col1", "N"]),
        ("SELECT a, a FROM shop.orders", ["a", "a"]),
        ("SELECT shop.orders.a FROM shop.orders", ["a"]),
        ("SELECT z[1].y FROM shop.orders", ["y"]),
        ("SELECT o.* FROM shop.orders AS o CROSS JOIN (SELECT 1 AS c)", ["a", "b", "t", "z"]),
        ("SELECT * FROM shop.orders AS o JOIN shop.orders AS p USING (a)", ["a", "b", "t", "z", "b", "t", "z"]),
        ("SELECT u.* FROM shop.orders CROSS JOIN UNNEST(z) WITH ORDINALITY AS u (x, y, n)", ["x", "y", "n"]),
        ("WITH w (p, q) AS (SELECT a, b FROM shop.orders) SELECT * FROM w", ["p", "q"]),
        ('SELECT t.* AS (p, "q") FROM (VALUES (1, 2)) AS t (a, b)', ["P", "q"]),
    ],
)
def test_columns_have_the_names_that_athena_gives_them(sql: str, names: list[str]) -> None:
    assert translation(sql).names == names


@pytest.mark.parametrize(
    ("sql", "error", "what"),
    [
        ("SELECT aa FROM shop.orders", UnknownColumnError, "column aa not found"),
        ("SELECT o.c FROM shop.orders AS o", UnknownColumnError, "column c not found"),
        ("SELECT p.a FROM shop.orders AS o", UnknownColumnError, "table or column p not found in this FROM"),
        ("SELECT a FROM shop.orders AS o CROSS JOIN shop.orders AS p", QuerySyntaxError, "column a is ambiguous"),
        ("SELECT o.a FROM shop.orders AS o JOIN shop.orders AS p USING (a)", UnknownColumnError, "USING makes one"),
        ("SELECT a AS x FROM shop.orders WHERE x = 1", UnknownColumnError, "column x not found"),
        ("SELECT a AS x, count(*) FROM shop.orders GROUP BY x", UnknownColumnError, "column x not found"),
        ("SELECT a = b FROM shop.orders", QuerySyntaxError, "integer and varchar do not go together"),
        ("SELECT a + b FROM shop.orders", QuerySyntaxError, r"\+ does not take integer and varchar"),
        ("SELECT CASE WHEN a THEN 1 END FROM shop.orders", QuerySyntaxError, "expected a condition"),
        ("SELECT a FROM shop.orders UNION ALL SELECT b FROM shop.orders", QuerySyntaxError, "column 1 of UNION"),
        ("SELECT a FROM shop.orders UNION ALL SELECT a, b FROM shop.orders", QuerySyntaxError, "1 columns and 2"),
        ("SELECT DISTINCT a FROM shop.orders ORDER BY b", QuerySyntaxError, "with DISTINCT it must be selected"),
        ("SELECT DISTINCT ON (a) a FROM shop.orders", QuerySyntaxError, "DISTINCT ON"),
        ("SELECT a FROM shop.orders ORDER BY 2", QuerySyntaxError, "there are 1 columns"),
        ("SELECT a FROM shop.orders LIMIT 1 OFFSET 1", QuerySyntaxError, "OFFSET stands before LIMIT"),
        ("SELECT end FROM shop.orders", QuerySyntaxError, "reserved word"),
        ("SELECT * EXCLUDE (a) FROM shop.orders", QuerySyntaxError, "takes no EXCLUDE"),
        ("SELECT a FROM shop.orders QUALIFY row_number() OVER (ORDER BY a) = 1", QueryError, "QUALIFY"),
        ("SELECT row_number() FROM shop.orders", QuerySyntaxError, "needs an OVER clause"),
        ("SELECT listagg(b) FROM shop.orders", QuerySyntaxError, "needs WITHIN GROUP"),
        ("SELECT reduce_agg(a, 0, (s, x) -> s + a, (s, t) -> s) FROM shop.orders", UnknownColumnError, "column a not"),
        ("SELECT transform(z, e -> max(e.x)) FROM shop.orders", QuerySyntaxError, "stands in no lambda"),
        ("SELECT lower(DISTINCT b) FROM shop.orders", QuerySyntaxError, "is no aggregate"),
        ("SELECT list_sort(z) FROM shop.orders", UnsupportedSqlError, "function list_sort not found"),
        ("SELECT qdigest_agg(a) FROM shop.orders", UnsupportedSqlError, "has no equal of qdigest_agg"),
        ("SELECT lower(a) FROM shop.orders", UnsupportedSqlError, r"lower\(integer\) is not supported"),
        ("SELECT a FROM shop.orders TABLESAMPLE BERNOULLI (10)", UnsupportedSqlError, "TABLESAMPLE"),
        ("WITH RECURSIVE w (n) AS (SELECT 1) SELECT n FROM w", UnsupportedSqlError, "RECURSIVE"),
        ("SELECT CAST(b AS char(3)) FROM shop.orders", UnsupportedSqlError, r"type char\(3\)"),
        ("SELECT 99999999999999999999", QuerySyntaxError, "out of bigint's range"),
        (
            "SELECT count(*) FROM shop.orders GROUP BY from_iso8601_timestamp(b)",
            UnsupportedSqlError,
            "zone is read from data",
        ),
    ],
)
def test_what_athena_refuses_or_has_no_equal_is_refused(sql: str, error: type[QueryError], what: str) -> None:
    with pytest.raises(error, match=what):
        translation(sql)


def test_a_refusal_knows_its_place() -> None:
    with pytest.raises(UnsupportedSqlError) as refused:
        translation("SELECT a,\n  qdigest_agg(a) FROM shop.orders")
    assert refused.value.node.name == "qdigest_agg"


def test_the_statement_itself_stays_as_it_was() -> None:
    query = parsed("SELECT try(count(*) / 0), date_diff('day', t, t) FROM shop.orders GROUP BY t")
    assert isinstance(query, exp.Query)
    before = query.copy()
    translated(query, columns)
    assert query == before


def test_nothing_of_a_text_is_read_as_a_part_of_a_template() -> None:
    made = translation("SELECT max(b) FILTER (WHERE b <> '@ $1 $d $o $fail(''x'')') FROM shop.orders")
    assert "'@ $1 $d $o $fail(''x'')'" in made.sql
