"""A lake of published events, and the days that the jobs derive from them."""

from __future__ import annotations

import io
import runpy
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake.catalog import Partition
from lake.contract.arrow import arrow_schema
from lake.jobs.lake import Lake
from lake.objects.layout import new_run_id, partition_folder
from lake.publish.partition import content_digest, listed_files, publish_partition
from lake.publish.run_report import RunReport, save
from lake.write.parquet import ParquetWriter
from tests.glue_jobs.harness import JOBS, runtime
from tests.glue_jobs.plain_sessions import Event, Row

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EVENTS = "clickstream.events_v1"
SESSIONS = "clickstream.sessions_by_day_v1"
COUNTS = "clickstream.event_counts_by_day_v1"
STREAMED = "clickstream.sessions_v1"


@dataclass(frozen=True)
class DayLake:
    """A root; `spark` is the session that jobs are given instead of one of their own."""

    root: str
    spark: SparkSession | None = None

    @property
    def lake(self) -> Lake:
        return Lake.open(self.root)

    def publish(self, events: Iterable[Event]) -> None:
        """Publish the arrival hours of these events, each as a new content, as raw_to_parquet would."""
        by_hour: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_hour[event.arrived].append(event)
        for dt, members in by_hour.items():
            self.publish_hour(dt, members)

    def publish_hour(self, dt: str, events: list[Event]) -> None:
        """Publish an arrival hour with these events and no others."""
        names = ("event_id", "user_id", "device_id", "client_event", "client_timestamp", "rescued")
        schema = arrow_schema(self.lake.table(EVENTS))
        values = [(*event.row[:5], None) for event in events]
        columns = list(zip(*values, strict=True)) if values else [()] * len(names)
        self.publish_rows(EVENTS, dt, pa.table(dict(zip(names, map(list, columns), strict=True)), schema=schema))

    def publish_rows(self, name: str, dt: str, rows: pa.Table, **parameters: str) -> Partition:
        """Publish a partition of any table with these rows, and these parameters beside those that every one has."""
        lake, now = self.lake, datetime.now(UTC)
        table, run_id = lake.table(name), new_run_id(now)
        folder = f"{partition_folder(table.zone, table.database, table.name, dt)}/run={run_id}"
        writer = ParquetWriter(lake.store, folder, "unit", rows.schema, frozenset())
        writer.write(rows)
        writer.close()
        count = str(rows.num_rows)
        candidate = Partition(dt, folder).with_parameters(
            content_digest=content_digest(writer.files), columns=",".join(one.name for one in table.columns),
            run_id=run_id, reading_digest=table.reading_digest(), listed_at=now.isoformat(), records=count, rows=count,
            bytes=str(sum(part.bytes for part in writer.files)), files=str(len(writer.files)), **parameters,
        )  # fmt: skip
        lake.declare(table)
        save(lake.store, table, RunReport(run_id, name, "raw_to_parquet", "succeeded"))
        details = {"files": listed_files(writer.files)}
        return publish_partition(lake.catalog, lake.store, table, table.name, candidate=candidate, details=details)[1]

    def run(self, table: str = SESSIONS, **options: Any) -> RunReport:
        """Run the table's job in this process."""
        name = self.lake.table(table).made_by
        job = runpy.run_path(str(JOBS / f"{name}.py"), run_name="job")
        args = job["Args"](table=table, root=self.root, **{"expectations": "/nonexistent", **options})
        report: RunReport = job["run"](self.lake, args, runtime(self.spark))
        return report

    def outcomes(self, table: str = SESSIONS, **options: Any) -> dict[str, str]:
        """Run the table's job: the outcome of each day that it touched."""
        return {partition.dt: partition.outcome for partition in self.run(table, **options).partitions}

    def partitions(self, table: str = SESSIONS) -> dict[str, Partition]:
        return {one.dt: one for one in self.lake.catalog.partitions(*table.split("."))}

    def days(self, table: str = SESSIONS) -> dict[str, list[Row]]:
        """Published rows by day, each day's sorted; without `rescued`, which derived tables leave null."""
        found = {}
        for dt, partition in self.partitions(table).items():
            rows = self._rows(table, partition)
            assert set(rows.column("rescued").to_pylist()) <= {None}
            found[dt] = sorted((tuple(row.values()) for row in rows.drop_columns("rescued").to_pylist()), key=repr)
        return found

    def content(self, table: str = SESSIONS) -> dict[str, str]:
        """The digest of each published day's files."""
        return {dt: one.get("content_digest") for dt, one in self.partitions(table).items()}

    def _rows(self, table: str, partition: Partition) -> pa.Table:
        store, schema = self.lake.store, arrow_schema(self.lake.table(table))
        keys = [one.key for one in store.list(partition.location) if one.key.endswith(".parquet")]
        files = [pq.read_table(io.BytesIO(store.read(key))) for key in keys]
        assert all(file.schema.equals(schema) for file in files)
        return pa.concat_tables([schema.empty_table(), *files])


def by_start(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Sessions by the day of their start."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[3].date().isoformat()].append(row)
    return dict(found)
