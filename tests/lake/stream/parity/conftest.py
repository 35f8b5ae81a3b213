"""A week of clicks, made once: in the lake as raw_to_parquet publishes it, and as files for the stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake.jobs.lake import Lake
from lake_local.datagen.files import generate_files
from lake_local.datagen.volume import Plan
from tests.glue_jobs.day_lakes import EVENTS, DayLake
from tests.glue_jobs.harness import Trial
from tests.lake.stream.parity.sides import Sides

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RECORDS = 1_050_000
START = datetime(2026, 11, 16, tzinfo=UTC)
HOURS = 7 * 24


@dataclass(frozen=True)
class Week:
    """`clicks` are files by hour of arrival: late events, redeliveries and malformed records among them."""

    plan: Plan
    clicks: Path
    trial: Trial
    sides: Sides

    @property
    def events(self) -> int:
        """Distinct records that are right."""
        return self.plan.distinct - self.plan.malformed_lines


@pytest.fixture(scope="session")
def week(packages: dict[str, Path], spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Week:
    folder = tmp_path_factory.mktemp("week")
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    trial = Trial(str(folder / "lake"), spark=spark)
    table = Lake.open(trial.root).table(EVENTS)
    plan = Plan(table, RECORDS, 1, START, HOURS, late=0.01, duplicates=0.01, malformed=0.01)
    for file in generate_files(plan, folder / "clicks"):
        hour = file.path.stem.removeprefix("events-")
        trial.land(hour, file.path.name, file.path.read_bytes())
    trial.run()
    return Week(plan, folder / "clicks", trial, Sides(DayLake(trial.root, spark), packages, folder / "streamed"))
