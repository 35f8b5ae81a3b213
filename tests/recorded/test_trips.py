"""A month of taxi trips: where and when trips begin, and how long they take to the airports, from real rows."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.recorded.lakes import BothEngines, RecordedLake

TABLE, FILE = "taxi.trips_v1", "nyc_taxi_2018/yellow_tripdata_sample_2018-03.csv.gz"
HOUR = {"first_hour": "2018-04-01-02", "last_hour": "2018-04-01-02"}


@pytest.fixture(scope="session")
def trips(recorded: Path) -> list[dict[str, str]]:
    """As the csv module reads them; tests/glue_jobs/test_recorded_inputs.py compares every value of every month."""
    with gzip.open(recorded / FILE, "rt", newline="") as text:
        return list(csv.DictReader(text))


@pytest.fixture(scope="session")
def landed(recorded_lake: RecordedLake) -> Trial:
    recorded_lake.land(TABLE, FILE, "2018-04-01T02:00:00Z")
    return recorded_lake.made(TABLE)


def hour_of(time: str) -> datetime:
    return datetime.fromisoformat(time).replace(minute=0, second=0)


def test_all_trips_of_the_export_are_rows(landed: Trial, trips: list[dict[str, str]]) -> None:
    assert landed.counts() == {"records": 10_000, "rows": len(trips), "duplicates": 0, "quarantined": 0}
    assert_all_accounted_for(landed)


def test_hotspots(landed: Trial, trips: list[dict[str, str]], both_engines: BothEngines) -> None:
    pickups = Counter((hour_of(trip["pickup_datetime"]), int(trip["pickup_location_id"])) for trip in trips)
    found = both_engines.query("taxi/hotspots", hotspots="50", **HOUR)
    expected = sorted(((-count, *key) for key, count in pickups.items()))[:50]
    assert [(-row["pickups"], row["pickup_hour"], row["pickup_location_id"]) for row in found] == expected


def test_durations_to_each_airport_by_hour(
    landed: Trial, trips: list[dict[str, str]], both_engines: BothEngines
) -> None:
    durations: dict[tuple[str, datetime], list[float]] = defaultdict(list)
    airports = {"1": "Newark", "132": "JFK", "138": "LaGuardia"}
    for trip in trips:
        ended, began = (datetime.fromisoformat(trip[name]) for name in ("dropoff_datetime", "pickup_datetime"))
        if trip["dropoff_location_id"] in airports and ended >= began:
            hour = hour_of(trip["dropoff_datetime"])
            durations[airports[trip["dropoff_location_id"]], hour].append((ended - began).total_seconds())
    found = both_engines.query("taxi/airport_durations", **HOUR)
    assert [(row["airport"], row["dropoff_hour"], row["trips"]) for row in found] == [
        (*key, len(durations[key])) for key in sorted(durations)
    ]
    assert len(found) > 200
    for row in found:
        own = durations[row["airport"], row["dropoff_hour"]]
        assert row["average_minutes"] == pytest.approx(sum(own) / len(own) / 60, abs=0.0051)
