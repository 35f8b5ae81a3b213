"""The stagger-window recipe's columns: its own example, and names of sessions from which a window is hard to tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from lake.cli.app import run_command
from lake.contract.arrow import arrow_schema
from lake.query.run import run_query
from lake.session_rules import SessionRules, session_id
from tests.glue_jobs.day_lakes import SESSIONS, STREAMED, DayLake
from tests.glue_jobs.plain_sessions import micros
from tests.trino_servers import TestTrino

GAP, HALF, MINUTE = SessionRules(), SessionRules(window_ms=30_000), SessionRules(window_ms=60_000)


def session(user: int, device: str, began: str, rules: SessionRules, seconds: int = 34) -> dict[str, Any]:
    start = datetime.fromisoformat(f"{began}+00:00")
    return {
        "session_id": session_id(user, device, micros(start.isoformat()), rules),
        "user_id": user,
        "device_id": device,
        "started_at": start,
        "ended_at": start + timedelta(seconds=seconds),
        "duration_sec": seconds,
        "events": 6,
        "begin_navigation": "B_10",
        "end_navigation": "A_02",
    }


RECIPE = session(20, "computer", "2018-11-29T23:35:10", MINUTE)
CASES = [
    (RECIPE, "2018-11-29T23:35:00"),
    (session(1, "computer", "2018-11-29T23:35:10", HALF), "2018-11-29T23:35:00"),
    (session(2, "computer", "2018-11-29T23:35:59.999", HALF), "2018-11-29T23:35:30"),
    (session(3, "computer", "2018-11-29T23:35:30", MINUTE), "2018-11-29T23:35:00"),
    (session(4, "computer", "2018-11-29T23:35:10.123", GAP), "2018-11-29T23:35:10.123"),
    (session(5, "mo", "2018-11-29T23:35:40", HALF), "2018-11-29T23:35:30"),
    (session(5, "mo", "2018-11-29T23:35:41", GAP), "2018-11-29T23:35:41"),
    (session(6, "", "2018-11-29T23:35:40", HALF), "2018-11-29T23:35:30"),
    (session(7, "MOB", "2018-11-29T23:35:40", HALF), "2018-11-29T23:35:30"),
    (session(8, "1_2", "2018-11-29T23:35:40", HALF), "2018-11-29T23:35:30"),
    (session(8, "179", "2018-11-29T23:35:40", HALF), "2018-11-29T23:35:30"),
    (session(8, "17_1543534540000", "2018-11-29T23:35:40", HALF), "2018-11-29T23:35:30"),
    (session(9, "Gerät_ü", "2018-11-29T23:35:40", HALF), "2018-11-29T23:35:30"),
    (session(-9, "computer", "2018-11-29T23:35:40", HALF), "2018-11-29T23:35:30"),
    (session(10, "computer", "1969-12-31T23:59:45", HALF), "1969-12-31T23:59:30"),
    (session(12, "computer", "2150-01-01T00:00:40", HALF), "2150-01-01T00:00:30"),
    # Rounded up to a millisecond of the next window by an engine; the name knows better.
    (session(13, "computer", "2018-11-29T23:35:29.9996", HALF), "2018-11-29T23:35:00"),
    (session(14, "ß999", "2018-11-29T23:35:40", HALF), "2018-11-29T23:35:40"),
    # Upper case makes two letters of one here, so that the window is not where it is looked for.
    (session(11, "ß_1", "2018-11-29T23:35:40", HALF), "2018-11-29T23:35:40"),
]
HOUR, DAY = "2026-11-21-09", "2018-11-29"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Both tables hold all cases, the day's in a day that only one of them is of."""
    root = str(tmp_path_factory.mktemp("stagger") / "lake")
    lake = DayLake(root)
    for table, dt in ((STREAMED, HOUR), (SESSIONS, DAY)):
        schema = arrow_schema(lake.lake.table(table))
        lake.publish_rows(table, dt, pa.Table.from_pylist([row for row, _ in CASES], schema=schema))
    assert run_command(["sql", "deploy", "--root", root]) == 0
    return root


def answers(root: str, trino: TestTrino, sql: str) -> list[dict[str, Any]]:
    ours, theirs = run_query(sql, root).table, trino.query(root, sql).table
    assert ours == theirs
    return list(ours.to_pylist())


@pytest.mark.parametrize(("view", "dt"), [("stagger_sessions", DAY), ("stagger_sessions_streamed", HOUR)])
def test_the_recipe_s_example_in_the_recipe_s_columns(view: str, dt: str, root: str, trino_local: TestTrino) -> None:
    sql = f"SELECT * FROM clickstream.{view} WHERE dt = '{dt}' AND user_id = 20"
    assert answers(root, trino_local, sql) == [
        {
            "session_id": "20_COM1543534500",
            "user_id": 20,
            "device_id": "computer",
            "timeagg": datetime.fromisoformat("2018-11-29T23:35:00"),
            "events": 6,
            "beginnavigation": "B_10",
            "endnavigation": "A_02",
            "beginsession": "35:10.000",
            "endsession": "35:44.000",
            "duration_sec": 34,
            "dt": dt,
        }
    ]


def test_the_window_of_each_name(root: str, trino_local: TestTrino) -> None:
    sql = f"SELECT session_id, timeagg FROM clickstream.stagger_sessions WHERE dt = '{DAY}' ORDER BY 1, 2"
    found = [(row["session_id"], row["timeagg"].isoformat()) for row in answers(root, trino_local, sql)]
    expected = [(row["session_id"], datetime.fromisoformat(began).isoformat()) for row, began in CASES]
    assert sorted(found) == sorted(expected)


def test_minute_second_and_millisecond_of_both_ends(root: str, trino_local: TestTrino) -> None:
    sql = f"SELECT beginsession, endsession FROM clickstream.stagger_sessions WHERE dt = '{DAY}' AND user_id = 4"
    assert answers(root, trino_local, sql) == [{"beginsession": "35:10.123", "endsession": "35:44.123"}]
