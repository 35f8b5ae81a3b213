"""The bucket of a row, as Hive (bucketing version 1), Athena and Trino compute it.

A row in a wrong bucket is hidden from readers without any error, so the rule is written here twice: vectorised over
Arrow's buffers for the job, and in plain Python for one key, which is what the tests and the audit compare it with.

The rule, by Hive type (Hive's ObjectInspectorUtils.getBucketHashCodeOld, Trino's HiveBucketingV1), in 32-bit
arithmetic that wraps around:
  boolean                   1 or 0
  tinyint, smallint, int    the number
  bigint                    its lower half xor its upper half
  date                      days since 1970-01-01
  string                    over its UTF-8 bytes, signed: h = 31 * h + byte, from 0
  null                      0
Several columns combine as h = 31 * h + hash(column), from 0. The bucket is (h & 0x7fffffff) % count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lake.errors import LakeError

Hashes = npt.NDArray[np.int32]
_Words = npt.NDArray[np.uint32]
_Offsets = npt.NDArray[np.signedinteger]

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_HIVE_TYPES = ("boolean", *_BITS, "string", "varchar(n)", "date")
_ARROW_TYPES = "bool, int8, int16, int32, int64, string, large_string, date32, or a dictionary of one of these"

# Strings are hashed in blocks of so many bytes: the block's working memory (13 bytes a byte) stays in the cache.
_BLOCK = 1 << 16


class BucketError(LakeError):
    """A column or value whose bucket cannot be computed: a type without a known hash, a count below 1."""


def hive_hashes(columns: Sequence[pa.Array | pa.ChunkedArray]) -> Hashes:
    """The Hive v1 hash of every row; the columns, of equal length, are those of the bucket key in its order.

    Working memory is a few integers a row, whatever the strings' length. Raises BucketError for a type that has no
    known hash, and where the columns differ in length.
    """
    if not columns:
        raise BucketError("hashing rows for their buckets: no column given; expected one or more")
    lengths = sorted({len(column) for column in columns})
    if len(lengths) > 1:
        raise BucketError(f"hashing rows for their buckets: columns of {lengths} rows; expected equal lengths")
    combined = _of_column(columns[0])
    for column in columns[1:]:
        combined *= np.uint32(31)
        combined += _of_column(column)
    return combined.view(np.int32)


def bucket_numbers(rows: pa.Table, columns: Sequence[str], count: int) -> Hashes:
    """The bucket, from 0 to count - 1, of every row of a table that is bucketed by `columns`."""
    _check_count(count)
    for name in columns:
        if name not in rows.column_names:
            raise BucketError(
                f"finding buckets: no column is called {name!r}; there are {', '.join(rows.column_names)}"
            )
    hashes = hive_hashes([rows.column(name) for name in columns])
    hashes &= 0x7FFFFFFF
    hashes %= count
    return hashes


def _of_column(column: pa.Array | pa.ChunkedArray) -> _Words:
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    hashes = np.empty(len(column), np.uint32)
    if not chunks:
        _of_array(pa.array([], column.type))  # refuses the types that it would refuse with rows
    start = 0
    for chunk in chunks:
        hashes[start : start + len(chunk)] = _of_array(chunk)
        start += len(chunk)
    return hashes


def _of_array(array: pa.Array) -> _Words:
    """Hashes of an array, which may be a slice of a longer one."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _of_dictionary(array)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _of_strings(array)
    if pa.types.is_int64(kind):
        wide: npt.NDArray[np.uint64] = array.fill_null(0).to_numpy().view(np.uint64)
        return (wide ^ (wide >> np.uint64(32))).astype(np.uint32)
    if pa.types.is_boolean(kind):
        array = array.cast(pa.int8())
    elif pa.types.is_date32(kind):
        array = array.view(pa.int32())
    elif not (pa.types.is_int8(kind) or pa.types.is_int16(kind) or pa.types.is_int32(kind)):
        raise BucketError(f"hashing a column for its buckets: its type is {kind}; expected {_ARROW_TYPES}")
    words: _Words = array.fill_null(0).to_numpy().astype(np.int32).view(np.uint32)
    return words


def _of_dictionary(array: pa.DictionaryArray) -> _Words:
    """Each value that occurs is hashed once; a slice may use few values of a long dictionary."""
    values, places = array.dictionary, array.indices
    if len(values) > len(places):
        used = pc.unique(places).drop_null()
        values, places = values.take(used), pc.index_in(places, used)
    of_values = np.append(_of_array(values), np.uint32(0))  # one more, for places to point at where there is no value
    hashes: _Words = of_values[places.fill_null(0).to_numpy()]
    _clear_nulls(hashes, places)
    return hashes


def _of_strings(array: pa.StringArray | pa.LargeStringArray) -> _Words:
    """Every string is hashed, also one that repeats: to find repeated ones first takes half as long at best."""
    if not len(array):
        return np.empty(0, np.uint32)
    _, offset_bytes, value_bytes = array.buffers()
    width: np.dtype[np.signedinteger] = np.dtype(np.int64 if pa.types.is_large_string(array.type) else np.int32)
    offsets = np.frombuffer(offset_bytes, width, len(array) + 1, array.offset * width.itemsize)
    values = np.frombuffer(value_bytes or b"", np.int8)
    hashes = np.empty(len(array), np.uint32)
    for first, end in _blocks(offsets):
        if end - first == 1:
            hashes[first] = _of_long_string(values[offsets[first] : offsets[end]])
        else:
            hashes[first:end] = _of_block(values, offsets[first : end + 1])
    _clear_nulls(hashes, array)  # the bytes of a null may be anything
    return hashes


