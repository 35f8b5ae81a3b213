"""`lake status`: published and stale partitions, with reasons, and the accounting of records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from lake.cli.options import (
    DEFAULT_ROOT,
    ContractsOption,
    JsonOption,
    RootOption,
    console_out,
    print_json,
    print_table,
)
from lake.cli.sizes import human_age, human_bytes

if TYPE_CHECKING:
    from lake.ops.status import PartitionStatus, TableStatus

_SHOWN = 24
_NOTHING = "no raw objects, nothing published"
_AUDITS = 3
_STYLES = {"current": "green", "stale": "yellow", "refused": "bold red"}
_COUNTS = ("records", "rows", "duplicates", "quarantined")


def status(
    table: Annotated[
        str | None, typer.Argument(help="Table, e.g. clickstream.events_v1. Default: all.", show_default=False)
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help=f"All partitions, not only the newest {_SHOWN}.")] = False,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Show partitions: state and reason, rows, bytes, age, and the accounting sum. Changes nothing.

    stale: the next `lake run` rebuilds it. refused: an audit failed on what was built from these inputs; what was
    published before stays. --json prints a list of objects, one per partition.

    \b
    Examples:
      lake status
      lake status clickstream.events_v1 --all
      lake status --json | jq '.[] | select(.state != "current")'
    """
    from lake.jobs.lake import Lake
    from lake.ops.status import table_status

    lake = Lake.open(root, contracts)
    tables = [lake.table(table)] if table else [each for each in lake.tables() if each.source or each.upstream]
    states = [table_status(lake, each) for each in tables]
    if json_output:
        print_json([asdict(partition) for state in states for partition in state.partitions])
        return
    idle = [state for state in states if _is_idle(state)] if len(states) > 1 else []
    for state in states:
        if state not in idle:
            _show(state, show_all)
    if idle:
        console_out().print(Text(f"{_NOTHING}: {', '.join(state.table for state in idle)}"), soft_wrap=True)


def _is_idle(state: TableStatus) -> bool:
    """Whether nothing has arrived for a table, or happened to it."""
    return state.upstream is None and not (state.partitions or state.strays or state.last_error)


def _show(state: TableStatus, show_all: bool) -> None:
    newest = list(reversed(state.partitions))
    shown = newest if show_all else newest[:_SHOWN]
    heading = Text.assemble((state.table, "bold"), f": {_summary(newest) or _nothing(state)}")
    console_out().print(heading)
    # Of rows that were published before, none is rejected or dropped: there is one count to show.
    counts = _COUNTS if state.upstream is None else ("rows",)
    if shown:
        columns = ("partition", "state", *counts, "bytes", "published", "verdict", "reason")
        print_table(columns, [_row(partition, counts) for partition in shown], right=(*counts, "bytes"))
    if len(shown) < len(newest):
        console_out().print(Text(f"  … and {len(newest) - len(shown)} older; --all shows them"))
    if any(partition.records is not None for partition in newest):
        account = _account(newest) if state.upstream is None else _rows(newest, state.upstream)
        console_out().print(Text(f"  {account}"))
    _show_audits(newest)
    for stray in state.strays[:3]:
        console_out().print(Text(f"  ignored: {stray} is not under a {state.layout} folder", style="yellow"))
    if len(state.strays) > 3:
        console_out().print(Text(f"  … and {len(state.strays) - 3:,} more", style="yellow"))
    if state.last_error is not None:
        what = (
            state.last_error.error or f"the audit of {state.last_error.count(['refused'])} partitions failed"
        ).strip()
        when = state.last_error.ended_at or state.last_error.started_at
        console_out().print(Text(f"  last run {state.last_error.state} at {when}: {what}", style="red"))


def _show_audits(newest: list[PartitionStatus]) -> None:
    """What audits found, of refused partitions and then of the newest: warnings, rejected records, the page."""
    notable = [each for each in newest if each.page or each.warnings or each.rejects]
    notable.sort(key=lambda each: each.state != "refused")
    for partition in notable[:_AUDITS]:
        state = partition.state if partition.state == "refused" else partition.verdict
        page = f"; the page: {partition.page}" if partition.page else ""
        style = "red" if partition.state == "refused" else "yellow" if partition.page else ""
        console_out().print(Text(f"  {partition.partition} {state}{page}", style=style), soft_wrap=True)
        found = [*partition.warnings, *(f"rejected: {rejects}" for rejects in partition.rejects)]
        for line in found:
            console_out().print(Text(f"    {line}"), soft_wrap=True)
    if len(notable) > _AUDITS:
        console_out().print(
            Text(f"  … and {len(notable) - _AUDITS} more with warnings or rejected records; see --json")
        )


def _summary(partitions: list[PartitionStatus]) -> str:
    """Number of partitions by state; empty if there are none."""
    if not partitions:
        return ""
    counts = {name: sum(1 for each in partitions if each.state == name) for name in _STYLES}
    counted = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    published = [datetime.fromisoformat(each.published_at) for each in partitions if each.published_at]
    fresh = f"; last published {human_age(max(published))}" if published else ""
    return f"{len(partitions)} partition{'' if len(partitions) == 1 else 's'} ({counted}){fresh}"


def _nothing(state: TableStatus) -> str:
    if state.upstream is None:
        return _NOTHING
    return f"nothing published, nor in {state.upstream}, which it is made from"


def _rows(partitions: Iterable[PartitionStatus], upstream: str) -> str:
    return f"rows {sum(each.rows or 0 for each in partitions):,}, made from {upstream}"


def _account(partitions: Sequence[PartitionStatus]) -> str:
    sums = {name: sum(getattr(each, name) or 0 for each in partitions) for name in _COUNTS}
    sums["skipped"] = sum(each.skipped or 0 for each in partitions)
    difference = sums["records"] - sum(count for name, count in sums.items() if name != "records")
    skipped = f" + skipped {sums['skipped']:,}" if sums["skipped"] else ""
    account = (
        f"records {sums['records']:,} = rows {sums['rows']:,} + duplicates {sums['duplicates']:,} "
        f"+ quarantined {sums['quarantined']:,}{skipped}"
    )
    return account if difference == 0 else f"{account} + {difference:,} NOT ACCOUNTED FOR"


def _row(partition: PartitionStatus, counted: Iterable[str]) -> list[str | Text]:
    counts = [_count(getattr(partition, name)) for name in counted]
    published = human_age(datetime.fromisoformat(partition.published_at)) if partition.published_at else "-"
    state = partition.state + (", pinned" if partition.pinned else "")
    reason = partition.reason.strip().splitlines()
    return [
        partition.partition,
        Text(state, style=_STYLES[partition.state]),
        *counts,
        "-" if partition.bytes is None else human_bytes(partition.bytes),
        published,
        partition.verdict or "-",
        reason[0] if reason else "",
    ]


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"
