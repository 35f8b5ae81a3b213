"""Which hours of a bucketed table are stale: those whose upstream partition has other content than before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.digest import digest_of
from lake.plan.raw import Hour, Plan, change_of_what_is_asked, columns_of, has_other_columns

BUCKETING_VERSION = "1"
"""The version of the code that decides where rows lie; another one makes every bucketed partition stale."""


def plan_from_upstream(
    table: Table,
    upstream: Table,
    catalog: Catalog,
    *,
    since: str | None = None,
    until: str | None = None,
    rebuild: bool = False,
) -> Plan:
    """Compare each hour with since <= dt < until; `rebuild` makes every one of them stale.

    An hour's input is the content of the upstream partition, wherever that lies: moved with equal rows, it is current.
    """
    listed_at = datetime.now(UTC)
    sources = {one.dt: one for one in catalog.partitions(upstream.database, upstream.name, since, until)}
    published = {one.dt: one for one in catalog.partitions(table.database, table.name, since, until)}
    judge = _Judge(table, upstream, rebuild)
    hours = tuple(judge.hour(dt, sources.get(dt), published.get(dt)) for dt in sorted({*sources, *published}))
    return Plan(table, listed_at, hours, ())


@dataclass(frozen=True)
class _Judge:
    table: Table
    upstream: Table
    rebuild: bool

    def hour(self, dt: str, source: Partition | None, published: Partition | None) -> Hour:
        digest = self._digest(source) if source else ""
        kept = self._kept(source, published)
        state: Literal["current", "stale"] = "current" if kept else "stale"
        reason = kept or self._change(source, published)
        return Hour(dt, (), {}, digest, digest, published, state, reason, source)

    def _kept(self, source: Partition | None, published: Partition | None) -> str:
        """Why the hour is left as it is; empty where it is not."""
        if published is None:
            return "" if source else f"nothing of it in {self.upstream.full_name}"
        if published.is_pinned:
            return f"pinned to run {published.get('run_id')}; `lake unpin` lets it go"
        if source is None:
            return f"{self.upstream.full_name} no longer has it; kept as published"
        if self.rebuild or has_other_columns(self.table, published):
            return ""
        return "inputs unchanged" if self._digest(source, published) == published.get("input_digest") else ""

    def _digest(self, source: Partition, published: Partition | None = None) -> str:
        """The digest of what the rows, and where they lie, are a function of; over the columns of `published`."""
        columns = None if published is None else columns_of(published)
        return digest_of([self.table.reading_digest(columns), BUCKETING_VERSION, source.get("content_digest")])

    def _change(self, source: Partition | None, published: Partition | None) -> str:
        asked = change_of_what_is_asked(self.table, published, rebuild=self.rebuild)
        if asked or published is None:
            return asked
        if source is not None and published.get("upstream_digest") == source.get("content_digest"):
            return "the code that places rows changed"
        return f"{self.upstream.full_name} changed"
