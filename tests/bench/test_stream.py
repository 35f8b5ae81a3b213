"""The benchmark of streams: its input, and how it tells that forms disagree; at night, runs of it on few events."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.stream import Result, disagreements
from bench.stream_input import counts_found, rows_of, sessions_found, write_events
from bench.stream_latency import latency
from tests.conftest import REPOSITORY


def session(start: str | int, end: str | int, events: int) -> dict[str, object]:
    return {"user_id": 1, "device_id": "d", "started_at": start, "ended_at": end, "events": events}


def result(form: str, sessions: int) -> Result:
    return Result(form, "rocksdb", {"sessions": sessions}, events=10, wall=2.0, cpu=4.0)


def test_equal_numbers_of_events_give_equal_files(tmp_path: Path) -> None:
    write_events(tmp_path / "one", 100)
    write_events(tmp_path / "other", 100)
    rows = list(rows_of(tmp_path / "one"))
    assert len(rows) == 100
    assert rows == list(rows_of(tmp_path / "other"))


def test_sessions_are_the_same_in_any_order_and_with_any_form_of_time() -> None:
    one = session("2018-11-29T14:00:00.250", "2018-11-29T14:00:01", 2)
    other = session("2018-11-29T15:00:00", "2018-11-29T15:00:00", 1)
    as_numbers = session(1_543_500_000_250, 1_543_500_001_000, 2)
    assert sessions_found([one, other]) == sessions_found([other, as_numbers])
    assert sessions_found([one]) != sessions_found([{**one, "device_id": "e"}])


def test_the_last_count_is_the_highest() -> None:
    rows = [{"EventName": "a", "EventHour": "h", "EventCount": count} for count in (1, 5, 3)]
    assert counts_found(rows) == {"a h": 5}


def test_a_form_that_makes_other_sessions_is_named() -> None:
    agreeing = [result("sessions", 3), result("sessions, Python", 3), result("counts", 9)]
    assert disagreements(agreeing) == []
    assert [line.partition(":")[0] for line in disagreements([*agreeing, result("sessions, plain SQL", 4)])] == [
        "sessions, plain SQL, rocksdb"
    ]


@pytest.mark.nightly
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("with_flink")
def test_forms_agree_and_are_measured() -> None:
    forms = ["sessions, hashmap", "sessions, Python, hashmap"]
    command = [sys.executable, "-m", "bench.stream", "--events", "500", "--no-state", "--no-latency", "--only", *forms]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=1400, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()
    assert [line.partition("  ")[0] for line in lines[2:4]] == forms
    assert lines[4] == "all forms make the same sessions and counts"
    assert lines[5].startswith("sessions, hashmap: ")
    assert "times Python" in lines[5]


@pytest.mark.nightly
def test_the_way_into_dynamodb_is_measured(jar: Path) -> None:
    spread = latency(jar, probes=4)
    assert spread["probes"] == 4
    assert 0 < spread["p50"] <= spread["p99"] <= spread["max"]
    assert spread["rate"] > 0
