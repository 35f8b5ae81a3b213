"""A start, and one after a failure: no shard runs ahead of those that have not been heard of yet."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from runs import Cluster, ReplaySource, run


@dataclass(frozen=True)
class HoldingSource(ReplaySource):
    """Shards that are heard of one after the other, within two seconds."""

    @property
    def hold(self) -> timedelta:
        return timedelta(seconds=2)


def event(name: str, time: str) -> str:
    return json.dumps(
        {
            "event_id": name,
            "user_id": 20,
            "device_id": "m",
            "client_event": name,
            "client_timestamp": f"2025-03-30T{time}",
        }
    )


def test_shards_are_waited_for_from_the_first_record_on_however_long_the_source_took_to_read_it(
    cluster: Cluster, tmp_path: Path
) -> None:
    lines = [*["pause 400"] * 8, f"one {event('ahead', '12:00:00')}", f"two {event('behind', '10:00:00')}"]
    (tmp_path / "input.replay").write_text("\n".join(lines) + "\n")
    outputs = run(cluster, "sessions", {}, HoldingSource(tmp_path / "input.replay"), tmp_path / "out")
    assert outputs["late"] == []
    assert sorted(str(row["begin_navigation"]) for row in outputs["sessions"]) == ["ahead", "behind"]


def test_after_a_failure_the_shards_of_before_are_waited_for_longer(cluster: Cluster, tmp_path: Path) -> None:
    lines = [
        f"one {event('first', '09:00:00')}",
        f"two {event('second', '09:00:01')}",
        *["pause 400"] * 4,  # time for a checkpoint
        f"fail {uuid.uuid4().hex}",
        f"one {event('ahead', '12:00:00')}",
        *["pause 400"] * 8,  # more than the two seconds
        f"two {event('behind', '10:00:00')}",
    ]
    (tmp_path / "input.replay").write_text("\n".join(lines) + "\n")
    settings = {
        "execution.checkpointing.interval": "200 ms",
        "execution.checkpointing.dir": (tmp_path / "checkpoints").as_uri(),
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "1",
        "restart-strategy.fixed-delay.delay": "100 ms",
    }
    source = HoldingSource(tmp_path / "input.replay")
    outputs = run(cluster, "sessions", {}, source, tmp_path / "out", settings=settings)
    assert outputs["late"] == []
    assert sorted(str(row["begin_navigation"]) for row in outputs["sessions"]) == ["ahead", "behind", "first"]
