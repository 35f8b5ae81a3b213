"""Which hours of a bucketed table are stale, by digests of the upstream's content, and by the contract's rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake.catalog import Catalog, Partition, open_catalog
from lake.contract.catalog_tables import catalog_table
from lake.contract.load import load_tables
from lake.contract.model import Bucketing, Column, Table
from lake.objects import Store, open_store
from lake.plan.bucketed import BUCKETING_VERSION, UpstreamInputs, plan_from_upstream
from lake.plan.partition_plan import PartitionPlan, PlanScope, TablePlan
from tests.glue_jobs.bucket_lakes import BUCKETED, UPSTREAM, write_contracts

DT = "2026-11-21-{:02d}"


class Site:
    """A catalog with the two tables, and partitions that are set by hand."""

    def __init__(self, folder: Path) -> None:
        write_contracts(folder / "contracts")
        tables = load_tables(folder / "contracts")
        self.upstream, self.table = tables[UPSTREAM], tables[BUCKETED]
        self.store: Store = open_store(str(folder / "lake"))
        self.catalog: Catalog = open_catalog(str(folder / "lake"))
        for table in (self.upstream, self.table):
            self.catalog.put_table(catalog_table(table))

    def publish(self, table: Table, hour: int, **parameters: str) -> Partition:
        before = self.catalog.partition(table.database, table.name, DT.format(hour))
        partition = Partition(DT.format(hour), f"x/{table.name}/{hour}").with_parameters(**parameters)
        assert self.catalog.publish(table.database, table.name, partition, expected=before)
        return partition

    def bucket(self, hour: int, **parameters: str) -> None:
        """Publish an hour of the bucketed table as its job does."""
        planned = self.hour(hour)
        columns = ",".join(column.name for column in self.table.columns)
        assert planned.inputs.source is not None
        made_from = planned.inputs.source.get("content_digest")
        given = {"input_digest": planned.input_digest, "reading_digest": self.table.reading_digest(), "run_id": "run"}
        self.publish(self.table, hour, **{**given, "columns": columns, "upstream_digest": made_from, **parameters})

    def plan(
        self, table: Table | None = None, version: str = BUCKETING_VERSION, **scope: Any
    ) -> TablePlan[UpstreamInputs]:
        return plan_from_upstream(
            table or self.table, self.upstream, self.store, self.catalog, PlanScope(**scope), rules_version=version
        )

    def hour(self, number: int, table: Table | None = None, **options: Any) -> PartitionPlan[UpstreamInputs]:
        return next(hour for hour in self.plan(table, **options).partitions if hour.dt == DT.format(number))

    def judged(self, number: int, table: Table | None = None, **options: Any) -> tuple[str, str]:
        found = self.hour(number, table, **options)
        return found.state, found.reason


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Hour 8 is bucketed and current."""
    site = Site(tmp_path)
    site.publish(site.upstream, 8, content_digest="content of 8")
    site.bucket(8)
    return site


def with_column(table: Table, required: bool) -> Table:
    return replace(table, columns=(*table.columns, Column("weight", "weight", "int", required=required)))


def test_an_hour_is_current_while_its_upstream_has_the_same_content_wherever_that_lies(site: Site) -> None:
    assert site.judged(8) == ("current", "inputs unchanged")
    site.publish(site.upstream, 8, content_digest="content of 8", run_id="another")
    assert site.judged(8) == ("current", "inputs unchanged")


def test_an_hour_that_was_never_bucketed_is_stale_and_knows_its_upstream(site: Site) -> None:
    source = site.publish(site.upstream, 9, content_digest="content of 9")
    planned = site.hour(9)
    assert (planned.state, planned.reason, planned.published) == ("stale", "never published", None)
    assert planned.inputs.source == source
    assert planned.input_digest != site.hour(8).input_digest


def test_other_content_upstream_makes_an_hour_stale(site: Site) -> None:
    site.publish(site.upstream, 8, content_digest="other content")
    assert site.judged(8) == ("stale", f"{UPSTREAM} changed")


def test_hours_come_in_order_and_from_both_tables(site: Site) -> None:
    for hour in (10, 7):
        site.publish(site.upstream, hour, content_digest="x")
    site.publish(site.table, 9, input_digest="y")
    plan = site.plan()
    assert [hour.dt for hour in plan.partitions] == [DT.format(hour) for hour in (7, 8, 9, 10)]
    assert [hour.dt for hour in plan.stale] == [DT.format(hour) for hour in (7, 10)]
    assert plan.strays == ()
    bounded = site.plan(since=DT.format(8), until=DT.format(10))
    assert [hour.dt for hour in bounded.partitions] == [DT.format(hour) for hour in (8, 9)]


def test_an_hour_dropped_upstream_is_kept_also_when_a_rebuild_is_requested(site: Site) -> None:
    site.catalog.drop_partition("shop", "orders_v1", DT.format(8))
    for rebuild in (False, True):
        kept = ("current", f"no longer published in {UPSTREAM}; kept as published")
        assert site.judged(8, rebuild=rebuild) == kept


def test_a_pinned_hour_is_current_whatever_changed(site: Site) -> None:
    site.bucket(8, pinned="true")
    site.publish(site.upstream, 8, content_digest="other content")
    for rebuild in (False, True):
        assert site.judged(8, rebuild=rebuild) == ("current", "pinned to run run; `lake unpin` releases it")


def test_a_rebuild_that_is_asked_for_makes_current_hours_stale(site: Site) -> None:
    assert site.judged(8, rebuild=True) == ("stale", "rebuild requested")
    assert site.hour(8, rebuild=True).is_forced


@pytest.mark.parametrize(
    "bucketing",
    [
        Bucketing(("key",), 8, ("key",), 20_000),
        Bucketing(("key",), 4, ("key", "seq"), 20_000),
        Bucketing(("key",), 4, ("key",), 10_000),
        Bucketing(("note",), 4, ("note",), 20_000),
    ],
)
def test_another_rule_on_where_rows_lie_makes_every_hour_stale(site: Site, bucketing: Bucketing) -> None:
    assert site.table.bucketing == Bucketing(("key",), 4, ("key",), 20_000)
    assert site.judged(8, replace(site.table, bucketing=bucketing)) == ("stale", "the contract changed")


def test_other_prose_makes_nothing_stale(site: Site) -> None:
    assert site.judged(8, replace(site.table, description="Otherwise.", version="1.1.0"))[0] == "current"


def test_an_optional_column_that_was_added_makes_nothing_stale_and_a_required_one_everything(site: Site) -> None:
    assert site.judged(8, with_column(site.table, required=False)) == ("current", "inputs unchanged")
    assert site.judged(8, with_column(site.table, required=True)) == ("stale", "the contract's columns changed")


def test_a_column_that_was_removed_makes_every_hour_stale(site: Site) -> None:
    fewer = replace(site.table, columns=site.table.columns[:2])
    assert site.judged(8, fewer) == ("stale", "the contract's columns changed")


def test_other_content_is_seen_in_an_hour_of_fewer_columns_too(site: Site) -> None:
    site.publish(site.upstream, 8, content_digest="other content")
    assert site.judged(8, with_column(site.table, required=False)) == ("stale", f"{UPSTREAM} changed")


def test_another_version_of_the_code_makes_every_hour_stale(site: Site) -> None:
    assert site.judged(8, version="next") == ("stale", "the job's code changed")
