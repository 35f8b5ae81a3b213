"""A progress bar on standard error, if it is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from lake import logs
from lake.cli.options import console_err

_STEPS = 500  # redraws over the whole work, at most; drawing at each record would cost more than the record


@contextmanager
def bar(doing: str, total: int) -> Iterator[Callable[[int], None]]:
    """Gives a function to call with the amount done since it was last called; the amounts sum up to `total`."""
    if not logs.is_terminal():
        yield lambda _amount: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console_err, transient=True) as progress:
        task = progress.add_task(doing, total=total)
        pending = 0

        def advance(amount: int) -> None:
            nonlocal pending
            pending += amount
            if pending * _STEPS >= total:
                progress.advance(task, pending)
                pending = 0

        yield advance
