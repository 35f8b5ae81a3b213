"""`lake generate`: plausible records for a table, to try things with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table
from lake.cli.progress_bar import bar
from lake_local.cli.instants import instant

_TIME = "When they arrive"
_NOISE = "What goes wrong on the way"
_START = "2026-11-21T00:00:00Z"  # fixed: equal arguments give equal bytes, on any day


def generate(
    table: Annotated[str, typer.Argument(help="The table, e.g. clickstream.events_v1; any with a contract will do.")],
    records: Annotated[
        int, typer.Option(min=1, help="How many lines to write, duplicates and malformed ones counted.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for the files, made where it is not there.")],
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives other records.")] = 1,
    start: Annotated[
        str, typer.Option(metavar="TIME", help="The whole hour at which the first arrive.", rich_help_panel=_TIME)
    ] = _START,
    hours: Annotated[int, typer.Option(min=1, help="For how many hours they arrive.", rich_help_panel=_TIME)] = 1,
    files: Annotated[int, typer.Option(min=1, max=60, help="Files an hour.", rich_help_panel=_TIME)] = 1,
    late: Annotated[
        float, typer.Option(help="Share that arrives a minute to three hours late.", rich_help_panel=_NOISE)
    ] = 0.01,
    duplicates: Annotated[
        float, typer.Option(help="Share of lines delivered again, some seconds later.", rich_help_panel=_NOISE)
    ] = 0.01,
    malformed: Annotated[float, typer.Option(help="Share of lines that are no records.", rich_help_panel=_NOISE)] = 0.0,
    message_kb: Annotated[int, typer.Option(min=1, help="Of sensors.bundles: size of a message before gzip.")] = 1200,
    contracts: ContractsOption = None,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
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
    from lake_local.datagen.volume import Plan

    plan = Plan(
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
        generated = generate_files(plan, out, advance)
    if json_output:
        print_json(
            {
                "table": table,
                "records": records,
                "duplicates": plan.duplicate_lines,
                "malformed": plan.malformed_lines,
                "files": [{"path": str(file.path), "records": file.records, "bytes": file.size} for file in generated],
            }
        )
        return
    rows = [(str(file.path), str(file.records), str(file.size)) for file in generated]
    print_table(("file", "records", "bytes"), rows, right=("records", "bytes"))
    note(
        f"{table}: {records} records in {len(generated)} files, of them {plan.duplicate_lines} delivered twice "
        f"and {plan.malformed_lines} malformed"
    )
    compress = " --compress-records" if table.startswith("sensors.bundles_") else ""
    note(f"Next: lake land {table} {out} --arrived-from-name{compress}")
