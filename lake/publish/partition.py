"""How a partition becomes visible: one catalog call that moves its location, after all of it lies in its folder.

Nothing else makes data visible. A crash before that call changes nothing; after it, the work is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from lake.catalog import Catalog, Partition
from lake.catalog.view_routing import refresh_routes
from lake.contract.model import Table
from lake.contract.quarantine import QUARANTINE_SUFFIX
from lake.digest import digest_of
from lake.errors import CatalogError, StorageError, UsageError
from lake.objects import Store
from lake.plan.manifest import MANIFEST, manifest_of
from lake.plan.partition_plan import utc_now
from lake.steps import OnStep, Step, ignore_step
from lake.write.bucket_files import bucket_in_name
from lake.write.parquet import DataFile

Outcome = Literal["published", "unchanged", "superseded", "pinned"]

_ATTEMPTS = 20


def quarantine_name(table: Table) -> str:
    """The catalog's name of a table's quarantine, in the same database."""
    return f"{table.name}{QUARANTINE_SUFFIX}"


def content_digest(files: Sequence[DataFile]) -> str:
    """A digest of the bytes of all files, and of the buckets in their names: equal digests, equal rows to readers.

    Nothing else of a name counts: a file that is no bucket's is the same wherever it lies.
    """
    return digest_of(sorted(_content(file) for file in files))


def _content(file: DataFile) -> str:
    bucket = bucket_in_name(file.key)
    return file.sha256 if bucket is None else f"{bucket} {file.sha256}"


def verify_staged_files(store: Store, folder: str, files: Sequence[DataFile]) -> None:
    """Prove that a run folder holds the files that were written and no others, before readers are sent there.

    Raises StorageError naming the first difference: a file of a task that was taken for dead would add rows.
    """
    expected = {file.key: file.bytes for file in files}
    listed = {stored.key: stored.size for stored in store.list(folder)}
    found = {key: size for key, size in listed.items() if not key.rsplit("/", 1)[-1].startswith("_")}
    if found != expected:
        first = min(expected.items() ^ found.items())[0]
        raise StorageError(
            f"publishing {store.uri_of(folder)}: expected {len(expected)} files as written, found {len(found)}; they "
            f"differ at {first}. The partition was not published; run the job again"
        )


def listed_files(files: Sequence[DataFile]) -> list[dict[str, Any]]:
    """Files as a manifest lists them."""
    return [{"key": file.key, "rows": file.rows, "bytes": file.bytes, "sha256": file.sha256} for file in files]


def write_manifest(store: Store, partition: Partition, details: dict[str, Any]) -> None:
    """Put what a partition was made from beside its files, with the parameters that it is published with."""
    body = {"dt": partition.dt, "parameters": partition.parameters, **details}
    store.write(f"{partition.location}/{MANIFEST}", json.dumps(body, ensure_ascii=False).encode())


@dataclass(frozen=True)
class PublishOptions:
    """`is_forced`: replace files of the same content, too; whoever requests a rebuild may have found them damaged."""

    is_forced: bool = False
    clock: Callable[[], datetime] = utc_now
    on_step: OnStep = ignore_step


DEFAULT_OPTIONS = PublishOptions()


def publish_partition(
    catalog: Catalog,
    store: Store,
    table: Table,
    name: str,
    *,
    candidate: Partition,
    details: dict[str, Any],
    options: PublishOptions = DEFAULT_OPTIONS,
) -> tuple[Outcome, Partition]:
    """Publish `candidate` as a partition of table `name`, and return what is published afterwards.

    "unchanged": the published files have the same content, so readers stay where they are, and only the parameters
    are brought up to date; unless the publish is forced.
    "superseded": what is published was made from a later listing of the inputs. "pinned": an operator rolled the
    partition back, and it stays. Raises CatalogError, StorageError.
    """
    for _ in range(_ATTEMPTS):
        current = catalog.partition(table.database, name, candidate.dt)
        outcome, wanted = _compare_with_published(current, candidate, options.clock(), is_forced=options.is_forced)
        if outcome in ("superseded", "pinned"):
            return outcome, wanted
        is_unchanged = outcome == "unchanged"
        write_manifest(store, wanted, _with_published_files(store, wanted, details) if is_unchanged else details)
        options.on_step(Step.MANIFEST_WRITTEN, candidate.dt)
        if catalog.publish(table.database, name, wanted, expected=current):
            return outcome, wanted
    raise CatalogError(
        f"publishing {table.database}.{name} dt={candidate.dt}: another run changed the partition {_ATTEMPTS} times "
        "in between. What was published stays; stop the other runs and run the job again"
    )


def _with_published_files(store: Store, wanted: Partition, details: dict[str, Any]) -> dict[str, Any]:
    """What a partition was made from, with the files that readers go on reading: the run's own will be deleted."""
    files = manifest_of(store, wanted.location).get("files")
    return details if files is None else {**details, "files": files}


def _compare_with_published(
    current: Partition | None, candidate: Partition, now: datetime, *, is_forced: bool
) -> tuple[Outcome, Partition]:
    published_at = now.isoformat()
    if current is None:
        return "published", candidate.with_parameters(published_at=published_at)
    if current.is_pinned:
        return "pinned", current
    if current.at("listed_at") > candidate.at("listed_at"):
        return "superseded", current
    if current.get("content_digest") == candidate.get("content_digest") and not is_forced:
        kept = {name: current.get(name) or None for name in ("run_id", "published_at", "previous_location")}
        return "unchanged", replace(candidate, location=current.location).with_parameters(**kept)
    # A partition that was rebuilt because it was damaged is not kept to roll back to; the one before it is.
    is_same = current.get("content_digest") == candidate.get("content_digest")
    previous = current.get("previous_location") or None if is_same else current.location
    return "published", candidate.with_parameters(published_at=published_at, previous_location=previous)


def roll_back(catalog: Catalog, store: Store, table: Table, dt: str) -> Partition:
    """Swap a partition, and its quarantine, back to what was published before, and pin it there.

    Returns the partition as it is now. Raises UsageError if there is nothing to roll back to.
    """
    current = catalog.partition(table.database, table.name, dt)
    if current is None:
        raise UsageError(f"rolling back {table.full_name} dt={dt}: the partition is not published; see `lake status`")
    previous = current.get("previous_location")
    manifest = manifest_of(store, previous) if previous else {}
    if not manifest:
        why = f"{store.uri_of(previous)} was vacuumed" if previous else "nothing was published before it"
        raise UsageError(f"rolling back {table.full_name} dt={dt}: {why}; nothing to roll back to")
    target = _pinned(dt, previous, manifest)
    quarantine = target.get("quarantine_location")
    if quarantine:
        before = catalog.partition(table.database, quarantine_name(table), dt)
        _swap(catalog, table, quarantine_name(table), _pinned(dt, quarantine, manifest_of(store, quarantine)), before)
    _swap(catalog, table, table.name, target, current)
    refresh_routes(catalog, table.full_name)
    return target


def unpin(catalog: Catalog, table: Table, dt: str) -> Partition:
    """Release a pinned partition: the next run rebuilds it if stale. Raises UsageError if it is not pinned."""
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
