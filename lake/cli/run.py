"""`lake run`: run a job on this machine, as Glue would."""

from __future__ import annotations

from typing import Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption

_WHAT = "Input"


def run(
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="Name of a file under glue_jobs/, without .py.")],
    table: Annotated[
        str | None,
        typer.Option(help="Table, e.g. clickstream.events_v1.", metavar="TABLE", rich_help_panel=_WHAT),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Start hour, YYYY-MM-DD-HH (UTC).", metavar="HOUR", rich_help_panel=_WHAT)
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="End hour, exclusive.", metavar="HOUR", rich_help_panel=_WHAT)
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Rebuild all hours, also current ones.", rich_help_panel=_WHAT)
    ] = False,
    master: Annotated[
        str | None,
        typer.Option(help="Spark master, spark://host:port. Default: the cores of this machine.", metavar="URI"),
    ] = None,
    expectations: Annotated[
        str | None,
        typer.Option(help="Folder of suites. Default: ./expectations, or the installed ones.", metavar="DIR"),
    ] = None,
    json_output: JsonOption = False,
    root: RootOption = DEFAULT_ROOT,
    contracts: ContractsOption = None,
) -> None:
    """Run a job. It rebuilds only stale partitions, so running it again does nothing.

    Options that are not listed here are passed to the job. Exit codes: 0 done, or nothing to do; 3 an audit failed
    (what was published before stays); 1 or 2 an error.

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
