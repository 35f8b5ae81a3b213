"""A small lake of all tables, as their jobs make it: generated, landed, parsed, bucketed, deployed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lake.cli.app import run_command
from tests.glue_jobs.harness import Trial

START = datetime(2026, 11, 21, tzinfo=UTC)
_MADE = {
    "clickstream.events_v1": (3000, 3),
    "sensors.readings_v1": (40_000, 2),
    "sensors.bundles_v1": (2, 1),
    "taxi.trips_v1": (2000, 1),
}
"""Records and hours of each table."""
BUCKETED = ("sensors.readings_by_sensor_v1", "clickstream.events_by_user_v1")


def make_analysts_lake(root: str, folder: Path) -> None:
    """Fill an empty root.

    Of the bucketed tables all but the first hour is left to the views' other branch, and that hour of the readings is
    stale again: records came late.
    """
    for table, (records, hours) in _MADE.items():
        _landed(table, root, folder / table, records=records, hours=hours)
    # Views of today and of this month must have something to show, whenever the test runs.
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    _landed("clickstream.events_v1", root, folder / "now", records=300, start=now)
    for table in _MADE:
        Trial(root, table).run()
    for table in BUCKETED:
        Trial(root, table).run(until="2026-11-21-01")
    assert run_command(["sql", "deploy", "--root", root]) == 0
    _landed("sensors.readings_v1", root, folder / "late", records=500, seed=7)
    Trial(root, "sensors.readings_v1").run()


def _landed(
    table: str, root: str, folder: Path, *, records: int, hours: int = 1, start: datetime = START, seed: int = 1
) -> None:
    made = ["--records", str(records), "--hours", str(hours), "--start", start.isoformat(), "--seed", str(seed)]
    words = ["generate", table, *made, "--malformed", "0.02", "--out", str(folder)]
    assert run_command([*words, "--message-kb", "20"]) == 0
    assert run_command(["land", table, str(folder), "--arrived-from-name", "--root", root]) == 0
