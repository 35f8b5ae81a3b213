"""Which partitions of a table are stale, and why, by comparing input digests as a build tool does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.digest import digest_of
from lake.errors import UsageError
from lake.objects import Store, StoredObject
from lake.objects.layout import hour_in_folder, hours_back

MANIFEST = "_manifest.json"
"""The object beside a partition's files that tells what they were made from; readers pass over the underscore."""

REBUILD = "rebuild asked for"
_GONE = "raw objects that were read are gone"

_LISTERS = 16


@dataclass(frozen=True)
class Hour:
    """One partition to be, or as it is: what it is made from and whether what is published still is that.

    `lookback` has the raw objects of the earlier hours in which the key of a duplicate may lie. A table that is made
    from another one has no raw objects, but `upstream`, the other table's partition.
    """

    dt: str
    objects: tuple[StoredObject, ...]
    lookback: Mapping[str, tuple[StoredObject, ...]]
    own_digest: str
    input_digest: str
    published: Partition | None
    state: Literal["current", "stale"]
    reason: str
    upstream: Partition | None = None

    @property
    def is_forced(self) -> bool:
        return self.reason == REBUILD

    @property
    def only_lookback_changed(self) -> bool:
        return self.published is not None and self.published.get("own_digest") == self.own_digest


@dataclass(frozen=True)
class Plan:
    """All hours of a table in a range, sorted; `strays` are keys under the source prefix that lie in no hour."""

    table: Table
    listed_at: datetime
    hours: tuple[Hour, ...]
    strays: tuple[str, ...]

    @property
    def stale(self) -> tuple[Hour, ...]:
        return tuple(hour for hour in self.hours if hour.state == "stale")


def plan_of(
    table: Table,
    store: Store,
    catalog: Catalog,
    rules_version: str,
    *,
    since: str | None = None,
    until: str | None = None,
    rebuild: bool = False,
) -> Plan:
    """Compare each hour with since <= dt < until; `rebuild` makes every one of them stale.

    Raises UsageError where the contract has no raw source.
    """
    if table.source is None:
        raise UsageError(f"planning {table.full_name}: its contract names no raw source, so there is nothing to read")
    listed_at = datetime.now(UTC)
    prefix = table.source.prefix
    folders = store.folders(prefix)
    landed = {hour: folder for folder in folders if (hour := hour_in_folder(folder))}
    published = {p.dt: p for p in catalog.partitions(table.database, table.name, since, until)}
    wanted = [dt for dt in sorted(landed) if (since is None or dt >= since) and (until is None or dt < until)]
    lookback = table.lookback_hours if table.key else 0
    reached = {back for dt in wanted for back in hours_back(dt, lookback)} & landed.keys()
    listed = _listed(store, prefix, {dt: landed[dt] for dt in reached | set(wanted)})
    judge = _Judge(table, store, rules_version, rebuild)
    hours = []
    for dt in sorted({*wanted, *published}):
        back = {one: listed[one] for one in hours_back(dt, lookback) if listed.get(one)}
        hours.append(judge.hour(dt, _Inputs(listed.get(dt, ()), back), published.get(dt)))
    strays = tuple(f"{prefix}/{folder}/" for folder in folders if not hour_in_folder(folder))
    return Plan(table, listed_at, tuple(hours), strays)


def _listed(store: Store, prefix: str, folders: Mapping[str, str]) -> dict[str, tuple[StoredObject, ...]]:
    with ThreadPoolExecutor(_LISTERS) as pool:
        found = pool.map(lambda folder: tuple(store.list(f"{prefix}/{folder}")), folders.values())
        return dict(zip(folders, found, strict=True))


@dataclass(frozen=True)
class _Inputs:
    """The raw objects of an hour, and of the hours that it looks back on."""

    objects: tuple[StoredObject, ...]
    lookback: Mapping[str, tuple[StoredObject, ...]]

    def digests(self, rules: list[str]) -> tuple[str, str]:
        """The digest of the hour's own inputs, and of all of its inputs, under the rules that read them."""
        own = digest_of([*rules, _named(self.objects)])
        return own, digest_of([own, {dt: _named(members) for dt, members in self.lookback.items()}])


