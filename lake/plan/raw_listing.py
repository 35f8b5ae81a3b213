"""The raw objects of a table by the hour of their arrival, with no folder listed that a plan does not need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from lake.contract.model import Source
from lake.objects import Store, StoredObject
from lake.objects.layout import hours_back, next_hour
from lake.plan.partition_plan import PlanScope

_LISTERS = 16


class RawListing(NamedTuple):
    """Objects by hour, sorted by key: of the hours of a scope, and of those looked back on.

    `strays` are the folders met on the way that the layout does not have.
    """

    objects: Mapping[str, tuple[StoredObject, ...]]
    strays: tuple[str, ...]


class _Folder(NamedTuple):
    """A folder below a table's prefix, and the time in it and in those above, e.g. 2026-11, as far as they say."""

    time: str
    key: str


def list_raw_hours(store: Store, source: Source, scope: PlanScope, lookback: int) -> RawListing:
    """The objects of the hours in a scope, and of as many hours as are looked back on. Raises StorageError."""
    first = scope.since if scope.since is None or not lookback else hours_back(scope.since, lookback)[0]
    last = None if scope.until is None else hours_back(scope.until, 1)[0]
    with ThreadPoolExecutor(_LISTERS) as pool:
        folders, strays = _folders(store, source, (first, last), pool)
        if source.folders.has_hours:
            landed = {folder.time for folder in folders}
            hours = {dt for dt in landed if scope.has(dt)}
            needed = hours.union(*(hours_back(dt, lookback) for dt in hours))
            folders = [folder for folder in folders if folder.time in needed]
        listings = pool.map(lambda folder: store.list(folder.key), folders)
        return RawListing(
            _by_hour(source, zip(folders, listings, strict=True)), tuple(f"{stray}/" for stray in sorted(strays))
        )


def has_raw_objects(store: Store, source: Source, dt: str) -> bool:
    """Whether an hour has any. Raises StorageError."""
    return bool(list_raw_hours(store, source, PlanScope(dt, next_hour(dt)), 0).objects.get(dt))


def _folders(
    store: Store, source: Source, between: tuple[str | None, str | None], pool: ThreadPoolExecutor
) -> tuple[list[_Folder], list[str]]:
    """The folders at the end of the layout, of times between two (None: without end), and those that are none."""
    folders, strays = [_Folder("", source.prefix)], list[str]()
    is_seen = False  # that the folders exist
    for level in source.folders.levels:
        if level.name is not None:
            folders = [_Folder(time, f"{key}/{level.name}") for time, key in folders]
            is_seen = False
            continue
        below: list[_Folder] = []
        for (time, key), names in zip(folders, pool.map(store.folders, [key for _, key in folders]), strict=True):
            if is_seen and not names:
                strays.append(key)  # it holds objects alone
            for name in names:
                numbers = level.numbers(name)
                if numbers is None:
                    strays.append(f"{key}/{name}")
                else:
                    below.append(_Folder("-".join(filter(None, (time, *numbers))), f"{key}/{name}"))
        is_seen = True
        folders = [folder for folder in below if _is_between(folder.time, *between)]
    strays += [folder.key for folder in folders if not source.folders.is_time(folder.time)]
    return [folder for folder in folders if source.folders.is_time(folder.time)], strays


def _is_between(time: str, first: str | None, last: str | None) -> bool:
    """Whether any hour of a time that is known in part, e.g. 2026-11, can lie there."""
    size = len(time)
    return (first is None or time >= first[:size]) and (last is None or time <= last[:size])


def _by_hour(
    source: Source, listings: Iterable[tuple[_Folder, list[StoredObject]]]
) -> dict[str, tuple[StoredObject, ...]]:
    found: defaultdict[str, list[StoredObject]] = defaultdict(list)
    for folder, objects in listings:
        if source.folders.has_hours:
            found[folder.time] += objects
        else:
            for stored in objects:
                found[source.folders.hour_of(folder.time, stored.key)].append(stored)
    return {dt: tuple(sorted(objects)) for dt, objects in sorted(found.items())}
