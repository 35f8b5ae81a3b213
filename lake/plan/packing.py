"""Packing an hour's raw objects into units of work, and units into tasks of even size."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from lake.digest import digest_of
from lake.objects import StoredObject

UNIT_BYTES = 32 << 20
"""Stored bytes that a unit aims at: large enough to outweigh a task's fixed cost, small enough to spread an hour."""

UNIT_OBJECTS = 10_000
"""Objects in a unit at most: opening an object costs as much as reading about this share of a unit."""

_OBJECT_COST = UNIT_BYTES // UNIT_OBJECTS


@dataclass(frozen=True)
class WorkUnit:
    """Raw objects, consecutive by key, of one hour; its outputs' names follow from `name` alone.

    `name` is a digest of the objects' keys and sizes and of the rules that read them: a repeated task writes the
    same files. `version` takes the objects' etags in as well: it names what is cached across runs.
    """

    dt: str
    objects: tuple[StoredObject, ...]
    name: str
    version: str

    @property
    def cost(self) -> int:
        return sum(object_.size + _OBJECT_COST for object_ in self.objects)


def pack(dt: str, objects: Sequence[StoredObject], rules: str, unit_bytes: int = UNIT_BYTES) -> list[WorkUnit]:
    """Units of an hour, in the order of arrival (objects sorted by key); a function of the arguments alone.

    `rules` is the digest of what decides rows (contract's reading, parser version).
    """
    members: list[list[StoredObject]] = []
    room = 0
    for object_ in sorted(objects, key=lambda stored: stored.key):
        cost = object_.size + _OBJECT_COST
        if not members or cost > room:
            members.append([])
            room = unit_bytes
        members[-1].append(object_)
        room -= cost
    return [_unit(dt, objects_of_unit, rules) for objects_of_unit in members]


class Sized(Protocol):
    """Any unit of work on an hour: `version` names it among all others, `cost` is comparable within one kind."""

    @property
    def dt(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def cost(self) -> int: ...


Work = TypeVar("Work", bound=Sized)


def balance(units: Iterable[Work], tasks: int) -> list[list[Work]]:
    """Units spread over at most `tasks` tasks, the largest first, each to the task that has least so far."""
    heap: list[tuple[int, int, list[Work]]] = [(0, number, []) for number in range(max(1, tasks))]
    for unit in sorted(units, key=lambda unit: (-unit.cost, unit.dt, unit.name)):
        cost, number, members = heapq.heappop(heap)
        members.append(unit)
        heapq.heappush(heap, (cost + unit.cost, number, members))
    return [members for _, _, members in sorted(heap, key=lambda entry: entry[1]) if members]


def _unit(dt: str, objects: Sequence[StoredObject], rules: str) -> WorkUnit:
    named = [[object_.key, object_.size] for object_ in objects]
    versioned = [[object_.key, object_.size, object_.etag] for object_ in objects]
    return WorkUnit(dt, tuple(objects), digest_of([rules, named]), digest_of([rules, versioned]))
