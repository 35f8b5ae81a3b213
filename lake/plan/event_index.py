"""Which arrival hours hold events of which time: a small count and digest for every ten minutes, kept as a cache.

An hour's entry follows from its content alone, so it is made once for each content digest. The entries of a day's
arrival hours lie in one object, index/<database>/<table>/dt=<arrival day>.json. Losing it costs reading the hours
again; two runs that write it at a time lose, at worst, each other's work.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from lake.catalog import Partition
from lake.contract.model import Table
from lake.digest import digest_of
from lake.errors import StorageError
from lake.objects import Store
from lake.plan.event_slots import Slot, slots_of
from lake.plan.event_spans import DAY_MS, SLOT_MS, Span, day_of

INDEX_VERSION = "1"
_THREADS = 4

Slots = Mapping[int | None, Slot]
"""By number of slot since 1970; None has the events without a time."""


@dataclass
class EventIndex:
    """All events of a table by time: for each slot, the arrival hours that have some."""

    partitions: dict[str, Partition] = field(default_factory=dict)
    slots: dict[int, list[tuple[str, Slot]]] = field(default_factory=dict)
    undated: dict[str, Slot] = field(default_factory=dict)

    def add(self, partition: Partition, slots: Slots) -> None:
        """Add an arrival hour; hours come in order."""
        self.partitions[partition.dt] = partition
        for number, slot in slots.items():
            if number is None:
                self.undated[partition.dt] = slot
            else:
                self.slots.setdefault(number, []).append((partition.dt, slot))

    def days(self) -> set[str]:
        """Days on which something happened."""
        return {day_of(number * SLOT_MS) for number in self.slots}

    def arrival_days_of_undated(self) -> set[str]:
        """Days on which events without a time arrived."""
        return {dt[: len("YYYY-MM-DD")] for dt in self.undated}

    def rows(self, span: Span) -> int:
        return sum(slot.rows for number in self._within(span) for _, slot in self.slots[number])

    def has_events_from(self, at_ms: int) -> bool:
        return bool(self._numbers) and (self._numbers[-1] + 1) * SLOT_MS > at_ms

    def sources(self, span: Span) -> dict[str, str]:
        """The arrival hours that have events in the slots of a span, each with a digest of those, by hour."""
        slots_by_hour: dict[str, list[object]] = {}
        for number in self._within(span):
            for dt, slot in self.slots[number]:
                slots_by_hour.setdefault(dt, []).append([number, slot.rows, slot.digest])
        return {dt: digest_of(slots) for dt, slots in sorted(slots_by_hour.items())}

    @cached_property
    def _numbers(self) -> list[int]:
        """All slots, sorted; read once the index is complete."""
        return sorted(self.slots)

    def _within(self, span: Span) -> list[int]:
        slots = span.slots
        return self._numbers[bisect_left(self._numbers, slots.start) : bisect_left(self._numbers, slots.stop)]

    def undated_of(self, day: str) -> dict[str, str]:
        """The arrival hours of a day that have events without a time, each with a digest of those."""
        hours = (f"{day}-{hour:02d}" for hour in range(DAY_MS // 3_600_000))
        return {dt: digest_of([self.undated[dt].rows, self.undated[dt].digest]) for dt in hours if dt in self.undated}


def event_index(
    table: Table, columns: Sequence[str], time: str, partitions: Iterable[Partition], store: Store
) -> EventIndex:
    """The index of a table's published partitions by hour, over the values of `columns`; `time` is one of them.

    Hours that are not in the cache are read, and the cache is written if possible. Raises StorageError if an hour
    cannot be read.
    """
    cache = _Cache(table, tuple(columns), time, store)
    days = [list(group) for _, group in groupby(partitions, key=lambda partition: partition.dt[: len("YYYY-MM-DD")])]
    index = EventIndex()
    with ThreadPoolExecutor(_THREADS) as pool:
        for day in pool.map(cache.day, days):
            for partition, slots in day:
                index.add(partition, slots)
    return index


@dataclass(frozen=True)
class _Cache:
    table: Table
    columns: tuple[str, ...]
    time: str
    store: Store

    def day(self, partitions: Sequence[Partition]) -> list[tuple[Partition, Slots]]:
        """The slots of the hours of one arrival day."""
        key = f"index/{self.table.database}/{self.table.name}/dt={partitions[0].dt[: len('YYYY-MM-DD')]}.json"
        known = self._read(key)
        entries = {}
        for partition in partitions:
            content = partition.get("content_digest")
            entries[content] = known.get(content) or slots_of(self.store, partition, self.columns, self.time)
        if entries.keys() - known.keys():
            # A reader may have no permission to write, or no space: then the index is built again next time.
            with suppress(StorageError):
                self.store.write(key, json.dumps({"version": self._version, "hours": _as_json(entries)}).encode())
        return [(partition, entries[partition.get("content_digest")]) for partition in partitions]

    @property
    def _version(self) -> str:
        return digest_of([INDEX_VERSION, SLOT_MS, self.columns])

    def _read(self, key: str) -> dict[str, Slots]:
        data = self.store.read_if_exists(key)
        body = json.loads(data) if data else {}
        if body.get("version") != self._version:
            return {}
        return {
            content: {int(number) if number else None: Slot(*slot) for number, slot in slots.items()}
            for content, slots in body["hours"].items()
        }


def _as_json(hours: Mapping[str, Slots]) -> dict[str, dict[str, list[object]]]:
    return {
        content: {"" if number is None else str(number): [slot.rows, slot.digest] for number, slot in slots.items()}
        for content, slots in hours.items()
    }
