"""The driver with a kind of table that it has never seen: a report, by a SQL query over one upstream partition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.contract.arrow import arrow_schema
from lake.contract.model import Column, Table
from lake.digest import digest_of
from lake.errors import StorageError, UsageError
from lake.jobs.lake import Lake
from lake.jobs.pipeline import Batch, Run, TableKind, run_job
from lake.plan.bucketed import UpstreamInputs, plan_from_upstream
from lake.plan.packing import WorkUnit
from lake.plan.partition_plan import PartitionPlan, PlanScope, TablePlan
from lake.publish.run_report import RunReport, recent
from lake.steps import Step
from lake.write.parquet import DataFile, ParquetWriter
from lake.write.staged import StagedPartition
from tests.glue_jobs.bucket_lakes import UPSTREAM, bucketed_trial, orders, publish_upstream
from tests.glue_jobs.harness import Trial, runtime

Hour = PartitionPlan[UpstreamInputs]


@dataclass
class Report(TableKind[UpstreamInputs, WorkUnit, DataFile]):
    """Rows of a query over the upstream partition, which it calls `source`; another query makes every hour stale."""

    lake: Lake
    table: Table
    sql: str
    job: str = "report"

    def plan(self, scope: PlanScope) -> TablePlan[UpstreamInputs]:
        upstream, version = self.lake.table(self.table.upstream or ""), digest_of(self.sql)
        return plan_from_upstream(
            self.table, upstream, self.lake.store, self.lake.catalog, scope, rules_version=version
        )

    def write(self, batch: Batch[UpstreamInputs, WorkUnit], run: Run) -> dict[str, list[DataFile]]:
        return {hour.dt: self._write_hour(hour, run) for hour in batch.partitions}

    def stage(self, partition: Hour, results: Sequence[DataFile], run: Run) -> StagedPartition:
        made_from = partition.inputs.source
        assert made_from is not None
        parameters = {"upstream_digest": made_from.get("content_digest")}
        return run.staged(partition.dt, results, partition.input_digest, parameters=parameters)

    def _write_hour(self, hour: Hour, run: Run) -> list[DataFile]:
        assert hour.inputs.source is not None
        system, root = self.lake.store.arrow()
        source = pq.read_table(f"{root}/{hour.inputs.source.location}", filesystem=system)
        with duckdb.connect(":memory:") as connection:
            connection.register("source", source)
            rows = connection.sql(self.sql).to_arrow_table()
        schema = arrow_schema(self.table)
        writer = ParquetWriter(self.lake.store, run.folder(hour.dt), hour.input_digest[:16], schema, frozenset())
        writer.write(rows.append_column("rescued", pa.nulls(rows.num_rows, pa.string())).cast(schema))
        writer.close()
        return writer.files


SQL = "SELECT key, count(*) AS orders FROM source GROUP BY key ORDER BY key"
TABLE = Table(
    "shop",
    "orders_per_key_v1",
    "1.0.0",
    "How many orders a key has in an hour.",
    (Column("key", "key", "string"), Column("orders", "orders", "bigint")),
    source=None,
    upstream=UPSTREAM,
)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Two hours of orders, published; no report of them yet."""
    trial = bucketed_trial(str(tmp_path / "lake"), tmp_path / "contracts")
    publish_upstream(trial, 8, orders(["a", "b", "a"]))
    publish_upstream(trial, 9, orders(["c"]))
    return trial


def run(trial: Trial, sql: str = SQL, table: Table = TABLE, **given: Any) -> RunReport:
    options = replace(trial.options(), table=table.full_name, rebuild=given.pop("rebuild", False))
    return run_job(trial.lake, Report(trial.lake, table, sql), options, runtime(**given))


def outcomes(report: RunReport) -> dict[str, tuple[str, str]]:
    return {partition.dt[-2:]: (partition.outcome, partition.reason) for partition in report.partitions}


def published(trial: Trial) -> dict[str, list[tuple[str, int]]]:
    """Rows of the report by hour."""
    found = {}
    for partition in trial.lake.catalog.partitions(TABLE.database, TABLE.name):
        rows = pq.read_table(f"{trial.root}/{partition.location}").to_pylist()
        found[partition.dt[-2:]] = [(row["key"], row["orders"]) for row in rows]
    return found


def test_a_new_kind_of_table_is_published_and_then_current(trial: Trial) -> None:
    assert outcomes(run(trial)) == dict.fromkeys(("08", "09"), ("published", "never published"))
    assert published(trial) == {"08": [("a", 2), ("b", 1)], "09": [("c", 1)]}
    assert outcomes(run(trial)) == {}


