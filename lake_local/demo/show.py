"""Shows the view on a terminal, redrawn several times a second; without a terminal, a line every few seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from lake_local.demo.monitor import Monitor
from lake_local.demo.view import line_of, log_line, screen_of

_A_SECOND = 4  # redraws
_LINE_SECONDS = 5.0
_JOIN_SECONDS = 10.0


@contextmanager
def shown(console: Console) -> Iterator[Monitor]:
    """A monitor, whose scenes are shown as long as the block lasts; the last one stays on the terminal."""
    if console.is_terminal:
        monitor = Monitor()

        def screen() -> RenderableType:
            return screen_of(monitor.snapshot)

        with Live(console=console, get_renderable=screen, refresh_per_second=_A_SECOND):
            yield monitor
        return
    monitor = Monitor(lambda what: console.print(Text(log_line(monitor.snapshot, what))))
    ended = Flag()
    lines = Thread(target=_print_lines, args=(console, monitor, ended), name="lines", daemon=True)
    lines.start()
    try:
        yield monitor
    finally:
        ended.set()
        lines.join(_JOIN_SECONDS)


def _print_lines(console: Console, monitor: Monitor, ended: Flag) -> None:
    while not ended.wait(_LINE_SECONDS):
        if monitor.snapshot.task_managers:  # before and after, nothing changes
            console.print(Text(line_of(monitor.snapshot)))
