"""What a spectator sees: on a terminal, and in a log."""

from __future__ import annotations

import io
import re

from rich.console import Console

from lake_local.demo.expected import Session
from lake_local.demo.snapshot import Milestone, Snapshot
from lake_local.demo.view import line_of, screen_of

AT = 1_543_534_510_000_000
SNAPSHOT = Snapshot(
    phase="a task manager is dead",
    elapsed=71.4,
    sent=31_250,
    rate=498.7,
    sessions=1_204,
    events_in_sessions=20_011,
    newest=(
        Session("20_mobile_1", 20, "mobile", AT, AT + 34_000_000, 34, 12, "page_view", "purchase"),
        Session("21_[bold]_1", 21, "[bold]", AT, AT, 0, 1, "login", "login"),
    ),
    late=31,
    quarantined=98,
    minute="2018-11-29T23:35:00",
    counts={"page_view": 9_876, "search": 12},
    counted=30_502,
    lag_ms=12_345.6,
    task_managers=(False, True),
    happened=(Milestone(66.0, "task manager 1 was killed (SIGKILL)"),),
)


def drawn(snapshot: Snapshot, width: int = 120) -> list[str]:
    console = Console(file=io.StringIO(), record=True, width=width)
    console.print(screen_of(snapshot))
    return [re.sub(" +", " ", line).strip() for line in console.export_text().splitlines()]


def test_the_screen_shows_phase_sums_sessions_counters_and_what_happened() -> None:
    lines = drawn(SNAPSHOT)
    text = "\n".join(lines)
    assert lines[0] == "a task manager is dead 71 s"
    for shown in ("31,250", "499", "1,204", "20,011", "30,502", "12.3 s", "✗ 1 ● 2", "Counters of 23:35"):
        assert shown in text
    assert any("20 │ mobile │ 23:35:10 │ 23:35:44 │ 12 │ page_view -> purchase" in line for line in lines), text
    assert any("page_view │ 9,876" in line for line in lines)
    assert lines[5] == "╰" + "─" * 118 + "╯"
    assert lines[6] == "66 s task manager 1 was killed (SIGKILL)"


def test_on_a_narrow_terminal_no_sum_is_broken_and_what_happened_is_before_the_tables() -> None:
    assert drawn(SNAPSHOT, width=80)[:7] == [
        "a task manager is dead 71 s",
        "╭─ clicks -> Flink ────────────────────────────────────────────────────────────╮",
        "│ sent 31,250 sessions 1,204 late 31 │",
        "│ a second 499 their events 20,011 quarantined 98 │",
        "│ watermark lag 12.3 s counted 30,502 task managers ✗ 1 ● 2 │",
        "╰──────────────────────────────────────────────────────────────────────────────╯",
        "66 s task manager 1 was killed (SIGKILL)",
    ]


def test_what_comes_from_outside_is_no_markup() -> None:
    assert any("21 │ [bold] │" in line for line in drawn(SNAPSHOT))


def test_the_screen_keeps_its_height_while_sessions_come() -> None:
    assert len(drawn(SNAPSHOT)) == len(drawn(Snapshot(**{**vars(SNAPSHOT), "newest": SNAPSHOT.newest * 9})))


def test_a_screen_of_nothing_yet_is_drawn_as_well() -> None:
    assert drawn(Snapshot())[0] == "starting 0 s"


def test_without_a_terminal_a_scene_is_one_line() -> None:
    assert line_of(SNAPSHOT) == (
        "[  71 s] sent 31,250, sessions 1,204 of 20,011 events, late 31, quarantined 98, counted 30,502, "
        "watermark lag 12.3 s, task managers 1 of 2"
    )
    assert line_of(Snapshot()).endswith("watermark lag unknown, task managers 0 of 0")
