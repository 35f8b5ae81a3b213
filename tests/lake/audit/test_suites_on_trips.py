"""The suites under expectations/ on trips as they were recorded, and on records as `lake generate` makes them."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from lake.contract.arrow import arrow_schema
from lake.contract.model import Table
from lake_local.datagen.files import generate_files
from lake_local.datagen.volume import Volume
from tests.lake.audit.readings import Written, rows_of
from tests.lake.audit.shipped_suites import made_large, shipped, table, unmet, verdict_on
from tests.lake.audit.sound_rows import HOUR, Row


def trips(path: Path) -> pa.Table:
    schema = arrow_schema(table("taxi.trips_v1"))
    types = {field.name: pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type for field in schema}
    with gzip.open(path) as source:
        read = pa_csv.read_csv(
            source, convert_options=pa_csv.ConvertOptions(column_types=types, strings_can_be_null=True)
        )
    return read.append_column("rescued", pa.nulls(len(read), pa.string())).cast(schema)


def test_the_recorded_taxi_trips_pass(written: Written, recorded: Path) -> None:
    files = sorted((recorded / "nyc_taxi_2018").glob("*.csv.gz"))
    described = table("taxi.trips_v1")
    states = {}
    for path in files:
        written.keys.clear()
        written.write(trips(path))
        verdict = written.audited(shipped(described), described)
        states[path.name] = (verdict.rows, verdict.state, unmet(verdict))
    assert states == {path.name: (10_000, "passed", []) for path in files}
    assert len(states) == 12


def delivered(described: Table, path: Path) -> pa.Table:
    """The rows of a generated file of JSON lines, each delivered once."""
    rows: dict[str, Row] = {}
    for line in path.read_text().splitlines():
        record = json.loads(line, parse_float=Decimal)
        row = {column.name: record.get(column.field) for column in described.columns}
        if described.event_time:
            row[described.event_time] = datetime.fromisoformat(row[described.event_time])
        rows[line] = row
    return rows_of(described, list(rows.values()))


@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("clickstream.events_v1", 4000),
        ("sensors.readings_v1", 4000),
        ("sensors.bundles_v1", 20),
        ("taxi.trips_v1", 2000),
        ("web.events_v1", 2000),
        ("market.tickers_v1", 2000),
        ("iot.analog_v1", 720),
    ],
)
def test_generated_records_pass(written: Written, tmp_path: Path, name: str, records: int) -> None:
    described = table(name)
    plan = Volume(described, records, seed=7, start=HOUR, message_kb=4)
    (file,) = generate_files(plan, tmp_path / "generated")
    rows = trips(file.path) if name == "taxi.trips_v1" else delivered(described, file.path)
    written.write(rows)
    verdict = written.audited(shipped(described), described)
    assert (verdict.state, unmet(verdict)) == ("passed", [])


TRIPS: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("pickup_datetime", HOUR + timedelta(days=1), [("warn", "pickup_datetime")]),
    ("pickup_datetime", None, [("fail", "pickup_datetime"), ("warn", "pickup_datetime")]),
    ("passenger_count", -1, [("warn", "passenger_count")]),
    ("trip_distance", 5000, [("warn", "trip_distance")]),
    ("total_amount", None, [("warn", "total_amount")]),
    ("total_amount", 9000, [("warn", "total_amount")]),
    ("fare_amount", 9000, [("warn", "fare_amount")]),
    ("payment_type", 9, [("warn", "payment_type")]),
    ("pickup_location_id", 0, [("warn", "pickup_location_id")]),
    ("dropoff_location_id", 266, [("warn", "dropoff_location_id")]),
    ("store_and_fwd_flag", "?", [("fail", "store_and_fwd_flag")]),
]


@pytest.mark.parametrize(("column", "value", "expected"), TRIPS)
def test_a_defect_of_trips_is_found(
    written: Written, column: str, value: object, expected: list[tuple[str, str]]
) -> None:
    trip = {"pickup_datetime": HOUR - timedelta(days=9), "payment_type": 1, "total_amount": 12, column: value}
    assert unmet(verdict_on(written, "taxi.trips_v1", [trip] * 10, **made_large(10))) == expected
