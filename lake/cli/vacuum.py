"""`lake vacuum`: remove files that no partition points to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table
from lake.cli.sizes import duration, human_bytes


def vacuum(
    table: Annotated[str | None, typer.Argument(help="Table. Default: all.", show_default=False)] = None,
    older_than: Annotated[
        str,
        typer.Option("--older-than", metavar="TIME", help="Minimum time out of use: 0s, 90m, 12h, 7d."),
    ] = "7d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Remove run folders that were superseded or refused; a rollback to them is then no longer possible.

    Never removed: what a partition points to, and a run younger than a day that has not said that it ended.

    \b
    Examples:
      lake vacuum --dry-run
      lake vacuum clickstream.events_v1 --older-than 30d
    """
    from lake.jobs.lake import Lake
    from lake.publish.vacuum import vacuum as sweep

    age = duration(older_than)
    lake = Lake.open(root, contracts)
    tables = [lake.table(table)] if table else lake.tables()
    dropped = [one for each in tables for one in sweep(each, lake.store, lake.catalog, age, dry_run=dry_run)]
    if json_output:
        print_json([asdict(one) for one in dropped])
    elif dropped:
        rows = [(one.folder, f"{one.objects:,}", human_bytes(one.bytes)) for one in dropped]
        print_table(("folder", "objects", "bytes"), rows, right=("objects", "bytes"))
    objects, size = sum(one.objects for one in dropped), sum(one.bytes for one in dropped)
    verb = "would be removed" if dry_run else "removed"
    note(f"{objects:,} objects in {len(dropped):,} folders {verb}, {human_bytes(size)}")
