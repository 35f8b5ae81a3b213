"""Planned partitions: one type for an hour and a day, whatever it is made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Generic, Literal, Protocol, TypeVar

from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.objects import Store
from lake.plan.manifest import manifest_of
from lake.steps import OnStep, ignore_step

REBUILD = "rebuild requested"


def utc_now() -> datetime:
    """The clock of a run that is given none."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Before:
    """What is published of a partition. `is_redefined`: a rebuild was requested, or the contract changed since."""

    published: Partition
    store: Store
    is_redefined: bool

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Read from storage only if a reason depends on it."""
        return manifest_of(self.store, self.published.location)


class PartitionInputs(Protocol):
    """What a partition is made from: a kind of table lists it, digests it, and names what changed."""

    @property
    def missing(self) -> str:
        """Why nothing can be built, e.g. "no raw objects"; empty if something can."""
        return ""

    @property
    def summary(self) -> str:
        """How much there is, e.g. "3 objects"; empty if there is nothing to count."""
        return ""

    def digest(self, columns: Iterable[str] | None = None) -> str:
        """Of all that the rows are a function of; with `columns`, as it was when the table had just those."""
        ...

    def why_kept(self, before: Before, /) -> str:
        """Why what is published stays although the digest changed: inputs are gone, and rows must not go with them.

        Empty if the partition can be built again.
        """
        ...

    def why_changed(self, before: Before, /) -> str:
        """What changed in the inputs, or in the code that reads them."""
        ...


InputsT = TypeVar("InputsT", bound=PartitionInputs)
InputsT_co = TypeVar("InputsT_co", bound=PartitionInputs, covariant=True)


@dataclass(frozen=True)
class PartitionPlan(Generic[InputsT_co]):
    """A partition as it should be: its inputs and their digest, what is published, and whether that is stale."""

    dt: str
    inputs: InputsT_co
    input_digest: str
    published: Partition | None
    state: Literal["current", "stale"]
    reason: str

    @property
    def is_forced(self) -> bool:
        return self.reason == REBUILD


@dataclass(frozen=True)
class TablePlan(Generic[InputsT_co]):
    """The partitions of a table in a range, sorted; `strays` are keys below its raw prefix that lie in no partition."""

    table: Table
    listed_at: datetime
    partitions: tuple[PartitionPlan[InputsT_co], ...]
    strays: tuple[str, ...] = ()

    @property
    def stale(self) -> tuple[PartitionPlan[InputsT_co], ...]:
        return tuple(partition for partition in self.partitions if partition.state == "stale")


@dataclass(frozen=True)
class PlanScope:
    """Which partitions to plan: since <= dt < until; `rebuild` makes each of them stale that can be built.

    `listed_at` is before the first listing: of two runs, the one that listed later wins.
    """

    since: str | None = None
    until: str | None = None
    rebuild: bool = False
    listed_at: datetime = field(default_factory=utc_now)
    on_step: OnStep = ignore_step

    def has(self, dt: str) -> bool:
        return (self.since is None or dt >= self.since) and (self.until is None or dt < self.until)

    def partitions(self, catalog: Catalog, table: Table) -> dict[str, Partition]:
        """The table's published partitions in the range, by dt."""
        found = catalog.partitions(table.database, table.name, self.since, self.until)
        return {partition.dt: partition for partition in found}
