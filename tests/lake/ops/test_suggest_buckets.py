"""What is proposed for a table's buckets, by rule and from published hours, and how it is explained."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pytest

from lake.catalog import Partition
from lake.cli.app import run_command
from lake.contract.load import load_contract
from lake.errors import TableNotFound, UsageError
from lake.jobs.lake import Lake
from lake.ops.suggest_buckets import Hours, Keys, Suggestion, bucket_count, row_group_rows, suggest, suggestion
from tests.conftest import REPOSITORY
from tests.lake.query.small_lake import SmallLake

READINGS, BY_SENSOR = "sensors.readings_v1", "sensors.readings_by_sensor_v1"
CONTRACTS = REPOSITORY / "contracts"
NO_KEY_LIMIT = 10**9

EXPLAINED = """\
bucketColumns: [sensor_id]
bucketCount: 4
rowGroupRows: 5000

- Measured: 4 published hours of sensors.readings_v1. The usual (median) one has 5 rows in 4.0 MB, \
the largest 50 in 9.0 MB.
- Keys: 6 of sensor_id in an hour, at most, of the newest 3. The most frequent has 75.00% of its hour's rows, \
NULL 25.00%. A key has one bucket, so more buckets than keys would be empty.
- Count: 4, the smallest power of two that leaves a bucket 1.0 MB or less. A bucket of a usual hour has 1.0 MB.
- One key: about 1.0 MB are read of an hour, 24.0 MB of a day. Trino reads a file of less than 3 MB whole, \
and so, presumably, does Athena.
- All keys: a scan opens 4 files for an hour, 96 for a day.
- Skew: one key is never spread over buckets. The fullest bucket of the largest hour has 6.8 MB or more; \
the most frequent key's would not shrink with more buckets.
- Later: another count is another table (the next _vN, with a contract of its own), so leave room to grow.
- How sure: low, by 4 hours; ask again when a day, better a week, of hours is published.
- The contract says 64.
"""


@pytest.mark.parametrize(
    ("hour_bytes", "keys", "count", "limited_by"),
    [
        (0, 4_000, 1, "bytes"),
        (1_000_000, 4_000, 1, "bytes"),
        (1_000_001, 4_000, 2, "bytes"),
        (31_000_000, 4_000, 32, "bytes"),
        (64_000_000, 4_000, 64, "bytes"),
        (64_000_001, 4_000, 128, "bytes"),
        (512_000_000, NO_KEY_LIMIT, 512, "bytes"),
        (512_000_001, NO_KEY_LIMIT, 512, "files"),
        (10**12, NO_KEY_LIMIT, 512, "files"),
        (10**12, 4_000, 512, "files"),
        (10**12, 511, 256, "keys"),
        (64_000_000, 64, 64, "bytes"),
        (64_000_000, 63, 32, "keys"),
        (64_000_000, 3, 2, "keys"),
        (64_000_000, 1, 1, "keys"),
    ],
)
def test_buckets_of_a_megabyte_as_far_as_keys_and_files_allow(
    hour_bytes: int, keys: int, count: int, limited_by: str
) -> None:
    assert bucket_count(hour_bytes, keys) == (count, limited_by)


@pytest.mark.parametrize(
    ("rows", "size", "group_rows"),
    [
        (10_800_000, 31_000_000, 20_000),  # 3 bytes a row: 22,297 rows are 64 kB
        (1_000_000, 1_280_000, 50_000),
        (1_000_000, 1_280_001, 20_000),
        (100_000, 10_000_000, 5_000),  # 640 rows are 64 kB, too few for a group
        (10**9, 1_000_000, 1_000_000),
    ],
)
def test_row_groups_of_64_kilobytes_in_round_numbers(rows: int, size: int, group_rows: int) -> None:
    assert row_group_rows(rows, size) == group_rows


def proposed(hours: Hours, keys: Keys) -> Suggestion:
    table, source = (load_contract(CONTRACTS / f"{name.replace('.', '/')}.odcs.yaml") for name in (BY_SENSOR, READINGS))
    return suggestion(table, source, ("sensor_id",), hours, keys)


def test_a_lookup_reads_a_small_bucket_whole() -> None:
    hours = Hours(100, 10_800_000, 12_000_000, 31_000_000, 40_000_000, files_per_bucket=1)
    keys = Keys(3, 4_000, top_share=0.001, null_share=0.0)
    assert proposed(hours, keys) == Suggestion(
        table=BY_SENSOR,
        measured=READINGS,
        bucket_columns=("sensor_id",),
        bucket_count=32,
        contract_count=64,
        row_group_rows=20_000,
        limited_by="bytes",
        sure="fair",
        hours=hours,
        keys=keys,
        bucket_bytes=968_750,
        lookup_bytes=968_750,
        hottest_bucket_bytes=1_250_000,
        files_per_hour=32,
        files_per_day=768,
    )


def test_a_lookup_reads_the_row_groups_of_its_key_in_a_large_file() -> None:
    hours, keys = Hours(100, 100_000_000, 1, 10**10, 10**10, files_per_bucket=1), Keys(3, 1_000_000, 0.0, 0.0)
    found = proposed(hours, keys)
    # 100 rows a key, in groups of 5,000 rows of 100 bytes: one group, and at times a second one
    assert (found.bucket_count, found.row_group_rows, found.lookup_bytes) == (512, 5_000, 510_000)


def test_several_units_of_work_make_several_files_a_bucket() -> None:
    hours, keys = Hours(100, 100_000_000, 1, 10**10, 10**10, files_per_bucket=40), Keys(3, 1_000_000, 0.0, 0.0)
    found = proposed(hours, keys)
    assert (found.files_per_hour, found.files_per_day) == (20_480, 491_520)
    assert found.lookup_bytes == found.bucket_bytes  # files of half a megabyte, each read whole


def test_half_of_the_rows_in_one_key_stay_in_one_bucket() -> None:
    hours, keys = Hours(100, 1_000_000, 1, 32_000_000, 50_000_000, files_per_bucket=1), Keys(3, 4_000, 0.5, 0.0)
    found = proposed(hours, keys)
    assert (found.bucket_count, found.hottest_bucket_bytes) == (32, 25_000_000)


@pytest.mark.parametrize(("hours", "sure"), [(1, "low"), (23, "low"), (24, "fair"), (167, "fair"), (168, "good")])
def test_a_week_of_hours_makes_sure(hours: int, sure: str) -> None:
    assert proposed(Hours(hours, 1, 1, 1, 1, 1), Keys(1, 1, 1.0, 0.0)).sure == sure


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Five published hours of readings. The oldest has most keys, one has no rows; the newest three are the others.

    What the catalog says of bytes is more than what the files have.
    """
    small, lake = SmallLake(str(tmp_path / "lake")), Lake.open(str(tmp_path / "lake"), str(CONTRACTS))
    lake.declare(lake.table(READINGS))
    sensors: dict[str, list[str | None]] = {
        "2026-11-21-08": [f"s{number}" for number in range(50)],
        "2026-11-21-09": [],
        "2026-11-21-10": ["a", "b", "c", "d", "e", None, None, "a"],
        "2026-11-21-11": ["a", "a", "a", "b"],
        "2026-11-21-12": ["a", "b", "c", "a", "b"],
    }
    sizes = {"08": 9_000_000, "09": 0, "10": 4_000_000, "11": 3_000_000, "12": 5_000_000}
    for dt, names in sensors.items():
        place = f"curated/sensors/readings_v1/dt={dt}/run=r1"
        nothing = pa.nulls(len(names))
        rows = pa.table(
            {
                "sensor_id": pa.array(names, pa.string()),
                "current_temperature": nothing.cast(pa.int32()),
                "status": nothing.cast(pa.string()),
                "rescued": nothing.cast(pa.string()),
            }
        )
        small.write(f"{place}/part-0.parquet", rows)
        published = Partition(dt, place).with_parameters(rows=str(len(names)), bytes=str(sizes[dt[-2:]]))
        assert lake.catalog.publish("sensors", "readings_v1", published, None)
    return lake


