"""`lake generate`: plausible records of a table, for tests and demonstrations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table
from lake.cli.progress_bar import bar
from lake_local.cli.instants import instant

_TIME = "Arrival"
_FAULTS = "Faults"
_START = "2026-11-21T00:00:00Z"  # fixed: equal arguments give equal bytes, on any day


def generate(
    table: Annotated[str, typer.Argument(help="The table, e.g. clickstream.events_v1; any table with a contract.")],
    records: Annotated[
        int, typer.Option(min=1, help="Number of lines to write, duplicates and malformed lines included.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Output folder; created if missing.")],
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 1,
    start: Annotated[
        str, typer.Option(metavar="TIME", help="Start of arrivals, a whole hour.", rich_help_panel=_TIME)
    ] = _START,
    hours: Annotated[int, typer.Option(min=1, help="Hours of arrivals.", rich_help_panel=_TIME)] = 1,
    files: Annotated[int, typer.Option(min=1, max=60, help="Files per hour.", rich_help_panel=_TIME)] = 1,
    late: Annotated[
        float, typer.Option(help="Share of records that arrive a minute to three hours late.", rich_help_panel=_FAULTS)
    ] = 0.01,
    duplicates: Annotated[
        float,
        typer.Option(help="Share of lines that are delivered again, some seconds later.", rich_help_panel=_FAULTS),
    ] = 0.01,
    malformed: Annotated[
        float, typer.Option(help="Share of lines that cannot be parsed.", rich_help_panel=_FAULTS)
    ] = 0.0,
    message_kb: Annotated[
        int, typer.Option(min=1, help="Size of a message of sensors.bundles before gzip, in KiB.")
    ] = 1200,
    contracts: ContractsOption = None,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one does not use it
    json_output: JsonOption = False,
) -> None:
    """Write plausible records of a table into files, one or more for each hour in which they arrive.

    Clicks make sessions (users with several devices, bursts and pauses), sensors
    drift, taxi fares add up; any other table gets values from its contract. Equal
    arguments write equal bytes. The hour is in each file's name, where
    `lake land --arrived-from-name` finds it.

    \b
    Examples:
      lake generate clickstream.events_v1 --records 100000 --hours 6 --out clicks
      lake land clickstream.events_v1 clicks --arrived-from-name
      lake generate sensors.bundles_v1 --records 20 --out bundles
      lake generate taxi.trips_v1 --records 5000 --malformed 0.01 --out trips
    """
    from lake.contract.load import contracts_folder, table_named
    from lake_local.datagen.files import generate_files
    from lake_local.datagen.volume import Volume

    volume = Volume(
        table_named(table, contracts_folder(contracts)),
        records,
        seed,
        instant(start, "--start"),
        hours,
        late,
        duplicates,
        malformed,
        files,
        message_kb,
    )
    with bar(f"generating {table}", records) as advance:
        generated = generate_files(volume, out, advance)
    if json_output:
        print_json(
            {
                "table": table,
                "records": records,
                "duplicates": volume.duplicate_lines,
                "malformed": volume.malformed_lines,
                "files": [{"path": str(file.path), "records": file.records, "bytes": file.size} for file in generated],
            }
        )
        return
    rows = [(str(file.path), str(file.records), str(file.size)) for file in generated]
    print_table(("file", "records", "bytes"), rows, right=("records", "bytes"))
    note(
        f"{table}: {records} records in {len(generated)} files, of them {volume.duplicate_lines} delivered twice "
        f"and {volume.malformed_lines} malformed"
    )
    compress = " --compress-records" if table.startswith("sensors.bundles_") else ""
    note(f"Next: lake land {table} {out} --arrived-from-name{compress}")
