"""Options that commands share, and output: answers go to standard output, all else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

DEFAULT_ROOT = ".lake"

RootOption = Annotated[
    str,
    typer.Option(
        "--root",
        metavar="URI",
        envvar="LAKE_ROOT",
        help="Root of the lake: a folder, or s3://bucket/prefix.",
        rich_help_panel="Locations",
    ),
]
"""Use as `root: RootOption = DEFAULT_ROOT`."""

ContractsOption = Annotated[
    str | None,
    typer.Option(
        "--contracts",
        metavar="DIR",
        envvar="LAKE_CONTRACTS",
        help="Folder of contracts. Default: ./contracts, or the installed ones.",
        show_default=False,
        rich_help_panel="Locations",
    ),
]
"""Use as `contracts: ContractsOption = None`."""

JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print JSON on standard output.", show_default=False),
]
"""Use as `json_output: JsonOption = False`."""

# A pipe has no width: long lines stay whole there, so that grep and cut see what was printed.
_PIPE_WIDTH = 100_000

console_err = Console(stderr=True, highlight=False, soft_wrap=True)
"""Notes, progress and errors. Text with square brackets from outside goes through rich.markup.escape, or `note`."""


def console_out() -> Console:
    """Standard output for people: colours and a width only where it is a terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


def note(message: str) -> None:
    """Print a message to standard error, as it is written (no markup)."""
    console_err.print(Text(message))


def print_json(value: Any) -> None:
    """The answer as one JSON document on standard output; values without a JSON form are written as text."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: Iterable[str] = ()) -> None:
    """The answer as a table on standard output; the columns named by `right` are aligned to the right."""
    numbers = set(right)
    table = Table(header_style="bold")
    for column in columns:
        table.add_column(Text(column), justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    console_out().print(table)
