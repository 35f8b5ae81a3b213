"""The `lake` command: one module a command, options.py for what they share, app.py to wire them."""

from __future__ import annotations

from lake.cli.ending import ended_with


def main() -> int:
    """Entry point of the console script; returns the exit code."""

    def run() -> int:
        from lake.cli.app import run_command

        return run_command()

    return ended_with(run)
