"""`lake query`: SQL in Athena's dialect over what is published."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lake.cli.options import DEFAULT_ROOT, JsonOption, RootOption, note
from lake.cli.sizes import human_bytes
from lake.errors import UsageError

if TYPE_CHECKING:
    from lake.query.result import Result


_ENGINES = "Engines"


class EngineName(StrEnum):
    """Values of --engine; the names of lake.cli.engines, which is slow to import."""

    DUCKDB = "duckdb"
    TRINO = "trino"
    ATHENA = "athena"


class AnswerFormat(StrEnum):
    """Output formats."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def query(
    sql: Annotated[
        str | None, typer.Argument(metavar="SQL", help="Query; - reads it from standard input.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", metavar="FILE", help="Read the query from a file.", show_default=False),
    ] = None,
    form: Annotated[AnswerFormat, typer.Option("--format", help="Format of the rows.")] = AnswerFormat.TABLE,
    json_output: JsonOption = False,
    database: Annotated[
        str | None,
        typer.Option("--database", "-d", metavar="NAME", help="Default database."),
    ] = None,
    show_sql: Annotated[
        bool, typer.Option("--show-sql", help="Print the generated DuckDB SQL to standard error.")
    ] = False,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME=VALUE",
            help="Value of a ? parameter: NAME=VALUE for a file with a header, else VALUE, in order. Repeatable.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        EngineName, typer.Option("--engine", envvar="LAKE_ENGINE", help="Query engine.", rich_help_panel=_ENGINES)
    ] = EngineName.DUCKDB,
    workgroup: Annotated[
        str | None,
        typer.Option(
            "--workgroup",
            metavar="NAME",
            envvar="LAKE_ATHENA_WORKGROUP",
            help="Athena workgroup. Default: primary.",
            show_default=False,
            rich_help_panel=_ENGINES,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            metavar="S3_URI",
            envvar="LAKE_ATHENA_OUTPUT",
            help="S3 location of Athena's results, if the workgroup has none.",
            show_default=False,
            rich_help_panel=_ENGINES,
        ),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Do not run the query: show what it would read and cost, and how to improve it.",
        ),
    ] = False,
    root: RootOption = DEFAULT_ROOT,
) -> None:
    """Run a query in Athena's SQL on the partitions that are published now.

    SELECT, WITH, VALUES, SHOW DATABASES | TABLES | COLUMNS | PARTITIONS, DESCRIBE. Filter on dt, the arrival hour
    (UTC, YYYY-MM-DD-HH): only partitions that can match are read. Rejected records are in TABLE_quarantine.
    Rows go to standard output; all else (rows, seconds, bytes read) to standard error.

    \b
    Examples:
      lake query "SELECT client_event, count(*) FROM clickstream.events_v1 GROUP BY 1"
      lake query "SELECT * FROM clickstream.events_v1 WHERE dt LIKE '2026-11-21%' LIMIT 10"
      lake query "SELECT reason, count(*) FROM clickstream.events_v1_quarantine GROUP BY 1"
      lake query --format csv --file report.sql > report.csv
      lake query --file sql/sensors/average_temperature/query.sql --param sensor_id=sensor-1014
      lake query --explain "SELECT * FROM sensors.readings WHERE dt = '2026-11-21-00' AND sensor_id = 'sensor-1014'"
      lake query --engine trino "SELECT count(*) FROM clickstream.events_v1"
      echo "SHOW PARTITIONS clickstream.events_v1" | lake query -
    """
    from lake.cli.answers import Format, write_answer
    from lake.cli.engines import engine_named
    from lake.cli.explanations import show_explanation

    sql = _sql_text(sql, file)
    if parameters or (file is not None and "?" in sql):
        from lake.sql.parameters import bound

        sql = bound(sql, parameters or [], file)
    if explain:
        from lake.query.explain import explained

        show_explanation(explained(sql, root, database), json_output)
        return
    result = engine_named(engine.value, root, note, workgroup, output).run(sql, database)
    if show_sql:
        note(result.sql)
    chosen: Format = "json" if json_output else form.value
    written = write_answer(result.table, chosen, sys.stdout)
    note(_account(result, written))


def _sql_text(sql: str | None, file: Path | None) -> str:
    """The query, from wherever the command line says that it is."""
    if (sql is None) == (file is None):
        raise UsageError('reading the query: expected one of SQL ("SELECT ..."), - for standard input, --file')
    if file is None:
        return sys.stdin.read() if sql == "-" else str(sql)
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"reading the query from {file}: {error}; expected a text file with one statement") from error


def _account(result: Result, written: int) -> str:
    rows = result.table.num_rows
    account = f"{rows:,} row{'' if rows == 1 else 's'} in {result.seconds:.2f} s"
    at_most = "" if result.is_exact else "at most "
    if result.partitions:
        account += f"; read {result.partitions_read:,} of {result.partitions:,} partitions"
        if result.buckets_read < result.buckets:
            account += f", {result.buckets_read:,} of {result.buckets:,} buckets"
        account += f" ({at_most}{human_bytes(result.bytes)})"
    elif result.engine != "duckdb":
        account += f"; read {at_most}{human_bytes(result.bytes)}"
    for name, value in result.facts.items():
        account += f"; {name.replace('_', ' ')} {value:,}" if isinstance(value, int) else f"; {_fact(name, value)}"
    if written < rows:
        account += f"\nThe first {written:,} rows are shown; --format csv or json writes all, LIMIT returns fewer."
    return account


def _fact(name: str, value: str | float) -> str:
    return f"${value:.6f}" if name == "dollars" else f"{name.replace('_', ' ')} {value}"
