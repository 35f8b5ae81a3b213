"""`lake sql check`, `deploy` and `list`: the statements under sql/."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table

SqlOption = Annotated[
    str | None,
    typer.Option(
        "--sql",
        metavar="DIR",
        envvar="LAKE_SQL",
        help="Folder of SQL files. Default: ./sql, or the installed ones.",
        show_default=False,
        rich_help_panel="Where things are",
    ),
]


def check(
    sql: SqlOption = None,
    contracts: ContractsOption = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
) -> None:
    """Check every SQL file against Athena's dialect: print file, line, the problem and a correction.

    Names and types are those of the contracts and views. A query must filter on dt in a way that prunes; a view names
    its columns, and no comparison of a year, a month or a day alone. Ends with 1 where anything is wrong.

    \b
    Examples:
      lake sql check
      lake sql check --sql ../other/sql --contracts ../other/contracts
    """
    from lake.contract.load import contracts_folder, load_tables
    from lake.sql.check import check_folder
    from lake.sql.files import sql_folder

    folder = sql_folder(sql)
    checked = check_folder(folder, load_tables(contracts_folder(contracts)))
    if json_output:
        print_json([{"file": str(p.path), "line": p.line, "message": p.message} for p in checked.problems])
    else:
        for problem in checked.problems:
            typer.echo(str(problem))
    count = len(checked.problems)
    outcome = "no problems" if not count else "1 problem" if count == 1 else f"{count} problems"
    note(f"{len(checked.files)} SQL files in {folder}: {outcome}")
    if count:
        raise typer.Exit(1)


def deploy(
    databases: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DATABASE]...", help="Only these, and what their views read.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Drop deployed views without a file.")] = False,
    sql: SqlOption = None,
    contracts: ContractsOption = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
) -> None:
    """Create or update all tables and views in the catalog; what is up to date is left alone.

    Tables are never dropped, nor are views that somebody else made. Run it again whenever sql/ or a contract changed.

    \b
    Examples:
      lake sql deploy --dry-run
      lake sql deploy clickstream
      lake sql deploy --prune
    """
    from lake.jobs.lake import Lake
    from lake.sql.check import check_folder
    from lake.sql.deploy import deploy as put_all
    from lake.sql.files import sql_folder

    lake = Lake.open(root, contracts)
    tables = lake.tables()
    checked = check_folder(sql_folder(sql), {table.full_name: table for table in tables})
    changes = put_all(checked, tables, lake.catalog, databases or (), dry_run=dry_run, prune=prune)
    changed = [change for change in changes if change.outcome != "unchanged"]
    if json_output:
        print_json([asdict(change) for change in changes])
    elif changed:
        print_table(("kind", "name", "outcome"), [(each.kind, each.name, each.outcome) for each in changed])
    left_over = sum(change.outcome == "left over" for change in changed)
    if left_over:
        note(f"{left_over} deployed earlier, now without a file; --prune drops them")
    done = len(changed) - left_over
    unchanged = f"{len(changes) - len(changed)} tables and views are up to date"
    note(f"{done} {'would change' if dry_run else 'changed'}, {unchanged}" if done else f"nothing to do: {unchanged}")


def list_(
    sql: SqlOption = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,  # noqa: ARG001 # every command takes it; this one has no use for it
) -> None:
    """List views and queries, with their parameters and files.

    \b
    Examples:
      lake sql list
      lake sql list --json
      lake query --file sql/sensors/average_temperature/query.sql
    """
    from lake.sql.errors import SqlFileError, problem_lines
    from lake.sql.files import read_sql_files, sql_folder

    files, problems = read_sql_files(sql_folder(sql))
    if problems:
        raise SqlFileError(f"reading the SQL files:\n{problem_lines(problems)}")
    shown = [file for file in files if file.kind != "ddl"]
    if json_output:
        print_json(
            [
                {
                    "kind": file.kind,
                    "name": file.full_name,
                    "description": file.description,
                    "parameters": [asdict(parameter) for parameter in file.parameters],
                    "file": str(file.path),
                }
                for file in shown
            ]
        )
        return
    rows = [
        (
            file.kind,
            file.full_name,
            file.description,
            "\n".join(f"{each.name} {each.type} ({each.example})" for each in file.parameters),
            str(file.path),
        )
        for file in shown
    ]
    print_table(("kind", "name", "what it answers", "parameters (example)", "file"), rows)
