"""`lake rollback` and `lake unpin`: restore the previous version of a partition, and release it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json

if TYPE_CHECKING:
    from lake.contract.model import Table

TableArgument = Annotated[str, typer.Argument(metavar="TABLE", help="Table, e.g. clickstream.events_v1.")]
PartitionArgument = Annotated[
    str,
    typer.Argument(metavar="PARTITION", help="Hour or day, e.g. 2026-11-21-09 (dt=… is accepted)."),
]


def rollback(
    table: TableArgument,
    partition: PartitionArgument,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Restore what was published before of a partition and its quarantine; readers see it at once.

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
    note(f"After the cause is fixed: lake unpin {found.full_name} {dt}")


def unpin(
    table: TableArgument,
    partition: PartitionArgument,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Unpin a partition that was rolled back: the next run rebuilds it if it is stale.

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
    note(f"{found.full_name} dt={dt} is no longer pinned; the next run rebuilds it if it is stale.")


def _value(table: Table, partition: str) -> str:
    from lake.objects.layout import check_partition

    dt = partition.removeprefix("dt=")
    check_partition(dt, table.grain)
    return dt
