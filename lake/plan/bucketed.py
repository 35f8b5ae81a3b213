"""Which hours of a bucketed table are stale: those whose upstream partition has other content than before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.digest import digest_of
from lake.objects import Store
from lake.plan.partition_plan import Before, PartitionInputs, PlanScope, TablePlan
from lake.plan.staleness import Staleness

BUCKETING_VERSION = "1"
"""The version of the code that decides where rows lie; another one makes every bucketed partition stale."""


@dataclass(frozen=True)
class UpstreamInputs(PartitionInputs):
    """An upstream partition, or none; its content alone counts, not the place where that lies.

    `rules_version` is that of the code that makes rows of it.
    """

    table: Table
    source: Partition | None
    rules_version: str

    @property
    def missing(self) -> str:
        return "" if self.source else f"not published in {self.table.upstream}"

    def digest(self, columns: Iterable[str] | None = None) -> str:
        if self.source is None:
            return ""
        return digest_of([self.table.reading_digest(columns), self.rules_version, self.source.get("content_digest")])

    def why_kept(self, _: Before) -> str:
        return "" if self.source else f"no longer published in {self.table.upstream}; kept as published"

    def why_changed(self, before: Before) -> str:
        if self.source is not None and before.published.get("upstream_digest") == self.source.get("content_digest"):
            return "the job's code changed"
        return f"{self.table.upstream} changed"


def plan_from_upstream(
    table: Table,
    upstream: Table,
    store: Store,
    catalog: Catalog,
    scope: PlanScope,
    *,
    rules_version: str = BUCKETING_VERSION,
) -> TablePlan[UpstreamInputs]:
    """Compare each upstream partition with what was made from it. Raises StorageError, CatalogError."""
    sources = scope.partitions(catalog, upstream)
    published = scope.partitions(catalog, table)

    def inputs_of(dt: str, _: Partition | None) -> UpstreamInputs:
        return UpstreamInputs(table, sources.get(dt), rules_version)

    return TablePlan(table, scope.listed_at, Staleness(table, store, scope).judge_all(sources, published, inputs_of))
