"""Days of clicks, made once: in the lake as raw_to_parquet publishes them, and as files for the stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.jobs.lake import Lake
from lake_local.datagen.files import generate_files
from lake_local.datagen.volume import Volume
from tests.glue_jobs.day_lakes import EVENTS, DayLake
from tests.glue_jobs.harness import Trial
from tests.lake.stream.parity.sides import Sides

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

START = datetime(2026, 11, 16, tzinfo=UTC)


@dataclass(frozen=True)
class Size:
    """How many records over how many days; `sessions` is what they come to at least."""

    records: int
    days: int
    sessions: int


SIZES = [
    pytest.param(Size(6_000, 2, sessions=400), id="6k"),
    pytest.param(Size(1_050_000, 7, sessions=50_000), id="a million", marks=pytest.mark.nightly),
]


@dataclass(frozen=True)
class Clicks:
    """`folder` has files by hour of arrival: late events, redeliveries and malformed records among them."""

    size: Size
    plan: Volume
    folder: Path
    trial: Trial
    sides: Sides

    @property
    def events(self) -> int:
        """Distinct records that are right."""
        return self.plan.distinct - self.plan.malformed_lines


@pytest.fixture(scope="module", params=SIZES)
def clicks(
    request: pytest.FixtureRequest,
    packages: dict[str, Path],
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
) -> Clicks:
    size, folder = request.param, tmp_path_factory.mktemp("clicks")
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    trial = Trial(str(folder / "lake"))
    table = Lake.open(trial.root).table(EVENTS)
    plan = Volume(table, size.records, 1, START, size.days * 24, late=0.01, duplicates=0.01, malformed=0.01)
    for file in generate_files(plan, folder / "clicks"):
        hour = file.path.stem.removeprefix("events-")
        trial.land(hour, file.path.name, file.path.read_bytes())
    trial.run()
    sides = Sides(DayLake(trial.root, spark), packages, folder / "streamed")
    return Clicks(size, plan, folder / "clicks", trial, sides)
