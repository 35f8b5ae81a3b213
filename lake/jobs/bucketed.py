"""Bucketed tables: rows of an upstream partition sorted into Hive buckets, and each row's bucket proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lake.catalog import Buckets, Catalog, Partition
from lake.contract.catalog_tables import catalog_table
from lake.contract.model import Table
from lake.digest import digest_of
from lake.errors import ContractError, StorageError, TableNotFound, UsageError
from lake.jobs.lake import Lake
from lake.jobs.pipeline import Batch, Run, TableKind
from lake.objects import Store
from lake.plan.bucketed import BUCKETING_VERSION, UpstreamInputs, plan_from_upstream
from lake.plan.manifest import manifest_of
from lake.plan.partition_plan import PartitionPlan, PlanScope, TablePlan
from lake.steps import Step
from lake.write.bucket_packing import UNIT_BYTES, BucketUnit, pack_partition
from lake.write.bucket_task import BucketJob, BucketResult, ProofJob, prove_unit, write_bucket_unit
from lake.write.staged import StagedPartition


@dataclass
class BucketedTable(TableKind[UpstreamInputs, BucketUnit, BucketResult]):
    """Hours of one bucketed table. What fails hour after hour is no hour's fault, and ends the run."""

    lake: Lake
    table: Table
    upstream: Table
    job: str = "bucket_by_key"
    unit_bytes: int = UNIT_BYTES
    failures_in_a_row: int = 3

    def plan(self, scope: PlanScope) -> TablePlan[UpstreamInputs]:
        return plan_from_upstream(self.table, self.upstream, self.lake.store, self.lake.catalog, scope)

    def units(self, partition: PartitionPlan[UpstreamInputs], run: Run) -> list[BucketUnit]:
        columns = len(self.table.columns) + 1
        rules = digest_of([self.table.reading_digest(), BUCKETING_VERSION])
        return pack_partition(self.lake.store, _source(partition), columns, rules, run.unit_bytes)

    def write(self, batch: Batch[UpstreamInputs, BucketUnit], run: Run) -> dict[str, list[BucketResult]]:
        """Sort and write the units of a batch, then prove from the files that each row is in its bucket."""
        root = self.lake.store.uri
        jobs = [
            BucketJob(unit, self.table, root, run.folder(unit.dt), run.unit_bytes, run.on_step)
            for units in batch.units.values()
            for unit in units
        ]
        results = run.workers.run(write_bucket_unit, jobs) if jobs else []
        run.on_step(Step.UNITS_WRITTEN, batch.partitions[0].dt)
        proofs = [ProofJob(result, self.table, root, run.on_step) for result in results]
        proven = {result.unit.version: result for result in (run.workers.run(prove_unit, proofs) if proofs else [])}
        return {dt: [proven[unit.version] for unit in units] for dt, units in batch.units.items()}

    def stage(
        self, partition: PartitionPlan[UpstreamInputs], results: Sequence[BucketResult], run: Run
    ) -> StagedPartition:
        """Raises StorageError if rows of the upstream partition were lost."""
        source = _source(partition)
        staged = run.staged(
            partition.dt,
            [file for result in results for file in result.files],
            partition.input_digest,
            parameters={"upstream_digest": source.get("content_digest")},
            manifest={"upstream": {"location": source.location, "run_id": source.get("run_id")}},
        )
        if staged.rows != source.number("rows"):
            store = self.lake.store
            raise StorageError(
                f"bucketing {self.table.full_name} dt={partition.dt}: {staged.rows:,} rows were read from "
                f"{store.uri_of(source.location)}, and the catalog says that it has {source.number('rows'):,}"
                f"{_missing_files(store, source)}. Nothing of the hour was published; run `lake verify "
                f"{self.table.upstream} --since {partition.dt}`, and `lake run` it with --rebuild"
            )
        return staged


def _source(partition: PartitionPlan[UpstreamInputs]) -> Partition:
    if partition.inputs.source is None:
        raise ValueError(f"dt={partition.dt} is stale without an upstream partition")
    return partition.inputs.source


def _missing_files(store: Store, source: Partition) -> str:
    """Which of a partition's files are missing, by its manifest; empty if none is."""
    stored = {file.key.rsplit("/", 1)[-1] for file in store.list(source.location)}
    listed = {str(file["key"]).rsplit("/", 1)[-1] for file in manifest_of(store, source.location).get("files", [])}
    missing = sorted(listed - stored)
    return f"; {len(missing)} of its files are missing, the first of them {missing[0]}" if missing else ""


def bucketed_table(lake: Lake, name: str) -> BucketedTable:
    """The table `name`. Raises UsageError if its contract has no buckets, ContractError, TableNotFound."""
    table = lake.table(name)
    if table.bucketing is None:
        raise UsageError(
            f"bucketing {table.full_name}: its contract has no bucketColumns; raw tables are made by raw_to_parquet"
        )
    _check_buckets(table, lake.catalog)
    try:
        return BucketedTable(lake, table, lake.upstream(table))
    except TableNotFound as error:
        raise TableNotFound(
            f"bucketing {table.full_name}: the contract of its sourceTable was not found. {error}"
        ) from error


def _check_buckets(table: Table, catalog: Catalog) -> None:
    """Raises ContractError if partitions are published with other buckets than the contract's.

    Readers take a partition's buckets for the table's: a change half way through would hide rows, or fail queries.
    """
    before = catalog.table(table.database, table.name)
    wanted = catalog_table(table).buckets
    if before is None or before.buckets is None or wanted is None:
        return
    if (before.buckets.columns, before.buckets.count) == (wanted.columns, wanted.count):
        return
    if catalog.partitions(table.database, table.name):
        base, _, version = table.name.rpartition("_v")
        raise ContractError(
            f"bucketing {table.full_name}: its contract says {_described(wanted)}, and what is published has "
            f"{_described(before.buckets)}. Readers prune by the table's buckets, so another number is another table: "
            f"write the contract of {base}_v{int(version) + 1}, run the job for it, and change the view to read it"
        )


def _described(buckets: Buckets) -> str:
    return f"{buckets.count} buckets by {', '.join(buckets.columns)}"