def _clear_nulls(hashes: _Words, array: pa.Array) -> None:
    if array.null_count:
        hashes[array.is_null().to_numpy(zero_copy_only=False)] = 0


def _blocks(offsets: _Offsets) -> Iterator[tuple[int, int]]:
    """Ranges of rows, first and end, whose bytes fit a block; a longer row comes alone."""
    first, rows, largest = 0, len(offsets) - 1, np.iinfo(offsets.dtype).max
    while first < rows:
        # Of the offsets' own type: numpy would copy all of them to compare them with another one.
        limit = offsets.dtype.type(min(int(offsets[first]) + _BLOCK, largest))
        fitting = int(np.searchsorted(offsets[first : first + _BLOCK + 1], limit, side="right")) - 1
        end = first + max(fitting, 1)
        yield first, end
        first = end


# In 32-bit arithmetic 31 has an inverse, so a string's hash is a difference of two running sums:
# with s(k) = the sum of byte(j) / 31^j for j < k, the hash of bytes a to b - 1 is (s(b) - s(a)) * 31^(b - 1).
def _powers(base: int, count: int) -> _Words:
    return np.cumprod(np.append(np.uint32(1), np.full(count, base, np.uint32)), dtype=np.uint32)


_SHRINK = _powers(pow(31, -1, 1 << 32), _BLOCK)  # 31^-k at k
_GROW = np.append(_SHRINK[1], _powers(31, _BLOCK))  # 31^(k - 1) at k


def _of_block(values: npt.NDArray[np.int8], offsets: _Offsets) -> _Words:
    start, end = int(offsets[0]), int(offsets[-1])
    sums = np.zeros(end - start + 1, np.uint32)
    weighed = values[start:end].astype(np.uint32)  # a signed byte wraps around, as it should
    weighed *= _SHRINK[: end - start]
    np.cumsum(weighed, out=sums[1:])
    places = np.subtract(offsets, offsets[0], dtype=np.intp)
    at_places = sums[places]
    hashes: _Words = at_places[1:] - at_places[:-1]
    hashes *= _GROW[places[1:]]
    return hashes


def _of_long_string(value: npt.NDArray[np.int8]) -> np.uint32:
    hashed = 0
    for start in range(0, len(value), _BLOCK):
        piece = value[start : start + _BLOCK]
        of_piece = int(_of_block(piece, np.array([0, len(piece)]))[0])
        hashed = (hashed * pow(31, len(piece), 1 << 32) + of_piece) & 0xFFFFFFFF
    return np.uint32(hashed)


def hash_of(value: object, hive_type: str) -> int:
    """The Hive v1 hash, a signed 32-bit number, of one value of a Hive type such as `bigint`; written without numpy.

    Knows varchar(n) too, which hashes from 1 instead of 0; contracts have no such columns. Raises BucketError for
    another type, or a value that is not of the type.
    """
    return _signed(_plain_hash(value, hive_type))


def bucket_of(values: Sequence[object], hive_types: Sequence[str], count: int) -> int:
    """The bucket, from 0 to count - 1, of one key: a value for each bucket column, and the columns' Hive types.

    Raises BucketError as `hash_of` does, and where values and types differ in number.
    """
    _check_count(count)
    if not values or len(values) != len(hive_types):
        raise BucketError(
            f"finding a key's bucket: {len(values)} values for {len(hive_types)} columns; expected one a column"
        )
    combined = 0
    for value, hive_type in zip(values, hive_types, strict=True):
        combined = (31 * combined + _plain_hash(value, hive_type)) % 2**32
    return (combined & 0x7FFFFFFF) % count


def _plain_hash(value: object, hive_type: str) -> int:
    """The hash as an unsigned number, or one that is equal to it modulo 2**32."""
    kind = hive_type.partition("(")[0]
    if kind not in (*_BITS, "boolean", "string", "varchar", "date"):
        raise BucketError(f"hashing a {hive_type} for its bucket; expected one of {', '.join(_HIVE_TYPES)}")
    if value is None:
        return 0
    if kind == "boolean" and isinstance(value, bool):
        return int(value)
    if kind == "date" and isinstance(value, date) and not isinstance(value, datetime):
        return (value - date(1970, 1, 1)).days
    if kind in ("string", "varchar") and isinstance(value, str):
        hashed = 0 if kind == "string" else 1
        for byte in value.encode():
            hashed = (31 * hashed + (byte if byte < 128 else byte - 256)) % 2**32
        return hashed
    if kind in _BITS and isinstance(value, int) and not isinstance(value, bool):
        limit = 2 ** (_BITS[kind] - 1)
        if -limit <= value < limit:
            return (value ^ ((value % 2**64) >> 32)) % 2**32 if kind == "bigint" else value
    raise BucketError(f"hashing {value!r} for its bucket; expected a value of the column's type, {hive_type}")


def _signed(hashed: int) -> int:
    return (hashed + 2**31) % 2**32 - 2**31


def _check_count(count: int) -> None:
    if count < 1:
        raise BucketError(f"finding buckets: there are {count} of them; expected 1 or more")
