"""`make demo`, as a newcomer sees it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

TABLES = ["clickstream.events_v1", "sensors.bundles_v1", "sensors.readings_v1", "taxi.trips_v1"]
ACCOUNT = re.compile(r"^  records ([\d,]+) = rows ([\d,]+) \+ duplicates ([\d,]+) \+ quarantined ([\d,]+)$")


def demo(root: Path) -> subprocess.CompletedProcess[str]:
    words = ["bash", str(REPOSITORY / "docs" / "demo.sh")]
    environment = {**os.environ, "LAKE_ROOT": str(root)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=600)


@pytest.mark.slow
def test_the_demo_ends_with_the_account_of_each_table_and_an_answer(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    ended = demo(root)
    assert ended.returncode == 0, ended.stderr
    _, _, shown = ended.stdout.partition("\n$ lake status\n")
    told, _, answered = shown.partition("\n$ lake query ")

    accounts = [tuple(int(number.replace(",", "")) for number in found.groups()) for found in _matches(told)]
    tables = re.findall(r"^([a-z]+\.\w+): \d+ partitions? \(\d+ current\)", told, re.MULTILINE)
    # What `lake generate` was asked for is what arrived: nothing is lost, and nothing is counted twice.
    assert dict(zip(tables, accounts, strict=True)) == {
        "clickstream.events_v1": (200_000, 197_800, 2_000, 200),
        "sensors.bundles_v1": (8, 8, 0, 0),
        "sensors.readings_v1": (200_000, 200_000, 0, 0),
        "taxi.trips_v1": (20_000, 20_000, 0, 0),
    }
    assert tables == TABLES

    clicks = re.findall(r"^│ (\S+) │ +(\d+) │ +\d+ │ +\d+ │$", answered, re.MULTILINE)
    assert clicks == [(hour, str(rows)) for hour, rows in _rows_of_clicks(root) if hour >= "2026-11-21-01"]


def _matches(text: str) -> list[re.Match[str]]:
    return [found for line in text.splitlines() if (found := ACCOUNT.match(line))]


def _rows_of_clicks(root: Path) -> list[tuple[str, int]]:
    words = [sys.executable, "-m", "lake", "status", "clickstream.events_v1", "--json", "--root", str(root)]
    answer = subprocess.run(words, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    return [(each["partition"], each["rows"]) for each in json.loads(answer.stdout)]


def test_the_demo_leaves_a_lake_that_holds_something_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("rows")
    ended = demo(tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "unset LAKE_ROOT" in ended.stderr
    assert (tmp_path / "precious").read_text() == "rows"
