"""Records of one table, many at a time: msgspec reads each by itself into a Struct made from the contract.

What msgspec refuses, unknown members among it, and what a rule of the contract or a count of quotes casts doubt on, is
left to the reader of single records, lake.parse.records, which is the definition. The count finds what msgspec reads
past: duplicates. Unknown members that come again and again are learnt, so that they are decoded as their source text.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, compress, islice
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lake.contract.model import Column, Table
from lake.contract.struct_names import StructNames
from lake.parse.json_arrays import kind_of
from lake.parse.json_kinds import Kind, all_quotes, either
from lake.parse.json_objects import NOT_DECODED, Extra, StructType, from_source
from lake.parse.json_paths import Counted, first_given, node_kind, values_at
from lake.parse.json_pieces import Bools, Ints, Pieces, Run, Span
from lake.parse.json_rescued import rescued_texts
from lake.parse.json_ruled import ruled_kind
from lake.parse.record_tree import tree_of, unread_names
from lake.parse.records import Coerced
from lake.parse.ruled_values import ruled_reader
from lake.parse.values import unknown_names

_ENVELOPE = "Records"
_MOST_EXTRAS = 64
_LEARNT_FROM = 16
_MOST_TRIED = 32
_LEARNT_BYTES = 1 << 20  # of one record
_LESSONS = 4  # of one stretch, each of which is read again
_FEW_FAILURES = 32
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")


@dataclass(frozen=True)
class Decoded:
    """What msgspec made of records: for each a Struct of `shape`, None where it refused."""

    shape: StructType
    records: Pieces
    structs: list[Any]
    is_read: Bools


class GatheredArrays:
    """Records that were decoded as elements of arrays of one buffer, to be read as rows together."""

    def __init__(self, shape: StructType) -> None:
        self.shape = shape
        self._structs: list[Any] = []
        self._stretches: list[Span] = []
        self._counts: list[int] = []

    @property
    def start(self) -> int:
        """Where the first of them begins."""
        return self._stretches[0][0]

    def add(self, start: int, end: int, structs: list[Any]) -> None:
        self._structs += structs
        self._stretches.append((start, end))
        self._counts.append(len(structs))

    def decoded(self, data: bytes) -> Decoded:
        run = Run(data, self._stretches, self._counts, is_array=True)
        return Decoded(self.shape, run, self._structs, np.ones(len(self._structs), dtype=np.bool_))


class Rows(NamedTuple):
    """Rows, and the places of their records in what was read; how many of their values were taken by which rule."""

    places: Ints
    table: pa.Table
    coerced: Coerced


class StructReader:
    """Reads records of one table. What it learns from one object serves for the next.

    Raises ValueError where a name in the contract is none that msgspec knows fields by, a value is read in two ways, or
    a column has several names and rules.
    """

    def __init__(self, table: Table, schema: pa.Schema) -> None:
        self._schema = schema
        self._rescue = table.rescue
        if any(len(column.paths) > 1 and column.value_rules.given() for column in table.columns):
            raise ValueError("whether a value is null is decided by rules, one name after the other")
        self._read_by = [column for column in table.columns for _ in column.sources]
        self._types = [schema.field(column.name).type for column in self._read_by]
        slots = iter(range(len(self._read_by)))
        self._columns = [
            (column, [next(slots) for _ in column.sources], _allowed(column, schema.field(column.name).type))
            for column in table.columns
        ]
        tree = tree_of([path for column in table.columns for path in column.sources])
        self._members = list(tree.within.values())
        self._names = [str(name) for name in tree.within]
        # Of members with other names it cannot be told quickly how they are written.
        unknown = [
            None if column.value_rules.given() else unknown_names(kind, StructNames(column.struct_names))
            for column, kind in zip(self._read_by, self._types, strict=True)
        ]
        self._unknown_names = [
            unread_names(node, unknown) if _PLAIN_NAME.fullmatch(name) else None
            for name, node in zip(self._names, self._members, strict=True)
        ]
        self._extras: tuple[str, ...] = ()
        self._inner_extras: list[tuple[str, ...]] = [()] * len(self._names)
        self._sourced: set[int] = set()
        self.shape = self._new_shape()

    def decode_run(self, data: bytes, stretches: Sequence[Span], is_array: bool) -> Decoded | None:
        """Reads stretches at once, None where msgspec refuses any: records, or elements of an array, and no others."""
        try:
            if is_array:
                found = [self.shape.list_decoder.decode(b"[%b]" % data[start:end]) for start, end in stretches]
            else:
                found = [self.shape.decoder.decode_lines(memoryview(data)[start:end]) for start, end in stretches]
        except NOT_DECODED:
            return None
        run = Run(data, stretches, [*map(len, found)], is_array)
        structs = found[0] if len(found) == 1 else list(chain.from_iterable(found))
        return Decoded(self.shape, run, structs, np.ones(len(structs), dtype=np.bool_))

    def decode(self, records: Pieces) -> Decoded:
        """Reads each record by itself. Where most are refused, those that follow count as refused."""
        decoded = self._decoded(records)
        for _ in range(_LESSONS):
            if decoded.is_read.all() or not self._learn(records, ~decoded.is_read):
                break
            decoded = self._decoded(records)
        return decoded

    def rows(self, decoded: Decoded, is_wanted: Bools | None = None) -> list[Rows]:
        """The rows of those records that are wanted, if any; what is not among them is to be decided one by one."""
        is_wanted = decoded.is_read if is_wanted is None else is_wanted & decoded.is_read
        if not is_wanted.any():
            return []
        places = np.flatnonzero(is_wanted)
        if len(places) < len(is_wanted):
            structs = list(compress(decoded.structs, is_wanted.tolist()))
            decoded = Decoded(decoded.shape, decoded.records.only(is_wanted), structs, is_wanted[is_wanted])
        table, is_sure, coerced = self._table(decoded)
        if is_sure is not None and not is_sure.all():
            table, places = table.filter(pa.array(is_sure)), places[is_sure]
            coerced = [(rule, values[is_sure]) for rule, values in coerced]
        counts = {rule: int(values.sum()) for rule, values in coerced}
        return [Rows(places, table, Counter({rule: count for rule, count in counts.items() if count}))]

    def _decoded(self, records: Pieces) -> Decoded:
        is_read = np.ones(len(records), dtype=np.bool_)
        structs: list[Any] = []
        failures = 0
        left = iter(records.each)
        while len(structs) < len(records):
            try:
                structs.extend(map(self.shape.decoder.decode, left))
            except NOT_DECODED:
                failures += 1
                refused = 1 if failures < max(_FEW_FAILURES, len(structs) // 2) else len(records) - len(structs)
                is_read[len(structs) : len(structs) + refused] = False
                structs.extend([None] * refused)
        return Decoded(self.shape, records, structs, is_read)

    def _table(self, decoded: Decoded) -> tuple[pa.Table, Bools | None, list[Counted]]:
        """All records as rows; which of these are sure; and of how many values of each a rule of a field took."""
        records = decoded.records
        reads, extras = decoded.shape.columns(decoded.structs), decoded.shape.extras(decoded.structs)
        quotes = all_quotes([*(read.quotes for read in reads), *(extra.quotes for extra in extras)])
        has_expected = records.have_quotes(*quotes)
        suspects = [read.suspects for read in reads]
        by_slot = dict(chain.from_iterable(map(values_at, self._members, (read.array for read in reads))))
        arrays: list[pa.Array] = []
        coerced = [counted for read in reads for counted in read.coerced]
        for column, slots, allowed in self._columns:
            array, several, counted = first_given(column, [by_slot[slot] for slot in slots])
            coerced += counted
            arrays.append(_derived(column, array, records))
            suspects += [several, *_broken_rules(column, allowed, arrays[-1])]
        rescued = pa.nulls(len(records), pa.string())
        unknown = {place: read.unknown for place, read in enumerate(reads) if read.unknown is not None}
        unknown = {place: mask for place, mask in unknown.items() if mask.any()}
        if extras or unknown:
            texts, unclear = self._rescued(decoded, extras, unknown)
            suspects += unclear
            rescued = texts if self._rescue else rescued
        is_suspect = either(*suspects, None if has_expected is None else ~has_expected)
        table = pa.Table.from_arrays([*arrays, rescued], schema=self._schema)
        return table, None if is_suspect is None else ~is_suspect, coerced

    def _rescued(
        self, decoded: Decoded, extras: Sequence[Extra], unknown: Mapping[int, Bools]
    ) -> tuple[pa.Array, list[Bools | None]]:
        """Texts of what is kept of each record, and suspects; `unknown` says which known members are, by place."""
        plain = {place: mask for place, mask in unknown.items() if _PLAIN_NAME.fullmatch(self._names[place])}
        known = {place: decoded.shape.source(decoded.structs, place, mask) for place, mask in plain.items()}
        wanted = {
            place
            for place, member in known.items()
            if not member.values and _is_many(plain[place].sum(), len(plain[place]))
        }
        if wanted - self._sourced:
            self._sourced |= wanted
            self.shape = self._new_shape()
        texts, unclear = rescued_texts([*extras, *known.values()], decoded.records)
        # Of members with other names it cannot be told quickly how they are written.
        return texts, [unclear, *(mask for place, mask in unknown.items() if place not in plain)]

    def _learn(self, records: Pieces, is_refused: Bools) -> bool:
        """Takes up the unknown members that many of the refused records have; whether there are any."""
        tried = (records[place] for place in np.flatnonzero(is_refused)[:_MOST_TRIED].tolist())
        found = (_object(record) for record in tried if len(record) <= _LEARNT_BYTES)
        objects = list(islice((each for each in found if each is not None), _LEARNT_FROM))
        known = {*self._names, *self._extras, _ENVELOPE}
        fresh = _often([[name for name in found if name not in known] for found in objects])
        inner = [
            _often([{*names_of(found.get(name))} - {*before} for found in objects]) if names_of is not None else []
            for name, names_of, before in zip(self._names, self._unknown_names, self._inner_extras, strict=True)
        ]
        self._extras = _joined(self._extras, fresh)
        self._inner_extras = [_joined(before, more) for before, more in zip(self._inner_extras, inner, strict=True)]
        if fresh or any(inner):
            self.shape = self._new_shape()
            return True
        return False

    def _kind(self, extras: Collection[str], slot: int) -> Kind:
        """How the values of a column's path are read."""
        column = self._read_by[slot]
        names = StructNames(column.struct_names)
        if (ruled := ruled_reader(column, self._types[slot])) is not None:
            return ruled_kind(self._types[slot], column.field, ruled, names)
        return kind_of(self._types[slot], column.accepts_text, extras, column.epoch_unit, names)

    def _new_shape(self) -> StructType:
        kinds = [
            node_kind(node, partial(self._kind, extras), self._types, extras)[0]
            for node, extras in zip(self._members, self._inner_extras, strict=True)
        ]
        kinds = [from_source(kind) if place in self._sourced else kind for place, kind in enumerate(kinds)]
        return StructType(self._names, kinds, self._extras)


