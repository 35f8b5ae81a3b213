"""`lake land`: deliver local files into the raw zone as Firehose would."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lake.cli.options import (
    DEFAULT_ROOT,
    ContractsOption,
    JsonOption,
    RootOption,
    note,
    print_json,
    print_table,
)
from lake.cli.progress_bar import bar
from lake.errors import UsageError
from lake_local.cli.instants import instant

if TYPE_CHECKING:
    from lake_local.firehose.stream import Delivered, Landed

_ARRIVAL = "When records arrive"
_STREAM = "The delivery stream"


def land(
    table: Annotated[str, typer.Argument(help="The table to land for, e.g. clickstream.events_v1.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files, or folders of files.")],
    arrived: Annotated[
        str | None,
        typer.Option(
            help="When the first record arrives: ISO 8601, UTC by default. Default: now.",
            metavar="TIME",
            rich_help_panel=_ARRIVAL,
            show_default=False,
        ),
    ] = None,
    arrived_from_name: Annotated[
        bool,
        typer.Option(
            "--arrived-from-name",
            help="Records arrive in the hour in their file's name, YYYY-MM-DD-HH[-MM].",
            rich_help_panel=_ARRIVAL,
        ),
    ] = False,
    arrived_from: Annotated[
        str | None,
        typer.Option(
            help="Field of each record that has its arrival time.",
            metavar="FIELD",
            rich_help_panel=_ARRIVAL,
            show_default=False,
        ),
    ] = None,
    arrived_unit: Annotated[
        str | None,
        typer.Option(
            help="Unit of numbers in that field: seconds, millis (default), micros, nanos since 1970.",
            metavar="UNIT",
            rich_help_panel=_ARRIVAL,
            show_default=False,
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            help="Records per second. Default: all arrive at once.", rich_help_panel=_ARRIVAL, show_default=False
        ),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Deliver each file as one object, unchanged, also line-delimited JSON.")
    ] = False,
    buffer_mb: Annotated[
        int, typer.Option(help="Size of an object before compression, 1 to 128.", rich_help_panel=_STREAM)
    ] = 5,
    buffer_seconds: Annotated[
        int, typer.Option(help="Seconds that an object stays open, 60 to 900.", rich_help_panel=_STREAM)
    ] = 300,
    gzip: Annotated[
        bool, typer.Option("--gzip/--no-gzip", help="Compress objects, with the suffix .gz.", rich_help_panel=_STREAM)
    ] = False,
    newlines: Annotated[
        bool | None,
        typer.Option(
            "--newlines/--no-newlines",
            rich_help_panel=_STREAM,
            show_default=False,
            help="A line feed after each record (AppendDelimiterToRecord). Default: yes, but not between "
            "compressed records.",
        ),
    ] = None,
    compress_records: Annotated[
        bool,
        typer.Option(
            "--compress-records",
            rich_help_panel=_STREAM,
            help="Gzip each record before it is put: objects of many members, without a suffix.",
        ),
    ] = False,
    prefix: Annotated[
        str | None,
        typer.Option(
            help="Prefix expression. Default: the table's raw folder, in its contract's layout",
            rich_help_panel=_STREAM,
            show_default=False,
        ),
    ] = None,
    error_prefix: Annotated[
        str | None,
        typer.Option(
            help="Prefix expression of records over 1,000 KiB. Default: below errors/",
            rich_help_panel=_STREAM,
            show_default=False,
        ),
    ] = None,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
    json_output: JsonOption = False,
) -> None:
    """Deliver local files into a table's raw folder as Amazon Data Firehose delivers a stream.

    A file of line-delimited JSON is one record a line; any other file (CSV, gzip,
    pretty-printed JSON) is delivered as one object. Landing the same files with the
    same times writes the same objects.

    \b
    Examples:
      lake land clickstream.events_v1 clicks.ndjson
      lake land clickstream.events_v1 clicks/ --arrived-from-name --gzip
      lake land clickstream.events_v1 late.ndjson --arrived 2026-11-21T09:10:00Z
      lake land sensors.bundles_v1 bundles/ --compress-records
      lake land taxi.trips_v1 yellow_tripdata_2018-01.csv.gz
    """
    from lake.contract.load import contracts_folder, table_named
    from lake.objects import open_store
    from lake_local.firehose.deliver import Arrivals, check_evaluates, default_prefixes, land_files, stream_name
    from lake_local.firehose.records import files_below
    from lake_local.firehose.stream import Stream

    contract = table_named(table, contracts_folder(contracts))
    rows_prefix, errors_prefix = default_prefixes(contract)
    if prefix is not None:
        rows_prefix, errors_prefix = prefix, error_prefix or ""
    stream = Stream(
        stream_name(contract),
        rows_prefix,
        error_prefix or errors_prefix or None,
        buffer_mb,
        buffer_seconds,
        gzip,
        newlines,
        compress_records,
    )
    if arrived is not None and arrived_from_name:
        raise UsageError("landing with --arrived and --arrived-from-name: give one of them")
    first = datetime.now(UTC) if arrived is None else instant(arrived, "--arrived")
    arrivals = Arrivals(first, rate, arrived_from_name, arrived_from, arrived_unit)
    check_evaluates(stream, arrivals.first)
    paths = files_below(files)
    total = sum(path.stat().st_size for path in paths)
    with bar(f"landing {table}", total) as advance:
        delivered = land_files(paths, stream, open_store(root), arrivals, whole=whole, progress=advance)
    _report(table, root, len(paths), delivered, json_output)


def _report(table: str, root: str, files: int, delivered: Delivered, json_output: bool) -> None:
    if json_output:
        print_json(_summary(table, root, files, delivered))
        return
    hours: dict[str, list[Landed]] = {}
    for landed in delivered.objects:
        hours.setdefault(landed.hour, []).append(landed)
    rows = [
        (f"dt={hour}", str(sum(o.records for o in objects)), str(len(objects)), str(sum(o.size for o in objects)))
        for hour, objects in sorted(hours.items())
    ]
    if rows:
        print_table(("hour", "records", "objects", "bytes"), rows, right=("records", "objects", "bytes"))
    note(
        f"{table}: {files} files, {delivered.records} records in = {delivered.delivered} delivered in "
        f"{len(delivered.objects)} objects + {delivered.refused} in the error output, below {root}"
    )
    if delivered.whole_files:
        note(f"{delivered.whole_files} of the records are whole files, delivered unchanged.")
    if delivered.blank_lines:
        note(f"{delivered.blank_lines} blank lines were skipped.")
    if delivered.refused:
        folder = delivered.error_objects[0].key.rpartition("/")[0]
        note(
            f"{delivered.refused} exceed the record limit (1,000 KiB): {len(delivered.error_objects)} objects "
            f"from {folder} on. Put them with --compress-records, or deliver files as they are with --whole."
        )


def _summary(table: str, root: str, files: int, delivered: Delivered) -> dict[str, Any]:
    return {
        "table": table,
        "root": root,
        "files": files,
        "records": delivered.records,
        "delivered": delivered.delivered,
        "refused": delivered.refused,
        "blank_lines": delivered.blank_lines,
        "whole_files": delivered.whole_files,
        "bytes": delivered.size,
        "objects": [_object(landed) for landed in delivered.objects],
        "error_objects": [_object(landed) for landed in delivered.error_objects],
    }


def _object(landed: Landed) -> dict[str, Any]:
    return {"key": landed.key, "dt": landed.hour, "records": landed.records, "bytes": landed.size}
