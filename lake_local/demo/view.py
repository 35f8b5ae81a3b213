"""A scene as a terminal shows it, and as one plain line where there is no terminal. Pure."""

from __future__ import annotations

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lake_local.demo.snapshot import Scene, clock

SESSIONS_SHOWN = 8
_HAPPENED_SHOWN = 5
_LAGGING_MS = 10_000


def line_of(scene: Scene) -> str:
    """All that counts in one line, for a log."""
    parts = [
        f"sent {scene.sent:,}",
        f"sessions {scene.sessions:,} of {scene.events_in_sessions:,} events",
        f"late {scene.late:,}",
        f"quarantined {scene.quarantined:,}",
        f"counted {scene.counted:,}",
        f"watermark lag {_seconds(scene.lag_ms)}",
        f"task managers {sum(scene.task_managers)} of {len(scene.task_managers)}",
    ]
    return told(scene, ", ".join(parts))


def told(scene: Scene, what: str) -> str:
    """Something that happens at the moment of a scene, for a log."""
    return f"[{scene.elapsed:4.0f} s] {what}"


def screen_of(scene: Scene) -> RenderableType:
    """The live view: what goes on, sums, what has happened, sessions as they close beside counters as they change.

    The tables are last: on a terminal of 80 by 24, the end of them is what is not seen.
    """
    return Group(
        Text.assemble((f" {scene.phase} ", "bold reverse"), f"  {scene.elapsed:.0f} s"),
        Panel(_sums(scene), title="clicks -> Flink", title_align="left"),
        *(Text(f"{event.at:5.0f} s  {event.what}") for event in scene.happened[-_HAPPENED_SHOWN:]),
        Columns([_sessions(scene), _counters(scene)]),
    )


def _sums(scene: Scene) -> RenderableType:
    alive = Text("  ").join(
        Text(f"● {number}", "green") if is_alive else Text(f"✗ {number}", "bold red")
        for number, is_alive in enumerate(scene.task_managers, start=1)
    )
    lagging = scene.lag_ms is not None and scene.lag_ms > _LAGGING_MS
    grid = Table.grid(padding=(0, 2))
    for _ in range(3):
        grid.add_column()
        grid.add_column(justify="right", min_width=8)
    grid.add_row("sent", f"{scene.sent:,}", "sessions", f"{scene.sessions:,}", "late", f"{scene.late:,}")
    grid.add_row(
        *("a second", f"{scene.rate:,.0f}"),
        *("their events", f"{scene.events_in_sessions:,}"),
        *("quarantined", f"{scene.quarantined:,}"),
    )
    grid.add_row(
        *("watermark lag", Text(_seconds(scene.lag_ms), "bold red" if lagging else "")),
        *("counted", f"{scene.counted:,}"),
        *("task managers", alive),
    )
    return grid


def _sessions(scene: Scene) -> Table:
    table = Table(title="Sessions as they close", title_justify="left", header_style="bold")
    table.add_column("user", justify="right", min_width=5)
    table.add_column("device", min_width=7)
    table.add_column("from", min_width=8)
    table.add_column("to", min_width=8)
    table.add_column("events", justify="right")
    table.add_column("begin -> end", no_wrap=True, min_width=26)
    rows = [
        (
            *(str(one.user_id), one.device_id, clock(one.started_at), clock(one.ended_at), str(one.events)),
            f"{one.begin_navigation} -> {one.end_navigation}",
        )
        for one in scene.newest[:SESSIONS_SHOWN]
    ]
    for row in [*rows, *[("",) * 6] * (SESSIONS_SHOWN - len(rows))]:  # of one height, so that nothing jumps
        table.add_row(*map(Text, row))
    return table


def _counters(scene: Scene) -> Table:
    title = f"Counters of {scene.minute[11:16]}" if scene.minute else "Counters"
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("event", no_wrap=True, min_width=12)
    table.add_column("count", justify="right", min_width=7)
    for name, count in sorted(scene.counts.items(), key=lambda one: (-one[1], one[0]))[:SESSIONS_SHOWN]:
        table.add_row(Text(name), f"{count:,}")
    return table


def _seconds(milliseconds: float | None) -> str:
    return "unknown" if milliseconds is None else f"{milliseconds / 1000:.1f} s"
