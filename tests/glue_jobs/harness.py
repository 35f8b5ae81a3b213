"""A lake to run the job on, in this process and without Spark, and what came of it."""

from __future__ import annotations

import io
import json
import runpy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.catalog import Partition
from lake.contract.arrow import arrow_schema, quarantine_schema
from lake.contract.model import Table
from lake.jobs.bucketed import bucketed_table
from lake.jobs.lake import Lake
from lake.jobs.pipeline import run_plan
from lake.jobs.raw import raw_table
from lake.jobs.runner import JobOptions, JobRuntime
from lake.jobs.spark import LocalWorkers, SparkWorkers, Workers
from lake.objects import open_store
from lake.plan.partition_plan import TablePlan
from lake.publish.partition import quarantine_name
from lake.publish.run_report import RunReport

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REPOSITORY = Path(__file__).resolve().parents[2]
JOBS = REPOSITORY / "glue_jobs"
JOB = JOBS / "raw_to_parquet.py"

EVENTS = "clickstream.events_v1"


def job(path: Path = JOB) -> dict[str, Any]:
    """The job file's names."""
    return runpy.run_path(str(path), run_name="job")


def runtime(spark: SparkSession | None = None, **given: Any) -> JobRuntime:
    """What a run is given of the world: workers on this session, or in this process."""

    def start_workers(*_: object) -> Workers:
        return LocalWorkers() if spark is None else SparkWorkers(spark)

    return JobRuntime(**{"start_workers": start_workers, **given})


@dataclass
class Trial:
    """A root, one table of it, and the means to land, run and look; `given` replaces parts of a run's runtime."""

    root: str
    table_name: str = EVENTS
    contracts: str | None = None
    expectations: str | None = "/nonexistent"
    spark: SparkSession | None = None
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def lake(self) -> Lake:
        return Lake.open(self.root, self.contracts)

    @property
    def table(self) -> Table:
        return self.lake.table(self.table_name)

    def of(self, table_name: str) -> Trial:
        """The same lake, another table of it."""
        return replace(self, table_name=table_name)

    @cached_property
    def _prefix(self) -> str:
        """Where raw objects lie; loading a contract takes as long as writing a hundred of them."""
        assert self.table.source is not None
        return self.table.source.prefix

    def land(self, hour: int | str, name: str, data: bytes | str | list[dict[str, Any]]) -> str:
        """Put a raw object into an hour of 2026-11-21; records given as a list become NDJSON. Returns its key."""
        if isinstance(data, list):
            data = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in data)
        key = f"{self._prefix}/dt={_dt(hour)}/{name}"
        open_store(self.root).write(key, data.encode() if isinstance(data, str) else data)
        return key

    def run(self, **options: Any) -> RunReport:
        """Run the table's job: raw_to_parquet, or bucket_by_key where it is made from another table."""
        names = job(JOBS / f"{'bucket_by_key' if self.table.upstream else 'raw_to_parquet'}.py")
        args = names["Args"](**vars(self.options(**options)))
        report: RunReport = names["run"](self.lake, args, runtime(self.spark, **self.given))
        return report

    def options(self, **options: Any) -> JobOptions:
        where = {"root": self.root, "contracts": self.contracts, "expectations": self.expectations}
        return JobOptions(table=self.table_name, **where, **options)

    def continued(self, plan: TablePlan[Any]) -> dict[str, str]:
        """Carry out a plan that was made a while ago: the outcome of each partition, by hour of the day."""
        kind = bucketed_table if self.table.upstream else raw_table
        report = run_plan(self.lake, kind(self.lake, self.table_name), plan, self.options(), runtime(**self.given))
        return {partition.dt[-2:]: partition.outcome for partition in report.partitions}

    def outcomes(self, **options: Any) -> dict[str, str]:
        """Run the job: the outcome of each partition it touched, by hour of the day."""
        return {partition.dt[-2:]: partition.outcome for partition in self.run(**options).partitions}

    def partition(self, hour: int) -> Partition | None:
        return self.lake.catalog.partition(self.table.database, self.table.name, f"2026-11-21-{hour:02d}")

    def rows(self, *hours: int | str) -> pa.Table:
        """Published rows of the hours (all where none is named), by hour and then as they lie in their files."""
        return self._read(self.table.name, arrow_schema(self.table), hours)

    def quarantine(self, *hours: int | str) -> pa.Table:
        """Published quarantine of the hours, likewise."""
        return self._read(quarantine_name(self.table), quarantine_schema(), hours)

    def rejected(self, *hours: int) -> list[tuple[str, str, bytes]]:
        """Reason, object name and payload of what is in quarantine, sorted."""
        found = self.quarantine(*hours).select(["reason", "source_object", "payload"]).to_pylist()
        return sorted((one["reason"], one["source_object"].rsplit("/", 1)[-1], one["payload"]) for one in found)

    def counts(self, names: Sequence[str] = ("records", "rows", "duplicates", "quarantined")) -> dict[str, int]:
        """The accounting sum of all published partitions."""
        found = self.lake.catalog.partitions(self.table.database, self.table.name)
        return {name: sum(partition.number(name) for partition in found) for name in names}

    def content(self) -> dict[str, dict[str, bytes]]:
        """File names and bytes of every published partition, of rows and of quarantine, by `table/dt`."""
        found = {}
        for name in (self.table.name, quarantine_name(self.table)):
            for partition in self.lake.catalog.partitions(self.table.database, name):
                files = self._files(partition)
                found[f"{name}/{partition.dt}"] = {key.rsplit("/", 1)[-1]: data for key, data in files.items()}
        return found

    def _read(self, name: str, schema: pa.Schema, hours: tuple[int | str, ...]) -> pa.Table:
        wanted = {_dt(hour) for hour in hours}
        tables = [
            pq.read_table(io.BytesIO(data), schema=schema)
            for partition in self.lake.catalog.partitions(self.table.database, name)
            if not wanted or partition.dt in wanted
            for data in self._files(partition).values()
        ]
        return pa.concat_tables(tables) if tables else schema.empty_table()

    def _files(self, partition: Partition) -> dict[str, bytes]:
        store = self.lake.store
        keys = [one.key for one in store.list(partition.location) if one.key.endswith(".parquet")]
        return {key: store.read(key) for key in keys}


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the lake's own code logged; libraries log, too, at the levels of a job that ran in this process."""
    return [record.getMessage() for record in caplog.records if record.name.startswith("lake.")]


def _dt(hour: int | str) -> str:
    return hour if isinstance(hour, str) else f"2026-11-21-{hour:02d}"


def click(number: int, **fields: Any) -> dict[str, Any]:
    """A click with an id of its own; fields given replace its own."""
    base = {
        "event_id": f"e{number}",
        "user_id": number,
        "device_id": "device_1",
        "client_event": "home",
        "client_timestamp": "2026-11-21T09:00:00Z",
    }
    return {**base, **fields}
