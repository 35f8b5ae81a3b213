"""A column reduced to classes of rows that an expectation cannot distinguish, with one representative row each.

Great Expectations judges the representatives (a handful of rows, milliseconds) and the classes' sizes give the
counts, exactly as if it had judged every row. Each kind says why its rows are equivalent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

DISTINCT_LIMIT = 100_000
_NULL, _INCOMPARABLE = (-1, -1), (-2, -2)


class TooManyClassesError(Exception):
    """The column has too many distinct values; the expectation is evaluated on whole columns."""


class Classes(Protocol):
    """Takes all chunks of a column, then gives its representatives."""

    def add(self, chunk: pa.ChunkedArray) -> None: ...

    def representatives(self) -> tuple[pa.Array, list[int]]:
        """One value for each class that has rows, and how many rows it has."""

    def rows_of(self, chunk: pa.ChunkedArray, classes: Sequence[int]) -> pa.ChunkedArray:
        """Which rows of a chunk are of the classes at these positions of `representatives`."""


class Distinct:
    """A class for each value, and one for null: an expectation on single values cannot distinguish its rows."""

    def __init__(self, kind: pa.DataType, limit: int | None = DISTINCT_LIMIT) -> None:
        self._kind = kind
        self._limit = limit
        self._counted = pa.table({"value": pa.array([], kind), "count": pa.array([], pa.int64())})

    def add(self, chunk: pa.ChunkedArray) -> None:
        counts = pc.value_counts(chunk)
        found = pa.table({"value": counts.field("values"), "count": counts.field("counts")})
        merged = pa.concat_tables([self._counted, found.cast(self._counted.schema)])
        if self._counted.num_rows:
            merged = merged.group_by("value", use_threads=False).aggregate([("count", "sum")])
            merged = merged.select(["value", "count_sum"]).rename_columns(["value", "count"])
        self._counted = merged
        if self._limit is not None and merged.num_rows > self._limit:
            raise TooManyClassesError

    def representatives(self) -> tuple[pa.Array, list[int]]:
        return self._counted["value"].combine_chunks(), self._counted["count"].to_pylist()

    def rows_of(self, chunk: pa.ChunkedArray, classes: Sequence[int]) -> pa.ChunkedArray:
        values = self._counted["value"].combine_chunks().take(pa.array(classes, pa.int64()))
        return pc.is_in(chunk, value_set=values, skip_nulls=False)


class Interval:
    """Null, what compares with nothing (NaN), and each way of comparing with both bounds (below, at, above).

    How a value compares with the bounds is all that `between` looks at, strict or not.
    """

    def __init__(self, kind: pa.DataType, low: Any, high: Any) -> None:
        self._kind = kind
        self._bounds = [None if bound is None else pa.scalar(_whole(bound, kind)) for bound in (low, high)]
        self._sizes: dict[tuple[int, int], int] = {}
        self._examples: dict[tuple[int, int], Any] = {}

    def add(self, chunk: pa.ChunkedArray) -> None:
        for name, mask in self._masks(chunk).items():
            size = pc.sum(mask).as_py() or 0
            if size and name not in self._examples:
                self._examples[name] = chunk.filter(mask)[0].as_py()
            self._sizes[name] = self._sizes.get(name, 0) + size

    def representatives(self) -> tuple[pa.Array, list[int]]:
        values = pa.array(list(self._examples.values()), self._kind)
        return values, [self._sizes[name] for name in self._examples]

    def rows_of(self, chunk: pa.ChunkedArray, classes: Sequence[int]) -> pa.ChunkedArray:
        masks, names = self._masks(chunk), list(self._examples)
        found = pa.chunked_array([pa.repeat(False, len(chunk))])
        for position in classes:
            found = pc.or_(found, masks[names[position]])
        return found

    def _masks(self, chunk: pa.ChunkedArray) -> dict[tuple[int, int], pa.ChunkedArray]:
        null = pc.is_null(chunk)
        low, high = ([*_compared(chunk, bound)] for bound in self._bounds)
        masks = {(i, j): pc.and_(a, b) for i, a in enumerate(low) for j, b in enumerate(high)}
        seen = null
        for mask in masks.values():
            seen = pc.or_(seen, mask)
        return {_NULL: null, **masks, _INCOMPARABLE: pc.invert(seen)}


class Nulls:
    """Two classes, null and not: all that a null check looks at. Needs no values where the footers count nulls."""

    def __init__(self, rows: int = 0, nulls: int = 0) -> None:
        self._rows = rows
        self._nulls = nulls

    def add(self, chunk: pa.ChunkedArray) -> None:
        self._rows += len(chunk)
        self._nulls += chunk.null_count

    def representatives(self) -> tuple[pa.Array, list[int]]:
        both = [(None, self._nulls), (True, self._rows - self._nulls)]
        present = [(value, size) for value, size in both if size]
        return pa.array([value for value, _ in present], pa.bool_()), [size for _, size in present]

    def rows_of(self, chunk: pa.ChunkedArray, classes: Sequence[int]) -> pa.ChunkedArray:
        values, _ = self.representatives()
        wanted = values.take(pa.array(classes, pa.int64()))
        return pc.is_in(pc.is_valid(chunk), value_set=pc.is_valid(wanted))


class Repeats(Distinct):
    """Null, values that occur once, values that occur again: all that a uniqueness check looks at.

    A repeated value stands there twice, so that the check sees it repeat.
    """

    def __init__(self, kind: pa.DataType) -> None:
        super().__init__(kind, limit=None)

    def representatives(self) -> tuple[pa.Array, list[int]]:
        classes = [(values[:1], size) for values, size in self._classes() if size]
        twice = self._classes()[2]
        if twice[1]:
            classes[-1:] = [(twice[0][:1], twice[1] - 1), (twice[0][:1], 1)]
        arrays = [pa.array([], self._kind), *(values for values, _ in classes)]
        return pa.concat_arrays(arrays), [size for _, size in classes]

    def rows_of(self, chunk: pa.ChunkedArray, classes: Sequence[int]) -> pa.ChunkedArray:
        values, _ = self.representatives()
        return pc.is_in(chunk, value_set=self._classes()[2][0] if len(classes) else values[:0])

    def _classes(self) -> list[tuple[pa.Array, int]]:
        values, counts = self._counted["value"].combine_chunks(), self._counted["count"].combine_chunks()
        null = pc.is_null(values)
        masks = [null, pc.and_not(pc.equal(counts, 1), null), pc.and_not(pc.greater(counts, 1), null)]
        return [(values.filter(mask), pc.sum(counts.filter(mask)).as_py() or 0) for mask in masks]


class Extremes:
    """Null, least and greatest: all that a minimum or maximum looks at. Their sizes are not counted."""

    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._seen = pa.array([], kind)

    def add(self, chunk: pa.ChunkedArray) -> None:
        both = pc.min_max(chunk)
        self._seen = pa.concat_arrays([self._seen, pa.array([both["min"].as_py(), both["max"].as_py()], self._kind)])

    def representatives(self) -> tuple[pa.Array, list[int]]:
        both = pc.min_max(self._seen)
        values = [] if both["min"].as_py() is None else [both["min"].as_py(), both["max"].as_py()]
        return pa.array(values, self._kind), [1] * len(values)

    def rows_of(self, chunk: pa.ChunkedArray, classes: Sequence[int]) -> pa.ChunkedArray:
        values, _ = self.representatives()
        return pc.is_in(chunk, value_set=values.take(pa.array(classes, pa.int64())))


class Counted:
    """A number that the run counted: a column of one row."""

    def __init__(self, value: int | float) -> None:
        self._value = value

    def add(self, chunk: pa.ChunkedArray) -> None:
        """Nothing in the files changes it."""

    def representatives(self) -> tuple[pa.Array, list[int]]:
        return pa.array([self._value]), [1]

    def rows_of(self, chunk: pa.ChunkedArray, classes: Sequence[int]) -> pa.ChunkedArray:  # noqa: ARG002 (it has none)
        return pa.chunked_array([pa.repeat(False, len(chunk))])


def _whole(bound: Any, kind: pa.DataType) -> Any:
    """For a column of integers, the whole number that divides them as the bound does; exact beyond 2^53, too."""
    return math.floor(bound) if pa.types.is_integer(kind) and isinstance(bound, float) else bound


def _compared(chunk: pa.ChunkedArray, bound: pa.Scalar | None) -> list[pa.ChunkedArray]:
    """Masks without nulls: below, at and above the bound; or one of all values, where there is no bound."""
    if bound is None:
        return [pc.equal(chunk, chunk).fill_null(False)]
    return [compare(chunk, bound).fill_null(False) for compare in (pc.less, pc.equal, pc.greater)]
