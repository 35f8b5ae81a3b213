"""How values of a type are decoded and become an Arrow array, and what is counted beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lake.parse.json_pieces import Bools, Ints


class Quotes(NamedTuple):
    """How many double quotes values took: all together, and, counted where it is asked for, each (one number where all
    took as many)."""

    of_all: int
    of_each: Callable[[], Ints | int]

    def and_names(self, of_all: int, of_each: Callable[[], Ints | int]) -> Quotes:
        """With as many names as these values have."""
        return Quotes(self.of_all + 2 * of_all, lambda: self.of_each() + 2 * of_each())

    def within(self, offsets: Ints) -> Quotes:
        """Those of the lists or maps that the values are in."""
        return Quotes(self.of_all, lambda: sums_of(self.of_each(), offsets))


NO_QUOTES = Quotes(0, lambda: 0)


def quotes_of(each: Ints) -> Quotes:
    """Those of values, each of which has its own number."""
    return Quotes(int(each.sum()), lambda: each)


def all_quotes(parts: Iterable[Quotes]) -> Quotes:
    """Those of the parts of each value."""
    found = list(parts)
    return Quotes(sum(part.of_all for part in found), lambda: sum([part.of_each() for part in found]))


class Read(NamedTuple):
    """An array, and of each of its values:

    how many quotes it took, whether it is a suspect, whether it holds members that its type does not know, or is kept
    as it was written, and how many of its parts a rule of the contract took.
    """

    array: pa.Array
    quotes: Quotes = NO_QUOTES
    suspects: Bools | None = None
    unknown: Bools | None = None
    coerced: tuple[tuple[tuple[str, str], Ints], ...] = ()


NOT_TAKEN = (TypeError, ValueError, OverflowError, AttributeError)
Way = Callable[[list[Any]], Read]


@dataclass(frozen=True)
class Kind:
    """How values of a type are decoded (`hint`, of msgspec) and become an array; nulls are None.

    Each of `ways` raises one of NOT_TAKEN at values that it does not take; `last` takes all.
    """

    hint: Any
    last: Way
    ways: tuple[Way, ...] = ()

    def read(self, values: list[Any]) -> Read:
        return self.quickly(values) or self.last(values)

    def quickly(self, values: list[Any]) -> Read | None:
        """By the first way that takes the values, none of which takes UNSET."""
        for way in self.ways:
            try:
                return way(values)
            except NOT_TAKEN:
                continue
        return None


def either(*masks: Bools | None) -> Bools | None:
    """Where any of the masks is set."""
    given = [mask for mask in masks if mask is not None]
    return np.logical_or.reduce(given) if given else None


def list_offsets(nests: list[Any]) -> tuple[Ints, pa.Array]:
    """Where the elements of each list or map begin among all, and which of them are null."""
    offsets = np.zeros(len(nests) + 1, dtype=np.int64)
    np.cumsum([0 if nest is None else len(nest) for nest in nests], out=offsets[1:])
    return offsets, pa.array([nest is None for nest in nests], pa.bool_())


def sums_of(quotes: Ints | int, offsets: Ints) -> Ints:
    """The sums over the elements of each list or map."""
    if isinstance(quotes, int):
        return quotes * np.diff(offsets)
    return np.diff(np.concatenate(([0], np.cumsum(quotes)))[offsets])


def any_of(suspects: Bools | None, offsets: Ints) -> Bools | None:
    """Which lists or maps have an element that is set."""
    if suspects is None:
        return None
    mask: Bools = sums_of(suspects.astype(np.int64), offsets) > 0
    return mask
