"""Wires the commands together; turns every error into one message and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Annotated, Any

import typer

from lake.cli import contract, error_output, quarantine, reconcile, sql, stream
from lake.cli.command import DAY, STREAMING, WRITING, WRONG, Command
from lake.cli.contract_infer import infer
from lake.cli.failed_batches import replay_failed
from lake.cli.options import console_err, note
from lake.cli.query import query
from lake.cli.rollback import rollback, unpin
from lake.cli.run import run
from lake.cli.status import status
from lake.cli.unexpected import explain
from lake.cli.vacuum import vacuum
from lake.cli.verify import verify
from lake.errors import LakeError

_QUARANTINE = "Rejected records: show them, and read them again after a fix."
_ERRORS = "What Firehose could not deliver: show it, and land it in the raw zone."
_RECONCILE = "What the stream delivered, against what batch computes of the same events."
_CONTRACT = "Contracts: infer them from files, check them, see what they say, and measure how to bucket a table."
_SQL = "Views and queries under sql/: list them, check them, put them into the catalog."
_STREAM = "The Flink applications: run them on this machine, pack them for the managed service."

# In the order in which help shows them. The modules import what is heavy inside them.
COMMANDS = (
    Command("run", run, DAY),
    Command("status", status, DAY),
    Command("query", query, DAY),
    Command("verify", verify, WRONG),
    Command("quarantine show", quarantine.show, WRONG, _QUARANTINE),
    Command("quarantine replay", quarantine.replay, WRONG),
    Command("errors show", error_output.show, WRONG, _ERRORS),
    Command("errors replay", error_output.replay, WRONG),
    Command("reconcile sessions", reconcile.sessions, WRONG, _RECONCILE),
    Command("rollback", rollback, WRONG),
    Command("unpin", unpin, WRONG),
    Command("vacuum", vacuum, WRONG),
    Command("contract check", contract.check, WRITING, _CONTRACT),
    Command("contract show", contract.show, WRITING),
    Command("contract infer", infer, WRITING),
    Command("contract schema", contract.schema, WRITING),
    Command("contract suggest-buckets", contract.suggest_buckets, WRITING),
    Command("sql list", sql.list_, WRITING, _SQL),
    Command("sql check", sql.check, WRITING),
    Command("sql deploy", sql.deploy, WRITING),
    Command("stream package", stream.package, STREAMING, _STREAM),
    Command("stream replay-failed", replay_failed, STREAMING),
)

# A job has options of its own, which pass through.
_JOBS_OWN_OPTIONS = {"allow_extra_args": True, "ignore_unknown_options": True}

DebugOption = Annotated[
    bool, typer.Option("--debug", envvar="LAKE_DEBUG", help="Show tracebacks, and log at level debug.")
]


def _typer(**settings: object) -> typer.Typer:
    return typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        **settings,  # type: ignore[arg-type] # typer's own keyword arguments, passed on
    )


def build_app(commands: Iterable[Command] | None = None) -> typer.Typer:
    """The whole command tree, of COMMANDS and those installed beside unless given.

    Command modules import what is heavy inside their functions, so that help is quick.
    """
    app = _typer()
    app.callback()(_lake)
    groups: dict[str, typer.Typer] = {}
    for command in (*COMMANDS, *_installed_commands()) if commands is None else commands:
        group, _, leaf = command.name.rpartition(" ")
        if not group:
            settings = _JOBS_OWN_OPTIONS if command.name == "run" else {}
            app.command(leaf, rich_help_panel=command.panel, context_settings=settings)(command.function)
            continue
        if group not in groups:
            groups[group] = _typer(help=command.group_help)
            app.add_typer(groups[group], name=group, rich_help_panel=command.panel)
        groups[group].command(leaf)(command.function)
    return app


def _installed_commands() -> Iterator[Command]:
    """Those of other distributions, which name a tuple of them under the entry point group lake.commands."""
    for installed in entry_points(group="lake.commands"):
        yield from installed.load()


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


def run_command(arguments: Sequence[str] | None = None, commands: Iterable[Command] | None = None) -> int:
    """Run one command line (without the program's name); returns its exit code. Errors are printed, never raised.

    `commands` defaults to COMMANDS and those that other packages install.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    # --debug is taken anywhere on the line: most people add it at the end of the line that failed.
    debug = "--debug" in words or os.environ.get("LAKE_DEBUG", "") not in ("", "0")
    words = [word for word in words if word != "--debug"]
    code = _outcome(words, debug, commands)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output has left (`| head`): no error. Nothing more may be flushed into the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


@cache
def _whole_tree() -> Any:
    return typer.main.get_command(build_app())


def _outcome(words: list[str], debug: bool, commands: Iterable[Command] | None) -> int:
    try:
        tree = _whole_tree() if commands is None else typer.main.get_command(build_app(commands))
        tree(args=words, prog_name="lake", obj={"debug": debug})
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _explain(error, words, debug)
    return 0


def _explain(error: Exception, words: Sequence[str], debug: bool) -> int:
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
    note(explain(error, words))
    return 1
