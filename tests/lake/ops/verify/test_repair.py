"""What `lake verify` says to do repairs it: the command is run as it is printed, and then nothing is found."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from lake.publish.partition import unpin
from tests.lake.ops.verify.published import BUCKETED, FLAT, HOUR, Site

pytestmark = pytest.mark.e2e

ROWS = 200


@pytest.fixture(params=[FLAT, BUCKETED])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """One hour, published by the jobs themselves."""
    site = Site(str(tmp_path / "lake"))
    site.trial.land(9, "o0", '{"bad"\n')
    site.run(*range(ROWS))
    if request.param == BUCKETED:
        site.trial.of(BUCKETED).run()
        site.table_name = BUCKETED
    assert site.verify().findings == []
    return site


def follow(site: Site) -> None:
    """Do what the findings say: run their one command."""
    (step,) = {finding.next_step for finding in site.verify().findings}
    words = shlex.split(step.rpartition("; then ")[2])
    job = "bucket_by_key" if site.table_name == BUCKETED else "raw_to_parquet"
    assert words == [
        *["lake", "run", job, "--table", site.table_name],
        *["--since", HOUR, "--until", "2026-11-21-10", "--rebuild"],
    ]
    outcomes = site.trial.of(site.table_name).outcomes(since=HOUR, until="2026-11-21-10", rebuild=True)
    assert outcomes == {"09": "published"}


def test_a_damaged_file_is_replaced_though_the_rows_are_the_same(site: Site) -> None:
    site.lake.store.write(site.files()[0], b"")
    follow(site)
    assert site.verify().findings == []
    assert site.verify(HOUR).errors == 0


def test_a_missing_file_a_folder_and_a_manifest_too(site: Site) -> None:
    store, location = site.lake.store, site.partition().location
    store.delete([site.files()[0], f"{location}/_manifest.json"])
    store.write(f"{location}/more/x", b"x")
    follow(site)
    assert site.verify().findings == []


def test_a_whole_folder_is_brought_back(site: Site) -> None:
    store = site.lake.store
    store.delete([one.key for one in store.list(site.partition().location)])
    follow(site)
    assert site.verify().findings == []


def test_a_pinned_hour_is_unpinned_and_rebuilt(site: Site) -> None:
    lake, now = site.lake, site.partition()
    pinned = now.with_parameters(pinned="true")
    assert lake.catalog.publish(site.table.database, site.table.name, pinned, expected=now)
    lake.store.write(site.files()[0], b"")
    (finding,) = [one for one in site.verify().findings if one.code == "truncated"]
    assert finding.next_step.startswith(f"lake unpin {site.table_name} {HOUR}; then lake run ")
    unpin(lake.catalog, site.table, HOUR)
    follow(site)
    assert site.verify().findings == []


def test_a_quarantine_is_repaired_with_its_rows(tmp_path: Path) -> None:
    site = Site(str(tmp_path / "lake"))
    site.trial.land(9, "o0", '{"bad"\n')
    site.run(*range(ROWS))
    store = site.lake.store
    (key,) = [one.key for one in store.list("quarantine") if one.key.endswith(".parquet")]
    store.write(key, b"")
    follow(site)
    assert site.verify().findings == []
