"""Verifies a table: its partitions and their files, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from lake.catalog import Partition
from lake.catalog.model import Buckets
from lake.contract.catalog_tables import catalog_table, quarantine_table
from lake.contract.model import Table
from lake.errors import UsageError
from lake.jobs.lake import Lake
from lake.objects import StoredObject
from lake.objects.layout import check_partition
from lake.ops.verify.contents import Expected, expected_rejects, expected_rows
from lake.ops.verify.file import WHOLE_BYTES, FileFacts, FileReader
from lake.ops.verify.findings import Code, Finding, Level, Problem, bring_up_to_date, repair, run_command
from lake.ops.verify.folder import folder_at
from lake.ops.verify.partition import about_source, against_catalog, location_problems
from lake.publish.partition import quarantine_name

_THREADS = 4
_ATTEMPTS = 5


@dataclass(frozen=True)
class Published:
    """A partition to verify, of the catalog's table `name`: the table itself, or its quarantine."""

    name: str
    partition: Partition


@dataclass
class Verification:
    """The result: what was checked, and the findings. `bytes` and `rows` are of the files that were read."""

    table: str
    findings: list[Finding] = field(default_factory=list)
    partitions: int = 0
    files: int = 0
    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0

    @property
    def errors(self) -> int:
        return sum(1 for finding in self.findings if finding.level == "error")


def published(
    lake: Lake, table: Table, partitions: Sequence[str] = (), since: str | None = None, until: str | None = None
) -> list[Published]:
    """Partitions of a table and of its quarantine: the hours named, or those with since <= dt < until.

    Raises UsageError where an hour is malformed or not published, or where hours and a range are given.
    """
    if partitions and (since or until):
        raise UsageError(f"verifying {table.full_name}: expected hours or a range (--since, --until), got both")
    for hour in (*partitions, since, until):
        if hour is not None:
            check_partition(hour, table.grain)
    names = [table.name, quarantine_name(table)] if table.has_quarantine else [table.name]
    found = [
        Published(name, partition)
        for name in names
        for partition in (
            [lake.catalog.partition(table.database, name, dt) for dt in sorted(set(partitions))]
            if partitions
            else lake.catalog.partitions(table.database, name, since, until)
        )
        if partition is not None
    ]
    there = {one.partition.dt for one in found}
    if absent := [dt for dt in partitions if dt not in there]:
        raise UsageError(
            f"verifying {table.full_name} dt={absent[0]}: partition not found; `lake status` lists what is published"
        )
    return found


def verify(
    lake: Lake,
    table: Table,
    wanted: Sequence[Published],
    *,
    quick: bool = False,
    whole_bytes: int = WHOLE_BYTES,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Verification:
    """Read partitions back, and compare them with their manifests, the catalog and the contract.

    With `quick`, listings, sizes and footers only. A file of more than `whole_bytes` is read twice, in pieces.
    `on_bytes` is called with the size of each file that was read. A partition that a run publishes meanwhile is checked
    again. Raises StorageError, CatalogError where the root or the catalog cannot be reached; problems of the data are
    findings.
    """
    began = monotonic()
    done = Verification(table.full_name)
    if wanted:
        done.findings += _declared(lake, table, {one.name for one in wanted})
    # Two pools, so that folders that wait for their files never keep the files from being read.
    folders, files = ThreadPoolExecutor(_THREADS), ThreadPoolExecutor(_THREADS)
    try:
        work = _Work(lake, table, FileReader.of(lake.store, quick, whole_bytes), files, on_bytes, done)
        for findings in folders.map(work.partition, wanted):
            done.findings += findings
    finally:
        folders.shutdown(wait=False, cancel_futures=True)
        files.shutdown(wait=True, cancel_futures=True)
        folders.shutdown(wait=True)
    done.partitions = len(wanted)
    done.findings.sort(key=lambda finding: finding.order)
    done.seconds = round(monotonic() - began, 3)
    return done


@dataclass
class _Work:
    lake: Lake
    table: Table
    reader: FileReader
    files: ThreadPoolExecutor
    on_bytes: Callable[[int], None]
    done: Verification
    _counting: Lock = field(default_factory=Lock)

    def partition(self, wanted: Published) -> list[Finding]:
        """The findings of a partition as it is published now."""
        database, name, current = self.table.database, wanted.name, wanted.partition
        for _ in range(_ATTEMPTS):
            problems = self._problems(name, current)
            seen, now = current, self.lake.catalog.partition(database, name, current.dt) if problems else current
            if now == seen:
                break
            if now is None:
                return []
            current = now
        return self._findings(name, current, problems)

    def _problems(self, name: str, partition: Partition) -> list[Problem]:
        is_rows = name == self.table.name
        expected = expected_rows(self.table, partition) if is_rows else expected_rejects()
        folder = folder_at(self.lake.store, partition.location)
        facts = list(self.files.map(lambda stored: self._facts(stored, expected), folder.files))
        zone = self.table.zone if is_rows else "quarantine"
        problems = [*location_problems(self.table, zone, partition), *folder.problems]
        if all(one.code != "location_missing" for one in folder.problems):
            problems += against_catalog(partition, folder, facts)
        if is_rows:
            problems += about_source(self.table, partition, self._source(partition.dt))
        return problems

    def _facts(self, stored: StoredObject, expected: Expected) -> FileFacts:
        facts = self.reader.facts(stored, expected)
        with self._counting:
            self.done.files += 1
            self.done.rows += facts.rows or 0
            self.done.bytes += facts.size
            self.on_bytes(facts.size)
        return facts

    def _source(self, dt: str) -> Partition | None:
        """The upstream partition that an hour is made from."""
        database, _, name = (self.table.upstream or "").partition(".")
        return self.lake.catalog.partition(database, name, dt) if name else None

    def _findings(self, name: str, partition: Partition, problems: Sequence[Problem]) -> list[Finding]:
        if not problems:
            return []
        # Rows and quarantine are rebuilt, and rolled back, together.
        rows = self.lake.catalog.partition(self.table.database, self.table.name, partition.dt) or partition
        steps: dict[Level, str] = {
            level: repair(self.lake, self.table, rows) if level == "error" else bring_up_to_date(self.table, rows)
            for level in {problem.level for problem in problems}
        }
        full_name = f"{self.table.database}.{name}"
        return [
            Finding(one.level, one.code, full_name, partition.dt, one.file, one.message, steps[one.level])
            for one in problems
        ]


def _declared(lake: Lake, table: Table, names: set[str]) -> list[Finding]:
    """Checks that the catalog has the tables, with the contract's buckets."""
    findings = []
    for wanted in (catalog_table(table), quarantine_table(table)):
        if wanted.name not in names:
            continue
        found = lake.catalog.table(table.database, wanted.name)
        code: Code = "table_missing"
        message = "the catalog has partitions but no table, so queries fail"
        if found is not None:
            code = "table_buckets"
            message = f"the catalog says {_described(found.buckets)}; the contract says {_described(wanted.buckets)}"
        if found is None or found.buckets != wanted.buckets:
            step = run_command(table, rebuild=True)
            findings.append(Finding("error", code, f"{table.database}.{wanted.name}", "", "", message, step))
    return findings


def _described(buckets: Buckets | None) -> str:
    if buckets is None:
        return "no buckets"
    order = f", sorted by {', '.join(buckets.sorted_by)}" if buckets.sorted_by else ""
    return f"{buckets.count} buckets by {', '.join(buckets.columns)}{order}"
