"""The view on a terminal, redrawn several times a second; a plain line every few seconds where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from lake_local.demo.monitor import Watch
from lake_local.demo.view import line_of, screen_of, told

_A_SECOND = 4  # redraws
_LINE_SECONDS = 5.0
_JOIN_SECONDS = 10.0


@contextmanager
def shown(console: Console) -> Iterator[Watch]:
    """A watch, whose scenes are shown as long as the block lasts; the last one stays on the terminal."""
    if console.is_terminal:
        watch = Watch()

        def screen() -> RenderableType:
            return screen_of(watch.scene)

        with Live(console=console, get_renderable=screen, refresh_per_second=_A_SECOND):
            yield watch
        return
    watch = Watch(lambda what: console.print(Text(told(watch.scene, what))))
    ended = Flag()
    lines = Thread(target=_print_lines, args=(console, watch, ended), name="lines", daemon=True)
    lines.start()
    try:
        yield watch
    finally:
        ended.set()
        lines.join(_JOIN_SECONDS)


def _print_lines(console: Console, watch: Watch, ended: Flag) -> None:
    while not ended.wait(_LINE_SECONDS):
        if watch.scene.task_managers:  # before and after, nothing changes
            console.print(Text(line_of(watch.scene)))
