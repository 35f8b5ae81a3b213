"""One lake published once, of which each test spoils a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.lake.ops.verify.published import BUCKETED, FLAT, Site

ROWS = 200
"""Of five sensors, in the buckets 7 to 11: 40 rows in each."""


@pytest.fixture(scope="session")
def lake_to_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of readings, flat and in buckets."""
    root = tmp_path_factory.mktemp("verify") / "lake"
    site = Site(str(root))
    site.run(*range(ROWS))
    site.put_buckets()
    return root


@pytest.fixture
def flat(lake_to_copy: Path, tmp_path: Path) -> Site:
    return Site(shutil.copytree(lake_to_copy, tmp_path / "lake").as_posix(), FLAT)


@pytest.fixture
def buckets(flat: Site) -> Site:
    return Site(flat.root, BUCKETED)


@pytest.fixture(params=[FLAT, BUCKETED])
def site(request: pytest.FixtureRequest, flat: Site) -> Site:
    return Site(flat.root, request.param)


@pytest.fixture
def buckets_anywhere(any_root: str) -> Site:
    """The same on both kinds of root."""
    site = Site(any_root)
    site.run(*range(ROWS))
    site.put_buckets()
    return Site(any_root, BUCKETED)
