"""The contracts of this repository: what they say of their tables, and that recorded inputs are of their types."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import pyarrow as pa
import pyarrow.csv
import pytest
from ruamel.yaml import YAML

from lake.contract.arrow import arrow_type
from lake.contract.load import load_tables
from lake.contract.model import Source, Table
from tests.conftest import REPOSITORY

CONTRACTS = REPOSITORY / "contracts"


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    return load_tables(CONTRACTS)


def shape(table: Table) -> list[tuple[str, str, str]]:
    """(column, field, type) of each column, a required one's type with an exclamation mark."""
    return [(c.name, c.field, c.hive_type + ("!" if c.required else "")) for c in table.columns]


def test_clicks_are_known_by_an_id_that_is_derived_where_none_is_sent(tables: dict[str, Table]) -> None:
    events = tables["clickstream.events_v1"]
    assert shape(events) == [
        ("event_id", "event_id", "string!"),
        ("user_id", "user_id", "bigint"),
        ("device_id", "device_id", "string"),
        ("client_event", "client_event", "string"),
        ("client_timestamp", "client_timestamp", "timestamp"),
    ]
    assert (events.key, events.lookback_hours, events.event_time) == (("event_id",), 2, "client_timestamp")
    assert [c.derived_from for c in events.columns] == ["record_bytes", None, None, None, None]
    assert [c.name for c in events.columns if c.classification == "personal"] == ["user_id", "device_id"]
    assert events.source == Source("raw/clickstream/events", "json")


def test_readings_are_renamed_and_their_status_is_one_of_three(tables: dict[str, Table]) -> None:
    readings = tables["sensors.readings_v1"]
    assert shape(readings) == [
        ("sensor_id", "sensorId", "string!"),
        ("current_temperature", "currentTemperature", "int"),
        ("status", "status", "string"),
    ]
    assert readings.column("status").allowed_values == ("OK", "FAIL", "WARN")
    assert [c.name for c in readings.columns if c.value_rules.accepts_number] == ["sensor_id"]
    assert (readings.key, readings.event_time) == ((), None)
    assert readings.source == Source("raw/sensors/readings", "json")


def test_bundles_hold_their_readings_in_one_column(tables: dict[str, Table]) -> None:
    bundles = tables["sensors.bundles_v1"]
    assert shape(bundles) == [
        ("device_id", "device_id", "string"),
        ("recorded_at", "recorded_at", "timestamp"),
        ("readings", "readings", "array<struct<dimension_x:int,dimension_y:int,dimension_z:int>>"),
    ]
    assert (bundles.key, bundles.event_time) == ((), "recorded_at")
    assert bundles.source == Source("raw/sensors/bundles", "json")


def test_web_events_are_known_by_a_derived_id_and_ordered_by_their_own_time(tables: dict[str, Table]) -> None:
    events = tables["web.events_v1"]
    assert shape(events) == [
        ("event_id", "event_id", "string!"),
        ("event", "event", "string"),
        ("utc_timestamp", "utc_timestamp", "timestamp"),
        ("visitor", "visitor", "bigint"),
    ]
    assert (events.key, events.lookback_hours, events.event_time) == (("event_id",), 2, "utc_timestamp")
    assert [c.derived_from for c in events.columns] == ["record_bytes", None, None, None]
    assert events.source == Source("raw/web/events", "json")


def test_ticks_have_exact_prices_and_lie_in_folders_of_each_part_of_their_time(tables: dict[str, Table]) -> None:
    tickers = tables["market.tickers_v1"]
    assert shape(tickers) == [
        ("tick_id", "tick_id", "string!"),
        ("ticker_symbol", "ticker_symbol", "string"),
        ("sector", "sector", "string"),
        ("price", "price", "decimal(18,4)"),
        ("change", "change", "decimal(18,4)"),
        ("event_time", "EventTime", "timestamp"),
    ]
    assert (tickers.key, tickers.lookback_hours, tickers.event_time) == (("tick_id",), 2, "event_time")
    assert tickers.source == Source("raw/market/tickers", "json", layout="year=YYYY/month=MM/day=DD/hour=HH")


def test_a_device_without_a_clock_has_the_time_of_arrival_alone(tables: dict[str, Table]) -> None:
    analog = tables["iot.analog_v1"]
    assert shape(analog) == [("uptime_ms", "time", "bigint"), ("sensor_a0", "sensor_a0", "int")]
    assert (analog.key, analog.event_time) == ((), None)
    assert analog.source == Source("raw/iot/analog", "json")


def test_every_trip_of_the_recorded_exports_is_of_its_columns_types(tables: dict[str, Table], recorded: Path) -> None:
    trips = tables["taxi.trips_v1"]
    assert (trips.source, trips.event_time) == (Source("raw/taxi/trips", "csv"), "pickup_datetime")
    types = {column.field: arrow_type(column.hive_type) for column in trips.columns}
    # The exports' times name no zone, and pyarrow reads those as times without one only.
    zoneless = {name: pa.timestamp("us") if pa.types.is_timestamp(kind) else kind for name, kind in types.items()}
    convert = pyarrow.csv.ConvertOptions(column_types=zoneless, strings_can_be_null=True)
    exports = sorted((recorded / "nyc_taxi_2018").glob("*.csv.gz"))
    read = [pyarrow.csv.read_csv(export, convert_options=convert) for export in exports]
    assert [export.schema for export in read] == [pa.schema(zoneless)] * 12
    rows = pa.concat_tables(read)
    assert rows.num_rows == 120_000
    flags = trips.column("store_and_fwd_flag").allowed_values
    assert set(rows["store_and_fwd_flag"].unique().to_pylist()) == set(flags)


@pytest.fixture(scope="module")
def standard() -> jsonschema.protocols.Validator:
    schema = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    return validator(schema)


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*/*.odcs.yaml")), ids=lambda path: path.name)
def test_a_contract_is_valid_by_the_standards_own_schema(path: Path, standard: jsonschema.protocols.Validator) -> None:
    standard.validate(YAML(typ="safe").load(path))