def test_a_bucketed_table_is_measured_by_the_one_it_is_made_from(lake: Lake) -> None:
    found = suggest(lake, BY_SENSOR)
    assert (found.measured, found.bucket_columns, found.contract_count) == (READINGS, ("sensor_id",), 64)
    assert found.hours == Hours(4, 5, 50, 4_000_000, 9_000_000, files_per_bucket=1)
    assert found.keys == Keys(3, distinct=6, top_share=0.75, null_share=0.25)
    assert (found.bucket_count, found.limited_by, found.sure) == (4, "bytes", "low")


def test_files_of_a_bucket_are_the_units_of_work_of_a_usual_hour(lake: Lake) -> None:
    usual = lake.catalog.partition("sensors", "readings_v1", "2026-11-21-10")
    assert usual is not None
    part = lake.store.read(f"{usual.location}/part-0.parquet")
    for number in (1, 2):
        lake.store.write(f"{usual.location}/part-{number}.parquet", part)
    found = suggest(lake, BY_SENSOR, unit_bytes=1)
    assert (found.hours.files_per_bucket, found.bucket_count, found.files_per_hour) == (3, 4, 12)


def test_any_column_with_a_hash_can_be_asked_for(lake: Lake) -> None:
    for name in (READINGS, BY_SENSOR):
        found = suggest(lake, name, ["status", "current_temperature"])
        assert found.bucket_columns == ("status", "current_temperature")
        assert found.keys == Keys(3, distinct=1, top_share=1.0, null_share=1.0)
        assert (found.bucket_count, found.limited_by) == (1, "keys")
    assert suggest(lake, READINGS, ["sensor_id"]).contract_count is None


