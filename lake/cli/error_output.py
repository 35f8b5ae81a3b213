"""`lake errors show` and `replay`: what a delivery stream could not deliver, and how it gets into the raw zone."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table
from lake.cli.quarantine import LimitOption, SinceOption, TableArgument, UntilOption

if TYPE_CHECKING:
    from lake.contract.model import Table
    from lake.jobs.lake import Lake
    from lake.ops.error_output import CodeCount, ErrorRecord

FolderOption = Annotated[
    str | None,
    typer.Option(
        "--errors",
        metavar="FOLDER",
        help="Folder of the error objects, below the root. Default: errors/, then the raw folder without raw/.",
        show_default=False,
    ),
]
_PREVIEW = 80
_LINES = 20
_SHOWN = ("arrived_at", "code", "message", "error_object", "line", "state", "payload")
_COUNTED = ("code", "records", "landed", "to_replay", "not_replayable", "first", "last", "message")


def show(
    table: TableArgument,
    code: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this error code, e.g. Lambda.InvokeAccessDenied.")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = None,
    count: Annotated[bool, typer.Option("--count", help="Only count records, by error code.")] = False,
    errors: FolderOption = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Show the records that Firehose could not deliver: why, when each arrived, and what it looked like.

    These are the records of the error output, processing-failed and format-conversion-failed. `rawData` is decoded:
    cut and escaped here, with --json in base64. A record is `landed` if a replay put it into the raw zone.

    \b
    Examples:
      lake errors show clickstream.events_v1
      lake errors show clickstream.events_v1 --code Lambda.ProcessingFailedStatus --since 2026-11-21-00
      lake errors show clickstream.events_v1 --count --errors errors/firehose
    """
    from lake.jobs.lake import Lake
    from lake.ops.error_output import CodeCount, error_folder, error_records

    lake = Lake.open(root, contracts)
    found = lake.table(table)
    folder = errors or error_folder(found)
    most = _LINES if limit is None and not json_output else limit
    counts: dict[str, CodeCount] = {}
    shown: list[ErrorRecord] = []
    for records in error_records(lake.store, found, folder, since, until):
        for record in records:
            if code in (None, record.code):
                counts.setdefault(record.code, CodeCount()).add(record)
                if not count and (most is None or len(shown) < most):
                    shown.append(record)
    counts = dict(sorted(counts.items(), key=lambda each: (-each[1].records, each[0])))
    if count:
        _print_counts(counts, json_output)
    elif json_output:
        print_json([_whole(record) for record in shown])
    elif shown:
        print_table(_SHOWN, [_cells(record) for record in shown])
    note(_summary(found.full_name, folder, counts, None if count else len(shown)))


