"""`lake contract check` and `show`: whether contracts are right, and what they say."""

from __future__ import annotations

from typing import Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table

_COLUMNS = ("column", "type", "field", "rules", "description")


def check(
    contracts: ContractsOption = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
) -> None:
    """Read every contract; the first file that breaks a rule is named with line, and what was expected.

    \b
    Examples:
      lake contract check
      lake contract check --contracts ../other/contracts
    """
    from lake.contract.load import contracts_folder, load_tables

    folder = contracts_folder(contracts)
    tables = load_tables(folder)
    if json_output:
        print_json(
            [{"table": name, "version": table.version, "columns": len(table.columns)} for name, table in tables.items()]
        )
    else:
        rows = [
            (name, table.version, str(len(table.columns)), "" if table.source is None else table.source.prefix)
            for name, table in sorted(tables.items())
        ]
        print_table(("table", "version", "columns", "raw objects"), rows, right=("columns",))
    note(f"{len(tables)} contracts in {folder}: no errors")


def show(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="e.g. clickstream.events_v1")],
    ddl: Annotated[bool, typer.Option("--ddl", help="Print the CREATE TABLE statement for Athena.")] = False,
    json_output: JsonOption = False,
    contracts: ContractsOption = None,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
) -> None:
    """Show a table's contract: columns, types, rules; or the Athena statement that comes of it.

    \b
    Examples:
      lake contract show clickstream.events_v1
      lake contract show clickstream.events_v1 --ddl
    """
    from dataclasses import asdict

    from lake.contract.athena import ddl as athena_ddl
    from lake.contract.load import contracts_folder, table_named

    found = table_named(table, contracts_folder(contracts))
    if ddl:
        typer.echo(athena_ddl(found), nl=False)
        return
    if json_output:
        print_json(asdict(found))
        return
    rows = []
    for column in found.columns:
        rules = [
            "" if column.key_position is None else "key",
            "required" if column.required else "",
            "personal" if column.classification else "",
            f"one of {', '.join(column.allowed_values)}" if column.allowed_values else "",
            "derived from the record's bytes where absent" if column.derived_from else "",
            "reads text" if column.accepts_text else "",
        ]
        rows.append((column.name, column.hive_type, column.field, "; ".join(filter(None, rules)), column.description))
    print_table(_COLUMNS, rows)
    source = "no raw objects" if found.source is None else f"{found.source.format} objects below {found.source.prefix}/"
    note(f"{found.full_name} version {found.version}, from {source}; {found.contract_uri}")
