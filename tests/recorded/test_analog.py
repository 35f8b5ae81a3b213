"""Readings of a device without a clock: its time is a number, and the hour of arrival is all the date there is."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean

import pytest

from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.recorded.lakes import BothEngines, RecordedLake

TABLE, FILE = "iot.analog_v1", "source_records/iot.ndjson"
HOUR = {"first_hour": "2026-11-21-09", "last_hour": "2026-11-21-09"}


def sent(recorded: Path) -> list[tuple[int, int]]:
    readings = [json.loads(line) for line in (recorded / FILE).read_bytes().splitlines()]
    return [(reading["time"], reading["sensor_a0"]) for reading in readings]


@pytest.fixture(scope="session")
def analog(recorded_lake: RecordedLake) -> Trial:
    recorded_lake.land(TABLE, FILE, "2026-11-21T09:30:00Z")
    return recorded_lake.made(TABLE)


def test_readings_are_rows_of_the_hour_in_which_they_arrived(analog: Trial, recorded: Path) -> None:
    assert [tuple(row.values()) for row in analog.rows(9).to_pylist()] == [(*each, None) for each in sent(recorded)]
    assert analog.counts() == {"records": 20, "rows": 20, "duplicates": 0, "quarantined": 0}
    assert_all_accounted_for(analog)


def test_average_and_extremes_of_the_hour(analog: Trial, recorded: Path, both_engines: BothEngines) -> None:
    values = [value for _, value in sent(recorded)]
    assert both_engines.query("iot/analog_by_hour", **HOUR) == [
        {
            "dt": "2026-11-21-09",
            "readings": 20,
            "average": round(mean(values), 2),
            "lowest": min(values),
            "highest": max(values),
        }
    ]


def test_pauses_longer_than_usual(analog: Trial, both_engines: BothEngines) -> None:
    assert both_engines.query("iot/analog_gaps", **HOUR) == []
    found = both_engines.query("iot/analog_gaps", longest_ms="4999", **HOUR)
    assert [tuple(row.values()) for row in found] == [
        ("2026-11-21-09", 113 + 5000 * number, 5113 + 5000 * number, 5000) for number in range(19)
    ]
