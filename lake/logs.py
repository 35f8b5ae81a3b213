"""Logging of jobs on standard error: readable lines on a terminal, one JSON object a line on Glue and in a pipe.

Modules log through `logging.getLogger(__name__)`. The run's id, its table and its partition are bound once (`bind`,
`bound`) and stand in every line logged meanwhile. Answers (--json) go to standard output, never through here.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from rich.console import Console
from rich.logging import RichHandler
from rich.text import Text

from lake.errors import UsageError

LEVEL_VARIABLE = "LAKE_LOG_LEVEL"
LEVELS = ("debug", "info", "warning", "error")

console = Console(stderr=True, highlight=False, soft_wrap=True)
"""The terminal that log lines go to; a progress bar on the same console stays below them."""


def is_terminal() -> bool:
    """Whether standard error is a terminal. FORCE_COLOR, for which rich takes anything for one, wants colours alone."""
    return sys.stderr.isatty() and console.is_terminal


_context: ContextVar[Mapping[str, str]] = ContextVar("lake_log_context", default={})  # noqa: B039 # never changed
_OWN_PACKAGES = ("lake", "lake_local", "__main__")  # a job's file runs as __main__
_ATTRIBUTES_OF_ANY_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def bind(**fields: str) -> None:
    """Add fields, such as run_id and table, to every line that this thread logs from now on.

    A new thread starts without them: submit `contextvars.copy_context().run` to a pool to take them along.
    """
    _context.set({**_context.get(), **fields})


@contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Add fields, such as partition, to every line that this thread logs within the block."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def context() -> dict[str, str]:
    """The fields that are bound now, to bind them again in another process."""
    return dict(_context.get())


def configure(*, debug: bool = False) -> None:
    """Send log lines to standard error; call it once, where a program starts (a second call replaces the first).

    The lake's own loggers log from LAKE_LOG_LEVEL (default info; debug with `debug`), libraries from warning.
    Raises UsageError if LAKE_LOG_LEVEL is not a level.
    """
    name = "debug" if debug else os.environ.get(LEVEL_VARIABLE, "").lower() or "info"
    if name not in LEVELS:
        raise UsageError(f"reading {LEVEL_VARIABLE}: expected {', '.join(LEVELS)}, got {name!r}")
    handler = _terminal_handler() if is_terminal() else _StandardErrorHandler()
    handler.addFilter(_admit)
    root = logging.getLogger()
    for old in [old for old in root.handlers if _admit in old.filters]:
        root.removeHandler(old)
    root.addHandler(handler)
    for package in _OWN_PACKAGES:
        logging.getLogger(package).setLevel(name.upper())


def _admit(record: logging.LogRecord) -> bool:
    """Add the context to a record; drop it if it is a library's below warning (some set a lower level of their own).

    A field that the call itself gives as `extra` wins over the bound one.
    """
    for name, value in _context.get().items():
        if not hasattr(record, name):
            setattr(record, name, value)
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in _OWN_PACKAGES


def _terminal_handler() -> logging.Handler:
    return RichHandler(
        console=console,
        show_path=False,
        markup=False,
        highlighter=None,
        log_time_format=lambda moment: Text(moment.astimezone(UTC).strftime("%H:%M:%SZ")),
    )


class _StandardErrorHandler(logging.StreamHandler):  # type: ignore[type-arg] # generic for type checkers alone
    """One JSON object a line on what sys.stderr is at that time: tests, and Glue's wrapper, replace it."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: time (UTC, ISO 8601), level, logger, message, then bound and `extra` fields.

    An exception's traceback is the field `exception`.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _ATTRIBUTES_OF_ANY_RECORD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
