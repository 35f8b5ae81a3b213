"""The index of events by time: what it counts, what its digests depend on, and that it is a cache."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.errors import UsageError
from lake.objects import Store, StoredObject
from lake.objects.local import LocalStore
from lake.plan.event_columns import EVENT_COLUMNS, EVENT_TIME
from lake.plan.event_index import EventIndex, event_index
from lake.plan.event_slots import Slot, slots_of
from lake.plan.event_spans import DAY_MS, SLOT_MS, Span, day_of, span_of_day
from tests.glue_jobs.day_lakes import EVENTS, DayLake
from tests.glue_jobs.plain_sessions import Event, micros

NOON = micros("2026-11-21T12:00:00Z")
SLOT = NOON // 1000 // SLOT_MS


@pytest.fixture
def lake(tmp_path: Path) -> DayLake:
    return DayLake(str(tmp_path / "lake"))


def event(name: str = "a", at: int | None = NOON, **changes: object) -> Event:
    return replace(Event(name, 1, "phone", "view", at, "2026-11-21-12"), **changes)  # type: ignore[arg-type] # by name


def slots(lake: DayLake, *events: Event, hour: str = "2026-11-21-12") -> dict[int | None, Slot]:
    lake.publish_hour(hour, list(events))
    partition = lake.lake.catalog.partition("clickstream", "events_v1", hour)
    assert partition is not None
    return slots_of(lake.lake.store, partition, EVENT_COLUMNS, EVENT_TIME)


class NotedStore(LocalStore):
    """A root, and the hours of which files were looked for."""

    def __init__(self, root: str) -> None:
        super().__init__(Path(root))
        self.hours: list[str] = []

    def list(self, prefix: str) -> list[StoredObject]:
        self.hours += re.findall(r"/dt=([0-9-]+)/", prefix)
        return super().list(prefix)


def index(lake: DayLake, store: Store | None = None) -> EventIndex:
    opened = lake.lake
    partitions = opened.catalog.partitions("clickstream", "events_v1")
    return event_index(opened.table(EVENTS), EVENT_COLUMNS, EVENT_TIME, partitions, store or opened.store)


def test_events_are_counted_by_ten_minutes_and_those_without_a_time_apart(lake: DayLake) -> None:
    found = slots(lake, event("a"), event("b", NOON + SLOT_MS * 1000 - 1), event("c", NOON - 1), event("d", None))
    assert {number: slot.rows for number, slot in found.items()} == {SLOT - 1: 1, SLOT: 2, None: 1}
    before_1970 = slots(lake, event("a", -1), event("b", 0), hour="2026-11-21-13")
    assert {number: slot.rows for number, slot in before_1970.items()} == {-1: 1, 0: 1}


def test_a_digest_depends_on_the_rows_and_not_on_their_order(lake: DayLake) -> None:
    one = slots(lake, event("a"), event("b"))
    assert slots(lake, event("b"), event("a")) == one


@pytest.mark.parametrize(
    "other",
    [
        event("b"),
        event(user_id=2),
        event(user_id=None),
        event(device_id=None),
        event(device_id="phone|"),
        event(client_event=None),
        event(client_event=""),
        event(at=NOON + 1),
    ],
)
def test_a_digest_changes_with_every_value(lake: DayLake, other: Event) -> None:
    assert slots(lake, event())[SLOT] != slots(lake, other)[SLOT]


def test_values_that_move_from_one_column_to_the_next_are_seen(lake: DayLake) -> None:
    one = slots(lake, event(device_id="x", client_event=None))
    assert slots(lake, event(device_id=None, client_event="x")) != one
    assert slots(lake, event(device_id="x1:y", client_event="")) != slots(
        lake, event(device_id="x", client_event="1:y")
    )


def test_an_hour_is_read_once_for_each_content_and_the_cache_may_be_lost(lake: DayLake) -> None:
    lake.publish([event("a"), event("b", arrived="2026-11-21-13"), event("c", arrived="2026-11-22-00")])
    first, store = index(lake), NotedStore(lake.root)
    assert index(lake, store).slots == first.slots
    assert store.hours == []
    lake.publish([event("d", arrived="2026-11-21-13")])
    assert index(lake, store).rows(Span(0, 1 << 50)) == 3
    assert store.hours == ["2026-11-21-13"]
    for stored in lake.lake.store.list("index"):
        lake.lake.store.write(stored.key, json.dumps({"version": "another"}).encode())
    assert index(lake, store).rows(Span(0, 1 << 50)) == 3
    assert sorted(store.hours[1:]) == ["2026-11-21-12", "2026-11-21-13", "2026-11-22-00"]


def test_sources_are_the_hours_with_events_in_a_span(lake: DayLake) -> None:
    lake.publish([event("a"), event("b", NOON - DAY_MS * 1000, arrived="2026-11-21-13"), event("c", None)])
    found = index(lake)
    assert found.days() == {"2026-11-20", "2026-11-21"}
    assert found.arrival_days_of_undated() == {"2026-11-21"}
    assert list(found.sources(span_of_day("2026-11-21"))) == ["2026-11-21-12"]
    assert list(found.sources(span_of_day("2026-11-20"))) == ["2026-11-21-13"]
    assert found.sources(span_of_day("2026-11-22")) == {}
    assert list(found.undated_of("2026-11-21")) == ["2026-11-21-12"]
    assert found.has_events_from(NOON // 1000)
    assert not found.has_events_from(NOON // 1000 + SLOT_MS)


@given(at=st.integers(span_of_day("0001-01-01").since, span_of_day("9999-12-31").until - 1))
def test_an_instant_lies_in_the_span_of_its_day(at: int) -> None:
    span = span_of_day(day_of(at))
    assert span.since <= at < span.until
    assert at // SLOT_MS in span.slots


@pytest.mark.parametrize("text", ["2026-11-21-09", "2026-02-30", "today", "20261121", "", "2026-W47-6"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected YYYY-MM-DD in UTC"):
        span_of_day(text)
