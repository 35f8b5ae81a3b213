"""Buckets: a row that lies in a wrong one is hidden from readers without any error, so each is looked at."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from lake.catalog import Buckets
from lake.contract.catalog_tables import catalog_table
from lake.contract.model import Bucketing
from lake.ops.verify.contents import Expected
from lake.ops.verify.file import bucket_in
from tests.lake.ops.verify.conftest import ROWS
from tests.lake.ops.verify.published import BUCKETED, HOUR, REBUILD_BUCKETS, Site

TABLE = "sensors.readings_by_sensor_v1"


@pytest.fixture
def site(buckets: Site) -> Site:
    return buckets


def test_the_published_buckets_are_those_that_these_tests_speak_of(site: Site) -> None:
    assert [name[:9] for name in site.names()] == [f"{bucket:06d}_0-" for bucket in (7, 8, 9, 10, 11)]


def test_a_bucket_file_under_another_buckets_name(buckets_anywhere: Site) -> None:
    site = buckets_anywhere
    name = site.names()[0]
    moved = name.replace("000007", "000012")
    site.rename(site.files()[0], moved)
    assert site.found() == [("error", "missing", name), ("error", "extra", moved), ("error", "wrong_bucket", moved)]
    assert site.found(quick=True) == [("error", "missing", name), ("error", "extra", moved)]
    finding = site.finding("wrong_bucket")
    assert (finding.table, finding.partition, finding.file) == (TABLE, HOUR, moved)
    assert finding.message == (
        "40 of 40 rows do not belong to bucket 12 (row 0 to bucket 7); queries that filter on their key miss them"
    )
    assert finding.next_step == REBUILD_BUCKETS


def test_a_bucket_file_put_over_another_buckets_file(site: Site) -> None:
    store, (seven, eight, *_) = site.lake.store, site.files()
    store.write(eight, store.read(seven))
    name = site.names()[1]
    found = site.found()
    assert ("error", "wrong_bucket", name) in found
    assert {code for _, code, _ in found} <= {"wrong_bucket", "altered", "truncated"}
    assert {file for _, _, file in found} == {name}


def test_wrong_buckets_that_a_job_published_with_manifest_and_digest_in_order(tmp_path: Path) -> None:
    site = Site(str(tmp_path / "lake"))
    site.run(*range(ROWS))
    site.table_name = BUCKETED
    site.put_buckets(named={7: "000009_1-a.parquet", 9: "000007_1-b.parquet"})
    assert site.found() == [
        ("error", "wrong_bucket", "000007_1-b.parquet"),
        ("error", "wrong_bucket", "000009_1-a.parquet"),
    ]
    assert site.found(quick=True) == []


def test_one_row_in_a_wrong_bucket(site: Site) -> None:
    def stray(bucket: int, rows: pa.Table) -> pa.Table:
        if bucket != 8:
            return rows
        names = rows.column("sensor_id").to_pylist()
        return rows.set_column(0, "sensor_id", pa.array([*names[:-1], "device_9"]))

    site.put_buckets(stray, row_group_rows=9)
    finding = site.finding("wrong_bucket")
    assert finding.file == site.names()[1]
    assert finding.message.startswith("1 of 40 rows do not belong to bucket 8 (row 39 to bucket ")


@pytest.mark.parametrize("name", ["part-00000.parquet", "0.parquet", "bucket_x", "000064_0-a.parquet", "x000007_0"])
def test_a_file_name_that_athena_and_trino_refuse(site: Site, name: str) -> None:
    site.rename(site.files()[0], name)
    assert [code for _, code, file in site.found(quick=True) if file == name] == ["extra", "file_name"]
    assert site.finding("file_name").message.endswith(("(expected 000000_0-...)", "fail on every query of the hour"))


@pytest.mark.parametrize(
    ("name", "bucket"),
    [
        ("000000_0", 0),
        ("000007_0-ab.parquet", 7),
        ("7_12", 7),
        ("000063_0.snappy", 63),
        ("bucket_00005", 5),
        ("bucket_5_2", 5),
        ("000064_0", None),
        ("bucket_64", None),
        ("bucket_5_x", None),
        ("000007-0", None),
        ("000007_", None),
        ("_000007_0", None),
    ],
)
def test_the_bucket_in_a_name(name: str, bucket: int | None) -> None:
    expected = Expected({}, bucketing=Bucketing(("a",), 64, ("a",), 1))
    found, problems = bucket_in(name, expected)
    assert (found, [one.code for one in problems]) == (bucket, [] if bucket is not None else ["file_name"])


@pytest.mark.parametrize("row_group_rows", [20_000, 20, 7])
def test_rows_out_of_order_within_a_row_group_or_between_two(tmp_path: Path, row_group_rows: int) -> None:
    site = Site(str(tmp_path / "lake"))
    shipped, site.contracts = site.lake.contracts, str(tmp_path / "contracts")
    shutil.copytree(shipped / "sensors", tmp_path / "contracts" / "sensors")
    contract = tmp_path / "contracts" / "sensors" / "readings_by_sensor_v1.odcs.yaml"
    count = "      - property: bucketCount\n"
    order = "      - property: sortColumns\n        value: [sensor_id, current_temperature]\n"
    contract.write_text(contract.read_text().replace(count, order + count))
    site.run(*range(ROWS))

    def swapped(bucket: int, rows: pa.Table) -> pa.Table:
        places = list(range(rows.num_rows))
        return rows.take([*places[20:], *places[:20]]) if bucket == 9 else rows

    site.put_buckets(row_group_rows=row_group_rows)
    site.table_name = BUCKETED
    assert site.found() == []
    site.put_buckets(swapped, row_group_rows=row_group_rows)
    assert site.found() == [("error", "not_sorted", site.names()[2])]
    assert site.found(quick=True) == []
    assert site.finding("not_sorted").message == (
        "1 rows sort before the previous row, first at row 20; "
        "expected rows sorted by sensor_id, current_temperature, nulls first"
    )


def test_row_groups_larger_than_the_contracts(site: Site) -> None:
    site.put_buckets(lambda _, rows: pa.concat_tables([rows] * 501), row_group_rows=20_040)
    found = [one for one in site.verify(quick=True).findings if one.code == "row_group"]
    assert [one.file for one in found] == site.names()
    assert found[0].message == ("1 of 1 row groups are too large (up to 20,040 rows); expected at most 20,000 rows")


@pytest.mark.parametrize(
    ("others", "shown"),
    [
        (None, "no buckets"),
        (Buckets(("sensor_id",), 32, ("sensor_id",)), "32 buckets by sensor_id, sorted by sensor_id"),
        (Buckets(("status",), 64), "64 buckets by status"),
    ],
)
def test_a_catalog_with_other_buckets_than_the_contracts(site: Site, others: Buckets | None, shown: str) -> None:
    site.lake.catalog.put_table(replace(catalog_table(site.table), buckets=others))
    (finding,) = site.verify().findings
    assert (finding.level, finding.code, finding.table, finding.partition) == ("error", "table_buckets", TABLE, "")
    wanted = "64 buckets by sensor_id, sorted by sensor_id"
    assert finding.message == f"the catalog says {shown}; the contract says {wanted}"
    assert finding.next_step == "lake run bucket_by_key --table sensors.readings_by_sensor_v1 --rebuild"


def test_an_hour_older_than_its_source_is_reported_and_is_no_error(site: Site) -> None:
    site.run(1, 2, 3, name="o2")
    done = site.verify()
    (finding,) = done.findings
    assert (finding.level, finding.code, done.errors) == ("information", "older_than_source", 0)
    assert finding.message == "is older than its source, sensors.readings_v1, which was published again later"
    assert finding.next_step == REBUILD_BUCKETS.removesuffix(" --rebuild")
    site.edit_catalog(pinned="true")
    step = site.finding("older_than_source").next_step
    assert step == f"lake unpin {TABLE} {HOUR}; then {REBUILD_BUCKETS.removesuffix(' --rebuild')}"


def test_an_hour_with_fewer_rows_than_the_source_that_it_was_made_from(site: Site) -> None:
    site.put_buckets(lambda _, rows: rows.slice(1))
    (finding,) = site.verify().findings
    assert (finding.level, finding.code, finding.file) == ("error", "rows", "")
    assert finding.message == (
        "the catalog says 195 rows, and 200 of its source, sensors.readings_v1; expected as many"
    )


def test_an_hour_made_under_another_contract_is_reported_and_is_no_error(site: Site) -> None:
    site.edit_catalog(reading_digest="another", contract_version="0.9.0")
    done = site.verify()
    assert [(one.level, one.code) for one in done.findings] == [("information", "other_contract")]
    assert done.findings[0].message == (
        "was made under another contract (version 0.9.0); it is stale, and the next run rebuilds it"
    )
