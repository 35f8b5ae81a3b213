"""Renders a snapshot for a terminal, or as one plain line for a log. Pure."""

from __future__ import annotations

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lake_local.demo.snapshot import Snapshot, clock

SESSIONS_SHOWN = 8
_HAPPENED_SHOWN = 5
_LAGGING_MS = 10_000


def line_of(snapshot: Snapshot) -> str:
    """The snapshot in one line, for a log."""
    parts = [
        f"sent {snapshot.sent:,}",
        f"sessions {snapshot.sessions:,} of {snapshot.events_in_sessions:,} events",
        f"late {snapshot.late:,}",
        f"quarantined {snapshot.quarantined:,}",
        f"counted {snapshot.counted:,}",
        f"watermark lag {_seconds(snapshot.lag_ms)}",
        f"task managers {sum(snapshot.task_managers)} of {len(snapshot.task_managers)}",
    ]
    return log_line(snapshot, ", ".join(parts))


def log_line(snapshot: Snapshot, what: str) -> str:
    """A line of the log, with the snapshot's time."""
    return f"[{snapshot.elapsed:4.0f} s] {what}"


def screen_of(snapshot: Snapshot) -> RenderableType:
    """The live view: phase, sums, milestones, and sessions as they close beside counters as they change.

    The tables are last: a terminal of 80 by 24 cuts them off, not the sums.
    """
    return Group(
        Text.assemble((f" {snapshot.phase} ", "bold reverse"), f"  {snapshot.elapsed:.0f} s"),
        Panel(_sums(snapshot), title="clicks -> Flink", title_align="left"),
        *(Text(f"{event.at:5.0f} s  {event.what}") for event in snapshot.happened[-_HAPPENED_SHOWN:]),
        Columns([_sessions(snapshot), _counters(snapshot)]),
    )


def _sums(snapshot: Snapshot) -> RenderableType:
    alive = Text("  ").join(
        Text(f"● {number}", "green") if is_alive else Text(f"✗ {number}", "bold red")
        for number, is_alive in enumerate(snapshot.task_managers, start=1)
    )
    lagging = snapshot.lag_ms is not None and snapshot.lag_ms > _LAGGING_MS
    grid = Table.grid(padding=(0, 2))
    for _ in range(3):
        grid.add_column()
        grid.add_column(justify="right", min_width=8)
    grid.add_row("sent", f"{snapshot.sent:,}", "sessions", f"{snapshot.sessions:,}", "late", f"{snapshot.late:,}")
    grid.add_row(
        *("a second", f"{snapshot.rate:,.0f}"),
        *("their events", f"{snapshot.events_in_sessions:,}"),
        *("quarantined", f"{snapshot.quarantined:,}"),
    )
    grid.add_row(
        *("watermark lag", Text(_seconds(snapshot.lag_ms), "bold red" if lagging else "")),
        *("counted", f"{snapshot.counted:,}"),
        *("task managers", alive),
    )
    return grid


def _sessions(snapshot: Snapshot) -> Table:
    table = Table(title="Sessions as they close", title_justify="left", header_style="bold")
    table.add_column("user", justify="right", min_width=5)
    table.add_column("device", min_width=7)
    table.add_column("from", min_width=8)
    table.add_column("to", min_width=8)
    table.add_column("events", justify="right")
    table.add_column("begin -> end", no_wrap=True, min_width=26)
    rows = [
        (
            *(str(session.user_id), session.device_id, clock(session.started_at), clock(session.ended_at)),
            str(session.events),
            f"{session.begin_navigation} -> {session.end_navigation}",
        )
        for session in snapshot.newest[:SESSIONS_SHOWN]
    ]
    for row in [*rows, *[("",) * 6] * (SESSIONS_SHOWN - len(rows))]:  # of one height, so that nothing jumps
        table.add_row(*map(Text, row))
    return table


def _counters(snapshot: Snapshot) -> Table:
    title = f"Counters of {snapshot.minute[11:16]}" if snapshot.minute else "Counters"
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("event", no_wrap=True, min_width=12)
    table.add_column("count", justify="right", min_width=7)
    for name, count in sorted(snapshot.counts.items(), key=lambda item: (-item[1], item[0]))[:SESSIONS_SHOWN]:
        table.add_row(Text(name), f"{count:,}")
    return table


def _seconds(milliseconds: float | None) -> str:
    return "unknown" if milliseconds is None else f"{milliseconds / 1000:.1f} s"
