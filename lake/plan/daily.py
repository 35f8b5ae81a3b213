"""Which days of a derived table are stale: those whose events, or the events that their rows reach to, changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.digest import digest_of
from lake.objects import Store
from lake.plan.daily_rules import DAYS_VERSION, DayRules, recorded_rules
from lake.plan.event_columns import EVENT_COLUMNS, EVENT_TIME
from lake.plan.event_index import EventIndex, event_index
from lake.plan.event_spans import Span, span_of_day
from lake.plan.partition_plan import Before, PartitionInputs, PlanScope, TablePlan
from lake.plan.staleness import Staleness


@dataclass(frozen=True)
class DayInputs(PartitionInputs):
    """The events of a day, and those that its rows reach to: before `reach_ms`, if that is later than its end.

    `reach_ms` is in milliseconds since 1970: until then events would change the day's rows. None: no further.
    """

    table: Table
    index: EventIndex
    day: str
    rules: DayRules
    reach_ms: int | None = None

    @property
    def span(self) -> Span:
        """The event times that the day is made from: its own, some before, and as many after as it reaches to."""
        own = span_of_day(self.day)
        until = own.until if self.reach_ms is None else max(own.until, self.reach_ms)
        return Span(own.since - self.rules.before_ms, until)

    @cached_property
    def dated(self) -> dict[str, str]:
        """The arrival hours with events in the span, each with a digest of those."""
        return self.index.sources(self.span)

    @cached_property
    def undated(self) -> dict[str, str]:
        """The day's arrival hours with events that have no time, each with a digest of those."""
        return self.index.undated_of(self.day) if self.rules.has_undated else {}

    @cached_property
    def sources(self) -> dict[str, str]:
        """The arrival hours that the day is made from, each with a digest of what it has of the day."""
        dated, undated = self.dated, self.undated
        return {dt: digest_of([dated.get(dt), undated.get(dt)]) for dt in sorted({*dated, *undated})}

    def digest(self, columns: Iterable[str] | None = None) -> str:
        return digest_of([self.table.reading_digest(columns), DAYS_VERSION, self.rules.text, self.sources])

    def why_kept(self, before: Before) -> str:
        """Arrival hours expire; the rows that were made from them must not."""
        gone = sorted(before.manifest.get("sources", {}).keys() - self.index.partitions.keys())
        return f"{_hours(gone)} no longer published in {self.table.upstream}; kept as published" if gone else ""

    def why_changed(self, before: Before) -> str:
        if before.published.get("rules") != self.rules.text:
            return "the job's options changed"
        changed = sorted({dt for dt, _ in before.manifest.get("sources", {}).items() ^ self.sources.items()})
        return f"events that arrived in {_hours(changed)} changed" if changed else "the job's code changed"


@dataclass(frozen=True)
class DayPlan(TablePlan[DayInputs]):
    """A plan of days; `index` has all events of the upstream table by time."""

    index: EventIndex = field(kw_only=True)


def plan_days(
    table: Table, upstream: Table, store: Store, catalog: Catalog, scope: PlanScope, *, rules: DayRules | None = None
) -> DayPlan:
    """Compare the events of each day with what is published.

    Without `rules`, each published day is compared under those that it was made by. Events of a day may arrive in any
    hour, so the index covers every hour of the upstream; it is read, or built. Raises StorageError, CatalogError.
    """
    sources = catalog.partitions(upstream.database, upstream.name)
    index = event_index(upstream, EVENT_COLUMNS, EVENT_TIME, sources, store)
    published = scope.partitions(catalog, table)
    default = rules or recorded_rules(table, None)
    days = index.days() | (index.arrival_days_of_undated() if default.has_undated else set())

    def inputs_of(day: str, before: Partition | None) -> DayInputs:
        return DayInputs(table, index, day, rules or recorded_rules(table, before), _reach_ms(before))

    judge = Staleness(table, store, scope)
    partitions = judge.judge_all([day for day in days if scope.has(day)], published, inputs_of)
    return DayPlan(table, scope.listed_at, partitions, index=index)


def _reach_ms(published: Partition | None) -> int | None:
    text = published.get("reached_ms") if published is not None else ""
    return int(text) if text else None


def _hours(hours: list[str]) -> str:
    return hours[0] + (f" and {len(hours) - 1} more hour(s)" if len(hours) > 1 else "")
