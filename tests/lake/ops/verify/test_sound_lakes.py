"""No false alarm: whatever the jobs publish, in whatever way it came to be published, is sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.catalog import Partition
from lake.publish.partition import roll_back
from tests.conftest import REPOSITORY
from tests.glue_jobs.harness import EVENTS, Trial, click
from tests.lake.ops.verify.published import BUCKETED, FLAT, HOUR, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(str(tmp_path / "lake"))


def assert_sound(site: Site, partitions: int, files: int, rows: int) -> None:
    """Both ways of looking find nothing, and have looked at all of it."""
    for quick in (False, True):
        done = site.verify(quick=quick)
        assert done.findings == []
        assert (done.partitions, done.files, done.rows) == (partitions, files, rows)
        published = site.lake.catalog.partitions(site.table.database, site.table.name)
        assert done.bytes == sum(partition.number("bytes") for partition in published)


def test_flat_hours(any_root: str) -> None:
    site = Site(any_root)
    site.run(*range(100))
    site.run(*range(50), hour=10)
    assert_sound(site, partitions=2, files=2, rows=150)


def test_buckets(any_root: str) -> None:
    site = Site(any_root)
    site.run(*range(100))
    site.put_buckets(row_group_rows=7)
    site.table_name = BUCKETED
    assert_sound(site, partitions=1, files=5, rows=100)


def test_buckets_that_the_job_made(any_root: str) -> None:
    site = Site(any_root)
    site.run(*range(100))
    site.run(*range(30), hour=10)
    site.trial.of(BUCKETED).run()
    site.table_name = BUCKETED
    assert_sound(site, partitions=2, files=10, rows=130)


def test_buckets_that_the_job_made_of_rows_with_nulls_sorted_by_two_columns(site: Site) -> None:
    times = [None, "2026-11-21T09:00:01Z", "2026-11-21T09:00:00Z", None]
    clicks = [click(number, user_id=number % 3, client_timestamp=times[number % 4]) for number in range(60)]
    trial = Trial(site.root)
    trial.land(9, "o1", clicks)
    trial.run()
    assert None in trial.rows().column("client_timestamp").to_pylist()
    site.table_name = "clickstream.events_by_user_v1"
    trial.of(site.table_name).run()
    assert_sound(site, partitions=1, files=3, rows=60)


def test_a_quarantine_is_read_back_too(site: Site) -> None:
    site.trial.land(9, "o0", '{"bad"\n')
    site.run(*range(10))
    done = site.verify()
    assert (done.findings, done.partitions, done.files, done.rows) == ([], 2, 2, 11)


def test_hours_without_rows(site: Site) -> None:
    site.trial.land(9, "o1", '{"bad"\n')
    site.trial.run()
    assert site.partition().number("rows") == 0
    done = site.verify()
    assert (done.findings, done.partitions, done.files, done.rows) == ([], 2, 1, 1)
    site.put_buckets()
    site.table_name = BUCKETED
    assert_sound(site, partitions=1, files=0, rows=0)


def test_nothing_published_at_all(site: Site) -> None:
    assert_sound(site, partitions=0, files=0, rows=0)


def test_an_hour_that_was_rolled_back(site: Site) -> None:
    site.run(1, 2, 3)
    site.run(4, name="o2")
    roll_back(site.lake.catalog, site.lake.store, site.table, HOUR)
    assert_sound(site, partitions=1, files=1, rows=3)


def test_an_hour_that_was_rebuilt_with_equal_content(site: Site) -> None:
    site.run(1, 2, 3)
    site.trial.run(rebuild=True)
    assert_sound(site, partitions=1, files=1, rows=3)


def test_an_hour_whose_late_objects_added_no_rows_so_that_its_files_have_the_names_of_other_units(site: Site) -> None:
    site.table_name = EVENTS
    trial = Trial(site.root)
    trial.land(9, "o1", [click(1), click(2)])
    trial.run()
    trial.land(9, "o2", [click(1)])
    assert trial.outcomes() == {"09": "unchanged"}
    assert_sound(site, partitions=1, files=1, rows=2)


def test_an_hour_from_before_an_optional_column_was_added(site: Site, tmp_path: Path) -> None:
    site.run(1, 2, 3)
    site.put_buckets()
    added = "      - name: humidity\n        physicalType: int\n        description: Of the air.\n"
    for name in (FLAT, BUCKETED):
        path = tmp_path / "contracts" / f"{name.replace('.', '/')}.odcs.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (REPOSITORY / "contracts" / f"{name.replace('.', '/')}.odcs.yaml").read_text()
        path.write_text(text.replace("      - name: status\n", f"{added}      - name: status\n"))
    site.contracts = str(tmp_path / "contracts")
    for name, files in ((FLAT, 1), (BUCKETED, 3)):
        site.table_name = name
        assert site.table.column("humidity").hive_type == "int"
        assert_sound(site, partitions=1, files=files, rows=3)


def test_what_readers_pass_over_is_passed_over(site: Site) -> None:
    site.run(1, 2, 3)
    site.put_buckets()
    for name in (FLAT, BUCKETED):
        site.table_name = name
        for hidden in ("_SUCCESS", ".part-0.crc", "_temporary/0/x"):
            site.lake.store.write(f"{site.partition().location}/{hidden}", b"")
        assert site.verify().findings == []


def test_an_hour_that_a_run_publishes_again_while_it_is_read_is_read_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.run(1, 2, 3)
    before = site.partition()
    site.run(4, name="o2")
    site.lake.store.delete([one.key for one in site.lake.store.list(before.location)])
    monkeypatch.setattr("lake.catalog.sqlite.SqliteCatalog.partitions", lambda *_: stale_once([before]))
    done = site.verify()
    assert (done.findings, done.rows) == ([], 4)


def stale_once(known: list[Partition]) -> list[Partition]:
    """The rows' partitions as they were, and no quarantine."""
    return [known.pop()] if known else []
