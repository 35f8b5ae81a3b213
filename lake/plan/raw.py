"""Which hours of a raw table are stale: those with other raw objects than they were made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.digest import digest_of
from lake.errors import UsageError
from lake.objects import Store, StoredObject
from lake.objects.layout import hours_back
from lake.plan.partition_plan import Before, PartitionInputs, PlanScope, TablePlan
from lake.plan.raw_listing import list_raw_hours
from lake.plan.staleness import Staleness, columns_of


@dataclass(frozen=True)
class RawInputs(PartitionInputs):
    """The raw objects of an hour, and of the earlier hours in which the key of a duplicate may lie.

    `rules_version` is that of the code that reads them.
    """

    table: Table
    rules_version: str
    objects: tuple[StoredObject, ...]
    lookback: Mapping[str, tuple[StoredObject, ...]]

    @property
    def missing(self) -> str:
        return "" if self.objects else "no raw objects"

    @property
    def summary(self) -> str:
        return f"{len(self.objects)} objects" if self.objects else ""

    def own_digest(self, columns: Iterable[str] | None = None) -> str:
        """Of the hour's own objects, without the look-back."""
        return digest_of([self.table.reading_digest(columns), self.rules_version, _versions(self.objects)])

    def digest(self, columns: Iterable[str] | None = None) -> str:
        lookback = {dt: _versions(objects) for dt, objects in self.lookback.items()}
        return digest_of([self.own_digest(columns), lookback])

    def why_kept(self, before: Before) -> str:
        """Raw objects expire; the rows that were made from them must not."""
        if not self.objects:
            return "its raw objects are gone; kept as published"
        if before.is_redefined:
            return ""
        gone = set(before.manifest.get("objects_read", {})) - {stored.key for stored in self.objects}
        lookback = {stored.key for objects in self.lookback.values() for stored in objects}
        gone |= set(before.manifest.get("lookback_read", {})) - lookback
        if not gone:
            return ""
        return f"raw objects that were read are gone (first of {len(gone)}: {min(gone)}); kept as published"

    def why_changed(self, before: Before) -> str:
        if before.published.get("own_digest") == self.own_digest(columns_of(before.published)):
            return "an hour that it looks back on changed"
        read = before.manifest.get("objects_read", {})
        now = {stored.key: stored.etag for stored in self.objects}
        late = len(now.keys() - read.keys())
        changed = sum(1 for key, etag in read.items() if now[key] != etag)
        counts = ((late, "late object(s)"), (changed, "changed object(s)"))
        return " and ".join(f"{count} {what}" for count, what in counts if count) or "the parser changed"


def plan_raw_hours(
    table: Table, store: Store, catalog: Catalog, rules_version: str, scope: PlanScope
) -> TablePlan[RawInputs]:
    """Compare the raw objects of each hour with what is published.

    Raises UsageError if the contract has no raw source, StorageError, CatalogError.
    """
    if table.source is None:
        raise UsageError(f"planning {table.full_name}: its contract names no raw source, so there is nothing to read")
    lookback = table.lookback_hours if table.key else 0
    listed, strays = list_raw_hours(store, table.source, scope, lookback)
    published = scope.partitions(catalog, table)

    def inputs_of(dt: str, _: Partition | None) -> RawInputs:
        back = {earlier: listed[earlier] for earlier in hours_back(dt, lookback) if listed.get(earlier)}
        return RawInputs(table, rules_version, listed.get(dt, ()), back)

    hours = [dt for dt in listed if scope.has(dt)]
    partitions = Staleness(table, store, scope).judge_all(hours, published, inputs_of)
    return TablePlan(table, scope.listed_at, partitions, strays)


def _versions(objects: tuple[StoredObject, ...]) -> list[list[object]]:
    return [[stored.key, stored.size, stored.etag] for stored in objects]
