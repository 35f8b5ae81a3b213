"""`lake contract infer`: a contract from samples of raw objects."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json


def infer(
    files: Annotated[list[str], typer.Argument(metavar="FILE|URI", help="Files, folders, s3:// objects or prefixes.")],
    name: Annotated[
        str | None,
        typer.Option(metavar="DATABASE.TABLE", help="The table's name. Default: after the file.", show_default=False),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write it below the folder of contracts.")] = False,
    record_path: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Where records are within each object, e.g. detail.items.", show_default=False
        ),
    ] = None,
    depth: Annotated[int, typer.Option(min=1, max=20, help="Names to a nested column; below, a struct or JSON.")] = 3,
    records: Annotated[int, typer.Option(min=1, help="How many records to look at, at most.")] = 10_000,
    contracts: ContractsOption = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
) -> None:
    """Write a contract that reads these files: JSON in any framing, or CSV, compressed or not.

    It is printed, or written with --write. Comments in it say what was seen in each field,
    and what is unsure: read those. The sample is read under it, and what became of its records
    is said on standard error.

    \b
    Examples:
      lake contract infer orders.ndjson
      lake contract infer orders.ndjson --name shop.orders --write
      lake contract infer s3://bucket/AWSLogs/ --name audit.trail > trail_v1.odcs.yaml
      lake contract infer event.json --record-path detail.items
    """
    from lake.infer.contract_file import folder_to_write, name_after, table_name, write_contract
    from lake.infer.infer import InferOptions
    from lake.infer.infer import infer as inferred_from
    from lake.infer.objects import sample_objects

    objects = sample_objects(files)
    table = name_after(objects[0].uri) if name is None else table_name(name)
    found = inferred_from(objects, table.database, table.table, InferOptions(record_path, depth, records))
    path = table.path(folder_to_write(contracts))
    if write:
        write_contract(path, found.text)
    if json_output:
        print_json(_summary(str(table), str(path) if write else None, found))
    elif not write:
        typer.echo(found.text, nl=False)
    for line in found.account.lines():
        note(line)
    where = f"written to {path}" if write else "write it with --write"
    note(f"{table}: {len(found.table.columns)} columns, {found.unsure} remarks begin with 'unsure'; {where}")


def _summary(table: str, path: str | None, found: Any) -> dict[str, Any]:
    return {
        "table": table,
        "path": path,
        "columns": {column.name: column.hive_type for column in found.table.columns},
        "key": list(found.table.key),
        "event_time": found.table.event_time,
        "records": found.account.records,
        "rows": found.account.rows,
        "rejected": dict(found.account.rejected),
        "unsure": found.unsure,
        "contract": found.text,
    }
