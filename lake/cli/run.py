"""`lake run`: run a job here, as Glue would."""

from __future__ import annotations

from typing import Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption

_WHAT = "What to run on"


def run(
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="A file's name under glue_jobs/, without .py.")],
    table: Annotated[
        str | None, typer.Option(help="The table, e.g. clickstream.events_v1.", metavar="TABLE", rich_help_panel=_WHAT)
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="First hour, YYYY-MM-DD-HH (UTC).", metavar="HOUR", rich_help_panel=_WHAT)
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="First hour that is left out.", metavar="HOUR", rich_help_panel=_WHAT)
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Rebuild the hours even where they are current.", rich_help_panel=_WHAT)
    ] = False,
    master: Annotated[
        str | None,
        typer.Option(help="A Spark master, spark://host:port; without one, this machine's cores.", metavar="URI"),
    ] = None,
    expectations: Annotated[
        str | None,
        typer.Option(help="The folder of suites; ./expectations where none is named.", metavar="DIR"),
    ] = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Run a job over the lake: only what is stale is rebuilt, so running it again does nothing.

    Options that are not listed here are handed to the job. The exit code is the job's: 0 done (or nothing to do),
    3 the gate refused a partition (the one published before stays), 1 or 2 an error.

    \b
    Examples:
      lake run raw_to_parquet --table clickstream.events_v1
      lake run raw_to_parquet --table taxi.trips_v1 --since 2026-11-21-00 --until 2026-11-22-00
      lake run raw_to_parquet --table sensors.readings_v1 --rebuild --root s3://bucket/lake
    """
    from lake.cli.job_files import run_job

    given = {
        "--root": root,
        "--table": table,
        "--since": since,
        "--until": until,
        "--master": master,
        "--contracts": contracts,
        "--expectations": expectations,
    }
    words = [word for name, value in given.items() if value is not None for word in (name, value)]
    flags = {"--rebuild": rebuild, "--json": json_output, "--debug": context.obj["debug"]}
    words += [name for name, is_set in flags.items() if is_set]
    raise typer.Exit(run_job(job, [*words, *context.args]))
