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

HEAD = re.compile(r"^([a-z]+\.\w+): \d+ partitions? \(\d+ current\)", re.MULTILINE)
ACCOUNT = re.compile(
    r"^  records ([\d,]+) = rows ([\d,]+) \+ duplicates ([\d,]+) \+ quarantined ([\d,]+)$", re.MULTILINE
)
MADE = re.compile(r"^  rows ([\d,]+), made from \S+$", re.MULTILINE)


def demo(root: Path) -> subprocess.CompletedProcess[str]:
    words = ["bash", str(REPOSITORY / "docs" / "demo.sh")]
    environment = {**os.environ, "LAKE_ROOT": str(root)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=600)


@pytest.mark.e2e
def test_the_demo_ends_with_the_account_of_each_table_and_a_sensors_average_read_from_its_bucket(
    tmp_path: Path,
) -> None:
    root = tmp_path / "lake"
    ended = demo(root)
    assert ended.returncode == 0, ended.stderr
    _, _, shown = ended.stdout.partition("\n$ lake status\n")
    status, _, answered = shown.partition("\n$ lake query ")

    # What `lake generate` was asked for is what arrived: nothing is lost, and nothing is counted twice.
    assert _accounts(status) == {
        "clickstream.events_v1": [200_000, 197_800, 2_000, 200],
        "sensors.bundles_v1": [8, 8, 0, 0],
        "sensors.readings_by_sensor_v1": [200_000],
        "sensors.readings_v1": [200_000, 200_000, 0, 0],
        "taxi.trips_v1": [20_000, 20_000, 0, 0],
    }

    clicks = re.findall(r"^│ (\S+) │ +(\d+) │ +\d+ │ +\d+ │$", answered, re.MULTILINE)
    assert clicks == [(hour, str(rows)) for hour, rows in _rows_of_clicks(root) if hour >= "2026-11-21-01"]

    # The sensor's average, and what it took: one bucket's file instead of the hour's raw JSON.
    (sensor,) = re.findall(r"^│ sensor-1042 │ +(\d+) │ +\d+ │ +[\d.]+ │ +\d+ │ +\d+ │$", answered, re.MULTILINE)
    assert int(sensor) > 0
    last = answered.splitlines()[-1]
    less = re.fullmatch(r"Read: [\d.]+ kB\. The raw JSON of that hour: [\d.]+ MB, so ([\d.]+) % less\.", last)
    assert less is not None, last
    assert float(less[1]) > 99.9


def _accounts(status: str) -> dict[str, list[int]]:
    """The sum at the end of each table's part: records, rows, duplicates, quarantined; or the rows of a made one."""
    found = {}
    _, *parts = HEAD.split(status)
    for name, part in zip(parts[::2], parts[1::2], strict=True):
        (numbers,) = [match.groups() for match in (ACCOUNT.search(part) or MADE.search(part),) if match]
        found[name] = [int(number.replace(",", "")) for number in numbers]
    return found


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
