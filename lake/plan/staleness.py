"""The one judge of staleness: whether a published partition still is what its inputs and its contract make.

A partition is a pure function of its inputs. Their digest is kept with it: equal digests, equal rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lake.catalog import Partition
from lake.contract.model import Table
from lake.objects import Store
from lake.plan.partition_plan import REBUILD, Before, InputsT, PartitionInputs, PartitionPlan, PlanScope
from lake.steps import Step


@dataclass(frozen=True)
class Staleness:
    """Judges the partitions of one table."""

    table: Table
    store: Store
    scope: PlanScope

    def judge_all(
        self,
        dts: Iterable[str],
        published: Mapping[str, Partition],
        inputs_of: Callable[[str, Partition | None], InputsT],
    ) -> tuple[PartitionPlan[InputsT], ...]:
        """Plan the partitions of `dts` and those that are published, in order."""
        ordered = sorted({*dts, *published})
        return tuple(self.judge(dt, inputs_of(dt, published.get(dt)), published.get(dt)) for dt in ordered)

    def judge(self, dt: str, inputs: InputsT, published: Partition | None) -> PartitionPlan[InputsT]:
        """Plan one partition: current or stale, and why."""
        kept = self.why_current(inputs, published)
        reason = kept or self.why_stale(inputs, published)
        plan = PartitionPlan(dt, inputs, inputs.digest(), published, "current" if kept else "stale", reason)
        self.scope.on_step(Step.PARTITION_JUDGED, dt)
        return plan

    def why_current(self, inputs: PartitionInputs, published: Partition | None) -> str:
        """Why the partition stays as it is; empty if it is stale."""
        if published is None:
            return inputs.missing
        if published.is_pinned:
            return f"pinned to run {published.get('run_id')}; `lake unpin` releases it"
        is_rebuilt = self.scope.rebuild or columns_changed(self.table, published)
        if not is_rebuilt and inputs.digest(columns_of(published)) == published.get("input_digest"):
            return "inputs unchanged"
        is_redefined = bool(definition_change(self.table, published, rebuild=self.scope.rebuild))
        return inputs.why_kept(Before(published, self.store, is_redefined))

    def why_stale(self, inputs: PartitionInputs, published: Partition | None) -> str:
        """What changed since the partition was published."""
        changed = definition_change(self.table, published, rebuild=self.scope.rebuild)
        if changed or published is None:
            return changed
        return inputs.why_changed(Before(published, self.store, is_redefined=False))


def definition_change(table: Table, published: Partition | None, *, rebuild: bool) -> str:
    """Why a partition must be built whatever its inputs are; empty if they alone decide."""
    if published is None:
        return "never published"
    if rebuild:
        return REBUILD
    if columns_changed(table, published):
        return "the contract's columns changed"
    is_same = published.get("reading_digest") == table.reading_digest(columns_of(published))
    return "" if is_same else "the contract changed"


def columns_of(published: Partition) -> list[str]:
    """Names of the contract's columns that a partition was written with."""
    return [name for name in published.get("columns").split(",") if name]


def columns_changed(table: Table, published: Partition) -> bool:
    """Whether columns were removed since, or a required one added; an optional one is null in old partitions."""
    written = set(columns_of(published))
    known = {column.name for column in table.columns}
    return bool(written - known) or any(c.required for c in table.columns if c.name not in written)
