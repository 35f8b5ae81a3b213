"""json_value, json_query and json_exists: the known answers of Trino 476, on the local engine and on Trino itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lake.errors import LakeError
from lake.query.run import run_query
from tests.lake.query.small_lake import EVENTS, SmallLake, events
from tests.trino_servers import TestTrino

Case = dict[str, Any]

KNOWN = json.loads((Path(__file__).parents[2] / "known_answers" / "json_functions.json").read_text())
ANSWERED = [case for case in KNOWN["cases"] if "value" in case and "refused" not in case]
REFUSED = [case for case in KNOWN["cases"] if "refused" in case]
FAILING = [case for case in KNOWN["cases"] if "error" in case]
AT_ONCE = 100


def call(case: Case) -> str:
    sql: str = case["sql"]
    for name, document in KNOWN["documents"].items():
        sql = sql.replace(f"{{{name}}}", document)
    return sql


def shown(value: object) -> object:
    is_finite = not isinstance(value, float) or value - value == 0
    return value if value is None or (isinstance(value, bool | int | float | str) and is_finite) else str(value)


def differences(ask: Callable[[str], pa.Table], cases: list[Case]) -> list[tuple[str, object, object]]:
    """Call, answer and known answer of the cases that are not answered as is known."""
    wrong = []
    # One query of many columns: planning one takes longer than answering it.
    for chunk in (cases[start : start + AT_ONCE] for start in range(0, len(cases), AT_ONCE)):
        table = ask("SELECT " + ", ".join(f"{call(case)} AS c{number}" for number, case in enumerate(chunk)))
        for case, column in zip(chunk, table.columns, strict=True):
            got, known = (str(column.type), shown(column[0].as_py())), (case["type"], case["value"])
            if got != known:
                wrong.append((case["sql"], got, known))
    return wrong


def test_the_local_engine_gives_the_known_answers(eight_hours: str) -> None:
    assert len(ANSWERED) > 800
    assert differences(lambda sql: run_query(sql, eight_hours).table, ANSWERED) == []


def test_trino_gives_the_known_answers(eight_hours: str, trino_local: TestTrino) -> None:
    cases = [*ANSWERED, *REFUSED]
    assert differences(lambda sql: trino_local.query(eight_hours, sql).table, cases) == []


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["sql"][:60])
def test_what_has_no_equal_answer_is_refused_by_name_with_what_to_do(case: Case, eight_hours: str) -> None:
    with pytest.raises(LakeError, match=r"json_(value|query|exists)[^\n]*--engine trino") as refusal:
        run_query(f"SELECT {call(case)} AS x", eight_hours)
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize("case", FAILING, ids=lambda case: case["sql"][:60])
def test_what_trino_refuses_is_refused(case: Case, eight_hours: str) -> None:
    with pytest.raises(LakeError):
        run_query(f"SELECT {call(case)} AS x", eight_hours)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("json_value('{}', '$.a')", "reading the path '$.a' of json_value: expected lax or strict before it"),
        ("json_value('{}', 'lax $.a' ERROR ON EMPTY)", "running the query: ERROR ON EMPTY: its path found nothing"),
        ("json_value('x', 'lax $.a' ERROR ON ERROR)", "running the query: ERROR ON ERROR: the text is not JSON"),
        ("json_value('{}', 'lax $.a' RETURNING bigint DEFAULT '0' ON EMPTY)", "a DEFAULT of type bigint, got '0'"),
        ("json_query(json_parse('{}'), 'lax $.a')", "expected a text, got json; leave out json_parse"),
        ("json_exists('{}', lower('lax $.a'))", "expected its path as a literal text"),
    ],
)
def test_messages_say_what_was_expected(call: str, message: str, eight_hours: str) -> None:
    with pytest.raises(LakeError) as error:
        run_query(f"SELECT {call} AS x", eight_hours)
    assert message in str(error.value)


def test_unknown_fields_are_asked_by_every_function(tmp_path: Path) -> None:
    lake = SmallLake(str(tmp_path))
    lake.declare("clicks", "events_v1", (*EVENTS, ("rescued", "string", "")))
    rescued = ['{"campaign":"autumn","cost":1.5,"tags":["a","b"]}', None, '{"Campaign":"x"}']
    rows = events(1, 2, 3).append_column("rescued", pa.array(rescued, pa.string()))
    lake.publish("clicks", "events_v1", "2026-11-21-09", rows)
    sql = """
        SELECT user_id, json_value(rescued, 'lax $.campaign') AS campaign,
               json_value(rescued, 'strict $.cost' RETURNING double DEFAULT -1 ON ERROR) AS cost,
               json_query(rescued, 'lax $.tags[*]' WITH WRAPPER) AS tags,
               json_extract_scalar(rescued, '$.tags[1]') AS second
        FROM clicks.events_v1
        WHERE json_exists(rescued, 'lax $.campaign') OR rescued IS NULL OR user_id = 3
        ORDER BY user_id
    """
    assert [tuple(row.values()) for row in run_query(sql, str(tmp_path)).table.to_pylist()] == [
        (1, "autumn", 1.5, '["a","b"]', "b"),
        (2, None, None, None, None),
        (3, None, -1.0, None, None),
    ]
