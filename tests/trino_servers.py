"""Trino servers for all tests of a run: one over local roots, one over moto; each starts when first asked for.

A pytest plugin (tests/conftest.py names it). Tests that use it are marked by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lake_local.trino.client import TrinoAnswer, run_on_trino
from lake_local.trino.launch import kill_both, launch, trino_in
from lake_local.trino.metastore import Metastore
from lake_local.trino.server import Server
from lake_local.trino.settings import Plan, local_plan, metastore_properties, s3_plan
from tests.conftest import moto_credentials


@dataclass
class TestTrino:
    """A server for tests. Over local roots, it looks at one root at a time; over moto, at all that is there."""

    __test__ = False

    server: Server
    metastore: Metastore | None = None

    def at(self, root: str) -> Server:
        """The server, looking at this root from now on: what lake_local.trino.server.start(root) would give."""
        if self.metastore is not None:
            self.metastore.root = root
        return replace(self.server, root=root)

    def query(self, root: str, sql: str, database: str | None = None) -> TrinoAnswer:
        return run_on_trino(sql, self.at(root), database, timeout_seconds=120)


@pytest.fixture(scope="session")
def trino_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestTrino]:
    """Trino over local roots; its metastore is in this process."""
    metastore = Metastore(str(tmp_path_factory.mktemp("no-root")))
    metastore.start()
    folder = tmp_path_factory.mktemp("trino-local")
    plan = local_plan("tests")
    plan = replace(plan, metastore_root=None, catalog={**plan.catalog, **metastore_properties(metastore.url)})
    try:
        yield TestTrino(_launched(folder, plan), metastore)
    finally:
        kill_both(folder)
        metastore.stop()


@pytest.fixture(scope="session")
def trino_s3(moto_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestTrino]:
    """Trino over moto's S3 and Glue."""
    folder = tmp_path_factory.mktemp("trino-s3")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in moto_credentials(moto_endpoint).items():
            patch.setenv(name, value)
        plan = s3_plan()
    try:
        yield TestTrino(_launched(folder, plan))
    finally:
        kill_both(folder)


@pytest.fixture
def trino_at_root(any_root: str, request: pytest.FixtureRequest) -> Callable[[str], TrinoAnswer]:
    """Asks Trino over the test's root, whichever kind it is of."""
    trino = request.getfixturevalue("trino_s3" if any_root.startswith("s3://") else "trino_local")
    return lambda sql: trino.query(any_root, sql)


def _launched(folder: Path, plan: Plan) -> Server:
    port = launch(folder, plan)
    return Server("", str(folder), port, trino_in(folder).pid, "2026-11-21T00:00:00+00:00", plan.heap, plan.digest)
