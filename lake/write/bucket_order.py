"""The order of a bucketed table's rows: by bucket, then by the sort columns, nulls first, ties as they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lake.contract.hive_hash import bucket_numbers, hive_hashes
from lake.contract.model import Bucketing

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ordered:
    """`places` are row numbers in order; the rows of bucket b are those from `starts[b]` up to `starts[b + 1]`."""

    places: npt.NDArray[np.intp]
    starts: Numbers

    def of_bucket(self, bucket: int) -> npt.NDArray[np.intp]:
        return self.places[self.starts[bucket] : self.starts[bucket + 1]]

    def has_each_once(self, rows: int) -> bool:
        """Whether every one of so many rows has a place, and one only."""
        seen = np.zeros(rows, dtype=np.bool_)
        seen[self.places] = True
        return len(self.places) == rows and bool(seen.all())


def ordered(rows: pa.Table, bucketing: Bucketing) -> Ordered:
    """Where each row goes. Holds a few integers a row; the rows themselves are not touched."""
    first = bucketing.sorted_by[0]
    if bucketing.columns == (first,):
        codes, buckets = _by_distinct_keys(rows.column(first), bucketing.count)
        keys: list[npt.NDArray[Any]] = [codes]
        rest = bucketing.sorted_by[1:]
    else:
        numbers = bucket_numbers(rows, bucketing.columns, bucketing.count)
        buckets = np.bincount(numbers, minlength=bucketing.count)
        keys = [numbers.astype(_width(bucketing.count))]
        rest = bucketing.sorted_by
    for name in rest:
        keys += _codes(rows.column(name))
    # One key of few values is sorted by counting; lexsort takes the last key as the first.
    places = np.argsort(keys[0], kind="stable") if len(keys) == 1 else np.lexsort(keys[::-1])
    return Ordered(places, np.concatenate([[0], np.cumsum(buckets)]).astype(np.int64))


def _by_distinct_keys(column: pa.ChunkedArray, count: int) -> tuple[npt.NDArray[np.unsignedinteger], Numbers]:
    """A code for each row that sorts by bucket, then by key; and how many rows each bucket has.

    A key is hashed and compared once, however many rows have it.
    """
    encoded = _encoded(_whole(column))
    values = encoded.dictionary
    numbers = (hive_hashes([values]) & 0x7FFFFFFF) % count
    by_value = pc.array_sort_indices(values, null_placement="at_start").to_numpy()
    order = by_value[np.argsort(numbers[by_value], kind="stable")]
    codes = np.empty(len(values), dtype=_width(len(values)))
    codes[order] = np.arange(len(values))
    indices = encoded.indices.to_numpy()
    rows_of_value = np.bincount(indices, minlength=len(values))
    buckets = np.bincount(numbers, weights=rows_of_value, minlength=count).astype(np.int64)
    return codes[indices], buckets


def _codes(column: pa.ChunkedArray) -> list[npt.NDArray[Any]]:
    """Integers that sort as a column's values do; if there are nulls, preceded by what sorts these first."""
    array = _whole(column)
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        encoded = _encoded(array)
        order = pc.array_sort_indices(encoded.dictionary, null_placement="at_start").to_numpy()
        codes = np.empty(len(order), dtype=_width(len(order)))
        codes[order] = np.arange(len(order))
        return [codes[encoded.indices.to_numpy()]]
    if pa.types.is_timestamp(kind):
        array = array.cast(pa.int64())
    elif pa.types.is_date(kind):
        array = array.cast(pa.int32())
    elif pa.types.is_boolean(kind):
        array = array.cast(pa.int8())
    if not array.null_count:
        return [array.to_numpy()]
    is_valid = array.is_valid().to_numpy(zero_copy_only=False)
    return [is_valid, pc.fill_null(array, pa.scalar(0, array.type)).to_numpy()]


def _encoded(array: pa.Array) -> pa.DictionaryArray:
    """With a number for null as for any value."""
    if pa.types.is_dictionary(array.type):
        if not array.null_count and not array.dictionary.null_count:
            return array
        array = array.cast(array.type.value_type)
    return pc.dictionary_encode(array, null_encoding="encode")


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _width(values: int) -> type[np.unsignedinteger]:
    """The narrowest type that counts so far: numpy sorts 16 bits by counting."""
    return np.uint16 if values <= 1 << 16 else np.uint32
