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
    from lake.query.run import Result


class AnswerFormat(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def query(  # noqa: PLR0917 # a command's options are its parameters; typer passes them by name
    sql: Annotated[
        str | None, typer.Argument(metavar="SQL", help="The query; - reads it from standard input.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", metavar="FILE", help="Read the query from a file.", show_default=False),
    ] = None,
    form: Annotated[
        AnswerFormat, typer.Option("--format", help="How rows are written on standard output.")
    ] = AnswerFormat.TABLE,
    json_output: JsonOption = False,
    database: Annotated[
        str | None,
        typer.Option("--database", "-d", metavar="NAME", help="Where tables without a database are looked for."),
    ] = None,
    show_sql: Annotated[
        bool, typer.Option("--show-sql", help="Say, on standard error, what the local engine was asked.")
    ] = False,
    root: RootOption = DEFAULT_ROOT,
) -> None:
    """Answer a query in Athena's SQL, over the partitions that are published now.

    SELECT, WITH, VALUES, SHOW DATABASES | TABLES | COLUMNS | PARTITIONS, DESCRIBE. Filter on dt, the arrival hour
    (UTC, YYYY-MM-DD-HH): only partitions that can match are read. Rejected records are in TABLE_quarantine.
    Rows go to standard output; all else (rows, seconds, partitions read) to standard error.

    \b
    Examples:
      lake query "SELECT client_event, count(*) FROM clickstream.events_v1 GROUP BY 1"
      lake query "SELECT * FROM clickstream.events_v1 WHERE dt LIKE '2026-11-21%' LIMIT 10"
      lake query "SELECT reason, count(*) FROM clickstream.events_v1_quarantine GROUP BY 1"
      lake query --format csv --file report.sql > report.csv
      echo "SHOW PARTITIONS clickstream.events_v1" | lake query -
    """
    from lake.cli.answers import Format, write_answer
    from lake.query.run import run_query

    result = run_query(_text(sql, file), root, database)
    if show_sql:
        note(result.sql)
    chosen: Format = "json" if json_output else form.value
    written = write_answer(result.table, chosen, sys.stdout)
    note(_account(result, written))


def _text(sql: str | None, file: Path | None) -> str:
    if (sql is None) == (file is None):
        raise UsageError('reading the query: give it as one text ("SELECT ..."), as -, or with --file')
    if file is None:
        return sys.stdin.read() if sql == "-" else str(sql)
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"reading the query from {file}: {error}; expected a text file with one statement") from error


def _account(result: Result, written: int) -> str:
    rows = result.table.num_rows
    told = f"{rows:,} row{'' if rows == 1 else 's'} in {result.seconds:.2f} s"
    if result.partitions:
        told += f"; read {result.partitions_read:,} of {result.partitions:,} partitions ({human_bytes(result.bytes)})"
    if written < rows:
        told += f"\nThe first {written:,} are shown; --format csv or json writes all, LIMIT asks for fewer."
    return told
