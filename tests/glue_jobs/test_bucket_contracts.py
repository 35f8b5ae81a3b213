"""A changed contract of a bucketed table, or of the one it is made from: what is refused, rebuilt, or left alone."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from lake.errors import ContractError
from lake.query.run import run_query
from tests.glue_jobs.bucket_lakes import (
    BUCKETED,
    COLUMNS,
    assert_bucketed,
    bucketed_trial,
    orders,
    publish_upstream,
    write_contracts,
)
from tests.glue_jobs.harness import Trial
from tests.glue_jobs.test_bucket_steps import published, reasons

pytestmark = pytest.mark.e2e

FIRST = orders([f"key {n % 9}" for n in range(60)])


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    return tmp_path / "contracts"


@pytest.fixture
def trial(tmp_path: Path, contracts: Path) -> Trial:
    """Three hours of the upstream table, bucketed."""
    trial = bucketed_trial(str(tmp_path / "lake"), contracts)
    for hour in (8, 9, 10):
        publish_upstream(trial, hour, FIRST)
    trial.run()
    return trial


def test_another_bucket_count_is_refused_while_partitions_are_published(trial: Trial, contracts: Path) -> None:
    before = (trial.content(), trial.lake.catalog.table("shop", "orders_by_key_v1"))
    write_contracts(contracts, bucketCount=8)
    with pytest.raises(ContractError) as refused:
        trial.run(rebuild=True)
    assert str(refused.value) == (
        "bucketing shop.orders_by_key_v1: its contract says 8 buckets by key, and what is published has 4 buckets by "
        "key. Readers prune by the table's buckets, so another number is another table: write the contract of "
        "orders_by_key_v2, run the job for it, and change the view to read it"
    )
    assert refused.value.exit_code == 2
    assert (trial.content(), trial.lake.catalog.table("shop", "orders_by_key_v1")) == before
    write_contracts(contracts)
    assert trial.outcomes() == {}


def test_another_bucket_count_is_taken_where_nothing_is_published(trial: Trial, contracts: Path) -> None:
    for hour in ("08", "09", "10"):
        trial.lake.catalog.drop_partition("shop", "orders_by_key_v1", f"2026-11-21-{hour}")
    write_contracts(contracts, bucketCount=8)
    assert trial.outcomes() == {"08": "published", "09": "published", "10": "published"}
    found = trial.lake.catalog.table("shop", "orders_by_key_v1")
    assert found is not None
    assert found.buckets is not None
    assert found.buckets.count == 8
    assert_bucketed(trial, 9)


def test_another_order_within_buckets_rebuilds_every_hour(trial: Trial, contracts: Path) -> None:
    write_contracts(contracts, sortColumns=["key", "note"])
    assert reasons(trial) == dict.fromkeys(("08", "09", "10"), "the contract changed")
    trial.run()
    assert_bucketed(trial, 9)


def test_a_new_optional_column_leaves_old_partitions_as_they_are_and_reads_as_null_in_them(
    trial: Trial, contracts: Path
) -> None:
    before = published(trial)
    write_contracts(contracts, {**COLUMNS, "weight": "int"})
    assert trial.outcomes() == {}
    publish_upstream(trial, 11, orders(["key 1"], weight=[7]))
    assert trial.outcomes() == {"11": "published"}
    assert {hour: published(trial)[hour] for hour in before} == before
    answer = run_query(
        f"SELECT dt, weight FROM {BUCKETED} WHERE key = 'key 1' AND dt >= '2026-11-21-10' AND seq < 2 ORDER BY dt",
        trial.root,
    )
    assert answer.table.to_pylist() == [
        {"dt": "2026-11-21-10", "weight": None},
        {"dt": "2026-11-21-11", "weight": 7},
    ]


def test_rows_of_an_upstream_with_fewer_columns_are_null_in_the_new_ones(trial: Trial, contracts: Path) -> None:
    write_contracts(contracts, {**COLUMNS, "weight": "int"})
    trial.run(rebuild=True)
    rows = trial.rows(9)
    assert rows.num_rows == 60
    assert rows.column("weight").to_pylist() == [None] * 60
    assert rows.column("weight").type == pa.int32()
    assert trial.outcomes() == {}


def test_an_upstream_column_that_the_bucketed_table_does_not_take_is_left_out(tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    write_contracts(contracts, {"key": "string", "seq": "bigint"}, COLUMNS)
    trial = Trial(str(tmp_path / "lake"), BUCKETED, str(contracts))
    publish_upstream(trial, 9, FIRST)
    trial.run()
    assert trial.rows(9).schema.names == ["key", "seq", "rescued"]
    assert_bucketed(trial, 9)
