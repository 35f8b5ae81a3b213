"""Athena's functions by known answers, worked by hand from Trino's documentation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from lake.query.run import run_query
from lake.sql.query_errors import QueryFailedError


def answer(sql: str, root: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in run_query(sql, root).table.to_pylist()]


SCALARS: list[tuple[str, object]] = [
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 / 2.0", 3.5),
    ("7e0 / 2", 3.5),
    ("-7 % 3", -1),
    ("'a' || NULL", None),
    ("concat('a', NULL)", None),
    ("greatest(1, NULL)", None),
    ("try(1 / 0)", None),
    ("try(cast('a' AS integer))", None),
    ("try_cast('a' AS integer)", None),
    ("cast(2.5e0 AS integer)", 3),
    ("cast(-2.5e0 AS bigint)", -3),
    ("cast('abcdef' AS varchar(3))", "abc"),
    ("cast(from_unixtime(1.5) AS varchar)", "1970-01-01 00:00:01.500 UTC"),
    ("cast(date_trunc('hour', timestamp '2020-01-01 10:20:30.5') AS varchar)", "2020-01-01 10:00:00.000"),
    ("cast(date '2020-01-01' AS varchar)", "2020-01-01"),
    ("cast(12 AS varchar)", "12"),
    ("cast(true AS varchar)", "true"),
    ("cast(cast(1.5 AS decimal(5, 2)) AS varchar)", "1.50"),
    ("cast('a' || 'b' AS varchar)", "ab"),
    ("cast(NULL AS varchar)", None),
    ("substr(to_utf8('abcdef'), 2, 3)", b"bcd"),
    ("substr(to_utf8('abcdef'), -2)", b"ef"),
    ("substr(to_utf8('abcdef'), 0, 2)", b""),
    ("substr('abcdef', 0, 2)", ""),
    ("substr('abc', -5, 3)", ""),
    ("substr(to_utf8('abc'), -5, 3)", b""),
    ("substr('abcdef', 2, 3)", "bcd"),
    ("substr('abcdef', -2)", "ef"),
    ("substring('a€c', 2)", "€c"),
    ("decimal '1.50' + 1", Decimal("2.50")),
    ("date_diff('hour', timestamp '2020-01-01 00:59:00', timestamp '2020-01-01 01:00:00')", 0),
    ("date_diff('day', timestamp '2020-01-01 23:00:00', timestamp '2020-01-03 22:00:00')", 1),
    ("date_diff('day', date '2020-01-05', date '2020-01-01')", -4),
    ("date_add('day', -1, date '2020-01-01')", date(2019, 12, 31)),
    ("date_add('month', 1, date '2020-01-31')", date(2020, 2, 29)),
    ("date '2020-01-01' + interval '1' day", date(2020, 1, 2)),
    ("timestamp '2020-01-01 10:00:00' - interval '90' minute", datetime(2020, 1, 1, 8, 30)),  # noqa: DTZ001
    ("date_trunc('month', date '2020-01-20')", date(2020, 1, 1)),
    ("date_trunc('hour', timestamp '2020-01-01 10:20:30.5')", datetime(2020, 1, 1, 10)),  # noqa: DTZ001
    ("timestamp '2020-01-01 00:00:00.123'", datetime(2020, 1, 1, microsecond=123000)),  # noqa: DTZ001
    ("date_parse('2020-07-01 05:06', '%Y-%m-%d %H:%i')", datetime(2020, 7, 1, 5, 6)),  # noqa: DTZ001
    ("from_iso8601_timestamp('2020-07-01T02:00:00+02:00')", datetime(2020, 7, 1, tzinfo=UTC)),
    ("from_iso8601_date('2020-07-01')", date(2020, 7, 1)),
    ("to_unixtime(timestamp '2020-01-01 00:00:00.5')", 1577836800.5),
    ("from_unixtime(1.5)", datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)),
    ("date_format(timestamp '2020-07-01 01:02:03', '%d/%m/%Y %H:%i:%s')", "01/07/2020 01:02:03"),
    ("format_datetime(timestamp '2020-07-01 01:02:03.004', 'yyyy-MM-dd HH:mm:ss.SSS')", "2020-07-01 01:02:03.004"),
    ("parse_datetime('2020-07-01', 'yyyy-MM-dd')", datetime(2020, 7, 1)),  # noqa: DTZ001
    ("to_iso8601(timestamp '2020-07-01 01:02:03.5')", "2020-07-01T01:02:03.500"),
    ("timestamp '2020-07-01 00:00:00' AT TIME ZONE 'Europe/Berlin'", datetime(2020, 7, 1, 2)),  # noqa: DTZ001
    (
        "at_timezone(from_iso8601_timestamp('2020-07-01T00:00:00Z'), 'America/New_York')",
        datetime(2020, 6, 30, 20),  # noqa: DTZ001
    ),
    ("day_of_week(date '2020-01-05')", 7),
    ("extract(dow FROM date '2020-01-06')", 1),
    ("millisecond(timestamp '2020-07-01 01:02:03.5')", 500),
    ("last_day_of_month(date '2020-02-10')", date(2020, 2, 29)),
    ("element_at(map(ARRAY['a'], ARRAY[1]), 'a')", 1),
    ("element_at(map(ARRAY['a'], ARRAY[1]), 'b')", None),
    ("element_at(ARRAY[5, 6], -1)", 6),
    ("ARRAY[5, 6][1]", 5),
    ("cardinality(ARRAY[1, 2]) - 3", -1),
    ("cardinality(map(ARRAY['a'], ARRAY[1]))", 1),
    ("slice(ARRAY[1, 2, 3, 4], 2, 2)", [2, 3]),
    ("sequence(1, 3)", [1, 2, 3]),
    ("reduce(ARRAY[1, 2], 0, (s, x) -> s + x, s -> s)", 3),
    ("transform(ARRAY[1, 2], x -> x * 2)", [2, 4]),
    ("filter(ARRAY[1, 2], x -> x > 1)", [2]),
    ("any_match(ARRAY[1, 2], x -> x > 1)", True),
    ("all_match(ARRAY[1, 2], x -> x > 1)", False),
    ("none_match(ARRAY[1, 2], x -> x > 2)", True),
    ("array_join(ARRAY['a', NULL, 'b'], ',')", "a,b"),
    ("contains(ARRAY[1], 1)", True),
    ("cast(row(1, 'a') AS row(x integer, y varchar)).y", "a"),
    ("json_extract_scalar('{\"a\": {\"b\": [1, 2]}}', '$.a.b[1]')", "2"),
    ("json_extract_scalar('{\"a b\": 1}', '$[\"a b\"]')", "1"),
    ("json_extract_scalar('{\"a\": {}}', '$.a')", None),
    ("json_extract_scalar('no JSON', '$.a')", None),
    ("cast(json_parse('[1, 2]') AS array(integer))", [1, 2]),
    ("json_array_length('[1, 2]')", 2),
    ("regexp_like('abc', 'b')", True),
    ("regexp_extract('abc', 'x')", None),
    ("regexp_extract('abc', '(b)(c)', 2)", "c"),
    ("regexp_replace('abcb', '(b)', '[$1]')", "a[b]c[b]"),
    ("split_part('a-b', '-', 2)", "b"),
    ("split_part('a-b', '-', 3)", None),
    ("split('a-b', '-')", ["a", "b"]),
    ("strpos('abc', 'c')", 3),
    ("substr('abc', 2, 1)", "b"),
    ("format('%s:%03d', 'a', 7)", "a:007"),
    ("to_hex(md5(to_utf8('a')))", "0CC175B9C0F1B6A831C399E269772661"),
    ("url_extract_host('https://user@example.org:80/p?q=1#f')", "example.org"),
    ("url_extract_path('https://example.org/p/q?q=1')", "/p/q"),
    ("url_extract_query('https://example.org/p?q=1#f')", "q=1"),
]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The values of all of SCALARS, of one query: to start one takes longer than to compute a value."""
    select = ", ".join(f"{expression} AS value_{number}" for number, (expression, _) in enumerate(SCALARS))
    (row,) = answer(f"SELECT {select}", str(tmp_path_factory.getbasetemp() / "none"))
    return list(row)


