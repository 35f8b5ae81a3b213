"""One hour's last steps: count, audit, publish quarantine and rows; what came of it, for the report."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from lake.audit.partition_audit import TableGate
from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.objects import Store
from lake.plan.raw import Hour
from lake.publish.partition import check_folder, content_digest, listed_files, publish_partition, quarantine_name
from lake.publish.run_report import PartitionReport
from lake.write.deduplicate import Decisions
from lake.write.parquet import Part
from lake.write.raw_task import UnitResult


@dataclass(frozen=True)
class HourWork:
    """What settling an hour needs to know beside its files; folders are keys below the root."""

    table: Table
    hour: Hour
    listed_at: str
    run_id: str
    rows_folder: str
    quarantine_folder: str
    decisions_digest: str


@dataclass
class Written:
    """All that an hour's units wrote, and the account of each raw object.

    For every object: records = rows + duplicates + quarantined.
    """

    parts: list[Part] = field(default_factory=list)
    quarantine_parts: list[Part] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)

    def add(self, result: UnitResult, decided: Decisions) -> None:
        self.parts += result.parts
        self.quarantine_parts += result.quarantine_parts
        rows = [count.rows for count in result.objects]
        duplicates = _by_object(rows, decided.duplicates)
        conflicts = _by_object(rows, decided.conflicts)
        for number, count in enumerate(result.objects):
            self.objects.append(
                {
                    "key": count.key,
                    "records": count.rows + count.rejected,
                    "rows": count.rows - duplicates[number] - conflicts[number],
                    "duplicates": duplicates[number],
                    "quarantined": count.rejected + conflicts[number],
                }
            )

    def total(self, name: str) -> int:
        return sum(int(object_[name]) for object_ in self.objects)

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)


def settle(work: HourWork, written: Written | None, store: Store, catalog: Catalog, gate: TableGate) -> PartitionReport:
    """Audit and publish what was written; with None, note that the rows are what they were.

    The quarantine is published before the rows: a crash between the two shows a rejected record early, never a lost
    one. Raises StorageError, CatalogError; a refusal by the gate is an outcome.
    """
    if written is None:
        return _unchanged(work, catalog)
    check_folder(store, work.rows_folder, written.parts)
    check_folder(store, work.quarantine_folder, written.quarantine_parts)
    rows = _candidate(work, written)
    answer = gate.audit(rows, [part.key for part in written.parts])
    if answer.state == "failed":
        return _reported(work, rows, "refused", answer.message)
    rows = rows.with_parameters(verdict=answer.state)
    blocked = _blocked(work, store, catalog, written)
    if blocked is not None:
        return blocked
    rows = rows.with_parameters(quarantine_location=_publish_quarantine(work, written, store, catalog))
    outcome, published = publish_partition(
        catalog,
        store,
        work.table,
        work.table.name,
        candidate=rows,
        details=_details(work, written),
        is_forced=work.hour.is_forced,
    )
    if outcome != "published":
        _discard(store, work.rows_folder, written.parts, published.location)
    return _reported(work, published, outcome, answer.message or work.hour.reason)


def _unchanged(work: HourWork, catalog: Catalog) -> PartitionReport:
    """Only the look-back changed, and no row with it: bring the partition's inputs up to date and nothing else."""
    before = work.hour.published
    current = catalog.partition(work.table.database, work.table.name, work.hour.dt)
    if before is None or current is None or current != before:
        return _reported(work, current or Partition(work.hour.dt, ""), "superseded", "another run changed it meanwhile")
    wanted = current.with_parameters(input_digest=work.hour.input_digest, listed_at=work.listed_at)
    if not catalog.publish(work.table.database, work.table.name, wanted, expected=current):
        return _reported(work, current, "superseded", "another run changed it meanwhile")
    return _reported(work, wanted, "unchanged", work.hour.reason)


def _candidate(work: HourWork, written: Written) -> Partition:
    return Partition(work.hour.dt, work.rows_folder).with_parameters(
        input_digest=work.hour.input_digest,
        own_digest=work.hour.own_digest,
        reading_digest=work.table.reading_digest(),
        columns=_columns(work.table),
        decisions_digest=work.decisions_digest,
        content_digest=content_digest(written.parts),
        contract_version=work.table.version,
        run_id=work.run_id,
        listed_at=work.listed_at,
        records=str(written.total("records")),
        rows=str(written.total("rows")),
        duplicates=str(written.total("duplicates")),
        quarantined=str(written.total("quarantined")),
        bytes=str(written.bytes),
        files=str(len(written.parts)),
        objects=str(len(written.objects)),
    )


def _columns(table: Table) -> str:
    return ",".join(column.name for column in table.columns)


def _details(work: HourWork, written: Written) -> dict[str, Any]:
    return {
        "objects_read": {object_.key: object_.etag for object_ in work.hour.objects},
        "lookback_read": {one.key: one.etag for members in work.hour.lookback.values() for one in members},
        "objects": written.objects,
        "files": listed_files(written.parts),
    }


def _blocked(work: HourWork, store: Store, catalog: Catalog, written: Written) -> PartitionReport | None:
    """Look once more before the quarantine is touched: a newer or pinned partition keeps its quarantine as well."""
    current = catalog.partition(work.table.database, work.table.name, work.hour.dt)
    if current is None or not (current.is_pinned or current.get("listed_at") > work.listed_at):
        return None
    _discard(store, work.rows_folder, written.parts, current.location)
    _discard(store, work.quarantine_folder, written.quarantine_parts, current.get("quarantine_location"))
    outcome = "pinned" if current.is_pinned else "superseded"
    return _reported(work, current, outcome, "what is published was made from a later listing, or is pinned")


def _publish_quarantine(work: HourWork, written: Written, store: Store, catalog: Catalog) -> str | None:
    """The location of the quarantine that goes with the rows; None where nothing was ever rejected."""
    name = quarantine_name(work.table)
    count = sum(part.rows for part in written.quarantine_parts)
    if not count and catalog.partition(work.table.database, name, work.hour.dt) is None:
        return None
    candidate = Partition(work.hour.dt, work.quarantine_folder).with_parameters(
        input_digest=work.hour.input_digest,
        content_digest=content_digest(written.quarantine_parts),
        contract_version=work.table.version,
        run_id=work.run_id,
        listed_at=work.listed_at,
        rows=str(count),
        bytes=str(sum(part.bytes for part in written.quarantine_parts)),
        files=str(len(written.quarantine_parts)),
    )
    details = {"files": listed_files(written.quarantine_parts)}
    outcome, published = publish_partition(
        catalog, store, work.table, name, candidate=candidate, details=details, is_forced=work.hour.is_forced
    )
    if outcome != "published":
        _discard(store, work.quarantine_folder, written.quarantine_parts, published.location)
    return published.location


def _discard(store: Store, folder: str, parts: Sequence[Part], published: str) -> None:
    """Remove files of this run that nothing will point to."""
    if folder != published:
        store.delete([part.key for part in parts])


def _by_object(rows: Sequence[int], places: Sequence[int]) -> list[int]:
    """How many of `places` (row numbers in a unit) fall to each object, given the rows of each in order."""
    ends = list(accumulate(rows))
    counts = [0] * len(rows)
    for place in places:
        counts[bisect_right(ends, place)] += 1
    return counts


def _reported(work: HourWork, partition: Partition, outcome: str, reason: str) -> PartitionReport:
    numbers = {name: partition.number(name) for name in ("records", "rows", "duplicates", "quarantined", "bytes")}
    return PartitionReport(work.hour.dt, outcome, reason, **numbers, input_digest=work.hour.input_digest)
