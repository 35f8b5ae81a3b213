"""The suites under expectations/: quiet on what is as it should be, not on what is not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from lake.audit import great
from lake.audit.suite import Suite, load_suite
from lake.audit.verdict import Verdict
from lake.catalog.model import Partition
from lake.contract.arrow import arrow_schema
from lake.contract.load import table_named
from lake.contract.model import Table
from lake.contract.suite import schema_suite
from lake.generate.files import generate_files
from lake.generate.plan import Plan
from tests.conftest import REPOSITORY
from tests.lake.audit.readings import Written, published, rows_of
from tests.lake.audit.sound_rows import HOUR, SOUND, Row, click, reading

Change = Callable[[Row, int], Row]
ROWS = 40
HISTORY = [published(f"2026-11-{day}-09", rows) for day, rows in ((17, 38), (18, 45), (19, 40), (20, 39))]
SUITES = sorted((REPOSITORY / "expectations").glob("*/*.json"))


def table(name: str) -> Table:
    return table_named(name, REPOSITORY / "contracts")


def shipped(described: Table) -> Suite:
    return load_suite(described, schema_suite(described), REPOSITORY / "expectations")


def verdict_on(
    written: Written, name: str, given: Sequence[Row], history: Sequence[Partition] = HISTORY, **counts: int
) -> Verdict:
    described = table(name)
    if given:
        written.write(rows_of(described, given))
    return written.audited(shipped(described), described, history, **counts)


def unmet(verdict: Verdict) -> list[tuple[str, str]]:
    return [(result.level, result.column or result.expectation) for result in verdict.unmet]


@pytest.mark.parametrize("path", SUITES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_every_suite_is_one_that_great_expectations_takes(path: Path) -> None:
    suite = shipped(table(f"{path.parent.name}.{path.stem}"))
    great.check(suite)
    assert suite.source == str(path)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_every_suite_limits_the_share_of_quarantined_records_at_both_levels(path: Path) -> None:
    suite = shipped(table(f"{path.parent.name}.{path.stem}"))
    limits = [one for one in suite.expectations if one.of == "accounting" and one.column == "quarantined_share"]
    assert [(one.level, one.kwargs["max_value"]) for one in limits] == [("fail", 0.5), ("warn", 0.05)]


@pytest.mark.parametrize("name", SOUND)
def test_sound_rows_pass_with_history_and_without(written: Written, name: str) -> None:
    rows = [SOUND[name](number) for number in range(ROWS)]
    verdict = verdict_on(written, name, rows, duplicates=2, records=ROWS + 2)
    assert (verdict.state, unmet(verdict), verdict.skipped) == ("passed", [], ())
    assert verdict_on(written, name, [], history=[]).state == "passed"


def changed(**values: Any) -> Change:
    return lambda row, _: {**row, **values}


def every(nth: int, **values: Any) -> Change:
    return lambda row, number: {**row, **values} if number % nth == 0 else row


DEFECTS: list[tuple[str, Change, list[tuple[str, str]]]] = [
    ("clickstream.events_v1", changed(client_event=None), [("fail", "client_event"), ("warn", "client_event")]),
    ("clickstream.events_v1", every(4, client_event=None), [("warn", "client_event")]),
    ("clickstream.events_v1", changed(user_id=None), [("warn", "user_id")]),
    ("clickstream.events_v1", every(4, device_id=None), [("warn", "device_id")]),
    ("clickstream.events_v1", every(4, event_id=None), [("fail", "event_id")]),
    ("clickstream.events_v1", every(4, rescued='{"new": 1}'), [("warn", "rescued")]),
    ("clickstream.events_v1", every(4, client_timestamp=HOUR - timedelta(days=9)), [("warn", "client_timestamp")]),
    ("clickstream.events_v1", every(4, client_timestamp=HOUR + timedelta(days=9)), [("warn", "client_timestamp")]),
    ("sensors.readings_v1", every(9, status="LOST"), [("fail", "status")]),
    ("sensors.readings_v1", every(3, status="FAIL"), [("warn", "status")]),
    ("sensors.readings_v1", every(3, status=None), [("warn", "status")]),
    ("sensors.readings_v1", every(5, current_temperature=90), [("warn", "current_temperature")]),
    (
        "sensors.readings_v1",
        changed(current_temperature=2000),
        [("fail", "current_temperature"), ("warn", "current_temperature")],
    ),
    ("sensors.readings_v1", every(5, current_temperature=None), [("warn", "current_temperature")]),
    ("sensors.bundles_v1", every(5, readings=None), [("warn", "readings")]),
    ("sensors.bundles_v1", every(5, recorded_at=None), [("warn", "recorded_at")]),
    ("sensors.bundles_v1", every(5, recorded_at=HOUR - timedelta(days=9)), [("warn", "recorded_at")]),
]


@pytest.mark.parametrize(("name", "change", "expected"), DEFECTS)
def test_a_defect_is_found_and_nothing_else(
    written: Written, name: str, change: Change, expected: list[tuple[str, str]]
) -> None:
    verdict = verdict_on(written, name, [change(SOUND[name](number), number) for number in range(ROWS)])
    assert unmet(verdict) == expected


VOLUME = ("warn", "expect_table_row_count_to_be_between")


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize(("rows", "expected"), [(19, [VOLUME]), (20, []), (119, [VOLUME]), (118, [])])
def test_half_the_usual_volume_or_thrice_it_is_a_warning(
    written: Written, name: str, rows: int, expected: list[tuple[str, str]]
) -> None:
    assert unmet(verdict_on(written, name, [SOUND[name](number) for number in range(rows)])) == expected


@pytest.mark.parametrize("name", SOUND)
def test_an_empty_partition_is_a_warning(written: Written, name: str) -> None:
    assert unmet(verdict_on(written, name, [], history=[])) == [VOLUME]


SHARE = "quarantined_share"


@pytest.mark.parametrize(
    ("quarantined", "expected"), [(2, []), (3, [("warn", SHARE)]), (41, [("fail", SHARE), ("warn", SHARE)])]
)
@pytest.mark.parametrize("name", SOUND)
def test_rejected_records_beyond_their_share(
    written: Written, name: str, quarantined: int, expected: list[tuple[str, str]]
) -> None:
    rows = [SOUND[name](number) for number in range(ROWS)]
    assert unmet(verdict_on(written, name, rows, quarantined=quarantined)) == expected


@pytest.mark.parametrize(
    ("counts", "column"), [({"records": 41}, "unaccounted"), ({"rows": 41, "records": 41}, "unwritten")]
)
def test_a_record_that_got_lost_on_the_way_is_a_failure(written: Written, counts: dict[str, int], column: str) -> None:
    rows = [click(number) for number in range(ROWS)]
    assert unmet(verdict_on(written, "clickstream.events_v1", rows, **counts)) == [("fail", column)]


def test_a_column_of_another_width_is_a_failure(written: Written) -> None:
    described = table("sensors.readings_v1")
    rows = rows_of(described, [reading(number) for number in range(ROWS)])
    wide = rows.set_column(1, "current_temperature", rows["current_temperature"].cast(pa.int64()))
    written.write(wide)
    verdict = written.audited(shipped(described), described)
    assert [(result.level, result.observed) for result in verdict.unmet] == [("fail", "int64")]


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
        record = json.loads(line)
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
    ],
)
def test_generated_records_pass(written: Written, tmp_path: Path, name: str, records: int) -> None:
    described = table(name)
    plan = Plan(described, records, seed=7, start=HOUR, message_kb=4)
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
    assert unmet(verdict_on(written, "taxi.trips_v1", [trip] * 10)) == expected
