"""Sessions that are open when the program is followed by one with other rules: which of them hold, and from when on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from runs import Cluster, Outputs
from upgrades import STOP, Version, outputs_of

pytestmark = pytest.mark.slow

RULES = {"watermark_delay": "0", "dedup_window": "0"}
LAST = 99


def event(time: str, name: str, *, day: int = 29, user: int = 20) -> str:
    """A line of a replay."""
    record = {
        "event_id": f"{user} {name}",
        "user_id": user,
        "device_id": "computer",
        "client_event": name,
        "client_timestamp": f"2018-11-{day}T{time}Z",
    }
    return f"one {json.dumps(record)}"


def sessions_of(
    cluster: Cluster, folder: Path, lines: list[str], before: Mapping[str, str], after: Mapping[str, str]
) -> list[tuple[object, ...]]:
    """Sessions of all users but LAST: begin, end, events, first and last event; and the names of late events."""
    versions = [Version({**RULES, **before}), Version({**RULES, **after})]
    outputs = outputs_of(cluster, "sessions", lines, versions, folder / "run")
    return [*spans(outputs), *((row["client_event"], "is late") for row in outputs["late"])]


def spans(outputs: Outputs) -> list[tuple[object, ...]]:
    """Sessions in the order of their begin."""
    return sorted(
        (
            str(row["started_at"]).removeprefix("2018-11-"),
            str(row["ended_at"]).removeprefix("2018-11-"),
            row["events"],
            row["begin_navigation"],
            row["end_navigation"],
        )
        for row in outputs["sessions"]
        if row["user_id"] != LAST
    )


def test_longer_gap_holds_for_sessions_that_are_open(cluster: Cluster, tmp_path: Path) -> None:
    lines = [event("10:00:00", "A"), STOP, event("10:15:00", "B"), event("12:00:00", "last", user=LAST)]
    found = sessions_of(cluster, tmp_path, lines, {"gap": "10 minutes"}, {"gap": "20 minutes"})
    assert found == [("29T10:00:00", "29T10:15:00", 2, "A", "B")]


def test_shorter_gap_holds_for_events_that_come_after_the_change(cluster: Cluster, tmp_path: Path) -> None:
    lines = [event("10:00:00", "A"), event("10:09:00", "B"), STOP, event("10:15:00", "C")]
    found = sessions_of(cluster, tmp_path, lines, {"gap": "10 minutes"}, {"gap": "5 minutes"})
    assert found == [
        ("29T10:00:00", "29T10:09:00", 2, "A", "B"),  # what was one session stays one
        ("29T10:15:00", "29T10:15:00", 1, "C", "C"),
    ]


def test_cut_at_midnight_that_is_turned_on_leaves_sessions_over_midnight_whole(
    cluster: Cluster, tmp_path: Path
) -> None:
    lines = [
        event("23:55:00", "A"),
        event("23:58:00", "X", user=1),
        event("00:02:00", "B", day=30),
        STOP,
        event("00:03:00", "Y", day=30, user=1),
        event("00:05:00", "C", day=30),
    ]
    found = sessions_of(cluster, tmp_path, lines, {"gap": "10m"}, {"gap": "10m", "cut_at_midnight": "true"})
    assert found == [
        ("29T23:55:00", "30T00:02:00", 2, "A", "B"),
        ("29T23:58:00", "29T23:58:00", 1, "X", "X"),
        ("30T00:03:00", "30T00:03:00", 1, "Y", "Y"),
        ("30T00:05:00", "30T00:05:00", 1, "C", "C"),  # of another day than the session's first event
    ]


def test_cut_at_midnight_that_is_turned_off_lets_open_sessions_go_on(cluster: Cluster, tmp_path: Path) -> None:
    lines = [event("23:55:00", "A"), STOP, event("00:02:00", "B", day=30)]
    found = sessions_of(cluster, tmp_path, lines, {"gap": "10m", "cut_at_midnight": "true"}, {"gap": "10m"})
    assert found == [("29T23:55:00", "30T00:02:00", 2, "A", "B")]


def test_midnight_of_another_timezone_holds_for_sessions_that_are_open(cluster: Cluster, tmp_path: Path) -> None:
    lines = [event("22:55:00", "A"), event("23:55:00", "X", user=1), STOP, event("23:02:00", "B")]
    lines += [event("00:02:00", "Y", day=30, user=1)]
    cut = {"gap": "2h", "cut_at_midnight": "true"}
    found = sessions_of(cluster, tmp_path, lines, cut, {**cut, "timezone": "Europe/Berlin"})
    assert found == [
        ("29T22:55:00", "29T22:55:00", 1, "A", "A"),
        ("29T23:02:00", "29T23:02:00", 1, "B", "B"),
        ("29T23:55:00", "30T00:02:00", 2, "X", "Y"),
    ]


def test_longer_watermark_delay_holds_from_then_on_and_time_does_not_go_back(cluster: Cluster, tmp_path: Path) -> None:
    lines = [
        event("10:30:00", "first", user=LAST),
        STOP,
        event("10:19:00", "late before and after", user=1),
        event("10:40:00", "last", user=LAST),
        event("10:26:00", "late before, not after", user=2),
        event("10:24:00", "late by both", user=3),
    ]
    before = {"gap": "10m", "idle_timeout": "1m"}
    after = {"gap": "10m", "idle_timeout": "2m", "watermark_delay": "5m"}
    found = sessions_of(cluster, tmp_path, lines, before, after)
    assert sorted(map(str, found)) == [
        "('29T10:26:00', '29T10:26:00', 1, 'late before, not after', 'late before, not after')",
        "('late before and after', 'is late')",
        "('late by both', 'is late')",
    ]


def test_sessions_by_gap_that_are_open_end_when_windows_come(cluster: Cluster, tmp_path: Path) -> None:
    lines = [event("10:00:10", "A"), event("10:01:50", "B"), STOP, event("10:01:55", "C"), event("10:02:00", "D")]
    found = sessions_of(cluster, tmp_path, lines, {"gap": "10m"}, {"window": "1m"})
    assert found == [
        ("29T10:00:10", "29T10:01:50", 2, "A", "B"),  # longer than a window
        ("29T10:01:55", "29T10:01:55", 1, "C", "C"),
        ("29T10:02:00", "29T10:02:00", 1, "D", "D"),
    ]


def test_sessions_by_window_that_are_open_go_on_when_a_gap_comes(cluster: Cluster, tmp_path: Path) -> None:
    lines = [event("10:00:10", "A"), event("10:00:50", "B"), STOP, event("10:03:00", "C")]
    found = sessions_of(cluster, tmp_path, lines, {"window": "1m"}, {"gap": "10m"})
    assert found == [("29T10:00:10", "29T10:03:00", 3, "A", "C")]
