"""`lake rollback` and `lake unpin`: put a partition back to what it was, and let it go again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json

if TYPE_CHECKING:
    from lake.contract.model import Table

TableArgument = Annotated[str, typer.Argument(metavar="TABLE", help="e.g. clickstream.events_v1")]
PartitionArgument = Annotated[
    str,
    typer.Argument(metavar="PARTITION", help="Its hour, or day, e.g. 2026-11-21-09; dt=… is read too."),
]


def rollback(
    table: TableArgument,
    partition: PartitionArgument,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Swap a partition, and its quarantine, back to what was published before; readers see it at once.

    The partition is pinned, so that the next run leaves it alone, until `lake unpin`. A second rollback goes one
    further back. What was there stays until `lake vacuum`.

    \b
    Examples:
      lake rollback clickstream.events_v1 2026-11-21-09
    """
    from lake.jobs.lake import Lake
    from lake.publish.partition import roll_back

    lake = Lake.open(root, contracts)
    found = lake.table(table)
    dt = _value(found, partition)
    now = roll_back(lake.catalog, lake.store, found, dt)
    if json_output:
        print_json({"table": found.full_name, "partition": dt, "run_id": now.get("run_id"), "pinned": now.is_pinned})
    note(f"{found.full_name} dt={dt} is what run {now.get('run_id')} made ({now.number('rows'):,} rows), and pinned.")
    note(f"Once the cause is mended: lake unpin {found.full_name} {dt}")


def unpin(
    table: TableArgument,
    partition: PartitionArgument,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Let a partition that was rolled back go: the next run rebuilds it if its inputs say so.

    \b
    Examples:
      lake unpin clickstream.events_v1 2026-11-21-09
    """
    from lake.jobs.lake import Lake
    from lake.publish.partition import unpin as let_go

    lake = Lake.open(root, contracts)
    found = lake.table(table)
    dt = _value(found, partition)
    now = let_go(lake.catalog, found, dt)
    if json_output:
        print_json({"table": found.full_name, "partition": dt, "run_id": now.get("run_id"), "pinned": now.is_pinned})
    note(f"{found.full_name} dt={dt} is no longer pinned; the next run rebuilds it where it is stale.")


def _value(table: Table, partition: str) -> str:
    from lake.objects.layout import check_partition

    dt = partition.removeprefix("dt=")
    check_partition(dt, table.grain)
    return dt
