"""Skewed, empty and unusual hours: every row of the upstream is in its bucket, once, in order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lake.contract.arrow import arrow_schema
from lake.contract.hive_hash import bucket_of
from tests.glue_jobs.bucket_lakes import (
    COLUMNS,
    assert_bucketed,
    bucket_numbers_of,
    bucketed_trial,
    orders,
    publish_upstream,
)
from tests.glue_jobs.harness import Trial

pytestmark = pytest.mark.e2e

KEYS = [f"key {n % 40}" for n in range(400)]


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return bucketed_trial(str(tmp_path / "lake"), tmp_path / "contracts")


def test_an_hour_of_several_files_lies_in_its_buckets_one_file_each(any_root: str, tmp_path: Path) -> None:
    trial = bucketed_trial(any_root, tmp_path / "contracts")
    first, second = orders(KEYS), orders(KEYS[::-1], start=len(KEYS))
    publish_upstream(trial, 9, first, second, group=30)
    assert trial.outcomes() == {"09": "published"}
    assert bucket_numbers_of(assert_bucketed(trial, 9)) == [0, 1, 2, 3]
    assert trial.counts() == {"records": 800, "rows": 800, "duplicates": 0, "quarantined": 0}


def test_a_key_with_half_of_the_rows_does_not_hide_the_others(trial: Trial) -> None:
    publish_upstream(trial, 9, orders([key if n % 2 else "skewed" for n, key in enumerate(KEYS * 10)]), group=100)
    trial.run()
    found = assert_bucketed(trial, 9)
    assert max(rows.num_rows for rows in found.values()) >= 2000


def test_one_key_is_one_file(trial: Trial) -> None:
    publish_upstream(trial, 9, orders(["only"] * 500), group=100)
    trial.run()
    assert bucket_numbers_of(assert_bucketed(trial, 9)) == [bucket_of(["only"], ["string"], 4)]


def test_more_buckets_than_keys_leaves_buckets_without_a_file(tmp_path: Path) -> None:
    trial = bucketed_trial(str(tmp_path / "lake"), tmp_path / "contracts", bucketCount=4096)
    publish_upstream(trial, 9, orders(["a", "b", "c"] * 5))
    trial.run()
    assert bucket_numbers_of(assert_bucketed(trial, 9)) == [97, 98, 99]


def test_keys_that_are_all_null_are_in_bucket_0(trial: Trial) -> None:
    publish_upstream(trial, 9, orders([None] * 20))
    trial.run()
    assert bucket_numbers_of(assert_bucketed(trial, 9)) == [0]


def test_an_hour_of_no_rows_is_published_as_one_without_files(trial: Trial) -> None:
    publish_upstream(trial, 8)
    publish_upstream(trial, 9, arrow_schema(trial.of("shop.orders_v1").table).empty_table())
    assert trial.outcomes() == {"08": "published", "09": "published"}
    assert assert_bucketed(trial, 8) == assert_bucketed(trial, 9) == {}
    assert trial.outcomes() == {}


@pytest.mark.parametrize("kind", ["bigint", "int", "boolean", "date", "string"])
def test_keys_of_every_type_lie_where_the_plain_rule_puts_them(kind: str, tmp_path: Path) -> None:
    values: dict[str, list[Any]] = {
        "bigint": [-1, 0, 1, -(2**63), 2**63 - 1, 2**31, -(2**31) - 1, None, 7, 7],
        "int": [-1, 0, 1, -(2**31), 2**31 - 1, None, 7, 7],
        "boolean": [True, False, None, True, False],
        "date": [date(1969, 12, 31), date(1970, 1, 1), date(2026, 11, 21), date(1, 1, 1), None],
        "string": ["", "a", "A", "é", "強大", "🚕", "a" * 1000, None, "a\x00", "line\nbreak", "a"],
    }
    columns = {**COLUMNS, "key": kind}
    trial = bucketed_trial(str(tmp_path / "lake"), tmp_path / "contracts", columns, bucketCount=3)
    publish_upstream(trial, 9, orders(values[kind] * 3), group=4)
    trial.run()
    assert_bucketed(trial, 9)


def test_rows_are_sorted_by_further_columns_with_nulls_first_and_every_type_survives(tmp_path: Path) -> None:
    columns = {"key": "bigint", "at": "timestamp", "seq": "bigint", "note": "string", "paid": "decimal(10,2)"}
    columns |= {"items": "array<struct<name:string,pieces:int>>", "day": "date", "ok": "boolean", "share": "double"}
    trial = bucketed_trial(str(tmp_path / "lake"), tmp_path / "contracts", columns, sortColumns=["key", "at"])
    moments = [None, datetime(2026, 11, 21, 9, 0, 0, 2, UTC), datetime(2026, 11, 21, 9, 0, 0, 1, UTC)]
    rows = orders(
        [n % 5 or None for n in range(60)],
        at=[moments[n % 3] for n in range(60)],
        items=[[{"name": "pen", "pieces": n}, None] if n % 4 else None for n in range(60)],
        share=[n / 3 for n in range(60)],
        rescued=['{"more": 1}' if n % 2 else None for n in range(60)],
    )
    publish_upstream(trial, 9, rows, group=7)
    trial.run()
    assert_bucketed(trial, 9)


def test_two_bucket_columns_decide_together(tmp_path: Path) -> None:
    trial = bucketed_trial(
        str(tmp_path / "lake"), tmp_path / "contracts", bucketColumns=["key", "note"], bucketCount=16
    )
    notes = [f"n{n % 7}" if n % 11 else None for n in range(len(KEYS))]
    publish_upstream(trial, 9, orders(KEYS, note=notes))
    trial.run()
    found = assert_bucketed(trial, 9)
    assert len(found) == 16


@pytest.mark.parametrize(("unit_bytes", "units"), [(1, 8), (16_000, 4), (20_000, 3)])
def test_an_hour_larger_than_a_unit_makes_several_files_a_bucket(trial: Trial, unit_bytes: int, units: int) -> None:
    trial.given = {"unit_bytes": unit_bytes}
    first, second = orders(KEYS), orders(KEYS, start=len(KEYS))
    publish_upstream(trial, 9, first, second, group=100)
    trial.run()
    found = assert_bucketed(trial, 9)
    assert bucket_numbers_of(found) == [bucket for bucket in range(4) for _ in range(units)]
    assert len({name.split("_")[1] for name in found}) == units


def test_rows_that_take_far_more_memory_than_they_take_as_stored_are_sorted_a_part_at_a_time(
    trial: Trial,
) -> None:
    trial.given = {"unit_bytes": 50_000}
    publish_upstream(
        trial, 9, orders(KEYS, note=[f"{n // 4} " + "a long text " * 16 for n in range(len(KEYS))]), group=100
    )
    trial.run()
    found = assert_bucketed(trial, 9)
    assert bucket_numbers_of(found) == [0, 0, 1, 1, 2, 2, 3, 3]
    units = {name.split("_")[1].split("-")[0] for name in found}
    assert units == {"0"}
    assert [name.removesuffix(".parquet").split("-")[2:] for name in sorted(found)] == [["1"], []] * 4


@pytest.mark.e2e
def test_a_million_keys(tmp_path: Path) -> None:
    columns = {"key": "bigint", "seq": "bigint"}
    trial = bucketed_trial(str(tmp_path / "lake"), tmp_path / "contracts", columns, bucketCount=64)
    numbers = pa.array(range(1_000_000), pa.int64())
    keys = pa.array([n * 2_654_435_761 % 1_000_003 - 500_000 for n in range(1_000_000)], pa.int64())
    rows = pa.table({"key": keys, "seq": numbers, "rescued": pa.nulls(1_000_000, pa.string())})
    publish_upstream(trial, 9, rows, group=100_000)
    trial.run()
    assert len(assert_bucketed(trial, 9)) == 64
