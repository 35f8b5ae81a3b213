"""A task that fails and starts again from a checkpoint: as if nothing had happened."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runs import Cluster, Outputs, ReplaySource, Row, in_order, run

START = datetime(2018, 11, 29, 10, tzinfo=UTC)
RULES = {"gap": "10 minutes", "watermark_delay": "0", "retention": "5 minutes"}


def lines_of_events() -> list[str]:
    """Two users, an event a minute, with silences; late ones, a repeat, and one that is no record."""
    lines = []
    for minute in [*range(20), *range(35, 50), 31, 20, 22, *range(65, 75)]:
        event = {
            "event_id": f"e{minute}",
            "user_id": minute % 2,
            "device_id": "computer",
            "client_event": f"page {minute}",
            "client_timestamp": (START + timedelta(minutes=minute)).isoformat(),
        }
        lines.append(f"one {json.dumps(event)}")
    return [*lines, lines[40], "one no record"]


def failing(lines: list[str]) -> list[str]:
    """The same, with failures, each after time for checkpoints, which are made between lines."""
    name = uuid.uuid4().hex
    disturbed = list(lines)
    for number, place in enumerate((40, 33, 15)):
        disturbed[place:place] = [*["pause 400"] * 4, f"fail {name}-{number}"]
    return disturbed


def outputs_of(cluster: Cluster, app: str, lines: list[str], folder: Path) -> Outputs:
    folder.mkdir()
    (folder / "input.replay").write_text("\n".join(lines) + "\n")
    settings = {
        "state.backend.type": "rocksdb",
        "execution.checkpointing.interval": "200 ms",
        "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "5",
        "restart-strategy.fixed-delay.delay": "100 ms",
    }
    return run(cluster, app, RULES, ReplaySource(folder / "input.replay"), folder / "out", settings=settings)


def test_sessions_late_rows_and_rejects_are_as_if_undisturbed(cluster: Cluster, tmp_path: Path) -> None:
    lines = lines_of_events()
    calm = outputs_of(cluster, "sessions", lines, tmp_path / "calm")
    disturbed = outputs_of(cluster, "sessions", failing(lines), tmp_path / "disturbed")
    assert len(calm["late"]) == 2
    assert {name: in_order(rows) for name, rows in disturbed.items()} == {
        name: in_order(rows) for name, rows in calm.items()
    }


def test_last_states_of_counts_are_as_if_undisturbed(cluster: Cluster, tmp_path: Path) -> None:
    lines = lines_of_events()
    calm = outputs_of(cluster, "event_counts", lines, tmp_path / "calm")
    disturbed = outputs_of(cluster, "event_counts", failing(lines), tmp_path / "disturbed")
    assert last_states(disturbed["counts"]) == last_states(calm["counts"])
    assert in_order(disturbed["late"]) == in_order(calm["late"])


def last_states(rows: list[Row]) -> dict[tuple[object, object], object]:
    """The highest count of each name and hour, which is the last."""
    counts: dict[tuple[object, object], object] = {}
    for row in sorted(rows, key=lambda row: int(str(row["EventCount"]))):
        counts[row["EventName"], row["EventHour"]] = row["EventCount"]
    return counts