@pytest.mark.parametrize("number", range(len(SCALARS)), ids=[expression for expression, _ in SCALARS])
def test_scalar(number: int, answers: list[Any]) -> None:
    assert answers[number] == SCALARS[number][1]


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("sum(n) / count(*)", 2),
        ("sum(n) / 4", 1),
        ("avg(n)", 2.0),
        ("count_if(n > 1)", 2),
        ("approx_distinct(k)", 2),
        ("max_by(k, n)", None),
        ("min_by(k, n)", "a"),
        ("array_agg(k ORDER BY n DESC)", [None, "b", "a"]),
        ("listagg(k, ',') WITHIN GROUP (ORDER BY k)", "a,b"),
        ("sum(n) FILTER (WHERE n > 1)", 5),
        ("approx_percentile(n, 0.5)", 2),
        ("every(n > 0)", True),
        ("histogram(n > 1)", [(False, 1), (True, 2)]),
        ("map_agg(n, k)", [(1, "a"), (2, "b"), (3, None)]),
    ],
)
def test_aggregate(aggregate: str, expected: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    sql = f"SELECT {aggregate} FROM (VALUES ('a', 1), ('b', 2), (NULL, 3)) AS t (k, n)"
    assert answer(sql, str(tmp_path_factory.getbasetemp() / "none")) == [(expected,)]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT x FROM (VALUES 3, NULL, 1) AS t (x) ORDER BY x DESC", [(3,), (1,), (None,)]),
        ("SELECT x FROM (VALUES 3, NULL, 1) AS t (x) ORDER BY x", [(1,), (3,), (None,)]),
        ("SELECT x, y FROM UNNEST(ARRAY[1, 2], ARRAY['a']) AS t (x, y) ORDER BY x", [(1, "a"), (2, None)]),
        ("SELECT x, n FROM UNNEST(ARRAY['b', 'a']) WITH ORDINALITY AS t (x, n) ORDER BY n", [("b", 1), ("a", 2)]),
        ("SELECT k, v FROM UNNEST(map(ARRAY['a'], ARRAY[1])) AS t (k, v)", [("a", 1)]),
        (
            "SELECT x, y FROM UNNEST("
            'cast(json_parse(\'[{"x": 1, "y": "a"}]\') AS array(row(x integer, y varchar)))) AS t (x, y)',
            [(1, "a")],
        ),
        ("SELECT sum(x) OVER (ORDER BY x) FROM (VALUES 1, 2) AS t (x) ORDER BY 1", [(1,), (3,)]),
        ("SELECT lag(x) IGNORE NULLS OVER (ORDER BY x) FROM (VALUES 1, 2) AS t (x) ORDER BY x", [(None,), (1,)]),
        ("VALUES (1, 'a'), (2, 'b')", [(1, "a"), (2, "b")]),
    ],
)
def test_rows(sql: str, rows: list[tuple[Any, ...]], tmp_path_factory: pytest.TempPathFactory) -> None:
    assert answer(sql, str(tmp_path_factory.getbasetemp() / "none")) == rows


@pytest.mark.parametrize(
    ("expression", "what"), [("1 / 0", "division by zero"), ("cast('a' AS integer)", "Could not convert string 'a'")]
)
def test_a_value_that_cannot_be_computed_fails_the_query(
    expression: str, what: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(QueryFailedError, match=what):
        run_query(f"SELECT {expression}", str(tmp_path_factory.getbasetemp() / "none"))
