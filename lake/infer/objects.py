"""The objects that samples are read from: local files and folders, and s3:// objects and prefixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from lake.errors import StorageError, UsageError
from lake.objects import Store, open_store

MOST_OBJECTS = 20


@dataclass(frozen=True)
class SampleObject:
    """One object; `open` gives a fresh stream of its bytes as stored."""

    uri: str
    open: Callable[[], BinaryIO]


def sample_objects(places: Iterable[str]) -> list[SampleObject]:
    """The objects that files, folders and URIs name; of more than MOST_OBJECTS, as many, evenly spread.

    Raises UsageError where a place holds none, and StorageError where it cannot be read.
    """
    found = [sample for place in places for sample in _at(place)]
    if len(found) <= MOST_OBJECTS:
        return found
    return [found[at * (len(found) - 1) // (MOST_OBJECTS - 1)] for at in range(MOST_OBJECTS)]


def _at(place: str) -> list[SampleObject]:
    if urlsplit(place).scheme == "s3":
        return _at_s3(place)
    path = Path(place)
    if path.is_file():
        store = open_store(str(path.parent))
        return [_sample(store, path.name)]
    if not path.is_dir():
        raise UsageError(f"reading samples from {place}: file not found; name files, folders or s3:// URIs")
    return _below(open_store(place), place)


def _at_s3(place: str) -> list[SampleObject]:
    folder, _, name = place.rpartition("/")
    if name and folder.count("/") > 1:
        store = open_store(folder)
        try:
            store.open(name).read(1)
        except StorageError:
            pass  # a prefix, or nothing at all, which the listing says
        else:
            return [_sample(store, name)]
    return _below(open_store(place), place)


def _below(store: Store, place: str) -> list[SampleObject]:
    keys = [stored.key for stored in store.list("") if stored.size and not _is_hidden(stored.key)]
    if not keys:
        raise UsageError(f"reading samples from {place}: no objects found there; name files, folders or s3:// URIs")
    return [_sample(store, key) for key in keys]


def _is_hidden(key: str) -> bool:
    """Markers of writers, such as _SUCCESS, are no samples."""
    return any(part.startswith((".", "_")) for part in key.split("/"))


def _sample(store: Store, key: str) -> SampleObject:
    return SampleObject(store.uri_of(key), lambda: store.open(key))