def test_an_hour_whose_upstream_changed_is_rebuilt_alone(trial: Trial) -> None:
    run(trial)
    publish_upstream(trial, 9, orders(["c", "c", "d"]))
    assert outcomes(run(trial)) == {"09": ("published", f"{UPSTREAM} changed")}
    assert published(trial) == {"08": [("a", 2), ("b", 1)], "09": [("c", 2), ("d", 1)]}
    assert outcomes(run(trial)) == {}


def test_rows_that_come_out_equal_stay_where_they_are(trial: Trial) -> None:
    run(trial)
    before = trial.lake.catalog.partition(TABLE.database, TABLE.name, "2026-11-21-09")
    publish_upstream(trial, 9, orders(["c"], start=7))
    assert outcomes(run(trial)) == {"09": ("unchanged", f"{UPSTREAM} changed")}
    after = trial.lake.catalog.partition(TABLE.database, TABLE.name, "2026-11-21-09")
    assert before is not None
    assert after is not None
    assert after.location == before.location
    assert [key.key for key in trial.lake.store.list(before.location)] == [
        key.key for key in trial.lake.store.list(f"curated/shop/{TABLE.name}/dt=2026-11-21-09")
    ]


def test_another_query_a_changed_contract_and_a_request_rebuild_every_hour(trial: Trial) -> None:
    run(trial)
    other = SQL.replace("count(*)", "2 * count(*)")
    assert outcomes(run(trial, other)) == dict.fromkeys(("08", "09"), ("published", "the job's code changed"))
    assert published(trial)["08"] == [("a", 4), ("b", 2)]
    wider = replace(TABLE, columns=(TABLE.columns[0], Column("orders", "orders", "int")))
    assert outcomes(run(trial, other, wider)) == dict.fromkeys(("08", "09"), ("published", "the contract changed"))
    assert outcomes(run(trial, other, wider, rebuild=True))["08"] == ("published", "rebuild requested")


def test_every_step_of_a_partition_is_an_event(trial: Trial) -> None:
    steps: list[Step] = []
    run(trial, on_step=lambda step, subject: steps.append(step) if "2026-11-21-09" not in subject else None)
    assert steps == [
        Step.PARTITION_JUDGED,
        Step.BATCH_WRITTEN,
        Step.FILES_VERIFIED,
        Step.AUDITED,
        Step.MANIFEST_WRITTEN,
        Step.PARTITION_PUBLISHED,
        Step.PARTITION_REPORTED,
        Step.PARTITIONS_DONE,
    ]


def test_a_run_takes_its_time_from_the_clock_that_it_is_given(trial: Trial) -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    report = run(trial, clock=lambda: noon)
    assert report.run_id.startswith("20261121T120000Z-")
    assert (report.started_at, report.ended_at) == (noon.isoformat(), noon.isoformat())
    partition = trial.lake.catalog.partition(TABLE.database, TABLE.name, "2026-11-21-09")
    assert partition is not None
    assert (partition.at("listed_at"), partition.at("published_at")) == (noon, noon)


def test_what_cannot_be_read_ends_the_run_and_is_reported(trial: Trial) -> None:
    source = trial.of(UPSTREAM).partition(8)
    assert source is not None

    def lose_the_files(step: Step, _: str) -> None:
        if step is Step.PARTITION_JUDGED:
            raise StorageError("reading orders: the disk is gone")

    with pytest.raises(StorageError):
        run(trial, on_step=lose_the_files)
    assert list(recent(trial.lake.store, TABLE)) == []

    def fail_to_write(step: Step, _: str) -> None:
        if step is Step.BATCH_WRITTEN:
            raise StorageError("writing the report: the disk is full")

    with pytest.raises(StorageError, match="the disk is full"):
        run(trial, on_step=fail_to_write)
    (report,) = recent(trial.lake.store, TABLE)
    assert (report.state, report.error) == ("failed", "StorageError: writing the report: the disk is full")
    assert published(trial) == {}


def test_options_name_partitions_of_the_tables_grain(trial: Trial) -> None:
    kind = Report(trial.lake, TABLE, SQL)
    with pytest.raises(UsageError, match="--since: reading the hour '2026-11-21': expected YYYY-MM-DD-HH"):
        run_job(trial.lake, kind, replace(trial.options(), since="2026-11-21"), runtime())
    only = replace(trial.options(), since="2026-11-21-09", until="2026-11-21-10")
    assert [partition.dt[-2:] for partition in run_job(trial.lake, kind, only, runtime()).partitions] == ["09"]
