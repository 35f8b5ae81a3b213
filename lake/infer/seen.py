"""What stood at each place of the sample's records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

_SURROGATE = re.compile("[\ud800-\udfff]")

Scalar = str | int | bool | Decimal


@dataclass
class Seen:
    """What stood at one place, of `times` that there was room for it: absent, null, or a value.

    `scalars` holds texts, numbers and booleans as they came, without null; `members` what was seen within objects, and
    `elements` within arrays.
    """

    times: int = 0
    nulls: int = 0
    objects: int = 0
    arrays: int = 0
    scalars: list[Scalar] = field(default_factory=list)
    members: dict[str, Seen] = field(default_factory=dict)
    elements: Seen | None = None

    @property
    def values(self) -> int:
        """How often a value stood here that is not null."""
        return self.objects + self.arrays + len(self.scalars)

    @property
    def kinds(self) -> Counter[str]:
        """JSON's kinds of values, and how often each was seen."""
        kinds = Counter(kind_of(value) for value in self.scalars)
        return +(kinds + Counter({"object": self.objects, "array": self.arrays}))

    def __str__(self) -> str:
        """e.g. `string 40, null 2, absent 3`."""
        found = [*self.kinds.most_common(), ("null", self.nulls), ("absent", self.times - self.values - self.nulls)]
        return ", ".join(f"{kind} {count:,}" for kind, count in found if count)

    def add(self, value: object) -> None:
        """Note one value; there was room for it, which is counted by the caller."""
        if value is None:
            self.nulls += 1
        elif isinstance(value, Mapping):
            self.objects += 1
            for name, member in value.items():
                if not _SURROGATE.search(name):  # no contract can name it, so it stays in `rescued`
                    self.members.setdefault(name, Seen()).add(member)
        elif isinstance(value, list):
            self.arrays += 1
            self.elements = self.elements or Seen()
            for element in value:
                self.elements.times += 1
                self.elements.add(element)
        elif isinstance(value, str | int | Decimal):
            self.scalars.append(value)


def seen_in(records: Iterable[Mapping[str, object]]) -> Seen:
    """What was seen in records, each an object; floats are decimals, so that their digits are known."""
    seen = Seen()
    for record in records:
        seen.times += 1
        seen.add(record)
    _count_room(seen)
    return seen


def kind_of(value: object) -> str:
    """JSON's kind of a scalar, with integers apart from other numbers."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "number" if isinstance(value, Decimal) else "string"


def _count_room(seen: Seen) -> None:
    """A member has room in each object, whether the object has it or not."""
    for member in seen.members.values():
        member.times = seen.objects
        _count_room(member)
    if seen.elements is not None:
        _count_room(seen.elements)