def _named(objects: tuple[StoredObject, ...]) -> list[list[object]]:
    return [[object_.key, object_.size, object_.etag] for object_ in objects]


@dataclass(frozen=True)
class _Judge:
    """Tells whether what is published is still what its inputs make."""

    table: Table
    store: Store
    rules_version: str
    rebuild: bool

    def hour(self, dt: str, inputs: _Inputs, published: Partition | None) -> Hour:
        own, whole = inputs.digests(self._rules())
        kept = self._kept(inputs, published)
        state: Literal["current", "stale"] = "current" if kept else "stale"
        reason = kept or self._change(inputs, published)
        if reason.startswith(_GONE):
            state = "current"
        return Hour(dt, inputs.objects, inputs.lookback, own, whole, published, state, reason)

    def _rules(self, columns: list[str] | None = None) -> list[str]:
        return [self.table.reading_digest(columns), self.rules_version]

    def _kept(self, inputs: _Inputs, published: Partition | None) -> str:
        """Why the hour is left as it is; empty where it is not, or not for a reason seen from here."""
        if published is None:
            return "" if inputs.objects else "no raw objects"
        if published.is_pinned:
            return f"pinned to run {published.get('run_id')}; `lake unpin` lets it go"
        if not inputs.objects:
            return "its raw objects are gone; kept as published"
        if self.rebuild or has_other_columns(self.table, published):
            return ""
        _, whole = inputs.digests(self._rules(columns_of(published)))
        return "inputs unchanged" if whole == published.get("input_digest") else ""

    def _change(self, inputs: _Inputs, published: Partition | None) -> str:
        """Name what changed. What can no longer be read is kept as published: raw objects expire, rows must not."""
        asked = change_of_what_is_asked(self.table, published, rebuild=self.rebuild)
        if asked or published is None:
            return asked
        manifest = manifest_of(self.store, published.location)
        before, back_before = dict(manifest.get("objects_read", {})), dict(manifest.get("lookback_read", {}))
        now = {object_.key: object_.etag for object_ in inputs.objects}
        back_now = {object_.key for members in inputs.lookback.values() for object_ in members}
        if gone := (before.keys() - now.keys()) | (back_before.keys() - back_now):
            return f"{_GONE} (first of {len(gone)}: {min(gone)}); kept as published"
        if published.get("own_digest") == inputs.digests(self._rules(columns_of(published)))[0]:
            return "an hour that it looks back on changed"
        return _told(before, now)


def _told(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    added = len(now.keys() - before.keys())
    changed = sum(1 for key, etag in before.items() if now[key] != etag)
    told = [f"{count} {what}" for count, what in ((added, "late object(s)"), (changed, "changed object(s)")) if count]
    return " and ".join(told) or "the parser changed"


def change_of_what_is_asked(table: Table, published: Partition | None, *, rebuild: bool) -> str:
    """Why a partition is to be made other than it is, whatever became of its inputs; empty for no such reason."""
    if published is None:
        return "never published"
    if rebuild:
        return REBUILD
    if has_other_columns(table, published):
        return "the contract's columns changed"
    is_same = published.get("reading_digest") == table.reading_digest(columns_of(published))
    return "" if is_same else "the contract changed"


def columns_of(published: Partition) -> list[str]:
    """Names of the contract's columns that a partition was written with."""
    return [name for name in published.get("columns").split(",") if name]


def has_other_columns(table: Table, published: Partition) -> bool:
    """Whether columns were removed since, or a required one added; an optional one is null in old partitions."""
    written = set(columns_of(published))
    known = {column.name for column in table.columns}
    return bool(written - known) or any(c.required for c in table.columns if c.name not in written)


def manifest_of(store: Store, location: str) -> dict[str, Any]:
    """The manifest beside a partition's files; empty where there is none."""
    data = store.read_if_exists(f"{location}/{MANIFEST}")
    return dict(json.loads(data)) if data else {}
