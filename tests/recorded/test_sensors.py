"""Sensor readings run together, their sensors' names sent as numbers: rows, and what is asked of one or of all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import pytest

from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.recorded.lakes import BothEngines, RecordedLake

READINGS, BUCKETED = "sensors.readings_v1", "sensors.readings_by_sensor_v1"
HOUR, NEXT = "2026-11-21-09", "2026-11-21-10"
IN_THE_HOUR = {"first_hour": HOUR, "last_hour": HOUR}
Reading = tuple[str, int, str]
BY_HAND = '{"sensorId": 1713, "status": "OK"}{"sensorId": "1713"}{"sensorId": 1.50}{"sensorId": true}{"status": "OK"}'


def sent(recorded: Path) -> list[Reading]:
    """As the json module reads the file, names as the text that was sent."""
    return [
        (reading["sensorId"], int(reading["currentTemperature"]), reading["status"])
        for reading in run_together((recorded / "source_records/kdg_sensors.json").read_text())
    ]


def run_together(text: str) -> Iterator[dict[str, str]]:
    """Objects without anything between them; numbers stay texts."""
    decoder, at = json.JSONDecoder(parse_int=str), 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value
        at += len(text[at:]) - len(text[at:].lstrip())


@pytest.fixture(scope="session")
def readings(recorded_lake: RecordedLake, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The recorded hour, which is bucketed, and one by hand behind it, which is not."""
    recorded_lake.land(READINGS, "source_records/kdg_sensors.json", "2026-11-21T09:10:00Z")
    recorded_lake.made(READINGS)
    recorded_lake.made(BUCKETED)
    by_hand = tmp_path_factory.mktemp("readings") / "readings.json"
    by_hand.write_text(BY_HAND)
    recorded_lake.land(READINGS, str(by_hand), "2026-11-21T10:10:00Z", "--whole")
    return recorded_lake.made(READINGS)


def test_a_sensor_is_named_by_the_text_of_the_number_that_it_sent(readings: Trial, recorded: Path) -> None:
    expected = sent(recorded)
    assert [tuple(row.values()) for row in readings.rows(9).to_pylist()] == [(*reading, None) for reading in expected]
    assert (len(expected), expected[0]) == (50, ("1327", 19, "FAIL"))
    assert readings.counts() == {"records": 55, "rows": 53, "duplicates": 0, "quarantined": 2}
    assert_all_accounted_for(readings)


def test_numbers_and_texts_name_one_sensor_and_nothing_else_does(readings: Trial) -> None:
    assert [tuple(row.values()) for row in readings.rows(10).to_pylist()] == [
        ("1713", None, "OK", None),
        ("1713", None, None, None),
        ("1.50", None, None, None),
    ]
    assert [(reason, payload) for reason, _, payload in readings.rejected(10)] == [
        ("missing_required", b'{"status": "OK"}'),
        ("wrong_type", b'{"sensorId": true}'),
    ]


def test_the_bucketed_hour_has_the_same_readings(readings: Trial) -> None:
    bucketed = readings.of(BUCKETED).rows(9).to_pylist()
    assert sorted(map(repr, bucketed)) == sorted(map(repr, readings.rows(9).to_pylist()))


def test_average_temperature_of_one_sensor_in_one_hour(
    readings: Trial, recorded: Path, both_engines: BothEngines
) -> None:
    own = [temperature for name, temperature, status in sent(recorded) if name == "1713" and status != "FAIL"]
    assert both_engines.query("sensors/average_temperature", sensor_id="1713", hour=HOUR) == [
        {
            "sensor_id": "1713",
            "readings": len(own),
            "measured": len(own),
            "average_temperature": mean(own),
            "lowest": min(own),
            "highest": max(own),
        }
    ]


def test_one_sensor_hour_by_hour_through_the_view_of_both_tables(readings: Trial, both_engines: BothEngines) -> None:
    found = both_engines.query("sensors/temperature_by_hour", sensor_id="1713", first_hour=HOUR, last_hour=NEXT)
    assert [(row["dt"], row["readings"]) for row in found] == [(HOUR, 1), (NEXT, 2)]


def test_readings_by_their_status(readings: Trial, recorded: Path, both_engines: BothEngines) -> None:
    expected = sorted(Counter(status for *_, status in sent(recorded)).items())
    found = both_engines.query("sensors/status_counts", **IN_THE_HOUR)
    assert [(row["status"], row["readings"]) for row in found] == expected == [("FAIL", 18), ("OK", 18), ("WARN", 14)]
