"""Published files spoilt by hand: each is named, with what is wrong with it, and nothing else is."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.lake.ops.verify.conftest import ROWS
from tests.lake.ops.verify.published import BUCKETED, HOUR, REBUILD_BUCKETS, REBUILD_FLAT, Site, parquet


def flipped(data: bytes) -> bytes:
    """One bit of the first page's data."""
    page = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(0).column(0).data_page_offset
    return data[: page + 40] + bytes([data[page + 40] ^ 1]) + data[page + 41 :]


def test_a_file_cut_short(site: Site) -> None:
    name = site.spoil(lambda data: data[:-10])
    assert site.found() == [("error", "truncated", name)]
    assert site.found(quick=True) == [("error", "truncated", name)]


def test_a_file_of_no_bytes(site: Site) -> None:
    name = site.spoil(lambda _: b"")
    assert site.found() == [("error", "truncated", name)]


def test_a_file_that_grew(site: Site) -> None:
    name = site.spoil(lambda data: data + b"PAR1")
    assert ("error", "altered", name) in site.found(quick=True)


def test_a_bit_flipped_in_a_page(site: Site) -> None:
    name = site.spoil(flipped)
    found = site.found()
    assert ("error", "altered", name) in found
    assert {file for _, _, file in found} == {name}
    assert site.finding("altered").message.startswith("its content was changed: it has SHA-256 ")
    assert site.found(quick=True) == []


def test_a_file_too_large_to_hold_is_read_in_pieces(buckets_anywhere: Site) -> None:
    site = buckets_anywhere
    done = site.verify(whole_bytes=0)
    assert (done.findings, done.rows) == ([], ROWS)
    name = site.spoil(flipped)
    assert ("error", "altered", name) in site.found(whole_bytes=0)


def test_bucket_columns_of_another_type_are_reported_and_not_hashed(buckets: Site) -> None:
    def doubled(_: int, rows: pa.Table) -> pa.Table:
        return rows.set_column(0, "sensor_id", pa.array([1.5] * rows.num_rows))

    buckets.put_buckets(doubled)
    assert buckets.found() == [("error", "schema", name) for name in buckets.names()]


@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
@example(place=0.0, byte=0)
@example(place=0.5, byte=255)
@example(place=0.999, byte=0)
@settings(max_examples=40)
def test_whatever_byte_is_another_the_file_is_named_and_no_other(
    place: float, byte: int, damaged: tuple[Site, bytes]
) -> None:
    site, sound = damaged
    at = int(place * len(sound))
    changed = sound[:at] + bytes([byte]) + sound[at + 1 :]
    site.lake.store.write(site.files()[0], changed)
    name = site.names()[0]
    found = site.found()
    assert (("error", "altered", name) in found) == (changed != sound)
    assert {file for _, _, file in found} <= {name, ""}
    site.found(quick=True)


@pytest.fixture(scope="module")
def damaged(lake_to_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, bytes]:
    """A lake whose first bucket file each example damages, and that file's bytes when it was sound."""
    copied = shutil.copytree(lake_to_copy, tmp_path_factory.mktemp("damaged") / "lake")
    site = Site(str(copied), BUCKETED)
    return site, site.lake.store.read(site.files()[0])


def test_a_file_missing(site: Site) -> None:
    name, rows = site.names()[0], site.verify().rows
    site.lake.store.delete([site.files()[0]])
    assert site.found() == [("error", "rows", ""), ("error", "missing", name)]
    left = site.verify().rows
    assert site.finding("rows").message == f"its files have {left:,} rows; the catalog says {rows:,}"


def test_a_file_too_many(site: Site) -> None:
    store, key = site.lake.store, site.files()[0]
    bucket = site.names()[0][:6]
    name = f"{bucket}_1-copy.parquet"
    store.write(f"{site.partition().location}/{name}", store.read(key))
    assert site.found() == [("error", "rows", ""), ("error", "extra", name)]
    assert site.found(quick=True) == [("error", "rows", ""), ("error", "extra", name)]


def test_an_empty_file_too_many(site: Site) -> None:
    name = "000000_9.parquet"
    site.lake.store.write(f"{site.partition().location}/{name}", b"")
    assert site.found() == [("error", "extra", name)]


def test_a_folder_within_the_partition(site: Site) -> None:
    store, key = site.lake.store, site.files()[0]
    store.write(f"{site.partition().location}/more/{site.names()[0]}", store.read(key))
    assert site.found() == [("error", "subfolder", "more/")]
    assert site.finding("subfolder").message.startswith("is a folder, with 1 objects; ")


