"""Wires the commands together, and turns whatever goes wrong into one clear message and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from lake.cli import contract, quarantine, reconcile, sql, stream
from lake.cli.options import console_err, note
from lake.cli.query import query
from lake.cli.rollback import rollback, unpin
from lake.cli.run import run
from lake.cli.status import status
from lake.cli.vacuum import vacuum
from lake.cli.verify import verify
from lake.errors import LakeError
from lake_local.cli import trino
from lake_local.cli.generate import generate
from lake_local.cli.land import land
from lake_local.cli.stream_demo import demo

_DAY = "Every day"
_MENDING = "When something is wrong"
_STREAMING = "Streams"
_TRYING = "Trying it out"
_WRITING = "Writing tables"

# In the order in which help shows them: panel, command, function. The modules import what is heavy inside them.
_COMMANDS: tuple[tuple[str, str, Callable[..., None]], ...] = (
    (_DAY, "run", run),
    (_DAY, "status", status),
    (_DAY, "query", query),
    (_MENDING, "verify", verify),
    (_MENDING, "quarantine show", quarantine.show),
    (_MENDING, "quarantine replay", quarantine.replay),
    (_MENDING, "reconcile sessions", reconcile.sessions),
    (_MENDING, "rollback", rollback),
    (_MENDING, "unpin", unpin),
    (_MENDING, "vacuum", vacuum),
    (_WRITING, "contract check", contract.check),
    (_WRITING, "contract show", contract.show),
    (_WRITING, "contract suggest-buckets", contract.suggest_buckets),
    (_WRITING, "sql list", sql.list_),
    (_WRITING, "sql check", sql.check),
    (_WRITING, "sql deploy", sql.deploy),
    (_STREAMING, "stream run", stream.run),
    (_STREAMING, "stream package", stream.package),
    (_STREAMING, "stream demo", demo),
    (_TRYING, "generate", generate),
    (_TRYING, "land", land),
    (_TRYING, "trino up", trino.up),
    (_TRYING, "trino status", trino.status),
    (_TRYING, "trino down", trino.down),
)
_GROUPS = {
    "quarantine": "Records that were rejected: look at them, and read them again after a fix.",
    "reconcile": "What the stream delivered, against what batch computes of the same events.",
    "contract": "Contracts: check them, see what they say, and measure how to bucket a table.",
    "sql": "Views and queries under sql/: list them, check them, put them into the catalog.",
    "stream": "The Flink applications: run them on this machine, pack them for the managed service.",
    "trino": "The Trino that `lake query --engine trino` asks: one for each root, in the background.",
}

# A job has options of its own, which pass through.
_JOBS_OWN_OPTIONS = {"allow_extra_args": True, "ignore_unknown_options": True}

DebugOption = Annotated[
    bool, typer.Option("--debug", envvar="LAKE_DEBUG", help="Show where in the code an error came from.")
]


def _typer(**settings: object) -> typer.Typer:
    return typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        **settings,  # type: ignore[arg-type] # typer's own keyword arguments, passed on
    )


def build_app() -> typer.Typer:
    """The whole command tree. Command modules import what is heavy inside their functions, so that help is quick."""
    app = _typer()
    app.callback()(_lake)
    groups: dict[str, typer.Typer] = {}
    for panel, name, function in _COMMANDS:
        group, _, leaf = name.rpartition(" ")
        if not group:
            settings = _JOBS_OWN_OPTIONS if name == "run" else {}
            app.command(leaf, rich_help_panel=panel, context_settings=settings)(function)
            continue
        if group not in groups:
            groups[group] = _typer(help=_GROUPS[group])
            app.add_typer(groups[group], name=group, rich_help_panel=panel)
        groups[group].command(leaf)(function)
    return app


def _lake(debug: DebugOption = False) -> None:
    """A data lake's jobs: raw objects become audited, atomically published tables.

    \b
    A first walk, on a laptop:
      lake generate clickstream.events_v1 --records 1000 --out clicks
      lake land clickstream.events_v1 clicks --arrived-from-name
      lake run raw_to_parquet --table clickstream.events_v1
      lake status
      lake query "SELECT count(*) FROM clickstream.events_v1"

    Every command takes --root URI (or LAKE_ROOT), a folder or s3://bucket/prefix; without it,
    .lake in the working directory. Every command has --help, with examples.
    """


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (without the program's name); returns its exit code, having said what went wrong."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # --debug is taken anywhere on the line: whoever needs it has just pressed arrow-up and typed at the end.
    debug = "--debug" in words or os.environ.get("LAKE_DEBUG", "") not in ("", "0")
    words = [word for word in words if word != "--debug"]
    code = _outcome(words, debug)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has left (`| head`): no error. Nothing more may be flushed into the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _outcome(words: list[str], debug: bool) -> int:
    try:
        build_app()(args=words, prog_name="lake", obj={"debug": debug})
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _explain(error, debug)
    return 0


def _explain(error: Exception, debug: bool) -> int:
    if debug:
        console_err.print("".join(traceback.format_exception(error)), markup=False)
    console_err.print("[bold red]error:[/] ", end="")
    if isinstance(error, LakeError):
        note(str(error))
        return error.exit_code
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where = f" while writing {error.filename}" if error.filename else ""
        note(f"the disk is full{where}. Free some space (`lake vacuum --dry-run` shows what could go), then run again.")
        return 1
    note(f"{type(error).__name__}: {error}")
    if not debug:
        note("This is not an error the lake knows. Run it again with --debug to see where it came from.")
    return 1
