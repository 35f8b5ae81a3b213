"""Ends the process of a command without tearing the interpreter down.

Threads of Arrow, DuckDB and the AWS SDK live until the process ends. One that drops its last reference to a Python
object while the interpreter is torn down asks for the GIL; CPython answers with pthread_exit, which unwinds through C++
and aborts the process ("terminate called without an active exception", exit code 134), after all work was done.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable

_OUTPUT_LOST = 120  # what Python itself ends with where it cannot flush its output


def ended_with(run: Callable[[], int]) -> int:
    """Run, and return its exit code, with which the process then ends: after all exit handlers, its output flushed."""
    code = 1  # of an exception that not even `run` turned into a code

    def end() -> None:
        lost = False
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                lost = True
        os._exit(code or (_OUTPUT_LOST if lost else 0))

    # The handler registered first runs last: after those of all that `run` imports.
    atexit.register(end)
    code = run()
    return code
