"""Generated records: repeatable, as many as asked for, in the files of their hours, and plausible for their table."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lake.contract.load import table_named
from lake.contract.model import Column, Source, Table, TextForm
from lake.errors import StorageError, UsageError
from lake.parse.csv_blocks import csv_blocks
from lake.parse.gzip_stream import Chunk
from lake.parse.reasons import Reason
from lake_local.datagen.files import generate_files
from lake_local.datagen.volume import Volume

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"
START = datetime(2026, 11, 21, 22, tzinfo=UTC)


def volume(table: str = "clickstream.events_v1", records: int = 5000, **settings: Any) -> Volume:
    return Volume(table_named(table, CONTRACTS), records, seed=settings.pop("seed", 1), start=START, **settings)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def lines_of(folder: Path) -> list[bytes]:
    return [line for path in sorted(folder.iterdir()) for line in path.read_bytes().splitlines()]


def clicks(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(folder)]


@pytest.mark.parametrize(
    "table",
    [
        *("clickstream.events_v1", "sensors.readings_v1", "sensors.bundles_v1", "taxi.trips_v1"),
        *("web.events_v1", "market.tickers_v1", "iot.analog_v1"),
    ],
)
def test_equal_arguments_give_equal_bytes_and_another_seed_others(table: str, tmp_path: Path) -> None:
    wanted = volume(table, 300, hours=3, malformed=0.02, message_kb=2)
    generate_files(wanted, tmp_path / "a")
    generate_files(wanted, tmp_path / "b")
    generate_files(replace(wanted, seed=2), tmp_path / "c")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    assert files_of(tmp_path / "a") != files_of(tmp_path / "c")


def test_files_are_named_by_the_hour_of_arrival_over_midnight(tmp_path: Path) -> None:
    generated = generate_files(volume(hours=3), tmp_path)
    hours = ["2026-11-21-22", "2026-11-21-23", "2026-11-22-00"]
    assert [file.path.name for file in generated] == [f"events-{hour}.ndjson" for hour in hours]
    assert [(file.records, file.size) for file in generated] == [
        (data.count(b"\n"), len(data)) for data in files_of(tmp_path).values()
    ]


def test_several_files_an_hour_have_their_minute_in_the_name(tmp_path: Path) -> None:
    generated = generate_files(volume("sensors.readings_v1", files=4), tmp_path)
    assert [file.path.name[len("readings-2026-11-21-") :] for file in generated] == [
        f"22-{minute}.ndjson" for minute in ("00", "15", "30", "45")
    ]


@pytest.mark.parametrize("records", [1, 2, 3, 101, 4999])
@pytest.mark.parametrize("table", ["clickstream.events_v1", "sensors.readings_v1"])
def test_there_are_exactly_as_many_lines_as_asked_for(table: str, records: int, tmp_path: Path) -> None:
    generated = generate_files(volume(table, records, hours=24, duplicates=0.3, malformed=0.2), tmp_path)
    assert sum(file.records for file in generated) == len(lines_of(tmp_path)) == records


def test_duplicates_are_byte_identical_and_malformed_lines_are_not_duplicated(tmp_path: Path) -> None:
    generate_files(volume(records=10_000, hours=5, duplicates=0.05, malformed=0.03), tmp_path)
    times = Counter(lines_of(tmp_path))
    bad = [line for line in times.elements() if not is_click(line)]
    assert len(bad) == 300
    good = {line: count for line, count in times.items() if is_click(line)}
    assert Counter(good.values()) == {1: 9700 - 1000, 2: 500}
    assert len({json.loads(line)["event_id"] for line in good}) == 9200


def is_click(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def test_clicks_have_the_fields_of_the_contract_in_its_order_and_types(tmp_path: Path) -> None:
    generate_files(volume(), tmp_path)
    events = clicks(tmp_path)
    assert {tuple(event) for event in events} == {
        ("event_id", "user_id", "device_id", "client_event", "client_timestamp")
    }
    assert {type(event["user_id"]) for event in events} == {int, type(None)}
    assert all(event["device_id"].startswith("visitor-") == (event["user_id"] is None) for event in events)


def test_clicks_make_sessions_bursts_with_long_pauses_between_them_and_several_devices_a_user(tmp_path: Path) -> None:
    generate_files(volume(records=20_000, hours=24, duplicates=0), tmp_path)
    by_device: dict[tuple[Any, str], list[datetime]] = defaultdict(list)
    for event in clicks(tmp_path):
        by_device[event["user_id"], event["device_id"]].append(datetime.fromisoformat(event["client_timestamp"]))
    gaps = [b - a for times in by_device.values() for a, b in itertools.pairwise(sorted(times))]
    within = sum(gap < timedelta(minutes=5) for gap in gaps)
    between = sum(gap > timedelta(minutes=30) for gap in gaps)
    assert within > 0.8 * len(gaps)
    assert between > 300
    assert max(Counter(user for user, _ in by_device if user is not None).values()) == 3


# Delays are log-uniform from a minute to three hours: 0.14 of them skip an hour; near the end there is none to skip.
@pytest.mark.parametrize(("late", "least", "most"), [(0.0, 0, 0), (0.2, 300, 450)])
def test_late_clicks_arrive_up_to_three_hours_after_they_happened(
    late: float, least: int, most: int, tmp_path: Path
) -> None:
    generate_files(volume(records=20_000, hours=6, late=late, duplicates=0), tmp_path)
    hours_late = Counter(
        arrived
        - datetime.fromisoformat(json.loads(line)["client_timestamp"]).replace(minute=0, second=0, microsecond=0)
        for path in tmp_path.iterdir()
        for arrived in [datetime.strptime(path.name, "events-%Y-%m-%d-%H.ndjson").replace(tzinfo=UTC)]
        for line in path.read_bytes().splitlines()
    )
    assert min(hours_late) == timedelta(0)
    assert max(hours_late) <= timedelta(hours=3 if late else 1)
    assert least <= sum(count for delay, count in hours_late.items() if delay > timedelta(hours=1)) <= most


def test_readings_come_from_four_thousand_sensors_that_are_mostly_ok(tmp_path: Path) -> None:
    generate_files(volume("sensors.readings_v1", 50_000, duplicates=0), tmp_path)
    readings = clicks(tmp_path)
    assert {tuple(reading) for reading in readings} == {("sensorId", "currentTemperature", "status")}
    assert len({reading["sensorId"] for reading in readings}) == 4000
    shares = {status: count / 50_000 for status, count in Counter(r["status"] for r in readings).items()}
    assert shares == {
        "OK": pytest.approx(0.97, abs=0.01),
        "WARN": pytest.approx(0.02, abs=0.005),
        "FAIL": pytest.approx(0.01, abs=0.005),
    }
    assert all(0 <= reading["currentTemperature"] <= 40 for reading in readings)


def test_bundles_are_larger_than_a_record_can_be_until_they_are_compressed(tmp_path: Path) -> None:
    generate_files(volume("sensors.bundles_v1", 3), tmp_path)
    for line in lines_of(tmp_path):
        message = json.loads(line)
        assert list(message) == ["device_id", "recorded_at", "readings"]
        assert set(message["readings"][0]) == {"dimension_x", "dimension_y", "dimension_z"}
        assert len(line) > 1000 * 1024 > len(gzip.compress(line, 1))


def test_trips_are_gzip_exports_with_a_header_whose_fares_add_up(tmp_path: Path) -> None:
    generated = generate_files(volume("taxi.trips_v1", 400, hours=2, duplicates=0), tmp_path)
    assert [file.path.name for file in generated] == ["trips-2026-11-21-22.csv.gz", "trips-2026-11-21-23.csv.gz"]
    parts = ("fare_amount", "extra", "mta_tax", "tip_amount", "tolls_amount", "improvement_surcharge")
    for file in generated:
        with gzip.open(file.path, "rt", newline="") as stream:
            trips = list(csv.DictReader(stream))
        assert list(trips[0]) == [column.field for column in table_named("taxi.trips_v1", CONTRACTS).columns]
        assert len(trips) == file.records
        for trip in trips:
            assert trip["pickup_datetime"] < trip["dropoff_datetime"]
            cents = [round(float(trip[part]) * 100) for part in (*parts, "total_amount")]
            assert sum(cents[:-1]) == cents[-1]


def test_web_events_have_names_of_words_and_whole_seconds(tmp_path: Path) -> None:
    generate_files(volume("web.events_v1", 2000, duplicates=0), tmp_path)
    events = clicks(tmp_path)
    assert {event["event"] for event in events} == {"impression", "page view", "check out"}
    assert {len(event["utc_timestamp"]) for event in events} == {len("2026-11-21T22:00:00")}
    assert len({event["event_id"] for event in events}) == 2000


def test_a_share_has_one_sector_and_prices_have_cents(tmp_path: Path) -> None:
    generate_files(volume("market.tickers_v1", 2000, duplicates=0), tmp_path)
    lines = [json.loads(line, parse_float=Decimal) for line in lines_of(tmp_path)]
    assert len({(tick["ticker_symbol"], tick["sector"]) for tick in lines}) == 12
    assert all(0 < tick["price"] == round(tick["price"], 2) for tick in lines)
    assert min(tick["change"] for tick in lines) < 0 < max(tick["change"] for tick in lines)


def test_an_analog_input_is_read_every_five_seconds_since_the_device_started(tmp_path: Path) -> None:
    generate_files(volume("iot.analog_v1", 720, duplicates=0), tmp_path)
    readings = clicks(tmp_path)
    assert [reading["time"] for reading in readings] == [113 + 5000 * number for number in range(720)]
    assert all(0 <= reading["sensor_a0"] <= 1023 for reading in readings)


def test_access_logs_are_text_and_a_phase_that_does_not_run_has_a_dash(tmp_path: Path) -> None:
    generate_files(volume("api.access_logs_v1", 2000, duplicates=0), tmp_path)
    logs = clicks(tmp_path)
    assert {tuple(log) for log in logs} == {
        tuple(c.field for c in table_named("api.access_logs_v1", CONTRACTS).columns)
    }
    phases = ("waf", "authenticate", "authorize", "integration")
    outcomes = Counter((log["status"], *(log[f"{phase}-status"] for phase in phases)) for log in logs)
    assert set(outcomes) == {
        ("200", "200", "200", "200", "200"),
        ("403", "403", "-", "-", "-"),
        ("403", "200", "403", "-", "-"),
        ("403", "200", "200", "403", "-"),
        ("502", "200", "200", "200", "502"),
        ("429", "-", "-", "-", "-"),
    }
    assert outcomes["200", "200", "200", "200", "200"] > 1800
    for log in logs:
        assert all((log[f"{phase}-latency"] == "-") == (log[f"{phase}-status"] == "-") for phase in phases)


def test_traces_have_their_time_as_text_and_a_body(tmp_path: Path) -> None:
    generate_files(volume("api.traces_v1", 300, duplicates=0, late=0.0), tmp_path)
    for trace in clicks(tmp_path):
        assert abs(int(trace["time"]) / 1000 - START.timestamp() - 1800) < 1810
        assert (type(trace["status"]), type(trace["items_count"])) == (int, int)
        assert set(trace["json_request_body"]) == {"name", "n"}
        assert len(trace["country"]) == 2


def orders(source_format: Any = "json") -> Table:
    columns = (
        Column("order_id", "orderId", "bigint", required=True, key_position=1),
        Column("note", 'a "quoted" näme', "string"),
        Column("state", "state", "string", allowed_values=("new", "paid")),
        Column("small", "small", "tinyint"),
        Column("paid", "paid", "boolean"),
        Column("ratio", "ratio", "double"),
        Column("amount", "amount", "decimal(10,2)"),
        Column("ordered_at", "orderedAt", "timestamp"),
        Column("due_on", "dueOn", "date"),
        Column("raw", "raw", "binary"),
        Column("lines", "lines", "array<struct<sku:string,count:int,sizes:map<string,decimal(4,1)>>>"),
    )
    return Table("shop", "orders_v1", "1.0.0", "", columns, Source("raw/shop/orders", source_format), "ordered_at")


@pytest.mark.parametrize("source_format", ["json", "csv"])
def test_any_table_gets_values_of_its_contracts_types(source_format: str, tmp_path: Path) -> None:
    generate_files(Volume(orders(source_format), 500, 1, START, duplicates=0), tmp_path)
    if source_format == "csv":
        with gzip.open(next(tmp_path.iterdir()), "rt", newline="") as stream:
            rows: list[dict[str, Any]] = list(csv.DictReader(stream))
        assert all(json.loads(row["lines"] or "[]") is not None for row in rows)
        assert {len(row["orderedAt"]) for row in rows} == {19}
    else:
        rows = clicks(tmp_path)
        kinds = {name: {type(row[name]).__name__ for row in rows} - {"NoneType"} for name in rows[0]}
        assert kinds == {
            "orderId": {"int"},
            'a "quoted" näme': {"str"},
            "state": {"str"},
            "small": {"int"},
            "paid": {"bool"},
            "ratio": {"float"},
            "amount": {"float"},
            "orderedAt": {"str"},
            "dueOn": {"str"},
            "raw": {"str"},
            "lines": {"list"},
        }
        line = next(line for row in rows for line in row["lines"] or [])
        assert {name: type(value).__name__ for name, value in line.items()} == {
            "sku": "str",
            "count": "int",
            "sizes": "dict",
        }
    assert len({row["orderId"] for row in rows}) == len(rows) == 500
    assert {row["state"] for row in rows} - {None, ""} == {"new", "paid"}


@pytest.mark.parametrize(
    "form",
    [
        TextForm(delimiter="\t", quote=None, has_header=False, comment="#"),
        TextForm(delimiter=";", quote="'", escape="\\"),
        TextForm(delimiter="|", quote=None),
    ],
)
def test_csv_is_generated_in_the_contracts_form(form: TextForm, tmp_path: Path) -> None:
    columns = tuple(c for c in orders("csv").columns if "<" not in c.hive_type and '"' not in c.field)
    table = replace(orders("csv"), columns=columns, source=Source("raw/shop/orders", "csv", text=form))
    generate_files(Volume(table, 500, 1, START, duplicates=0, malformed=0.1), tmp_path)
    data = b"".join(gzip.decompress(path.read_bytes()) for path in tmp_path.iterdir())
    blocks = list(csv_blocks(iter([Chunk(data)]), table))
    assert sum(block.rows.num_rows for block in blocks) == 450
    assert {reject.reason for block in blocks for reject in block.rejected} == {Reason.MALFORMED_CSV}


def test_lines_are_not_generated() -> None:
    source = Source("raw/shop/orders", "lines", text=TextForm(pattern="(?P<orderId>.*)"))
    with pytest.raises(UsageError, match=r"generating shop\.orders_v1: no lines are generated from a linePattern"):
        Volume(replace(orders("csv"), source=source), 500, 1, START)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"late": 1.5}, "--late 1.5 is not a share"),
        ({"duplicates": -0.1}, "--duplicates -0.1 is not a share"),
        ({"duplicates": 0.5, "malformed": 0.1}, "leave too few to duplicate"),
        ({"files": 7}, "7 files an hour do not divide"),
    ],
)
def test_arguments_that_cannot_be_met_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        volume(**settings)


def test_start_must_be_a_whole_hour_in_utc() -> None:
    with pytest.raises(UsageError, match="is not a whole hour"):
        replace(volume(), start=START + timedelta(minutes=30))


def test_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="choose another --out"):
        generate_files(volume(), tmp_path / "file" / "out")