def _object(record: bytes) -> dict[str, object] | None:
    try:
        value = msgspec.json.decode(record)
    except NOT_DECODED:
        return None
    return value if type(value) is dict else None


def _often(found: Sequence[Collection[str]]) -> list[str]:
    """Plain names that many of these sets have: text that holds such a name in quotes, without escapes, names it."""
    times = Counter(chain.from_iterable(found))
    often = [name for name, count in times.items() if _is_many(count, len(found)) and _PLAIN_NAME.fullmatch(name)]
    return often[:_MOST_EXTRAS]


def _is_many(count: int, records: int) -> bool:
    return count >= max(2, records // 8)


def _joined(before: tuple[str, ...], fresh: Sequence[str]) -> tuple[str, ...]:
    """All of them, or where these are too many, the fresh ones."""
    return (*before, *fresh) if len(before) + len(fresh) <= _MOST_EXTRAS else tuple(fresh)


def _derived(column: Column, array: pa.Array, records: Pieces) -> pa.Array:
    """The column with what is derived in place of nulls."""
    if column.derived_from is None or not array.null_count:
        return array
    is_null = pc.is_null(array)
    derived = [hashlib.sha256(records[place]).hexdigest() for place in pc.indices_nonzero(is_null).to_pylist()]
    return pc.replace_with_mask(array, is_null, pa.array(derived, array.type))


def _allowed(column: Column, kind: pa.DataType) -> pa.Array | None:
    """The values that a column may have, None where there is no such rule, or none that Arrow compares exactly."""
    if column.allowed_values and pt.is_string(kind):
        return pa.array(column.allowed_values, pa.string())
    if column.allowed_values and pt.is_integer(kind):
        whole = [int(text) for text in column.allowed_values if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text)]
        return pa.array(whole, pa.int64())
    return None


def _broken_rules(column: Column, allowed: pa.Array | None, array: pa.Array) -> list[Bools]:
    broken: list[Bools] = []
    if column.required and array.null_count:
        broken.append(pc.is_null(array).to_numpy(zero_copy_only=False))
    if allowed is not None:
        values = array if pt.is_string(array.type) else array.cast(pa.int64())
        is_allowed = pc.or_(pc.is_in(values, value_set=allowed), pc.is_null(values))
        broken.append(~is_allowed.to_numpy(zero_copy_only=False))
    elif column.allowed_values:
        broken.append(np.ones(len(array), dtype=np.bool_))
    return broken
