"""Messages of devices: gzipped one by one, slash dates, misspelt names, and lists of readings that views flatten."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from tests.glue_jobs.accounts import assert_all_accounted_for
from tests.glue_jobs.harness import Trial
from tests.recorded.lakes import BothEngines, RecordedLake

TABLE, FILE = "devices.messages_v1", "source_records/device_message.json"
HOUR, NEXT = "2018-10-30-19", "2018-10-30-20"
BOTH = {"first_hour": HOUR, "last_hour": NEXT}
XYZ = ("x", "y", "z")
AXES = {f"{name}_{axis}": f"{raw}_{axis.upper()}" for name, raw in (
    ("accelerometer", "accelerometer"),
    ("gravity", "gravitySensor"),
    ("linear_acceleration", "linearAccelerationSensor"),
) for axis in XYZ}  # fmt: skip
LISTS: dict[str, tuple[str, dict[str, str]]] = {
    "accelerometer": ("accelerometerSensorList", AXES),
    "temperature": ("tempSensorList", {name: name for name in ("kelvin", "celsius", "fahrenheit")}),
    "illuminance": ("illuminancesSensorList", {"illuminance": "illuminance"}),
    "gps": ("gpsSensorList", {name: name for name in ("altitude", "heading", "latitude", "longitude")}),
    "additional_data": (
        "testAdditonalDataList",
        {"dimension_x": "dimesnion_X", "dimension_y": "dimesnion_Y", "dimension_z": "dimension_Z"},
    ),
}
"""By the column, and by the view of that name: what a message calls the list, and the fields of its readings."""
SECOND = {
    "processedDate": "2018/10/30 20:00:01",
    "currentDate": "2018/10/30 19:59:59",
    "deviceId": "another",
    "tempSensorList": [{"celsius": -4.5}, {"celsius": 1e1, "kelvin": 283.15}],
    "illuminancesSensorList": [],
    "gpsSensorList": [{"latitude": 1.5, "longitude": -2.25}],
}


def first(recorded: Path) -> dict[str, Any]:
    message: dict[str, Any] = json.loads((recorded / FILE).read_bytes())
    return message


def row_of(message: dict[str, Any], sent: bytes) -> dict[str, Any]:
    """A message's row, from what the json module reads."""
    times = {"recorded_at": "currentDate", "processed_at": "processedDate"}
    return {
        "message_id": hashlib.sha256(sent).hexdigest(),
        "device_id": message.get("deviceId"),
        "hash_device_id": message.get("hashDeviceId"),
        **{
            column: datetime.strptime(message[field], "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
            for column, field in times.items()
        },
        **{
            column: None
            if message.get(field) is None
            else [{name: reading.get(raw) for name, raw in names.items()} for reading in message[field]]
            for column, (field, names) in LISTS.items()
        },
        "rescued": None,
    }


@pytest.fixture(scope="session")
def messages(recorded_lake: RecordedLake, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The recorded message; an hour later the same again, one of another device, and two that are none."""
    recorded_lake.land(TABLE, FILE, "2018-10-30T19:06:00Z", "--compress-records")
    path = tmp_path_factory.mktemp("devices") / "messages.ndjson"
    wrong = [{**SECOND, "currentDate": "2018-10-30 19:59:59"}, {**SECOND, "tempSensorList": [{"celsius": "cold"}]}]
    sent = [json.dumps(message).encode() for message in (SECOND, *wrong)]
    path.write_bytes(b"\n".join([(recorded_lake.recorded / FILE).read_bytes(), *sent]))
    recorded_lake.land(TABLE, str(path), "2018-10-30T20:06:00Z", "--compress-records")
    return recorded_lake.made(TABLE)


def test_messages_lie_gzipped_one_by_one_below_firehoses_default_prefix(messages: Trial) -> None:
    for hour, count in (("19", 1), ("20", 4)):
        (stored,) = messages.lake.store.list(f"raw/devices/messages/2018/10/30/{hour}")
        data = messages.lake.store.read(stored.key)
        assert not stored.key.endswith(".gz")
        assert data.count(b"\x1f\x8b\x08") == gzip.decompress(data).count(b"processedDate") == count


def test_a_message_is_a_row_whose_lists_have_the_contracts_names(messages: Trial, recorded: Path) -> None:
    assert messages.rows(HOUR).to_pylist() == [row_of(first(recorded), (recorded / FILE).read_bytes())]
    assert messages.rows(NEXT).to_pylist() == [row_of(SECOND, json.dumps(SECOND).encode())]


def test_a_message_that_comes_again_is_a_duplicate_and_one_with_another_date_is_rejected(messages: Trial) -> None:
    reasons = [(reason, json.loads(payload)["currentDate"][:5]) for reason, _, payload in messages.rejected()]
    assert reasons == [("wrong_type", "2018-"), ("wrong_type", "2018/")]
    assert messages.counts() == {"records": 5, "rows": 2, "duplicates": 1, "quarantined": 2}
    assert_all_accounted_for(messages)


@pytest.mark.parametrize("view", LISTS)
def test_a_view_has_a_row_for_each_reading_of_a_list(
    view: str, messages: Trial, recorded: Path, both_engines: BothEngines
) -> None:
    field, names = LISTS[view]
    rows = messages.rows().to_pylist()
    expected = [
        {
            "message_id": row["message_id"],
            "device_id": message["deviceId"],
            "recorded_at": row["recorded_at"].replace(tzinfo=None),
            "place": place,
            **{name: reading.get(raw) for name, raw in names.items()},
            "dt": dt,
        }
        for dt, row, message in zip((HOUR, NEXT), rows, (first(recorded), SECOND), strict=True)
        for place, reading in enumerate(message.get(field, []), 1)
    ]
    assert len(expected) >= 3
    sql = f"SELECT * FROM devices.{view} WHERE dt BETWEEN '{HOUR}' AND '{NEXT}' ORDER BY dt, place"
    assert both_engines.sql(sql) == expected


def test_the_view_of_messages_counts_their_readings(messages: Trial, both_engines: BothEngines) -> None:
    sql = f"SELECT * FROM devices.messages WHERE dt BETWEEN '{HOUR}' AND '{NEXT}' ORDER BY dt"
    counts = [[row[name] for name in row if name.endswith("_readings")] for row in both_engines.sql(sql)]
    assert counts == [[3, 3, 3, 3, 3], [None, 2, 0, 1, None]]
    assert messages.table.column("gps").classification == "personal"


def test_temperature_by_device_and_hour(messages: Trial, recorded: Path, both_engines: BothEngines) -> None:
    device = first(recorded)["deviceId"]
    celsius = [reading["celsius"] for reading in first(recorded)["tempSensorList"]]
    names = ("device_id", "dt", "readings", "average_celsius", "lowest_celsius", "highest_celsius")
    assert both_engines.query("devices/temperature_by_device", **BOTH) == [
        dict(zip(names, values, strict=True))
        for values in [
            (device, HOUR, 3, round(sum(celsius) / 3, 2), min(celsius), max(celsius)),
            ("another", NEXT, 2, 2.75, -4.5, 10.0),
        ]
    ]
    assert messages.counts()["rows"] == 2


def test_the_last_position_of_each_device(messages: Trial, recorded: Path, both_engines: BothEngines) -> None:
    last = first(recorded)["gpsSensorList"][-1]
    found = both_engines.query("devices/last_positions", **BOTH)
    assert [(row["device_id"], row["latitude"], row["longitude"], row["altitude"]) for row in found] == [
        (first(recorded)["deviceId"], last["latitude"], last["longitude"], last["altitude"]),
        ("another", 1.5, -2.25, None),
    ]
    assert messages.counts()["rows"] == 2


def test_the_strongest_motions(messages: Trial, recorded: Path, both_engines: BothEngines) -> None:
    readings = first(recorded)["accelerometerSensorList"]
    strengths = [sqrt(sum(reading[f"linearAccelerationSensor_{axis.upper()}"] ** 2 for axis in XYZ))
                 for reading in readings]  # fmt: skip
    found = both_engines.query("devices/strongest_motions", readings="2", **BOTH)
    assert [row["linear_acceleration"] for row in found] == [
        round(one, 3) for one in sorted(strengths, reverse=True)[:2]
    ]
    assert found[0]["place"] == strengths.index(max(strengths)) + 1
    assert messages.counts()["rows"] == 2
