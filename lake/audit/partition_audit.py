"""The audit of a staged partition: its table's suite on its files, and the verdict kept below audits/."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from lake.audit.gx import preload
from lake.audit.message import message
from lake.audit.page import data_docs_html
from lake.audit.parameters import TRAILING_DAYS, Candidate
from lake.audit.suite import load_suite
from lake.audit.suite_audit import audit
from lake.audit.verdict import Verdict, verdict_key
from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.contract.schema_suite import schema_suite
from lake.objects import Store
from lake.objects.layout import partition_span, partition_value

__all__ = ["PartitionAuditor", "preload"]


class PartitionAuditor:
    """Audits partitions of one table, and puts each verdict below audits/, with a page unless it is "passed"."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        table: Table,
        expectations: str | None = None,
        *,
        ready: Callable[[], None] = preload,
    ) -> None:
        """`ready` is called before the first audit. Raises LakeError if the table's suite is malformed."""
        self._ready = ready
        self._store, self._catalog, self._table = store, catalog, table
        self._suite = load_suite(table, schema_suite(table), Path(expectations) if expectations else None)

    def audit(self, candidate: Candidate, published: Partition | None = None) -> Verdict:
        """Judge the files that a run wrote for a partition, before it is published. Raises StorageError.

        `published` is the partition as readers see it now, if they do.
        """
        self._ready()
        verdict = audit(candidate, self._table, self._suite, self._history(candidate.dt), self._store, published)
        self._store.write(verdict_key(verdict.table, verdict.dt, verdict.run_id), verdict.to_json().encode())
        if verdict.state != "passed":
            self._store.write(_page_key(verdict), data_docs_html(verdict).encode())
        return verdict

    def message(self, verdict: Verdict, published: Partition | None = None) -> str:
        """What must be done about a verdict; empty if it is "passed"."""
        run = "" if published is None else published.get("run_id")
        return "" if verdict.state == "passed" else message(verdict, self.page(verdict), run)

    def page(self, verdict: Verdict) -> str:
        """Where the verdict's page lies; empty if it is "passed"."""
        return "" if verdict.state == "passed" else self._store.uri_of(_page_key(verdict))

    def _history(self, dt: str) -> list[Partition]:
        start, _ = partition_span(dt)
        since = None if start.year == 1 else partition_value(start - timedelta(days=TRAILING_DAYS), like=dt)
        return self._catalog.partitions(self._table.database, self._table.name, since, dt)


def _page_key(verdict: Verdict) -> str:
    return verdict_key(verdict.table, verdict.dt, verdict.run_id, "html")
