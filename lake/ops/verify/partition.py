"""Compares a partition with the catalog: its location, its sums, its inputs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lake.catalog import Partition
from lake.contract.model import Table
from lake.objects.layout import partition_folder
from lake.ops.verify.file import FileFacts
from lake.ops.verify.findings import Problem
from lake.ops.verify.folder import Folder, differences
from lake.publish.partition import content_digest
from lake.write.parquet import DataFile


def location_problems(table: Table, zone: str, partition: Partition) -> Iterator[Problem]:
    """Whether the partition points into its own hour's folder."""
    folder = partition_folder(zone, table.database, table.name, partition.dt)
    if not partition.location.startswith(f"{folder}/"):
        message = f"points to {partition.location}; expected a folder in {folder}"
        yield Problem("location_elsewhere", message)


def against_catalog(partition: Partition, folder: Folder, facts: Sequence[FileFacts]) -> Iterator[Problem]:
    """Problems of the files that were read, and of their sums."""
    of_files = list(differences(folder.manifest, facts)) if folder.manifest is not None else []
    reported = {problem.file for problem in of_files}
    for one in facts:
        of_files += one.problems
        # A file of other bytes than were written cannot be read for that reason: it is said once.
        if one.unreadable and one.name not in reported:
            of_files.append(Problem("unreadable", f"cannot be read as Parquet: {one.unreadable}", one.name))
    yield from of_files
    yield from _sums(partition, facts, is_explained=bool(of_files) or bool(folder.subfolders))


def _sums(partition: Partition, facts: Sequence[FileFacts], *, is_explained: bool) -> Iterator[Problem]:
    """Compares sums with the catalog's. If files are known to be wrong, only rows are compared: readers see so many."""
    rows = [one.rows for one in facts if one.rows is not None]
    if len(rows) == len(facts) and sum(rows) != partition.number("rows"):
        yield Problem("rows", f"its files have {sum(rows):,} rows; the catalog says {partition.number('rows'):,}")
    if is_explained:
        return
    size = sum(one.size for one in facts)
    if size != partition.number("bytes"):
        yield Problem("bytes", f"its files have {size:,} bytes; the catalog says {partition.number('bytes'):,}")
    if all(one.sha256 for one in facts):
        digest = content_digest([DataFile(one.name, one.rows or 0, one.size, one.sha256) for one in facts])
        if digest != partition.get("content_digest"):
            message = f"the content digest of its files is {digest}; the catalog says"
            yield Problem("digest", f"{message} {partition.get('content_digest') or 'none'}")


def about_source(table: Table, partition: Partition, source: Partition | None) -> Iterator[Problem]:
    """Checks the inputs: the accounting of records, and whether the partition is stale."""
    yield from _account(table, partition)
    columns = [name for name in partition.get("columns").split(",") if name]
    if partition.get("reading_digest") not in ("", table.reading_digest(columns)):
        message = f"was made under another contract (version {partition.get('contract_version') or 'unknown'}); it is"
        yield Problem("other_contract", f"{message} stale, and the next run rebuilds it", level="information")
    if source is None:
        return
    if partition.get("upstream_digest") != source.get("content_digest"):
        message = f"is older than its source, {table.upstream}, which was published again later"
        yield Problem("older_than_source", message, level="information")
    elif partition.number("rows") != source.number("rows"):
        message = f"the catalog says {partition.number('rows'):,} rows, and {source.number('rows'):,} of its source"
        yield Problem("rows", f"{message}, {table.upstream}; expected as many")


def _account(table: Table, partition: Partition) -> Iterator[Problem]:
    if table.source is None:
        return
    records, *parts = (partition.number(name) for name in ("records", "rows", "duplicates", "quarantined", "skipped"))
    if records != sum(parts):
        sums = " + ".join(f"{part:,}" for part in parts)
        message = f"the catalog says {records:,} records, and {sums} rows, duplicates, quarantined and skipped"
        yield Problem("accounting", f"{message}; not all accounted for")