def replay(
    table: TableArgument,
    since: SinceOption = None,
    until: UntilOption = None,
    errors: FolderOption = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Land the records that Firehose could not deliver in the raw zone, each in the hour in which it arrived.

    A record is landed as it was put, before any transformation. Its raw object is named by its content, so that a
    second replay lands nothing. The error objects stay; the next run of raw_to_parquet reads the hours again.

    \b
    Examples:
      lake errors replay clickstream.events_v1
      lake errors replay clickstream.events_v1 --since 2026-11-21-00 --until 2026-11-22-00
    """
    from lake.jobs.lake import Lake
    from lake.objects.layout import next_hour
    from lake.ops.error_output import error_folder, error_records
    from lake.ops.error_output import replay as replayed

    lake = Lake.open(root, contracts)
    found = lake.table(table)
    folder = errors or error_folder(found)
    account = replayed(lake.store, found, error_records(lake.store, found, folder, since, until))
    unread = _unread(lake, found, account.hours)
    outcomes = {"landed": account.landed, "landed before": account.landed_before, **account.problems}
    if json_output:
        print_json(
            {
                "table": found.full_name,
                "errors": folder,
                "records": account.records,
                "landed": account.landed,
                "landed_before": account.landed_before,
                "not_replayable": dict(sorted(account.problems.items())),
                "objects": list(account.objects),
                "hours_not_read": sorted(unread),
            }
        )
    else:
        print_table(("outcome", "records"), [(name, f"{n:,}") for name, n in outcomes.items()], right=("records",))
    kept = account.problems.total()
    note(
        f"{found.full_name}: {account.records:,} records in the error output below {folder}/ = "
        f"{account.landed:,} landed in {len(account.objects):,} objects + {account.landed_before:,} landed before + "
        f"{kept:,} not replayable"
    )
    if not account.records:
        note("--errors FOLDER names another folder, e.g. what is fixed in the stream's error prefix")
    if kept:
        note(f"the {kept:,} stay in the error output: `lake errors show {found.full_name}` shows them")
    for hour, why in sorted(unread.items()):
        note(f"{hour}: {why}; what was landed in it is not read")
    if account.hours:
        hours = f"--since {min(account.hours)} --until {next_hour(max(account.hours))}"
        note(f"next: lake run raw_to_parquet --table {found.full_name} {hours}")


def _unread(lake: Lake, table: Table, hours: set[str]) -> dict[str, str]:
    """Hours in which objects were just landed and that no run will build again, each with why."""
    from lake.objects.layout import next_hour

    if not hours:
        return {}
    planned = lake.plan(table, min(hours), next_hour(max(hours))).partitions
    return {each.dt: each.reason for each in planned if each.dt in hours and each.state == "current"}


def _print_counts(counts: dict[str, CodeCount], json_output: bool) -> None:
    found = [
        {
            "code": code,
            "records": of.records,
            "landed": of.states["landed"],
            "to_replay": of.states["to replay"],
            "not_replayable": of.not_replayable,
            "first": of.first,
            "last": of.last,
            "message": of.message,
        }
        for code, of in counts.items()
    ]
    if json_output:
        print_json(found)
    else:
        numbers = ("records", "landed", "to_replay", "not_replayable")
        rows = [
            [_number(one[name]) if name in numbers else _printable(one[name]) for name in _COUNTED] for one in found
        ]
        print_table(_COUNTED, rows, right=numbers)


def _number(number: Any) -> str:
    return f"{number:,}"


def _printable(text: Any) -> str:
    """A text from outside, escaped where it could steer the terminal."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in str(text or ""))


def _whole(record: ErrorRecord) -> dict[str, Any]:
    payload = record.payload
    try:
        text = None if payload is None else payload.decode()
    except UnicodeDecodeError:
        text = None
    return {
        "code": record.code,
        "message": record.message,
        "arrived_at": None if record.arrived_at is None else record.arrived_at.isoformat(),
        "error_object": record.error_object,
        "line": record.line,
        "problem": record.problem or None,
        "raw_object": record.landed,
        "landed": record.is_landed,
        "payload": None if payload is None else base64.b64encode(payload).decode(),
        "payload_text": text,
    }


def _cells(record: ErrorRecord) -> list[str]:
    # Escaped as Python writes bytes: a payload must not steer the terminal that shows it.
    payload = record.source if record.payload is None else record.payload
    cut = f"… {len(payload):,} bytes" if len(payload) > _PREVIEW else ""
    return [
        "" if record.arrived_at is None else record.arrived_at.isoformat(),
        _printable(record.code),
        _printable(record.message),
        record.error_object,
        str(record.line),
        record.state,
        repr(payload[:_PREVIEW])[2:-1] + cut,
    ]


def _summary(table: str, folder: str, counts: dict[str, CodeCount], shown: int | None) -> str:
    total = sum(of.records for of in counts.values())
    if not total:
        return f"{table}: no records in the error output below {folder}/ match; --errors FOLDER names another folder"
    by_code = ", ".join(f"{_printable(code)} {of.records:,}" for code, of in counts.items())
    waiting = sum(of.states["to replay"] for of in counts.values())
    more = f"; {shown:,} shown; --limit shows more" if shown is not None and shown < total else ""
    next_step = f"; `lake errors replay {table}` lands {waiting:,}" if waiting else ""
    return f"{table}: {total:,} in the error output ({by_code}){more}{next_step}"
