"""An error that no code foresaw, in two lines: the cause with its place in our code, and what to do next."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from pathlib import Path

from lake.cli.options import DEFAULT_ROOT

_CODE = Path(__file__).resolve().parents[2]
_OWN = ("lake", "lake_local", "glue_jobs")
_REMOTE_TRACEBACK = "Traceback (most recent call last):"
_MOST = 300  # characters of a message; Spark's errors carry hundreds of lines of Java's stack


def explain(error: BaseException, words: Sequence[str]) -> str:
    """The message for an error in the command line `words`."""
    cause = _shortened(_cause(str(error)))
    place = _place(error)
    at = f" (at {place})" if place else ""
    root = "" if "--root" in words else f" (root {os.environ.get('LAKE_ROOT') or DEFAULT_ROOT})"
    return (
        f"running `lake {' '.join(words)}`{root}: {type(error).__name__}{f': {cause}' if cause else ''}{at}\n"
        "This error is a defect of the lake, or of what it runs on: run the command again with --debug, and report "
        "the traceback that it shows."
    )


def _cause(message: str) -> str:
    """The line that says what went wrong: of a Python worker's traceback its last line, else the first line.

    Spark puts the traceback of a failed task between its own words and Java's stack.
    """
    lines = [line.strip() for line in message.splitlines()]
    if _REMOTE_TRACEBACK in message:
        raw = message.splitlines()
        start = next(number for number, line in enumerate(raw) if _REMOTE_TRACEBACK in line)
        ends = [line.strip() for line in raw[start + 1 :] if line.strip() and not line.startswith((" ", "\t"))]
        if ends:
            return ends[0]
    # Of Java's errors that py4j hands over, the first line names only the method that was called.
    java = next((line.removeprefix(": ") for line in lines if line.startswith(": ")), "")
    return java or next((line for line in lines if line), "")


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def _place(error: BaseException) -> str:
    """File, line and function of the innermost frame in our own code; empty if there is none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_CODE) and path.relative_to(_CODE).parts[0] in _OWN:
            return f"{path.relative_to(_CODE)}:{frame.lineno} in {frame.name}"
    return ""
