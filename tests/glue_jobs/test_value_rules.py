"""Columns whose contract says how values may be written: rows, what was coerced in the account, rules that go."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.glue_jobs.harness import Trial, logged
from tests.glue_jobs.written_contracts import write_contract

TRIPS: dict[str, Any] = {
    "trip_id": {"physicalType": "string", "acceptsNumber": True, "required": True, "primaryKey": True}
    | {"primaryKeyPosition": 1},
    "pickup_at": {"physicalType": "timestamp", "timeFormat": "yyyy/MM/dd HH:mm:ss", "timeZone": "America/New_York"},
    "passengers": {"physicalType": "int", "acceptsWholeFloat": True, "onWrongType": "rescue"},
    "tags": {"physicalType": "map<string,string>", "acceptsScalar": True},
    "extra": {"physicalType": "string", "holdsJson": True},
}
SOUND = {"trip_id": 7, "pickup_at": "2018/01/11 10:00:00", "passengers": 2.0, "tags": {"a": 1}, "extra": {"b": [1]}}
DRIFTED = {"trip_id": "8", "pickup_at": "NA", "passengers": "two", "tags": {"a": "x"}, "extra": "NA"}


def trips(folder: Path, **columns: dict[str, Any]) -> Trial:
    contracts = write_contract(folder / "c", "taxi.trips_v1", TRIPS | columns, nullValues=["NA"])
    return Trial(str(folder / "lake"), "taxi.trips_v1", contracts)


def coerced(**counts: int) -> list[dict[str, Any]]:
    """As a report lists them; a name is a field and a rule."""
    return [
        {"field": name.split("__")[0], "rule": name.split("__")[1], "values": values} for name, values in counts.items()
    ]


def test_what_rules_took_is_in_rows_the_report_the_manifest_and_the_last_lines_of_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trial = trips(tmp_path)
    trial.land(9, "a", [SOUND, DRIFTED])
    trial.land(9, "b", [SOUND, {"trip_id": 9, "passengers": 1.5, "unknown": 1}])  # a duplicate, and another drifted one
    lines = "".join(json.dumps({**SOUND, "trip_id": number}) + "\n" for number in range(100, 200)).encode()
    trial.land(9, "damaged.gz", gzip.compress(lines, mtime=0) + gzip.compress(lines, mtime=0)[:-30])
    with caplog.at_level(logging.INFO, logger="lake"):
        (report,) = trial.run().partitions
    whole = report.rows - 3
    assert (report.records, report.duplicates, report.quarantined) == (whole + 4 + 1, 1, 1)
    assert whole == 100
    rows = {row["trip_id"]: row for row in trial.rows(9).to_pylist()}
    extra = json.dumps(SOUND["extra"], separators=(",", ":"))
    assert [rows["7"][name] for name in ("passengers", "tags", "extra", "rescued")] == [2, [("a", "1")], extra, None]
    assert rows["7"]["pickup_at"].isoformat() == "2018-01-11T15:00:00+00:00"
    assert rows["8"] == {
        **{"trip_id": "8", "pickup_at": None, "passengers": None, "tags": [("a", "x")], "extra": '"NA"'},
        "rescued": '{"passengers":"two"}',
    }
    assert rows["9"]["rescued"] == '{"passengers":1.5,"unknown":1}'
    assert report.coerced == coerced(
        trip_id__acceptsNumber=whole + 3,
        passengers__acceptsWholeFloat=whole + 2,
        tags__acceptsScalar=whole + 2,
        passengers__onWrongType=2,
        pickup_at__nullValues=1,
    )
    partition = trial.partition(9)
    assert partition is not None
    assert json.loads(trial.lake.store.read(f"{partition.location}/_manifest.json"))["coerced"] == report.coerced
    assert [line for line in logged(caplog) if "by a rule" in line][-2:] == [
        "taxi.trips_v1: taken by a rule of the contract: 2 values of 'passengers' by onWrongType",
        "taxi.trips_v1: taken by a rule of the contract: 1 values of 'pickup_at' by nullValues",
    ]


def test_a_rule_that_goes_rebuilds_the_hour_and_rejects_what_it_took(tmp_path: Path) -> None:
    trial = trips(tmp_path)
    trial.land(9, "a", [SOUND, DRIFTED, {"trip_id": "9"}])
    assert [(hour.rows, hour.quarantined) for hour in trial.run().partitions] == [(3, 0)]
    assert trial.outcomes() == {}
    (report,) = trips(tmp_path, passengers={"physicalType": "int"}).run().partitions
    assert (report.rows, report.quarantined, report.coerced) == (1, 2, [])
    assert [each["message"] for each in report.rejects] == ['field "passengers": expected int, got number 2.0']


def test_csv_takes_the_same_rules(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "flight": {"physicalType": "string", "trim": True},
        "delay": {"physicalType": "smallint", "onWrongType": "rescue"},
        "cancelled": {"physicalType": "boolean", "acceptsBooleanText": True},
        "flown_on": {"physicalType": "date", "timeFormat": ["MM/dd/yyyy", "iso"]},
    }
    contracts = write_contract(tmp_path / "c", "air.flights_v1", columns, sourceFormat="csv", nullValues=["NA"])
    trial = Trial(str(tmp_path / "lake"), "air.flights_v1", contracts)
    lines = "flight,delay,gate,cancelled,flown_on\n AA1 ,NA,,N,11/30/2018\nBA2,late,7,yes,2018-11-30\nC3,1,,x,NA\n"
    trial.land(9, "a", lines)
    (report,) = trial.run().partitions
    assert [list(row.values()) for row in trial.rows(9).to_pylist()] == [
        ["AA1", None, False, trial.rows(9)["flown_on"][0].as_py(), None],
        ["BA2", None, True, trial.rows(9)["flown_on"][0].as_py(), '{"delay":"late","gate":"7"}'],
    ]
    assert [str(day) for day in trial.rows(9)["flown_on"].to_pylist()] == ["2018-11-30"] * 2
    assert report.coerced == coerced(
        cancelled__acceptsBooleanText=2, delay__nullValues=1, delay__onWrongType=1, flight__trim=1
    )
    (reject,) = report.rejects
    expected = "expected boolean (true, false, 1, 0, yes, no, y or n), got string"
    assert reject["message"] == f'field "cancelled": {expected} "x"'


def test_readings_of_before_their_sensors_could_be_numbers_are_rebuilt_to_the_same_rows(tmp_path: Path) -> None:
    """The shipped contract said less before: its hours are stale, and what was bucketed from them stays current."""
    before = tmp_path / "contracts" / "sensors"
    shutil.copytree(REPOSITORY / "contracts" / "sensors", before)
    path = before / "readings_v1.odcs.yaml"
    rule = "          - property: acceptsNumber\n            value: true\n"
    assert rule in path.read_text()
    path.write_text(path.read_text().replace(rule, ""))
    readings = Trial(str(tmp_path / "lake"), "sensors.readings_v1", str(before.parent))
    bucketed = readings.of("sensors.readings_by_sensor_v1")
    text, number = {"sensorId": "7", "status": "OK"}, {"sensorId": 7, "currentTemperature": 20}
    readings.land(9, "texts", [text, text])
    readings.land(10, "a number too", [text, number])
    assert (readings.outcomes(), bucketed.outcomes()) == ({"09": "published", "10": "published"},) * 2
    content = readings.content()
    now = replace(readings, contracts=None), replace(bucketed, contracts=None)
    assert [trial.outcomes() for trial in now] == [{"09": "unchanged", "10": "published"}, {"10": "published"}]
    assert readings.content()["readings_v1/2026-11-21-09"] == content["readings_v1/2026-11-21-09"]
    assert [tuple(row.values()) for row in now[0].rows(10).to_pylist()] == [
        ("7", None, "OK", None),
        ("7", 20, None, None),
    ]
