"""`lake query`: rows on standard output and nothing else there, in forms that programs read exactly."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from lake.cli.answers import write_answer
from lake.cli.app import run_command

AT = datetime(2026, 11, 21, 9, 1, 2, 3000, tzinfo=UTC)
ODD = pa.table(
    {
        "big": pa.array([2**63 - 1, None], pa.int64()),
        "money": pa.array([Decimal("0.10"), None], pa.decimal128(10, 2)),
        "text": pa.array(['a,"b"\nc', ""], pa.string()),
        "at": pa.array([AT.replace(tzinfo=None), None], pa.timestamp("us")),
        "zoned": pa.array([AT, None], pa.timestamp("us", tz="UTC")),
        "day": pa.array([date(2026, 11, 21), None], pa.date32()),
        "bytes": pa.array([b"\xff", None], pa.binary()),
        "ratio": pa.array([0.1, float("nan")], pa.float64()),
        "flag": pa.array([True, None], pa.bool_()),
        "nested": pa.array([{"x": [1, None], "é": Decimal("1.0")}, None]),
        "labels": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int32())),
    }
)


def written(table: pa.Table, form: str) -> str:
    out = io.StringIO()
    write_answer(table, form, out)  # type: ignore[arg-type] # one of the three
    return out.getvalue()


def test_json_is_exact() -> None:
    first, second = json.loads(written(ODD, "json"), parse_float=Decimal)
    assert first == {
        "big": 2**63 - 1,
        "money": Decimal("0.10"),
        "text": 'a,"b"\nc',
        "at": "2026-11-21T09:01:02.003000",
        "zoned": "2026-11-21T09:01:02.003000Z",
        "day": "2026-11-21",
        "bytes": "/w==",
        "ratio": Decimal("0.1"),
        "flag": True,
        "nested": {"x": [1, None], "é": Decimal("1.0")},
        "labels": {"a": 1},
    }
    assert second == {**dict.fromkeys(first), "text": "", "ratio": "nan", "labels": {}}


def test_csv_tells_null_from_the_empty_text() -> None:
    text = written(ODD.select(["big", "text", "at", "zoned", "money", "bytes", "nested"]), "csv")
    assert list(csv.reader(io.StringIO(text))) == [
        ["big", "text", "at", "zoned", "money", "bytes", "nested"],
        [
            str(2**63 - 1),
            'a,"b"\nc',
            "2026-11-21 09:01:02.003",
            "2026-11-21 09:01:02.003 UTC",
            "0.10",
            "/w==",
            '{"x": [1, null], "é": 1.0}',
        ],
        ["", "", "", "", "", "", ""],
    ]
    assert text.splitlines()[-1] == ',"",,,,,'


@pytest.mark.parametrize(("form", "empty"), [("json", "[]\n"), ("csv", "big,text\n")])
def test_no_rows(form: str, empty: str) -> None:
    assert written(ODD.select(["big", "text"]).slice(0, 0), form) == empty


def test_a_table_stops_at_a_thousand_rows_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sql = "SELECT x FROM UNNEST(sequence(1, 1001)) AS t (x) ORDER BY x"
    assert run_command(["query", sql, "--root", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "│ 1000 │" in out
    assert "│ 1001 │" not in out
    assert "The first 1,000 rows are shown" in err


@pytest.mark.parametrize("how", ["argument", "standard input", "file"])
def test_only_rows_are_on_standard_output(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "SELECT 1 AS one, 'x' AS two"
    (tmp_path / "q.sql").write_text(sql)
    monkeypatch.setattr("sys.stdin", io.StringIO(sql))
    words = {"argument": [sql], "standard input": ["-"], "file": ["--file", str(tmp_path / "q.sql")]}[how]
    assert run_command(["query", *words, "--format", "csv", "--root", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert out == "one,two\n1,x\n"
    assert err.startswith("1 row in ")


@pytest.mark.parametrize("words", [[], ["SELECT 1", "--file", "x.sql"], ["--file", "/nowhere.sql"]])
def test_no_query_or_two_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["query", *words]) == 2
    assert capsys.readouterr().err.startswith("error: reading the query")


def test_an_error_leaves_standard_output_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["query", "SELECT nope", "--json", "--root", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "column nope not found: the query has no FROM\n  SELECT nope\n         ^^^^\n" in err


@pytest.mark.skipif(
    not sys.stdin or not sys.stdin.isatty(),
    reason="Ctrl-C comes from a terminal; whoever runs tests without one may have it ignored, and hands that down",
)
@pytest.mark.e2e
def test_ctrl_c_ends_a_long_query_quietly() -> None:
    ten_thousand = "UNNEST(sequence(1, 10000))"
    far = f"{ten_thousand} AS a (x) CROSS JOIN {ten_thousand} AS b (y) CROSS JOIN {ten_thousand} AS c (z)"
    words = ["query", f"SELECT count(*) FROM {far} WHERE x * y % 7 = 3", "--root", "/nowhere"]
    # A job started in the background, as a CI may be, ignores Ctrl-C, and hands that down.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        f"from lake.cli.app import run_command; print('go', flush=True); sys.exit(run_command({words!r}))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        try:
            # One that falls into an import may be lost there; a person would press again.
            for _ in range(20):
                time.sleep(3)
                process.send_signal(signal.SIGINT)
                if process.poll() is not None:
                    break
            assert process.communicate(timeout=20) == (b"", b"")
        finally:
            process.kill()
        assert process.returncode == 130
