"""The gate as a job meets it: a table's suite on a candidate partition, the verdict kept, the answer in a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from lake.audit.gx import preload
from lake.audit.message import message
from lake.audit.page import data_docs_html
from lake.audit.parameters import TRAILING_DAYS, Candidate
from lake.audit.suite import load_suite
from lake.audit.suite_audit import audit
from lake.audit.verdict import verdict_key
from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.contract.schema_suite import schema_suite
from lake.objects import Store
from lake.objects.layout import partition_span, partition_value

__all__ = ["Answer", "TableGate", "preload"]


@dataclass(frozen=True)
class Answer:
    """What the gate said; `message` is for whoever has to act on a refusal."""

    state: Literal["passed", "warned", "failed"]
    message: str


class TableGate:
    """Audits partitions of one table, and puts each verdict below audits/, with a page where it is not good."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        table: Table,
        expectations: str | None = None,
        *,
        ready: Callable[[], None] = preload,
    ) -> None:
        """`ready` is called before the first audit. Raises LakeError where the table's suite is malformed."""
        self._ready = ready
        self._store, self._catalog, self._table = store, catalog, table
        self._suite = load_suite(table, schema_suite(table), Path(expectations) if expectations else None)

    def audit(self, candidate: Partition, keys: Sequence[str]) -> Answer:
        """Judge the files `keys` that a run wrote for a partition, before it is published. Raises StorageError."""
        asked = Candidate(
            candidate.dt,
            candidate.get("run_id"),
            tuple(keys),
            candidate.number("records"),
            candidate.number("rows"),
            candidate.number("duplicates"),
            candidate.number("quarantined"),
        )
        self._ready()
        verdict = audit(asked, self._table, self._suite, self._history(candidate.dt), self._store)
        self._store.write(verdict_key(verdict.table, verdict.dt, verdict.run_id), verdict.to_json().encode())
        if verdict.state == "passed":
            return Answer("passed", "")
        page = verdict_key(verdict.table, verdict.dt, verdict.run_id, "html")
        self._store.write(page, data_docs_html(verdict).encode())
        return Answer(verdict.state, message(verdict, self._store.uri_of(page)))

    def _history(self, dt: str) -> list[Partition]:
        start, _ = partition_span(dt)
        since = None if start.year == 1 else partition_value(start - timedelta(days=TRAILING_DAYS), like=dt)
        return self._catalog.partitions(self._table.database, self._table.name, since, dt)
