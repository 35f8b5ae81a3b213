"""One small lake, for all queries that only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lake.query.readings_lake import make_readings_lake
from tests.lake.query.small_lake import SmallLake, events

HOURS = [f"2026-11-21-{hour:02d}" for hour in range(20, 24)] + [f"2026-11-22-{hour:02d}" for hour in range(4)]


@pytest.fixture(scope="session")
def eight_hours(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Eight partitions, four a day; the users of each hour are 10 * its position, and the next two."""
    folder: Path = tmp_path_factory.mktemp("lake")
    lake = SmallLake(str(folder))
    lake.declare("clicks", "events_v1")
    lake.declare("clicks", "other_v1")
    for position, dt in enumerate(HOURS):
        lake.publish("clicks", "events_v1", dt, events(10 * position, 10 * position + 1, 10 * position + 2))
    return str(folder)


@pytest.fixture(scope="session")
def readings_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The lake of readings_lake.py."""
    folder = str(tmp_path_factory.mktemp("readings"))
    make_readings_lake(folder)
    return folder