def test_an_empty_folder_within_the_partition(buckets: Site) -> None:
    (Path(buckets.root) / buckets.partition().location / "more").mkdir()
    assert buckets.found() == [("error", "subfolder", "more/")]


def test_a_file_with_other_columns(buckets: Site) -> None:
    def other(_: int, rows: pa.Table) -> pa.Table:
        rows = rows.drop_columns(["status"]).append_column("unit", pa.array(["C"] * rows.num_rows))
        return rows.set_column(1, "current_temperature", rows.column(1).cast(pa.int64()))

    buckets.put_buckets(other)
    for quick in (False, True):
        found = buckets.verify(quick=quick).findings
        assert [(one.code, one.file, one.message) for one in found] == [
            ("schema", name, message)
            for name in buckets.names()
            for message in (
                "column current_temperature: expected int, found bigint",
                "missing column status; expected string",
                "unexpected column unit (string), not in the contract",
            )
        ]


def test_a_manifest_missing(site: Site) -> None:
    site.lake.store.delete([f"{site.partition().location}/_manifest.json"])
    assert site.found() == [("error", "manifest_missing", "_manifest.json")]


def test_without_its_manifest_other_bytes_are_seen_by_the_digest(site: Site) -> None:
    site.lake.store.delete([f"{site.partition().location}/_manifest.json"])
    site.spoil(lambda data: parquet(pq.read_table(io.BytesIO(data)), compression="zstd"))
    codes = ["bytes", "digest", "manifest_missing"]
    assert [code for _, code, _ in site.found()] == codes


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"files": [{"key": "a"}]}', b'{"files": 7}'])
def test_a_manifest_that_is_none(flat: Site, text: bytes) -> None:
    flat.lake.store.write(f"{flat.partition().location}/_manifest.json", text)
    assert flat.found() == [("error", "manifest_damaged", "_manifest.json")]


def test_a_folder_missing(buckets_anywhere: Site) -> None:
    site = buckets_anywhere
    store = site.lake.store
    location = site.partition().location
    store.delete([one.key for one in store.list(location)])
    (finding,) = site.verify().findings
    assert (finding.code, finding.partition, finding.file) == ("location_missing", HOUR, "")
    assert finding.message == f"{store.uri_of(location)} is empty or missing; readers see no rows of this hour"
    assert finding.next_step == REBUILD_BUCKETS


def test_a_partition_that_points_into_another_hour(flat: Site) -> None:
    flat.run(1, hour=10)
    catalog, ten = flat.lake.catalog, flat.partition("2026-11-21-10")
    nine = flat.partition()
    moved = type(nine)(HOUR, ten.location, ten.parameters)
    assert catalog.publish("sensors", "readings_v1", moved, nine)
    assert flat.found() == [("error", "location_elsewhere", "")]


@pytest.mark.parametrize(
    ("parameter", "code"),
    [("rows", "rows"), ("bytes", "bytes"), ("content_digest", "digest"), ("records", "accounting")],
)
def test_a_catalog_that_says_something_else(flat: Site, parameter: str, code: str) -> None:
    flat.edit_catalog(**{parameter: "17"})
    found = flat.found()
    assert ("error", code, "") in found
    assert {one for _, one, _ in found} <= {code, "accounting"}


def test_a_manifest_that_counts_other_rows_than_the_file_has(flat: Site) -> None:
    flat.edit_manifest(lambda body: body["files"][0].update(rows=7))
    assert flat.found() == [("error", "rows", flat.names()[0])]


def test_a_required_value_that_is_null(buckets: Site) -> None:
    def forget(bucket: int, rows: pa.Table) -> pa.Table:
        nothing = pa.array([None] * rows.num_rows, pa.string())
        return rows.set_column(0, "sensor_id", nothing)

    buckets.put_buckets(forget)
    found = buckets.verify().findings
    assert {one.code for one in found} == {"null_in_required", "wrong_bucket"}
    assert found[-1].message.startswith("40 of 40 rows do not belong to bucket ")
    assert "sensor_id is null in 40 rows; the contract requires it" in {one.message for one in found}


def test_a_quarantine_cut_short(tmp_path: Path) -> None:
    site = Site(str(tmp_path / "lake"))
    site.trial.land(9, "o0", '{"bad"\n')
    site.run(1, 2)
    store = site.lake.store
    (key,) = [one.key for one in store.list("quarantine") if one.key.endswith(".parquet")]
    store.write(key, store.read(key)[:-10])
    (finding,) = site.verify().findings
    assert (finding.table, finding.partition) == ("sensors.readings_v1_quarantine", HOUR)
    assert finding.code in ("unreadable", "truncated")  # the latter once its manifest lists its files
    assert finding.next_step == REBUILD_FLAT
