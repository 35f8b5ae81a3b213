"""The engines that answer queries, behind one protocol: DuckDB in this process, Trino on this machine, Athena."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from lake.catalog import open_catalog
from lake.query.result import Result
from lake.query.run import run_query
from lake.query.show_statements import listed
from lake.sql.statement import Listing, read_only

Say = Callable[[str], None]
EngineName = Literal["duckdb", "trino", "athena"]


class QueryEngine(Protocol):
    """Answers one statement in Athena's dialect that only reads."""

    def run(self, sql: str, database: str | None = None) -> Result:
        """Raises QueryError for what is wrong with the statement, another LakeError where the engine fails.

        `database` is where tables without one are looked for.
        """


@dataclass(frozen=True)
class DuckDbEngine:
    """The embedded engine, over the lake at `root`."""

    root: str

    def run(self, sql: str, database: str | None = None) -> Result:
        return run_query(sql, self.root, database)


@dataclass(frozen=True)
class TrinoEngine:
    """The root's Trino server, started where it is not running; `say` is told so, as that takes a while."""

    root: str
    say: Say = lambda _: None

    def run(self, sql: str, database: str | None = None) -> Result:
        statement = read_only(sql)
        if isinstance(statement, Listing):  # Athena answers these by Hive's rules; Trino has some of them only
            started = time.monotonic()
            table = listed(statement, open_catalog(self.root), database)
            return Result(table, seconds=time.monotonic() - started, engine="trino")
        from lake_local.trino.client import run_on_trino
        from lake_local.trino.server import running, start

        if running(self.root) is None:
            self.say("Starting Trino for this root; it takes about half a minute, and stays until `lake trino down`.")
        answer = run_on_trino(sql, start(self.root, self.say), database)
        facts = {"splits": answer.splits, "scan_splits": answer.scan_splits}
        return Result(answer.table, answer.bytes_read, True, answer.seconds, sql, "trino", facts=facts)


def engine_named(
    name: EngineName, root: str, say: Say, workgroup: str | None = None, output: str | None = None
) -> QueryEngine:
    """The engine to ask. `workgroup` and `output` (an s3:// location of answers) are Athena's."""
    if name == "trino":
        return TrinoEngine(root, say)
    if name == "athena":
        from lake.query.athena import AthenaEngine  # boto3 takes a while to import

        return AthenaEngine(workgroup, output)
    return DuckDbEngine(root)
