"""Trino as an engine of `lake query`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from lake.catalog import open_catalog
from lake.query.result import Result
from lake.query.show_statements import listed
from lake.sql.statement import Listing, read_only


@dataclass(frozen=True)
class TrinoEngine:
    """The root's Trino server, started if it does not run; `say` receives progress messages."""

    root: str
    say: Callable[[str], None] = lambda _: None

    def run(self, sql: str, database: str | None = None) -> Result:
        statement = read_only(sql)
        if isinstance(statement, Listing):  # Athena answers these by Hive's rules; Trino has some of them only
            started = time.monotonic()
            table = listed(statement, open_catalog(self.root), database)
            return Result(table, seconds=time.monotonic() - started, engine="trino")
        from lake_local.trino.client import run_on_trino
        from lake_local.trino.server import running, start

        if running(self.root) is None:
            self.say("Starting Trino for this root: it takes half a minute, and runs until `lake trino down`.")
        answer = run_on_trino(sql, start(self.root, self.say), database)
        facts = {"splits": answer.splits, "scan_splits": answer.scan_splits}
        return Result(answer.table, answer.bytes_read, True, answer.seconds, sql, "trino", facts=facts)
