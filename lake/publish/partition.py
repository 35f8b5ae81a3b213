"""How a partition becomes visible: one catalog call that moves its location, after all of it lies in its folder.

This is the only room that knows. A crash before that call changes nothing; after it, the work is done.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from lake.catalog import Catalog, Partition
from lake.catalog.view_routing import refresh_routes
from lake.contract.model import Table
from lake.contract.quarantine import QUARANTINE_SUFFIX
from lake.digest import digest_of
from lake.errors import CatalogError, StorageError, UsageError
from lake.objects import Store
from lake.plan.raw import MANIFEST, manifest_of
from lake.write.bucket_files import bucket_in_name
from lake.write.parquet import Part

Outcome = Literal["published", "unchanged", "superseded", "pinned"]

_ATTEMPTS = 20


def quarantine_name(table: Table) -> str:
    """The catalog's name of a table's quarantine, in the same database."""
    return f"{table.name}{QUARANTINE_SUFFIX}"


def content_digest(parts: Sequence[Part]) -> str:
    """A digest of the bytes of all files, and of the buckets in their names: equal digests, equal rows to readers.

    Nothing else of a name counts: a file that is no bucket's is the same wherever it lies.
    """
    return digest_of(sorted(_content(part) for part in parts))


def _content(part: Part) -> str:
    bucket = bucket_in_name(part.key)
    return part.sha256 if bucket is None else f"{bucket} {part.sha256}"


def check_folder(store: Store, folder: str, parts: Sequence[Part]) -> None:
    """Prove that a run folder holds the files that were written and no others, before readers are sent there.

    Raises StorageError naming the first difference: a file of a task that was thought dead would add rows.
    """
    expected = {part.key: part.bytes for part in parts}
    found = {one.key: one.size for one in store.list(folder) if not one.key.rsplit("/", 1)[-1].startswith("_")}
    if found != expected:
        odd = min(expected.items() ^ found.items())[0]
        raise StorageError(
            f"publishing {store.uri_of(folder)}: expected {len(expected)} files as written, found {len(found)}; they "
            f"differ at {odd}. Nothing was published; run the job again"
        )


def listed_files(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Files as a manifest lists them."""
    return [{"key": part.key, "rows": part.rows, "bytes": part.bytes, "sha256": part.sha256} for part in parts]


def write_manifest(store: Store, partition: Partition, details: dict[str, Any]) -> None:
    """Put what a partition was made from beside its files, with the parameters that it is published with."""
    body = {"dt": partition.dt, "parameters": partition.parameters, **details}
    store.write(f"{partition.location}/{MANIFEST}", json.dumps(body, ensure_ascii=False).encode())


def publish_partition(
    catalog: Catalog,
    store: Store,
    table: Table,
    name: str,
    *,
    candidate: Partition,
    details: dict[str, Any],
    is_forced: bool = False,
) -> tuple[Outcome, Partition]:
    """Publish `candidate` as a partition of table `name`, and return what is published afterwards.

    "unchanged": the files published hold the same content, so readers stay where they are, and only the parameters
    are brought up to date; unless `is_forced`, for whoever asks for a rebuild may have found the files damaged.
    "superseded": what is published was made from a later listing of the inputs. "pinned":
    somebody rolled the partition back, and wants it to stay. Raises CatalogError, StorageError.
    """
    for _ in range(_ATTEMPTS):
        current = catalog.partition(table.database, name, candidate.dt)
        outcome, wanted = _against(current, candidate, is_forced)
        if outcome in ("superseded", "pinned"):
            return outcome, wanted
        write_manifest(
            store, wanted, _with_files_that_stay(store, wanted, details) if outcome == "unchanged" else details
        )
        if catalog.publish(table.database, name, wanted, expected=current):
            return outcome, wanted
    raise CatalogError(
        f"publishing {table.database}.{name} dt={candidate.dt}: another run changed the partition {_ATTEMPTS} times "
        "in between. What was published stays; stop the other runs and run the job again"
    )


def _with_files_that_stay(store: Store, wanted: Partition, details: dict[str, Any]) -> dict[str, Any]:
    """What a partition was made from, with the files that readers go on reading: the run's own are about to go."""
    files = manifest_of(store, wanted.location).get("files")
    return details if files is None else {**details, "files": files}


def _against(current: Partition | None, candidate: Partition, is_forced: bool) -> tuple[Outcome, Partition]:
    published_at = datetime.now(UTC).isoformat()
    if current is None:
        return "published", candidate.with_parameters(published_at=published_at)
    if current.is_pinned:
        return "pinned", current
    if current.at("listed_at") > candidate.at("listed_at"):
        return "superseded", current
    if current.get("content_digest") == candidate.get("content_digest") and not is_forced:
        kept = {name: current.get(name) or None for name in ("run_id", "published_at", "previous_location")}
        return "unchanged", replace(candidate, location=current.location).with_parameters(**kept)
    # What was rebuilt because it was damaged is nothing to roll back to; what was before it, is.
    is_same = current.get("content_digest") == candidate.get("content_digest")
    previous = current.get("previous_location") or None if is_same else current.location
    return "published", candidate.with_parameters(published_at=published_at, previous_location=previous)


def roll_back(catalog: Catalog, store: Store, table: Table, dt: str) -> Partition:
    """Swap a partition, and its quarantine, back to what was published before, and pin it there.

    Returns the partition as it is now. Raises UsageError where there is nothing to go back to.
    """
    current = catalog.partition(table.database, table.name, dt)
    if current is None:
        raise UsageError(f"rolling back {table.full_name} dt={dt}: no such partition is published; see `lake status`")
    previous = current.get("previous_location")
    manifest = manifest_of(store, previous) if previous else {}
    if not manifest:
        why = f"{store.uri_of(previous)} was vacuumed" if previous else "nothing was published before it"
        raise UsageError(f"rolling back {table.full_name} dt={dt}: {why}; there is nothing to go back to")
    target = _pinned(dt, previous, manifest)
    quarantine = target.get("quarantine_location")
    if quarantine:
        before = catalog.partition(table.database, quarantine_name(table), dt)
        _swap(catalog, table, quarantine_name(table), _pinned(dt, quarantine, manifest_of(store, quarantine)), before)
    _swap(catalog, table, table.name, target, current)
    refresh_routes(catalog, table.full_name)
    return target


def unpin(catalog: Catalog, table: Table, dt: str) -> Partition:
    """Let a pinned partition go: the next run rebuilds it if its inputs say so. Raises UsageError where none is."""
    current = catalog.partition(table.database, table.name, dt)
    if current is None or not current.is_pinned:
        raise UsageError(f"unpinning {table.full_name} dt={dt}: it is not pinned; see `lake status {table.full_name}`")
    quarantine = catalog.partition(table.database, quarantine_name(table), dt)
    if quarantine is not None and quarantine.is_pinned:
        _swap(catalog, table, quarantine_name(table), quarantine.with_parameters(pinned=None), quarantine)
    free = current.with_parameters(pinned=None)
    _swap(catalog, table, table.name, free, current)
    refresh_routes(catalog, table.full_name)
    return free


def _pinned(dt: str, location: str, manifest: dict[str, Any]) -> Partition:
    return Partition(dt, location, dict(manifest.get("parameters", {}))).with_parameters(pinned="true")


def _swap(catalog: Catalog, table: Table, name: str, wanted: Partition, current: Partition | None) -> None:
    if not catalog.publish(table.database, name, wanted, expected=current):
        raise CatalogError(
            f"changing {table.database}.{name} dt={wanted.dt}: a run published it at the same moment; try again"
        )
