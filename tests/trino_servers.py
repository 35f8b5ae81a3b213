"""Trino servers for all tests of a run: one over local roots, one over moto; each starts when first asked for.

A pytest plugin (tests/conftest.py names it). Tests that use it are marked by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from lake_local.trino.client import TrinoAnswer, run_on_trino
from lake_local.trino.launch import trino_server
from lake_local.trino.metastore import Metastore
from lake_local.trino.server import Server
from lake_local.trino.settings import local_settings, s3_settings
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
    no_root, folder = str(tmp_path_factory.mktemp("no-root")), tmp_path_factory.mktemp("trino-local")
    with Metastore(no_root) as metastore, trino_server(no_root, folder, local_settings(), metastore) as server:
        yield TestTrino(server, metastore)


@pytest.fixture(scope="session")
def trino_s3(moto_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestTrino]:
    """Trino over moto's S3 and Glue."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in moto_credentials(moto_endpoint).items():
            patch.setenv(name, value)
        settings = s3_settings()
    with trino_server("", tmp_path_factory.mktemp("trino-s3"), settings) as server:
        yield TestTrino(server)


@pytest.fixture
def trino_at_root(any_root: str, request: pytest.FixtureRequest) -> Callable[[str], TrinoAnswer]:
    """Asks Trino over the test's root, whichever kind it is of."""
    trino = request.getfixturevalue("trino_s3" if any_root.startswith("s3://") else "trino_local")
    return lambda sql: trino.query(any_root, sql)
