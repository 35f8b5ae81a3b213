"""`lake query` with parameters, with --explain, and with other engines than the embedded one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lake.cli.app import run_command
from tests.lake.query.readings_lake import make_readings_lake
from tests.trino_servers import TestTrino

ONE = "dt = '2026-11-21-20' AND sensor_id = 'device_07'"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_readings_lake(str(tmp_path_factory.mktemp("cli"))).root


def test_a_file_with_parameters(root: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sensors" / "hot" / "query.sql"
    file.parent.mkdir(parents=True)
    file.write_text(
        "-- description: How often.\n-- parameter: sensor varchar = 'device_01'   The sensor.\n"
        "SELECT sensor_id, count(*) AS n FROM sensors.readings WHERE sensor_id = ? GROUP BY 1\n"
    )
    words = ["query", "--file", str(file), "--format", "csv", "--root", root]
    assert run_command(words) == 0
    assert run_command([*words, "--param", "sensor=device_02"]) == 0
    assert capsys.readouterr().out == "sensor_id,n\ndevice_01,6\nsensor_id,n\ndevice_02,6\n"


def test_a_text_with_parameters(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    sql = "SELECT count(*) AS n FROM sensors.readings WHERE sensor_id = ? AND user_id < ?"
    assert run_command(["query", sql, "--param", "device_02", "--param", "3", "--json", "--root", root]) == 0
    assert json.loads(capsys.readouterr().out) == [{"n": 6}]


def test_the_last_line_says_what_was_read(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["query", f"SELECT user_id FROM sensors.readings WHERE {ONE}", "--root", root]) == 0
    assert "; read 1 of 10 partitions, 1 of 8 buckets (" in capsys.readouterr().err


def test_explain_answers_on_standard_output_for_people(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    sql = "SELECT user_id FROM sensors.readings WHERE substr(dt, 1, 10) = '2026-11-21' AND sensor_id = 'device_07'"
    assert run_command(["query", "--explain", sql, "--root", root]) == 0
    out, err = capsys.readouterr()
    assert "│ sensors.readings_by_sensor_v1 │     3 of 4 │ 2026-11-21-20 │ 2026-11-21-23 │  1 of 8 │     3 │" in out
    assert "│ sensors.readings_v1           │     1 of 6 │ 2026-11-21-22 │ 2026-11-21-22 │         │     1 │" in out
    assert "Athena would charge $0.000048." in out
    assert out.endswith(
        "\nsubstr(dt, 1, 10) = '2026-11-21'\n"
        "  dt is inside a function, so the catalog lists every partition before any is left out.\n"
        "  Instead: the bare column: dt BETWEEN '2026-11-21-00' AND '2026-11-21-23'\n"
    )
    assert "$5 per TB scanned, at least 10 MB a query" in err


def test_explain_answers_programs_in_json(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    sql = f"SELECT user_id FROM sensors.readings WHERE {ONE}"
    assert run_command(["query", "--explain", sql, "--json", "--root", root]) == 0
    answer = json.loads(capsys.readouterr().out)
    bucketed, plain = answer.pop("tables")
    size = bucketed.pop("bytes")
    assert size > 0
    assert bucketed == {
        **{"table": "sensors.readings_by_sensor_v1", "partitions_read": 1, "partitions": 4},
        **{"first": "2026-11-21-20", "last": "2026-11-21-20", "buckets_read": 1, "buckets": 8},
        **{"files": 1, "is_exact": True},
    }
    assert plain == {
        **{"table": "sensors.readings_v1", "partitions_read": 0, "partitions": 6, "first": None, "last": None},
        **{"buckets_read": None, "buckets": None, "files": 0, "bytes": 0, "is_exact": True},
    }
    assert answer == {
        "bytes": size,
        "is_exact": True,
        "athena_dollars": pytest.approx(0.0000477, rel=0.01),
        "advice": [],
    }


def test_an_engine_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["query", "SELECT 1", "--engine", "presto"]) == 2
    assert "presto" in capsys.readouterr().err


def test_trino_is_started_on_demand_and_says_so(
    root: str, trino_local: TestTrino, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tests' own server stands in for the one that would be started."""
    monkeypatch.setattr("lake_local.trino.server.running", lambda _: None)
    monkeypatch.setattr("lake_local.trino.server.start", lambda at, _: trino_local.at(at))
    sql = f"SELECT current_temperature, dt FROM sensors.readings WHERE {ONE}"
    assert run_command(["query", sql, "--engine", "trino", "--json", "--root", root]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == [{"current_temperature": 7, "dt": "2026-11-21-20"}]
    assert "Starting Trino for this root: it takes half a minute" in err
    assert err.endswith("; splits 1; scan splits 1\n")  # one file, of one of the two tables


def test_trino_lists_tables_and_views_as_the_embedded_engine_does(
    root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["query", "SHOW TABLES IN sensors", "--format", "csv", "--root", root]
    assert [run_command(words), run_command([*words, "--engine", "trino"])] == [0, 0]
    table = "table\nreadings\nreadings_by_sensor_v1\nreadings_v1\n"
    assert capsys.readouterr().out == table + table


def test_trino_writes_nothing(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["query", "DROP TABLE sensors.readings_v1", "--engine", "trino", "--root", root]) == 2
    assert "refusing DROP" in capsys.readouterr().err
