"""Clicks of today and of this month: one range of dt that loses no hour at the ends of a day, a month or a year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lake.query.run import run_query
from lake.sql.files import read_sql_file
from tests.conftest import REPOSITORY
from tests.trino_servers import TestTrino

VIEWS = {"clicks_today": "2026-11-21", "clicks_month": "2026-11"}
"""Each view, and how much of an hour's name is the same in all hours that it shows."""

CLOCKS = (
    *("2026-11-21 12:34:56.789", "2026-11-30 23:59:59.999", "2026-12-01 00:00:00.000"),
    *("2026-12-31 23:59:59.999", "2027-01-01 00:00:00.000", "2027-01-31 00:30:00.000"),
    *("2027-02-28 23:59:59.999", "2027-03-01 00:00:00.000"),
    *("2028-02-28 23:59:59.999", "2028-02-29 00:00:00.000", "2028-02-29 23:59:59.999", "2028-03-31 23:00:00.000"),
)


def at(view: str, clock: str, hours: list[str]) -> str:
    """A query for those of `hours` that the view would show at that time."""
    statement = read_sql_file(REPOSITORY / f"sql/clickstream/{view}/view.sql").statement
    assert statement.count("current_timestamp") == 2
    condition = statement.partition("\nWHERE\n")[2].replace("current_timestamp", f"TIMESTAMP '{clock}'")
    values = ", ".join(f"('{hour}')" for hour in hours)
    return f"SELECT dt FROM (VALUES {values}) AS hours (dt) WHERE {condition} ORDER BY dt"


def hours_around(clock: str) -> list[str]:
    now = datetime.fromisoformat(clock[:13]).replace(tzinfo=UTC)
    return [(now + timedelta(hours=number)).strftime("%Y-%m-%d-%H") for number in range(-800, 800)]


def near_a_change(hours: list[str], same: str) -> list[str]:
    """Those within half a day of where the hours that a view shows begin or end."""
    is_shown = [hour.startswith(same) for hour in hours]
    return [hour for at, hour in enumerate(hours) if len(set(is_shown[max(0, at - 12) : at + 13])) > 1]


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("view", VIEWS)
def test_all_hours_of_the_day_or_month_and_no_others(view: str, clock: str, tmp_path: Path) -> None:
    around, same = hours_around(clock), clock[: len(VIEWS[view])]
    hours = sorted({*near_a_change(around, same), *around[::17]})  # some far from any change, at each hour of a day
    answer = run_query(at(view, f"{clock} UTC", hours), str(tmp_path)).table
    assert answer.column("dt").to_pylist() == [hour for hour in hours if hour.startswith(same)]
    assert answer.num_rows >= 24


@pytest.mark.parametrize("view", VIEWS)
def test_trino_shows_the_same_hours_whatever_the_sessions_zone(
    view: str, tmp_path: Path, trino_local: TestTrino
) -> None:
    for clock in CLOCKS:
        same = clock[: len(VIEWS[view])]
        hours = near_a_change(hours_around(clock), same)
        expected = [hour for hour in hours if hour.startswith(same)]
        there = datetime.fromisoformat(clock).replace(tzinfo=UTC) + timedelta(hours=5, minutes=30)
        local = f"{there.replace(tzinfo=None).isoformat(sep=' ', timespec='milliseconds')} Asia/Kolkata"
        for now in (f"{clock} UTC", local):
            assert trino_local.query(str(tmp_path), at(view, now, hours)).table.column("dt").to_pylist() == expected
