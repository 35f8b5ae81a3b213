"""Compares the files in a partition's folder with its manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lake.objects import Store, StoredObject
from lake.ops.verify.file import FileFacts
from lake.ops.verify.findings import Problem
from lake.plan.manifest import MANIFEST


@dataclass(frozen=True)
class Promised:
    """A file in the manifest."""

    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The files in a manifest. `promised` is None if it lists none: a quarantine's has only totals.

    `is_moved`: it was written for another folder, whose files had equal content; names may differ.
    """

    promised: tuple[Promised, ...] | None
    is_moved: bool


@dataclass(frozen=True)
class Folder:
    """The content of a partition's folder as readers see it: names that begin with _ or . are ignored."""

    files: tuple[StoredObject, ...]
    subfolders: tuple[str, ...]
    manifest: Manifest | None
    problems: tuple[Problem, ...]


def folder_at(store: Store, location: str) -> Folder:
    """List a folder and read its manifest. Raises StorageError."""
    objects = store.list(location)
    subfolders = tuple(name for name in store.folders(location) if not _is_hidden(name))
    if not objects and not subfolders:
        message = f"{store.uri_of(location)} is empty or missing; readers see no rows of this hour"
        return Folder((), (), None, (Problem("location_missing", message),))
    problems = [_subfolder(name, location, objects) for name in subfolders]
    names = {one.key: one.key[len(location) + 1 :] for one in objects}
    files = tuple(one for one in objects if "/" not in names[one.key] and not _is_hidden(names[one.key]))
    manifest = None
    data = store.read_if_exists(f"{location}/{MANIFEST}")
    if data is None:
        message = f"missing {MANIFEST}; the files are compared with the catalog only"
        problems.append(Problem("manifest_missing", message, MANIFEST))
    else:
        try:
            manifest = _manifest(data, location)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"cannot be read ({type(error).__name__}: {error}); the files are compared with the catalog only"
            problems.append(Problem("manifest_damaged", message, MANIFEST))
    return Folder(files, subfolders, manifest, tuple(problems))


def differences(manifest: Manifest, facts: Iterable[FileFacts]) -> Iterator[Problem]:
    """Differences from the manifest: missing, extra, truncated or altered files."""
    if manifest.promised is None:
        return
    found = {one.name: one for one in facts}
    promised = {one.name: one for one in manifest.promised}
    if manifest.is_moved:
        _match_by_content(promised, found)
    for name, one in promised.items():
        if name in found:
            yield from _difference(one, found[name])
        else:
            size = f"{one.rows:,} rows, {one.bytes:,} bytes"
            yield Problem("missing", f"is in the manifest ({size}), but not in the folder", name)
    for name in found.keys() - promised.keys():
        size = f"{found[name].size:,} bytes"
        yield Problem("extra", f"is in the folder ({size}), but not in the manifest; readers read it", name)


def _difference(promised: Promised, found: FileFacts) -> Iterator[Problem]:
    if found.size < promised.bytes:
        yield Problem("truncated", f"has {found.size:,} bytes; the manifest says {promised.bytes:,}", found.name)
    elif found.size > promised.bytes:
        yield Problem("altered", f"has {found.size:,} bytes; the manifest says {promised.bytes:,}", found.name)
    elif found.sha256 and found.sha256 != promised.sha256:
        message = f"its content was changed: it has SHA-256 {found.sha256[:12]}…"
        yield Problem("altered", f"{message}; the manifest says {promised.sha256[:12]}…", found.name)
    elif found.rows is not None and found.rows != promised.rows:
        yield Problem("rows", f"has {found.rows:,} rows; the manifest says {promised.rows:,}", found.name)


def _match_by_content(promised: dict[str, Promised], found: dict[str, FileFacts]) -> None:
    """Remove from both what is equal except for its name; with footers only, by size and rows."""
    for name in sorted(promised.keys() - found.keys()):
        one = promised[name]
        for other in sorted(found.keys() - promised.keys()):
            fact = found[other]
            if (fact.size, fact.rows) == (one.bytes, one.rows) and fact.sha256 in ("", one.sha256):
                del promised[name], found[other]
                break


def _manifest(data: bytes, location: str) -> Manifest:
    files = json.loads(data).get("files")
    if files is None:
        return Manifest(None, False)
    promised = [
        Promised(one["key"].rpartition("/")[2], int(one["rows"]), int(one["bytes"]), str(one["sha256"]))
        for one in files
    ]
    return Manifest(tuple(promised), any(one["key"].rpartition("/")[0] != location for one in files))


def _subfolder(name: str, location: str, objects: Iterable[StoredObject]) -> Problem:
    inside = sum(1 for one in objects if one.key.startswith(f"{location}/{name}/"))
    message = f"is a folder, with {inside:,} objects; expected files only; some readers fail on a folder"
    return Problem("subfolder", message, f"{name}/")


def _is_hidden(name: str) -> bool:
    return name.startswith(("_", "."))
