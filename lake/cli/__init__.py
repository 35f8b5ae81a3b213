"""The `lake` command: one module a command, options.py for what they share, app.py to wire them."""


def main() -> int:
    """Entry point of the console script; returns the exit code."""
    from lake.cli.app import run_command

    return run_command()
