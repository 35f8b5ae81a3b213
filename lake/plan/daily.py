"""Which days of a derived table are stale: those whose events, or the events that their rows reach to, changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from lake.catalog import Catalog, Partition
from lake.contract.model import Table
from lake.digest import digest_of
from lake.objects import Store
from lake.plan.daily_rules import DAYS_VERSION, DayRules, recorded_rules
from lake.plan.event_columns import EVENT_COLUMNS, EVENT_TIME
from lake.plan.event_index import EventIndex, event_index
from lake.plan.event_spans import Span, span_of_day
from lake.plan.raw import Hour, Plan, change_of_what_is_asked, columns_of, has_other_columns, manifest_of


@dataclass(frozen=True)
class DayPlan(Plan):
    """A plan whose partitions are days; `index` tells what each is made from."""

    index: EventIndex


def plan_days(  # noqa: PLR0913 # what is compared, and by which options
    table: Table,
    upstream: Table,
    store: Store,
    catalog: Catalog,
    *,
    rules: DayRules | None = None,
    since: str | None = None,
    until: str | None = None,
    rebuild: bool = False,
) -> DayPlan:
    """Compare each day with since <= dt < until; `rebuild` makes every one of them stale.

    Without `rules`, each published day is held against those that it was made by. Events of a day may arrive in any
    hour, so all of the upstream's are asked; their index is read, or made. Raises StorageError, CatalogError.
    """
    listed_at = datetime.now(UTC)
    sources = catalog.partitions(upstream.database, upstream.name)
    index = event_index(upstream, EVENT_COLUMNS, EVENT_TIME, sources, store)
    published = {one.dt: one for one in catalog.partitions(table.database, table.name, since, until)}
    default = rules or recorded_rules(table, None)
    days = index.days() | (index.arrival_days_of_undated() if default.has_undated else set())
    wanted = {day for day in days if (since is None or day >= since) and (until is None or day < until)}
    judge = _Judge(table, store, index, rules, rebuild)
    hours = tuple(judge.day(day, published.get(day)) for day in sorted({*wanted, *published}))
    return DayPlan(table, listed_at, hours, (), index)


def input_digest(reading_digest: str, rules: DayRules, sources: Mapping[str, str]) -> str:
    """The digest of all that a day's rows are a function of; `sources` are as `sources_of` has them."""
    return digest_of([reading_digest, DAYS_VERSION, rules.text, dict(sources)])


def read_span(day: str, rules: DayRules, until: int | None) -> Span:
    """The event times that a day is made from: its own, some before, and those before `until` if that is later."""
    span = span_of_day(day)
    return Span(span.since - rules.before_ms, span.until if until is None else max(span.until, until))


def reached(published: Partition | None) -> int | None:
    """Until when, in milliseconds since 1970, events would change a published day; None: no further than its end."""
    text = published.get("reached_ms") if published is not None else ""
    return int(text) if text else None


@dataclass(frozen=True)
class _Judge:
    table: Table
    store: Store
    index: EventIndex
    rules: DayRules | None
    rebuild: bool

    def day(self, day: str, published: Partition | None) -> Hour:
        rules = self.rules or recorded_rules(self.table, published)
        until = reached(published)
        digest = input_digest(self.table.reading_digest(), rules, sources_of(self.index, day, rules, until))
        reason = self._kept(day, published, rules)
        state: Literal["current", "stale"] = "current" if reason else "stale"
        return Hour(day, (), {}, digest, digest, published, state, reason or self._change(day, published, rules))

    def _kept(self, day: str, published: Partition | None, rules: DayRules) -> str:
        """Why the day is left as it is; empty where it is not. Hours may expire, its rows must not."""
        if published is None:
            return ""
        if published.is_pinned:
            return f"pinned to run {published.get('run_id')}; `lake unpin` lets it go"
        sources = sources_of(self.index, day, rules, reached(published))
        digest = input_digest(self.table.reading_digest(columns_of(published)), rules, sources)
        is_asked = self.rebuild or has_other_columns(self.table, published)
        if digest == published.get("input_digest") and not is_asked:
            return "inputs unchanged"
        gone = sorted(self._sources_before(published).keys() - self.index.partitions.keys())
        return f"{self.table.upstream} no longer has {gone[0]}{_and_more(gone)}; kept as published" if gone else ""

    def _change(self, day: str, published: Partition | None, rules: DayRules) -> str:
        """Name what changed."""
        asked = change_of_what_is_asked(self.table, published, rebuild=self.rebuild)
        if asked or published is None:
            return asked
        if published.get("rules") != rules.text:
            return "the job's options changed"
        before, now = self._sources_before(published), sources_of(self.index, day, rules, reached(published))
        changed = sorted({dt for dt, _ in before.items() ^ now.items()})
        return f"events that arrived in {changed[0]}{_and_more(changed)} changed" if changed else "the job changed"

    def _sources_before(self, published: Partition) -> dict[str, str]:
        found: dict[str, str] = manifest_of(self.store, published.location).get("sources", {})
        return found


def sources_of(index: EventIndex, day: str, rules: DayRules, until: int | None) -> dict[str, str]:
    """The arrival hours that a day is made from, each with a digest of what it has of the day."""
    found = index.sources(read_span(day, rules, until))
    undated = index.undated_of(day) if rules.has_undated else {}
    return {dt: digest_of([found.get(dt), undated.get(dt)]) for dt in sorted({*found, *undated})}


def _and_more(hours: list[str]) -> str:
    return f" and {len(hours) - 1} more hour(s)" if len(hours) > 1 else ""
