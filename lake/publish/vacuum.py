"""Removing run folders that no partition points to, once they are too old to roll back to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lake.catalog import Catalog
from lake.contract.model import Table
from lake.objects import Store, StoredObject
from lake.objects.layout import partition_in_folder, run_started_at
from lake.publish.partition import quarantine_name
from lake.publish.run_report import is_finished

UNFINISHED_KEPT = timedelta(days=1)
"""How long the folder of a run that has not ended is kept, whatever --older-than says."""


@dataclass(frozen=True)
class Dropped:
    """A run folder, or a key index, that was removed (or would be)."""

    folder: str
    objects: int
    bytes: int


def vacuum(
    table: Table, store: Store, catalog: Catalog, older_than: timedelta, *, dry_run: bool, now: datetime | None = None
) -> list[Dropped]:
    """Remove what has been out of use for `older_than`: superseded and refused runs' folders, old key indexes.

    A folder is out of use since the next run's start in the same partition. Never removed: what a partition points
    to, and a run that has not ended and is younger than a day.
    """
    now = now or datetime.now(UTC)
    dropped = []
    zones = {table.zone: table.name}
    if table.has_quarantine:
        zones["quarantine"] = quarantine_name(table)
    for zone, name in zones.items():
        base = f"{zone}/{table.database}/{table.name}"
        for folder in store.folders(base):
            dt = partition_in_folder(folder)
            if dt is None:
                continue
            for run in _removable(store, f"{base}/{folder}", table, older_than, now):
                location = f"{base}/{folder}/{run}"
                # Read right before the removal: a rollback may have pointed here since the listing.
                partition = catalog.partition(table.database, name, dt)
                if partition is None or partition.location != location:
                    dropped.append(_drop(store, location, store.list(location), dry_run))
    return [*dropped, *_old_indexes(store, table, older_than, dry_run, now)]


def _removable(store: Store, folder: str, table: Table, older_than: timedelta, now: datetime) -> Iterable[str]:
    runs = [run for run in store.folders(folder) if run.startswith("run=")]
    started = {run: run_started_at(run.removeprefix("run=")) for run in runs}
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        unused_since = started[following] if following else started[run]
        finished = is_finished(store, table, run.removeprefix("run="))
        if not finished and now - started[run] < UNFINISHED_KEPT:
            continue
        if now - unused_since >= older_than:
            yield run


def _old_indexes(store: Store, table: Table, older_than: timedelta, dry_run: bool, now: datetime) -> Iterable[Dropped]:
    """Key indexes are a cache: one that is old enough costs, at worst, reading an hour's raw objects again."""
    kept = max(older_than, UNFINISHED_KEPT)
    old = [index for index in store.list(f"keys/{table.database}/{table.name}") if now - index.modified_at >= kept]
    return [_drop(store, f"keys/{table.database}/{table.name}", old, dry_run)] if old else []


def _drop(store: Store, folder: str, objects: list[StoredObject], dry_run: bool) -> Dropped:
    if not dry_run:
        # The manifest goes last: a folder that a crash left half removed still differs from one never written.
        ordered = sorted(objects, key=lambda stored: stored.key.rsplit("/", 1)[-1].startswith("_"))
        store.delete([stored.key for stored in ordered])
    return Dropped(folder, len(objects), sum(stored.size for stored in objects))
