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
from lake.errors import UsageError
from lake.layout import hour_in_folder, hours_back
from lake.objects import Store, StoredObject
from lake.units import digest_of

MANIFEST = "_manifest.json"
"""The object beside a partition's files that tells what they were made from; readers pass over the underscore."""

REBUILD = "rebuild asked for"

_LISTERS = 16


@dataclass(frozen=True)
class Hour:
    """One partition to be, or as it is: what it is made from and whether what is published still is that.

    `lookback` has the raw objects of the earlier hours in which the key of a duplicate may lie.
    """

    dt: str
    objects: tuple[StoredObject, ...]
    lookback: Mapping[str, tuple[StoredObject, ...]]
    own_digest: str
    input_digest: str
    published: Partition | None
    state: Literal["current", "stale"]
    reason: str

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
    objects = _listed(store, prefix, {dt: landed[dt] for dt in reached | set(wanted)})
    hours = [
        _hour(table, store, dt, objects, published.get(dt), lookback, rules_version, rebuild)
        for dt in sorted({*wanted, *published})
    ]
    strays = tuple(f"{prefix}/{folder}/" for folder in folders if not hour_in_folder(folder))
    return Plan(table, listed_at, tuple(hours), strays)


def _listed(store: Store, prefix: str, folders: Mapping[str, str]) -> dict[str, tuple[StoredObject, ...]]:
    with ThreadPoolExecutor(_LISTERS) as pool:
        found = pool.map(lambda folder: tuple(store.list(f"{prefix}/{folder}")), folders.values())
        return dict(zip(folders, found, strict=True))


def _hour(
    table: Table,
    store: Store,
    dt: str,
    listed: Mapping[str, tuple[StoredObject, ...]],
    published: Partition | None,
    lookback_hours: int,
    rules_version: str,
    rebuild: bool,
) -> Hour:
    objects = listed.get(dt, ())
    lookback = {back: listed[back] for back in hours_back(dt, lookback_hours) if listed.get(back)}
    own, whole = digests(table, objects, lookback, rules_version)
    state, reason = _verdict(table, store, objects, lookback, published, rules_version, rebuild)
    return Hour(dt, objects, lookback, own, whole, published, state, reason)


def digests(
    table: Table,
    objects: tuple[StoredObject, ...],
    lookback: Mapping[str, tuple[StoredObject, ...]],
    rules_version: str,
    columns: list[str] | None = None,
) -> tuple[str, str]:
    """The digest of an hour's own inputs, and of all of its inputs, as if the table had just `columns`."""
    own = digest_of([table.reading_digest(columns), rules_version, _named(objects)])
    return own, digest_of([own, {dt: _named(members) for dt, members in lookback.items()}])


def _named(objects: tuple[StoredObject, ...]) -> list[list[object]]:
    return [[object_.key, object_.size, object_.etag] for object_ in objects]


def _verdict(
    table: Table,
    store: Store,
    objects: tuple[StoredObject, ...],
    lookback: Mapping[str, tuple[StoredObject, ...]],
    published: Partition | None,
    rules_version: str,
    rebuild: bool,
) -> tuple[Literal["current", "stale"], str]:
    if published is None:
        return ("stale", "never published") if objects else ("current", "no raw objects")
    if published.is_pinned:
        return "current", f"pinned to run {published.get('run_id')}; `lake unpin` lets it go"
    if not objects:
        return "current", "its raw objects are gone; kept as published"
    if rebuild:
        return "stale", REBUILD
    written = [name for name in published.get("columns").split(",") if name]
    known = {column.name for column in table.columns}
    if set(written) - known or any(c.required for c in table.columns if c.name not in written):
        return "stale", "the contract's columns changed"
    own, whole = digests(table, objects, lookback, rules_version, written)
    if whole == published.get("input_digest"):
        return "current", "inputs unchanged"
    return _why(table, store, objects, lookback, published, own, written)


def _why(
    table: Table,
    store: Store,
    objects: tuple[StoredObject, ...],
    lookback: Mapping[str, tuple[StoredObject, ...]],
    published: Partition,
    own: str,
    written: list[str],
) -> tuple[Literal["current", "stale"], str]:
    """Name the change. What can no longer be read is kept as it was published: raw objects expire, rows must not."""
    if published.get("reading_digest") != table.reading_digest(written):
        return "stale", "the contract changed"
    manifest = manifest_of(store, published.location)
    before, back_before = dict(manifest.get("objects_read", {})), dict(manifest.get("lookback_read", {}))
    now = {object_.key: object_.etag for object_ in objects}
    back_now = {object_.key for members in lookback.values() for object_ in members}
    gone = (before.keys() - now.keys()) | (back_before.keys() - back_now)
    if gone:
        return "current", f"{len(gone)} of the raw objects read are gone (first: {min(gone)}); kept as published"
    if published.get("own_digest") == own:
        return "stale", "an hour that it looks back on changed"
    added = len(now.keys() - before.keys())
    changed = sum(1 for key, etag in before.items() if now[key] != etag)
    told = [f"{count} {what}" for count, what in ((added, "late object(s)"), (changed, "changed object(s)")) if count]
    return "stale", " and ".join(told) or "the parser changed"


def manifest_of(store: Store, location: str) -> dict[str, Any]:
    """The manifest beside a partition's files; empty where there is none."""
    data = store.read_if_exists(f"{location}/{MANIFEST}")
    return dict(json.loads(data)) if data else {}
