"""`lake reconcile`: compares the stream's results with what batch computes from the same events."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table

if TYPE_CHECKING:
    from lake.ops.reconcile import Difference, Kind, Reconciliation

_TITLES: dict[Kind, str] = {
    "only_in_stream": "only in stream",
    "only_in_batch": "only in batch",
    "different": "different",
}


def sessions(
    day: Annotated[str, typer.Option("--day", metavar="DAY", help="Day of the sessions' start, YYYY-MM-DD (UTC).")],
    limit: Annotated[int, typer.Option("--limit", min=0, help="Number of differences to list.")] = 50,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Compare the sessions of a day: clickstream.sessions_v1, streamed, with sessions_by_day_v1, from all events.

    Each difference has its reason, if the lake knows it: events that came late for the stream, events
    that were quarantined, events or sessions that have not arrived yet, a day that has to be rebuilt. The exit code
    is 1 where they differ.

    \b
    Examples:
      lake reconcile sessions --day 2026-11-21
      lake reconcile sessions --day 2026-11-21 --json | jq '.differences[].reason'
    """
    from lake.jobs.lake import Lake
    from lake.ops.reconcile import reconcile_sessions

    found = reconcile_sessions(Lake.open(root, contracts), day)
    if json_output:
        counts = {kind: found.count(kind) for kind in _TITLES}
        print_json({**asdict(found), **counts})
    elif found.differences:
        columns = ("session", "what", "reason", "detail")
        print_table(columns, [_row(one) for one in found.differences[:limit]])
    _tell(found, limit)
    raise typer.Exit(1 if found.differences else 0)


def _row(one: Difference) -> tuple[str, str, str, str]:
    fields = [f"{name} {stream} in stream, {batch} in batch" for name, (stream, batch) in one.fields.items()]
    what = "; ".join([_TITLES[one.kind], *fields])
    return one.session_id, what, one.reason.replace("_", " "), one.detail


def _tell(found: Reconciliation, limit: int) -> None:
    for one in found.notes:
        note(one)
    if len(found.differences) > limit:
        note(f"{len(found.differences) - limit:,} more differences are not listed; see --limit")
    repeated = f" ({found.repeated:,} delivered again)" if found.repeated else ""
    counts = ", ".join(f"{found.count(kind):,} {title}" for kind, title in _TITLES.items())
    both = f"{found.streamed:,} streamed{repeated}, {found.derived:,} in batch"
    note(f"{found.day}: {both}: {found.equal:,} equal, {counts}")
