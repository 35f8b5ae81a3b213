"""`lake quarantine show` and `replay`: list rejected records, and read them again after a fix."""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table

if TYPE_CHECKING:
    from lake.contract.model import Table

TableArgument = Annotated[str, typer.Argument(metavar="TABLE", help="Table, e.g. clickstream.events_v1.")]
SinceOption = Annotated[str | None, typer.Option(metavar="HOUR", help="Start hour, YYYY-MM-DD-HH (UTC).")]
UntilOption = Annotated[str | None, typer.Option(metavar="HOUR", help="End hour, exclusive.")]
LimitOption = Annotated[
    int | None, typer.Option(min=0, help="Records to show. Default: 20, with --json all.", show_default=False)
]
_PREVIEW = 80
_LINES = 20
_SHOWN = ("dt", "reason", "message", "source_object", "record", "offset", "payload")


def show(
    table: TableArgument,
    reason: Annotated[str | None, typer.Option(metavar="REASON", help="Only this reason, e.g. wrong_type.")] = None,
    partition: Annotated[str | None, typer.Option(metavar="HOUR", help="Only this hour.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = None,
    run: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Show what this run rejected, whether its audit passed or not. Default: what is published; of a "
            "refused hour, what the refused run rejected.",
            show_default=False,
        ),
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="Only count records, by reason.")] = False,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Show rejected records: why, where each came from, and what it looked like.

    The payload is cut and escaped here; with --json it is whole: `payload` in base64, and `payload_text` where the
    bytes are UTF-8. Every record stays in quarantine until the partition is rebuilt and takes it.

    \b
    Examples:
      lake quarantine show clickstream.events_v1
      lake quarantine show clickstream.events_v1 --reason wrong_type --since 2026-11-21-00
      lake quarantine show clickstream.events_v1 --count --json
    """
    from lake.cli.rejects import Wanted, refused_within, reject_counts, rejects
    from lake.jobs.lake import Lake

    lake = Lake.open(root, contracts)
    found = lake.table(table)
    if partition is not None:
        since, until = _one_hour(partition)
    wanted = Wanted(since, until, reason, run)
    if run is None:
        wanted = replace(wanted, refused=refused_within(lake, found, wanted))
    counts = reject_counts(found, root, wanted)
    if count:
        if json_output:
            print_json([{"reason": each, "records": number} for each, number in counts.items()])
        else:
            print_table(("reason", "records"), [(each, f"{n:,}") for each, n in counts.items()], right=("records",))
            _note_refused(wanted.refused)
        return
    records = rejects(found, root, wanted, limit if limit is not None or json_output else _LINES)
    if json_output:
        print_json([_whole(record) for record in records])
    elif records:
        print_table(_SHOWN, [[_cell(name, record[name]) for name in _SHOWN] for record in records])
    note(_summary(found, counts, len(records)))
    _note_refused(wanted.refused)


def replay(
    table: TableArgument,
    since: SinceOption = None,
    until: UntilOption = None,
    master: Annotated[str | None, typer.Option(metavar="URI", help="Spark master, spark://host:port.")] = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Rebuild the hours that have records in quarantine, after the contract or the parser was fixed.

    A record leaves quarantine because its partition was computed again and took it; nothing is moved by hand. The
    exit code is the job's.

    \b
    Examples:
      lake quarantine replay clickstream.events_v1
      lake quarantine replay clickstream.events_v1 --since 2026-11-21-00 --until 2026-11-22-00
    """
    from lake.cli.job_files import run_job
    from lake.cli.rejects import Wanted, hour_ranges, reject_counts
    from lake.jobs.lake import Lake

    lake = Lake.open(root, contracts)
    found = lake.table(table)
    partitions = lake.catalog.partitions(found.database, found.name, since, until)
    hours = [each.dt for each in partitions if each.number("quarantined")]
    before = reject_counts(found, root, Wanted(since, until))
    code = 0
    for first, end in hour_ranges(hours):
        given = {"--table": found.full_name, "--root": root, "--since": first, "--until": end}
        given |= {name: value for name, value in (("--master", master), ("--contracts", contracts)) if value}
        code = max(code, run_job("raw_to_parquet", [*(word for pair in given.items() for word in pair), "--rebuild"]))
    after = reject_counts(found, root, Wanted(since, until))
    reasons = sorted({*before, *after})
    if json_output:
        print_json([{"reason": one, "before": before.get(one, 0), "after": after.get(one, 0)} for one in reasons])
    else:
        rows = [(one, f"{before.get(one, 0):,}", f"{after.get(one, 0):,}") for one in reasons]
        print_table(("reason", "before", "after"), rows, right=("before", "after"))
    note(
        f"{found.full_name}: {len(hours)} hours rebuilt; {sum(before.values()):,} records in quarantine before, "
        f"{sum(after.values()):,} now"
    )
    sys.stdout.flush()
    raise typer.Exit(code)


def _note_refused(refused: Mapping[str, str]) -> None:
    for dt, run in refused.items():
        note(f"dt={dt} was refused: these are the records that run {run} rejected, not the published ones")


def _one_hour(partition: str) -> tuple[str, str]:
    from datetime import timedelta

    from lake.objects.layout import hour_of, hour_start

    dt = partition.removeprefix("dt=")
    return dt, hour_of(hour_start(dt) + timedelta(hours=1))


def _whole(record: dict[str, Any]) -> dict[str, Any]:
    payload: bytes = record["payload"] or b""
    whole = {**record, "payload": base64.b64encode(payload).decode()}
    try:
        whole["payload_text"] = payload.decode()
    except UnicodeDecodeError:
        whole["payload_text"] = None
    return whole


def _cell(name: str, value: Any) -> str:
    if name != "payload":
        return "" if value is None else str(value)
    # Escaped as Python writes bytes: a payload must not steer the terminal that shows it.
    text = repr(bytes(value or b"")[:_PREVIEW])[2:-1]
    return text + (f"… {len(value):,} bytes" if value and len(value) > _PREVIEW else "")


def _summary(table: Table, counts: dict[str, int], shown: int) -> str:
    total = sum(counts.values())
    if not total:
        return f"{table.full_name}: no records in quarantine match"
    by_reason = ", ".join(f"{reason} {number:,}" for reason, number in counts.items())
    more = f"; {shown:,} shown; --limit shows more" if shown < total else ""
    return f"{table.full_name}: {total:,} in quarantine ({by_reason}){more}"
