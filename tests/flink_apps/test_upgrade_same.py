"""A program that is stopped with a savepoint and started again, on as many or on other tasks: as if undisturbed."""

from __future__ import annotations

from pathlib import Path

from runs import Cluster, in_order
from test_restart import RULES, last_states, lines_of_events
from upgrades import STOP, Version, outputs_of

TASKS = (1, 2, 1)


def lines_with_a_repeat() -> list[str]:
    """Events as after a failure, and last one that repeats an event from before all stops."""
    lines = lines_of_events()
    return [*lines, lines[5]]


def stopped_twice(lines: list[str]) -> list[str]:
    """The lines with a stop within a session, and one before the last event that is on time, after which some are late.

    Two tasks, of which one has no shard for now, make no watermark: the third version finds what is late.
    """
    return [*lines[:15], STOP, *lines[15:34], STOP, *lines[34:]]


def test_sessions_late_rows_and_rejects_are_as_if_undisturbed(cluster: Cluster, tmp_path: Path) -> None:
    lines = lines_with_a_repeat()
    calm = outputs_of(cluster, "sessions", lines, [Version(RULES)], tmp_path / "calm")
    versions = [Version(RULES, parallelism) for parallelism in TASKS]
    stopped = outputs_of(cluster, "sessions", stopped_twice(lines), versions, tmp_path / "stopped")
    assert len(calm["late"]) == 2
    assert {name: in_order(rows) for name, rows in stopped.items()} == {
        name: in_order(rows) for name, rows in calm.items()
    }


def test_counts_late_rows_and_rejects_are_as_if_undisturbed(cluster: Cluster, tmp_path: Path) -> None:
    lines = lines_with_a_repeat()
    calm = outputs_of(cluster, "event_counts", lines, [Version(RULES)], tmp_path / "calm")
    versions = [Version(RULES, parallelism) for parallelism in TASKS]
    stopped = outputs_of(cluster, "event_counts", stopped_twice(lines), versions, tmp_path / "stopped")
    assert len(calm["late"]) == 3
    assert last_states(stopped["counts"]) == last_states(calm["counts"])
    for name in ("late", "quarantine"):
        assert in_order(stopped[name]) == in_order(calm[name])
