"""`lake trino`: the Trino that `lake query --engine trino` asks, one for each root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lake.cli.options import DEFAULT_ROOT, JsonOption, RootOption, note, print_json, print_table

if TYPE_CHECKING:
    from lake_local.trino.server import Server

AllOption = Annotated[bool, typer.Option("--all", help="Those of all roots.", show_default=False)]


def up(json_output: JsonOption = False, root: RootOption = DEFAULT_ROOT) -> None:
    """Start the root's Trino, if it does not run yet; it stays until `lake trino down`.

    Takes about 20 seconds, and at the very first time downloads Trino (450 MB) through Maven into the cache
    (LAKE_CACHE, else ~/.cache/lake). Needs Java 24 or newer; where this machine has none, one is downloaded too.
    LAKE_TRINO_MEMORY (1G) limits its heap. It listens on 127.0.0.1, without a password.

    \b
    Examples:
      lake trino up
      LAKE_TRINO_MEMORY=4G lake trino up --root s3://bucket/lake
    """
    from lake_local.trino.server import running, start

    before = running(root)
    server = start(root, note)
    note(f"Trino {'runs already' if server == before else 'is up'}; its log is {server.log}")
    _show([server], json_output)


def down(all_roots: AllOption = False, root: RootOption = DEFAULT_ROOT) -> None:
    """Stop the root's Trino; what was downloaded stays in the cache.

    \b
    Examples:
      lake trino down
      lake trino down --all
    """
    from lake_local.trino.server import all_running, stop

    for each in [server.root for server in all_running()] if all_roots else [root]:
        note(f"Trino for {each} is stopped" if stop(each) else f"No Trino runs for {each}")


def status(all_roots: AllOption = False, json_output: JsonOption = False, root: RootOption = DEFAULT_ROOT) -> None:
    """Say whether the root's Trino runs; exit code 1 where it does not.

    \b
    Examples:
      lake trino status
      lake trino status --all --json
    """
    from lake_local.trino.server import all_running, running

    found = all_running() if all_roots else [server for server in [running(root)] if server is not None]
    _show(found, json_output)
    if not found:
        note("No Trino runs" + ("" if all_roots else f" for {root}; `lake trino up` starts it"))
        raise typer.Exit(0 if all_roots else 1)


def _show(servers: list[Server], json_output: bool) -> None:
    if json_output:
        print_json([_described(server) for server in servers])
    elif servers:
        print_table(
            ("root", "address", "since", "memory", "pid"),
            [(one.root, one.url, one.started_at, one.memory, str(one.pid)) for one in servers],
        )


def _described(server: Server) -> dict[str, Any]:
    return {
        "root": server.root,
        "address": server.url,
        "started_at": server.started_at,
        "memory": server.memory,
        "pid": server.pid,
        "log": str(server.log),
    }
