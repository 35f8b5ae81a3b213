"""How values of a type are decoded and become an Arrow array, and what is counted beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lake.parse.json_pieces import Bools, Ints


class Read(NamedTuple):
    """An array, and of each of its values:

    how many quotes it took (one number where all took as many), whether it is a suspect, whether it holds members that
    its type does not know, or is kept as it was written, and how many of its parts a rule of the contract took.
    """

    array: pa.Array
    quotes: Ints | int = 0
    suspects: Bools | None = None
    unknown: Bools | None = None
    coerced: tuple[tuple[tuple[str, str], Ints], ...] = ()

    @property
    def quotes_of_all(self) -> int:
        return self.quotes * len(self.array) if isinstance(self.quotes, int) else int(self.quotes.sum())


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
