"""`lake new`: from a file to a table that answers a query, and again where all of that exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.cli.app import run_command
from lake.contract.load import load_contract
from lake.objects import open_store
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


def test_raw_objects_without_a_contract_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAKE_ROOT", raising=False)
    monkeypatch.delenv("LAKE_CONTRACTS", raising=False)
    (tmp_path / "flights.csv").write_text(FLIGHTS)
    store = open_store(".lake")
    store.write("raw/flights/delays/dt=2026-11-21-08/stopped", FLIGHTS.encode())
    assert run_command(["new", "flights.delays", "flights.csv"]) == 2
    assert "1 raw objects exist below raw/flights/delays without a contract" in capsys.readouterr().err
    assert not (tmp_path / "contracts").exists()
    assert [stored.key for stored in store.list("raw")] == ["raw/flights/delays/dt=2026-11-21-08/stopped"]
