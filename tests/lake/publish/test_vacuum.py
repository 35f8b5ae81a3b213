"""Vacuum on both kinds of root: what goes, and above all what stays."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lake.catalog import Catalog, Partition, open_catalog
from lake.contract.catalog_tables import catalog_table, quarantine_table
from lake.contract.model import Bucketing, Column, Source, Table
from lake.objects import Store, open_store
from lake.publish.partition import quarantine_name, roll_back, write_manifest
from lake.publish.run_report import RunReport, save
from lake.publish.vacuum import Dropped, vacuum

DT = "2026-11-21-09"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


class Site:
    """A root with a table of its own name: moto's Glue databases are shared by all tests."""

    def __init__(self, root: str) -> None:
        database = f"shop_{uuid.uuid4().hex[:8]}"
        columns = (Column("id", "id", "string", key_position=1),)
        self.table = Table(database, "orders_v1", "1.0.0", "", columns, Source(f"raw/{database}/orders", "json"))
        self.store: Store = open_store(root)
        self.catalog: Catalog = open_catalog(root)
        self.catalog.put_table(catalog_table(self.table))
        self.catalog.put_table(quarantine_table(self.table))

    def run(self, days_ago: float, state: str = "succeeded", zone: str = "curated", dt: str = DT) -> str:
        """Leave a run's folder: a file of 3 bytes and a manifest of 2. Returns its location."""
        started = NOW - timedelta(days=days_ago)
        run_id = f"{started:%Y%m%dT%H%M%SZ}-00000a"
        location = f"{zone}/{self.table.database}/orders_v1/dt={dt}/run={run_id}"
        self.store.write(f"{location}/part-0.parquet", b"abc")
        self.store.write(f"{location}/_manifest.json", b"{}")
        save(self.store, self.table, RunReport(run_id, self.table.full_name, "raw_to_parquet", state))
        return location

    def point(self, location: str, name: str = "orders_v1", **parameters: str) -> None:
        """Make the partition point to a run's folder."""
        current = self.catalog.partition(self.table.database, name, DT)
        wanted = Partition(DT, location).with_parameters(run_id=location.rsplit("=", 1)[-1], **parameters)
        assert self.catalog.publish(self.table.database, name, wanted, expected=current)

    def vacuum(self, older_than: timedelta = WEEK, *, dry_run: bool = False, now: datetime = NOW) -> set[str]:
        """Vacuum; the folders that were removed (or would be), below the database."""
        dropped = vacuum(self.table, self.store, self.catalog, older_than, dry_run=dry_run, now=now)
        return {one.folder for one in dropped}

    def there(self) -> list[str]:
        zones = ("curated", "quarantine", "keys")
        return [one.key for zone in zones for one in self.store.list(f"{zone}/{self.table.database}")]


@pytest.fixture
def site(any_root: str) -> Site:
    return Site(any_root)


def test_a_superseded_folder_goes_once_it_has_been_out_of_use_for_long_enough(site: Site) -> None:
    first, second, third = (site.run(days) for days in (30, 7, 6.99))
    site.point(third)
    before = site.there()
    assert site.vacuum() == {first}
    assert site.there() == [key for key in before if not key.startswith(first)]
    assert site.vacuum(timedelta(days=6.99)) == {second}
    assert site.vacuum(timedelta(0)) == set()
    assert site.there() == [f"{third}/_manifest.json", f"{third}/part-0.parquet"]


def test_what_a_partition_points_to_stays_however_old_and_though_newer_folders_go(site: Site) -> None:
    pointed, *others = (site.run(days) for days in (300, 200, 100))
    site.point(pointed)
    assert site.vacuum(timedelta(0)) == set(others)
    assert {key.rsplit("/", 1)[0] for key in site.there()} == {pointed}


def test_what_a_partition_is_rolled_back_to_stays(site: Site) -> None:
    old, new = site.run(30), site.run(20)
    site.point(old)
    write_manifest(site.store, Partition(DT, old).with_parameters(run_id="old"), {})
    site.point(new, previous_location=old)
    roll_back(site.catalog, site.store, site.table, DT)
    assert site.vacuum(timedelta(0)) == {new}


def test_rows_and_quarantine_are_judged_each_by_its_own_partition(site: Site) -> None:
    rows, rejects = site.run(30), site.run(30, zone="quarantine")
    newer_rows, newer_rejects = site.run(20), site.run(20, zone="quarantine")
    site.point(newer_rows)
    site.point(rejects, quarantine_name(site.table))
    assert site.vacuum(timedelta(0)) == {rows, newer_rejects}


