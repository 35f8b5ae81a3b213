"""The recorded inputs through the whole job, with the suites that are shipped: nothing is lost, nothing is refused."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lake.contract.arrow import arrow_schema
from lake.contract.model import Table
from tests.glue_jobs.accounts import accounts, assert_all_accounted_for
from tests.glue_jobs.harness import Trial, click

TAXI = "taxi.trips_v1"
SHAPE_ALONE = {"not_an_object", "empty_object"}


def exports(recorded: Path) -> list[Path]:
    found = sorted((recorded / "nyc_taxi_2018").glob("*.csv.gz"))
    assert len(found) == 12
    return found


def as_python_reads_it(path: Path, table: Table) -> pa.Table:
    """An export's rows by the csv module; an empty field is null, times are UTC."""
    with gzip.open(path, "rt", newline="") as text:
        lines = list(csv.reader(text))
    texts = dict(zip(lines[0], zip(*lines[1:], strict=True), strict=True))
    schema = arrow_schema(table)
    columns = [_typed(texts[field.name], field.type) for field in schema if field.name != "rescued"]
    return pa.Table.from_arrays([*columns, pa.nulls(len(lines) - 1, pa.string())], schema=schema)


def _typed(texts: tuple[str, ...], kind: pa.DataType) -> pa.Array:
    array = pa.array([text or None for text in texts], pa.string())
    if pa.types.is_timestamp(kind):
        return pc.assume_timezone(array.cast(pa.timestamp("us")), "UTC")
    return array.cast(kind)


def in_one_order(table: pa.Table) -> pa.Table:
    return table.sort_by([(name, "ascending") for name in table.schema.names if name != "rescued"]).combine_chunks()


@pytest.fixture
def taxi(tmp_path: Path) -> Trial:
    return Trial(str(tmp_path / "lake"), TAXI, expectations=None)


def test_twelve_taxi_exports_in_twelve_hours_are_the_rows_that_python_reads(taxi: Trial, recorded: Path) -> None:
    for hour, path in enumerate(exports(recorded)):
        taxi.land(hour, path.name, path.read_bytes())
    assert taxi.outcomes() == {f"{hour:02d}": "published" for hour in range(12)}
    for hour, path in enumerate(exports(recorded)):
        expected = as_python_reads_it(path, taxi.table)
        assert expected.num_rows == 10_000
        assert taxi.rows(hour).equals(expected), path.name
    assert taxi.counts() == {"records": 120_000, "rows": 120_000, "duplicates": 0, "quarantined": 0}
    assert_all_accounted_for(taxi)


def test_twelve_taxi_exports_in_one_hour_are_the_rows_that_python_reads(taxi: Trial, recorded: Path) -> None:
    for path in exports(recorded):
        taxi.land(9, path.name.removesuffix(".csv.gz"), path.read_bytes())
    assert taxi.outcomes() == {"09": "published"}
    expected = pa.concat_tables([as_python_reads_it(path, taxi.table) for path in exports(recorded)])
    assert in_one_order(taxi.rows()).equals(in_one_order(expected))
    assert taxi.counts() == {"records": 120_000, "rows": 120_000, "duplicates": 0, "quarantined": 0}
    assert_all_accounted_for(taxi)


def test_a_taxi_trip_is_read_with_the_types_of_its_contract(taxi: Trial, recorded: Path) -> None:
    with gzip.open(exports(recorded)[0], "rb") as export:
        header, first = next(export), next(export)
    taxi.land(9, "one", header + first)
    taxi.run()
    assert taxi.rows().schema == arrow_schema(taxi.table)
    (row,) = taxi.rows().to_pylist()
    assert {name: str(value) for name, value in row.items()} == {
        "vendor_id": "2",
        "pickup_datetime": "2018-01-11 18:24:44+00:00",
        "dropoff_datetime": "2018-01-11 18:35:02+00:00",
        "passenger_count": "1",
        "trip_distance": "1.65",
        "rate_code_id": "1",
        "store_and_fwd_flag": "N",
        "pickup_location_id": "230",
        "dropoff_location_id": "237",
        "payment_type": "1",
        "fare_amount": "8.50",
        "extra": "1.00",
        "mta_tax": "0.50",
        "tip_amount": "2.06",
        "tolls_amount": "0.00",
        "improvement_surcharge": "0.30",
        "total_amount": "12.36",
        "congestion_surcharge": "None",
        "rescued": "None",
    }


@pytest.fixture(scope="module")
def torture(tmp_path_factory: pytest.TempPathFactory, recorded: Path) -> tuple[Trial, list[Path]]:
    """Every torture file byte for byte under its own name, each between good objects, in one hour, published."""
    trial = Trial(str(tmp_path_factory.mktemp("torture") / "lake"), expectations=None)
    files = sorted((recorded / "json_test_suite" / "test_parsing").iterdir())
    assert {kind: sum(path.name.startswith(kind) for path in files) > 30 for kind in ("y_", "n_", "i_")} == {
        "y_": True,
        "n_": True,
        "i_": True,
    }
    for number, path in enumerate(files):
        trial.land(9, path.name, path.read_bytes())
        trial.land(9, f"{path.name}.good", [click(2 * number), click(2 * number + 1)])
    assert trial.outcomes() == {"09": "published"}
    return trial, files


def test_every_file_of_the_json_test_suite_costs_itself_alone(torture: tuple[Trial, list[Path]]) -> None:
    trial, files = torture
    # Two files hold the same object {}: the later one is a duplicate, its bytes being its name.
    rows = {one["key"].rsplit("/", 1)[-1]: one["rows"] + one["duplicates"] for one in accounts(trial)}
    reasons: dict[str, Counter[str]] = {path.name: Counter() for path in files}
    for reason, name, _ in trial.rejected():
        reasons[name][reason] += 1

    assert [name for name, count in rows.items() if name.endswith(".good") and count != 2] == []
    good = {f"e{number}" for number in range(2 * len(files))}
    assert good - set(trial.rows()["event_id"].to_pylist()) == set()

    valid = [path.name for path in files if path.name.startswith("y_")]
    assert {name: reasons[name] for name in valid if reasons[name].keys() - SHAPE_ALONE} == {}
    assert [name for name in valid if not rows[name] and not reasons[name]] == []

    invalid = [path.name for path in files if path.name.startswith("n_")]
    assert [name for name in invalid if not reasons[name]] == []

    assert set(rows) == {path.name + end for path in files for end in ("", ".good")}
    assert_all_accounted_for(trial)


def test_a_valid_file_that_is_an_object_is_a_row_and_its_fields_are_kept(torture: tuple[Trial, list[Path]]) -> None:
    trial, files = torture
    objects = [path for path in files if path.name.startswith("y_") and path.read_bytes().lstrip()[:1] == b"{"]
    assert len(objects) > 10
    rescued = [text for text in trial.rows()["rescued"].to_pylist() if text is not None]
    kept = [json.loads(text, object_pairs_hook=list) for text in rescued]
    for path in objects:
        members = json.loads(path.read_bytes(), object_pairs_hook=list)
        assert not members or members in kept, path.name
    wholly_lost = [name for reason, name, _ in trial.rejected() if name in {path.name for path in objects}]
    assert wholly_lost == []
