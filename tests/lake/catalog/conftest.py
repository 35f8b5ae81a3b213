"""A catalog of each kind, and names of a test's own."""

from __future__ import annotations

import uuid

import pytest

from lake.catalog import Catalog, open_catalog


@pytest.fixture
def catalog(any_root: str) -> Catalog:
    return open_catalog(any_root)


@pytest.fixture
def database() -> str:
    """A name of its own: the Glue databases of the tests' server are everybody's."""
    return f"clicks_{uuid.uuid4().hex[:8]}"