@pytest.mark.parametrize(
    ("state", "days_ago", "goes"),
    [
        ("running", 0.99, False),
        ("running", 1.01, True),
        ("failed", 0.5, True),
        ("refused", 0.5, True),
        ("succeeded", 0.5, True),
    ],
)
def test_a_run_that_has_not_ended_is_left_alone_for_a_day_whatever_is_asked(
    state: str, days_ago: float, goes: bool, site: Site
) -> None:
    site.point(site.run(40))
    left = site.run(days_ago, state)
    assert site.vacuum(timedelta(0)) == ({left} if goes else set())


def test_a_run_whose_report_is_missing_counts_as_unfinished(site: Site) -> None:
    young, old = site.run(0.5), site.run(1.5, dt="2026-11-21-10")
    for one in site.store.list("runs"):
        site.store.delete([one.key])
    assert site.vacuum(timedelta(0)) == {old}
    assert young in {key.rsplit("/", 1)[0] for key in site.there()}


def test_a_refused_run_goes_though_it_is_the_newest_and_its_partition_was_never_published(site: Site) -> None:
    refused = site.run(8, "refused")
    assert site.vacuum(timedelta(days=9)) == set()
    assert site.vacuum() == {refused}
    assert site.there() == []


def test_a_dry_run_says_the_same_and_touches_nothing(site: Site) -> None:
    old, new = site.run(30), site.run(20)
    site.point(new)
    site.store.write(f"keys/{site.table.database}/orders_v1/dt={DT}/k.parquet", b"12345")
    before = site.there()
    now = datetime.now(UTC) + timedelta(days=20)
    asked = {"older_than": WEEK, "now": now}
    would = vacuum(site.table, site.store, site.catalog, **asked, dry_run=True)
    assert site.there() == before
    assert would == [Dropped(old, 2, 5), Dropped(f"keys/{site.table.database}/orders_v1", 1, 5)]
    assert vacuum(site.table, site.store, site.catalog, **asked, dry_run=False) == would
    assert site.there() == [f"{new}/_manifest.json", f"{new}/part-0.parquet"]


@pytest.mark.parametrize(
    ("older_than", "age", "goes"),
    [
        (timedelta(0), timedelta(hours=23), False),
        (timedelta(0), timedelta(hours=25), True),
        (WEEK, timedelta(days=6), False),
        (WEEK, timedelta(days=8), True),
    ],
)
def test_a_key_index_goes_by_its_age_but_never_in_its_first_day(
    older_than: timedelta, age: timedelta, goes: bool, site: Site
) -> None:
    folder = f"keys/{site.table.database}/orders_v1"
    site.store.write(f"{folder}/dt={DT}/k.parquet", b"index")
    dropped = site.vacuum(older_than, now=datetime.now(UTC) + age)
    assert dropped == ({folder} if goes else set())
    assert bool(site.there()) is not goes


def test_another_tables_folders_are_not_looked_at(site: Site) -> None:
    other = replace(site.table, name="orders_v2")
    site.run(30)
    assert vacuum(other, site.store, site.catalog, timedelta(0), dry_run=False, now=NOW) == []
    assert len(site.there()) == 2


class BucketedSite(Site):
    """A root with a table that is made from another one, and has no quarantine."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.source = self.table
        bucketing = Bucketing(("id",), 4, ("id",), 1000)
        upstream = self.table.full_name
        self.table = replace(self.table, name="orders_by_id_v1", source=None, upstream=upstream, bucketing=bucketing)
        self.catalog.put_table(catalog_table(self.table))

    def run_folder(self, zone: str, table: Table, days_ago: float) -> str:
        """Leave the folder of a run that has ended. Returns its location."""
        run_id = f"{NOW - timedelta(days=days_ago):%Y%m%dT%H%M%SZ}-00000a"
        location = f"{zone}/{table.database}/{table.name}/dt={DT}/run={run_id}"
        self.store.write(f"{location}/000000_0-a.parquet", b"abc")
        save(self.store, table, RunReport(run_id, table.full_name, "bucket_by_key", "succeeded"))
        return location


def test_a_bucketed_tables_folders_go_by_the_same_rule_and_no_others(any_root: str) -> None:
    site = BucketedSite(any_root)
    old, new = (site.run_folder("bucketed", site.table, days) for days in (30, 20))
    site.point(new, site.table.name)
    # Folders of that name in zones that the table has nothing in, and the source's own: none of its business.
    others = [
        site.run_folder("curated", site.table, 30),
        site.run_folder("quarantine", site.table, 30),
        site.run_folder("curated", site.source, 30),
    ]
    assert site.vacuum() == {old}
    left = {
        one.key.rpartition("/")[0] for zone in ("bucketed", "curated", "quarantine") for one in site.store.list(zone)
    }
    assert left == {new, *others}
