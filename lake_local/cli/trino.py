"""`lake trino`: the Trino that `lake query --engine trino` uses, one per root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lake.cli.options import DEFAULT_ROOT, JsonOption, RootOption, note, print_json, print_table

if TYPE_CHECKING:
    from lake_local.trino.server import Server

AllOption = Annotated[bool, typer.Option("--all", help="Trino servers of all roots.", show_default=False)]


def up(json_output: JsonOption = False, root: RootOption = DEFAULT_ROOT) -> None:
    """Start the root's Trino; it runs until `lake trino down`.

    Takes about 20 seconds; the first time it downloads Trino (450 MB) with Maven into the cache (LAKE_CACHE, else
    ~/.cache/lake). Needs Java 24 or newer, and downloads one if none is installed.
    LAKE_TRINO_MEMORY (1G) limits its heap. It listens on 127.0.0.1, without a password.

    \b
    Examples:
      lake trino up
      LAKE_TRINO_MEMORY=4G lake trino up --root s3://bucket/lake
    """
    from lake_local.trino.server import running, start

    before = running(root)
    server = start(root, note)
    note(f"Trino {'is already running' if server == before else 'is running'}; its log is {server.log}")
    _show([server], json_output)


def down(all_roots: AllOption = False, root: RootOption = DEFAULT_ROOT) -> None:
    """Stop the root's Trino; downloads stay in the cache.

    \b
    Examples:
      lake trino down
      lake trino down --all
    """
    from lake_local.trino.server import all_running, stop

    for name in [server.root for server in all_running()] if all_roots else [root]:
        note(f"Trino for {name} is stopped" if stop(name) else f"Trino is not running for {name}")


def status(all_roots: AllOption = False, json_output: JsonOption = False, root: RootOption = DEFAULT_ROOT) -> None:
    """Show the root's Trino; exit code 1 if it is not running.

    \b
    Examples:
      lake trino status
      lake trino status --all --json
    """
    from lake_local.trino.server import all_running, running

    servers = all_running() if all_roots else [server for server in [running(root)] if server is not None]
    _show(servers, json_output)
    if not servers:
        note("Trino is not running" + ("" if all_roots else f" for {root}; `lake trino up` starts it"))
        raise typer.Exit(0 if all_roots else 1)


def _show(servers: list[Server], json_output: bool) -> None:
    if json_output:
        print_json([_described(server) for server in servers])
    elif servers:
        print_table(
            ("root", "address", "since", "memory", "pid"),
            [(server.root, server.url, server.started_at, server.memory, str(server.pid)) for server in servers],
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