@pytest.mark.parametrize(
    ("table", "columns", "message"),
    [
        (READINGS, [], "name the column that readers look for with `=`, e.g. --column sensor_id; could be sensor_id, "),
        (READINGS, ["sensorid"], "has no column 'sensorid'; did you mean 'sensor_id'?; could be sensor_id, current_"),
        (BY_SENSOR, ["dt"], "sensors.readings_v1 has no column 'dt'"),
        ("clickstream.events_v1", ["client_timestamp"], "client_timestamp is a timestamp; a bucket column is one of"),
        ("clickstream.events_by_user_v1", [], "no rows of clickstream.events_v1 are published, so there is nothing to"),
        ("clickstream.events_v1", ["user_id"], "run `lake run raw_to_parquet --table clickstream.events_v1` first"),
    ],
)
def test_what_cannot_be_measured_is_refused(lake: Lake, table: str, columns: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)) as refused:
        suggest(lake, table, columns)
    assert str(refused.value).startswith(f"suggesting buckets for {table}: ")


def test_a_table_without_a_contract_is_refused(lake: Lake) -> None:
    with pytest.raises(TableNotFound, match=BY_SENSOR.replace(".", r"\.")):
        suggest(lake, "sensors.readings_by_senor_v1")


def answer(lake: Lake, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    code = run_command(["contract", "suggest-buckets", *words, "--root", lake.store.uri, "--contracts", str(CONTRACTS)])
    assert code == 0
    return capsys.readouterr().out


def test_the_command_explains_its_proposal(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(lake, capsys, BY_SENSOR) == EXPLAINED


def test_one_bucket_for_one_key_is_called_into_question(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    explained = answer(lake, capsys, READINGS, "--column", "status")
    assert "bucketCount: 1\n" in explained
    assert "- Count: 1, the largest power of two that is no more than the keys. " in explained
    assert "- One bucket: the table gains from being sorted, and little else; is it worth a second copy?\n" in explained
    assert "The contract says" not in explained


def test_the_command_tells_programs_all_that_it_knows(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    reported = json.loads(answer(lake, capsys, READINGS, "--column", "sensor_id", "--column", "status", "--json"))
    assert reported == json.loads(json.dumps(asdict(suggest(lake, READINGS, ["sensor_id", "status"]))))
    assert (reported["bucket_columns"], reported["bucket_count"]) == (["sensor_id", "status"], 4)


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["contract", "suggest-buckets", "--help"]) == 0
    assert f"lake contract suggest-buckets {BY_SENSOR}" in capsys.readouterr().out.split("Examples:")[1]
