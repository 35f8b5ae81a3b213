"""`lake new`: from a file to a table that answers a query, and again where all of that exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.contract.load import load_contract
from tests.docs.conftest import run

FLIGHTS = (
    "Year,Carrier,DepDelay,ArrTime\n2008,WN,8,2008-01-03 22:11:00\n2008,AA,NA,NA\n2008,B6,-3,2008-01-04 01:00:00\n"
)


@pytest.mark.e2e
def test_a_file_becomes_a_table_and_the_command_repeated_keeps_what_exists(tmp_path: Path) -> None:
    (tmp_path / "flights-2026-11-21-09.csv").write_text(FLIGHTS)
    command = "lake new flights.delays flights-2026-11-21-09.csv --json"
    first = run(tmp_path, command)
    path = tmp_path / "contracts" / "flights" / "delays_v1.odcs.yaml"
    text = path.read_text()
    assert [(column.name, column.hive_type) for column in load_contract(path).columns] == [
        ("year", "int"),
        ("carrier", "string"),
        ("dep_delay", "int"),
        ("arr_time", "timestamp"),
    ]
    assert "3 of 3 records of the sample become rows" in first.stderr
    answer = '{"dt": "2026-11-21-09", "row_count": 3}'
    assert answer in first.stdout

    again = run(tmp_path, command)
    assert again.stdout == first.stdout
    assert ("exists and is kept" in again.stderr, "1 raw objects exist" in again.stderr) == (True, True)
    assert "nothing to do" in again.stderr
    assert path.read_text() == text

    delays = run(
        tmp_path, 'lake query --format csv "SELECT carrier, dep_delay FROM flights.delays_v1 ORDER BY carrier"'
    )
    assert delays.stdout == "carrier,dep_delay\nAA,\nB6,-3\nWN,8\n"
